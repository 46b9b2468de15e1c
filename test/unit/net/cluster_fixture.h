/* A cluster on the fake platform, before a few brokers that answer what the test wrote down. */
#ifndef TEST_UNIT_NET_CLUSTER_FIXTURE_H
#define TEST_UNIT_NET_CLUSTER_FIXTURE_H

#include "fake_platform.h"
#include "net/cluster_internal.h"
#include "protocol/heartbeat.h"

struct broker_row {
    int32_t id;
    const char *host;
    int32_t port;
};

enum { ROW_PARTITIONS = 8 };

struct topic_row {
    const char *name; /* NULL: end */
    uint8_t id;       /* its uuid is 16 times this byte; 0: none */
    int16_t error;
    bool is_internal;
    int32_t partition_count;
    struct {
        int32_t index, leader, epoch;
        int16_t error;
    } partitions[ROW_PARTITIONS];
};

struct fixture {
    struct fake fake;
    struct kh_cluster_options options;
    struct kh_cluster *cluster;
    struct broker_row brokers[4];
    size_t broker_count;
    struct topic_row topics[4];
    int16_t metadata_newest; /* what brokers speak */
    int16_t metadata_error;  /* top level, v13+ */
    bool hold_versions, hold_heartbeats, hold_metadata;
    struct fake_request held; /* the Metadata request last held */
    int metadata_requests, heartbeats;
    int64_t metadata_at_ms; /* the last one */
    char asked_topics[256]; /* by the last one: "a,b"; "*": all */
    /* Ports at which nothing listens, or nothing ever answers; 0: none. */
    uint16_t refusing[4], silent[4];
};

struct asked {
    struct kh_request request;
    struct kh_heartbeat_request message;
    int ends, status;
    int16_t version;
    int32_t broker_id;
    kohort_error error;
    char tag;
    void (*inside)(struct asked *asked);
};

/* In the order of their ends: their tags. */
extern char story[256];

void fixture_init(struct fixture *x);
/* As kh_cluster_new. */
int fixture_try_init(struct fixture *x);
void fixture_free(struct fixture *x);
/* Answers the Metadata request that was held. */
void fixture_release(struct fixture *x);
/* A Heartbeat with this tag. */
void ask(struct kh_lane *lane, struct asked *asked, char tag, int8_t priority, int64_t timeout_ms);

#endif
