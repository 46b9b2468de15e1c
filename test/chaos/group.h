/* One group of members in processes of their own, of three clients: ours (chaos-member), Java's
 * (Kafka's VerifiableConsumer) and librdkafka's; the topic that they read, which is written to all
 * the while; and what they have written down so far. */
#ifndef TEST_CHAOS_GROUP_H
#define TEST_CHAOS_GROUP_H

#include "chaos/history.h"
#include "chaos/judge.h"
#include "support/live/admin.h"
#include "support/live/child.h"

enum {
    CHAOS_SESSION_MS = 6000,
    CHAOS_HEARTBEAT_MS = 1000,
    CHAOS_PRODUCTIONS_MAX = 8,
    CHAOS_PARTITIONS = 6 /* at first */
};

enum chaos_client { CHAOS_KOHORT, CHAOS_JAVA, CHAOS_LIBRDKAFKA, CHAOS_CLIENT_COUNT };

struct chaos_member {
    enum chaos_client client;
    struct child child;
    char diary[256];
    long read; /* bytes of it */
    bool stopped, leaving, ended;
    int64_t continue_ms; /* when one that is stopped goes on */
};

/* Records for some of the partitions, written in the background, one job after the other. */
struct chaos_production {
    admin_job job; /* 0: none is under way */
    int first_partition, partitions;
    int64_t produced; /* of each partition, the job under way included */
};

struct chaos_group {
    struct stage stage;
    const char *group, *topic;
    int64_t session_ms;
    const char *option;  /* "name=value", of ours; NULL: none beside the usual ones */
    char directory[256]; /* of the diaries */
    char java_config[256];
    int64_t clock_offset_us; /* CLOCK_MONOTONIC - wall clock */
    struct chaos_member *members[CHAOS_MEMBERS_MAX];
    bool is_ours[CHAOS_MEMBERS_MAX];
    size_t count;
    struct chaos_production productions[CHAOS_PRODUCTIONS_MAX];
    size_t production_count;
    int64_t backlog; /* of each of the first partitions, before */
    bool producing;  /* new jobs begin */
    struct chaos_history history;
};

int64_t chaos_now_us(void);

void chaos_open(struct chaos_group *g, int64_t session_ms);
/* Kills who still runs. keep: the diaries stay, and their place is told. */
void chaos_close(struct chaos_group *g, bool keep);

/* The number of the new member. */
size_t chaos_start(struct chaos_group *g, enum chaos_client client);
/* Whether there is librdkafka to be a member of. */
bool chaos_has(enum chaos_client client);
void chaos_kill(struct chaos_group *g, size_t member);
void chaos_leave(struct chaos_group *g, size_t member);
void chaos_stop(struct chaos_group *g, size_t member, int64_t duration_ms);
/* Something was done to a node. */
void chaos_note_broker(struct chaos_group *g);

/* Reads the diaries, wakes who is due, goes on producing. */
void chaos_step(struct chaos_group *g);
/* Steps, and says whether the members that run own everything, and each of them something. */
bool chaos_is_shared(struct chaos_group *g);
/* Those of a client that run and are neither stopped nor leaving. */
size_t chaos_running(const struct chaos_group *g, enum chaos_client client);
/* The one after `random` of them; SIZE_MAX: there is none. */
size_t chaos_pick(const struct chaos_group *g, enum chaos_client client, uint64_t random);
int chaos_partitions(const struct chaos_group *g);

/* `rate` records a second for each of these partitions, until chaos_stop_producing(). */
void chaos_produce(struct chaos_group *g, int first_partition, int partitions);
/* Before: so many records of each of the first partitions, at once. */
void chaos_produce_backlog(struct chaos_group *g, int records);
void chaos_stop_producing(struct chaos_group *g);
/* Steps, and says whether all that was produced is acknowledged. */
bool chaos_all_is_done(struct chaos_group *g);
/* What is committed of each partition is all that was produced. */
bool chaos_all_is_committed(struct chaos_group *g);

void chaos_judge_group(struct chaos_group *g, struct chaos_verdict *ret);

#endif
