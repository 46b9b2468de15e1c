/* One Kafka cluster as a client sees it: bootstrap addresses, brokers, the metadata cache with leader epochs, and its refresh. */
#ifndef KH_NET_CLUSTER_H
#define KH_NET_CLUSTER_H

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "base/timers.h"
#include "net/lane.h"
#include "net/platform.h"
#include "net/version_ranges.h"

struct kh_cluster_options {
    const char *bootstrap_servers; /* "host:port,host:port"; checked by the options table */
    const char *client_id;
    int64_t request_timeout_ms;
    int64_t connect_timeout_ms;     /* socket.connection.setup.timeout.ms */
    int64_t idle_close_ms;          /* connections.max.idle.ms */
    int64_t reconnect_backoff_ms, reconnect_backoff_max_ms;
    int64_t retry_backoff_ms, retry_backoff_max_ms;
    int64_t metadata_max_age_ms;
    bool allow_auto_create_topics;
};

/* What everything that belongs to one client shares. Filled by the client before kh_cluster_init; lives as long as it. */
struct kh_shared {
    struct kh_heap *heap;
    struct kh_platform *platform;
    struct kh_timers timers;
    struct kh_random random;
    struct kh_log log;
    struct kh_buffer_pool buffers;
    struct kh_version_ranges versions; /* the user's api.versions, live */
    int64_t now_ms;                    /* read once a turn: kh_shared_now() refreshes it */
    size_t arena_bytes;                /* of decoded messages alive, against KH_LIMIT_ARENAS */
    struct {
        uint64_t connections_opened, requests_sent, bytes_received, bytes_sent, turns;
    } counters;
};

static inline int64_t kh_shared_now(struct kh_shared *shared)
{
    return shared->now_ms = shared->platform->ops->now_ms(shared->platform);
}

struct kh_node {
    int32_t id;
    char *host;
    uint16_t port;
    char *rack; /* NULL: none */
};

struct kh_partition_metadata {
    int32_t leader;       /* -1: none now */
    int32_t leader_epoch; /* -1: unknown */
    int16_t error;        /* Kafka's code */
    int32_t *replicas;
    size_t replica_count;
};

struct kh_topic_metadata {
    char *name;
    struct kh_uuid id;
    int16_t error; /* Kafka's code; UNKNOWN_TOPIC_OR_PARTITION while it does not exist */
    struct kh_partition_metadata *partitions; /* by partition number */
    size_t partition_count;
    bool known; /* an answer has come */
};

/* Told after each good refresh. Listeners may remove themselves, and ask anything, inside. */
struct kh_metadata_listener {
    struct kh_list node;
    void (*updated)(struct kh_metadata_listener *listener);
    /* A refresh failed everywhere: told so that it can be shown; the cluster goes on trying. May be NULL. */
    void (*failed)(struct kh_metadata_listener *listener, const kohort_error *error);
};

int kh_cluster_new(struct kh_cluster **ret, struct kh_shared *shared, const struct kh_cluster_options *options);
/* Closes all connections; every request not cancelled by its owner ends with KOHORT_ECLOSED before this returns. */
void kh_cluster_free(struct kh_cluster *cluster);

void kh_cluster_listen(struct kh_cluster *cluster, struct kh_metadata_listener *listener);
void kh_cluster_unlisten(struct kh_metadata_listener *listener);

/* Counts an interest in a topic; the first one makes it part of every refresh and asks for one. 0 or KOHORT_ENOMEM. */
int kh_cluster_want_topic(struct kh_cluster *cluster, struct kh_string name);
void kh_cluster_unwant_topic(struct kh_cluster *cluster, struct kh_string name);
/* NULL: nobody wants it. */
const struct kh_topic_metadata *kh_cluster_topic(const struct kh_cluster *cluster, struct kh_string name);
/* By id (Fetch 13+); NULL: not known. */
const struct kh_topic_metadata *kh_cluster_topic_by_id(const struct kh_cluster *cluster, const struct kh_uuid *id);
/* NULL when not known (yet). */
const struct kh_node *kh_cluster_node(const struct kh_cluster *cluster, int32_t id);
size_t kh_cluster_nodes(const struct kh_cluster *cluster, const struct kh_node **ret_nodes);

/* Asks for a refresh soon: requests made meanwhile share it, and failures back off. `why` is for the log. */
void kh_cluster_refresh(struct kh_cluster *cluster, const char *why);
/* A newer leader that an answer told us (KIP-951), or a coordinator's address. Older leader epochs change nothing. */
int kh_cluster_learn_node(struct kh_cluster *cluster, int32_t id, struct kh_string host, int32_t port);
void kh_cluster_learn_leader(struct kh_cluster *cluster, struct kh_string topic, int32_t partition, int32_t leader,
                             int32_t leader_epoch);

/* The versions that broker spoke when it was last connected to. False when it never was. */
struct kh_broker_versions;
const struct kh_broker_versions *kh_cluster_broker_versions(const struct kh_cluster *cluster, int32_t node_id);

#endif
