/* A model of a Kafka cluster: brokers that speak real bytes, their logs, and the group coordinator.
 * It knows nothing of the library under test but its message structs; it reads requests and writes
 * responses through the tables of tools/schema. */
#ifndef TEST_SIM_CLUSTER_H
#define TEST_SIM_CLUSTER_H

#include "protocol/api.h"
#include "protocol/header.h"
#include "sim/log.h"
#include "sim/network.h"

struct sim_call;
struct sim_cluster;

/* Who watches. All of it is told from the schedule; any may be NULL. */
struct sim_observer {
    /* A request was read whole. */
    void (*asked)(void *arg, const struct sim_call *call);
    /* Its answer, call->response, is being sent. */
    void (*answered)(void *arg, const struct sim_call *call);
    /* Who asked has read the answer's last byte. */
    void (*received)(void *arg, const struct sim_call *call);
    /* What no client may send. */
    void (*violated)(void *arg, const char *rule, const char *what);
    void *arg;
};

struct sim_topic {
    struct kh_list node;
    char *name;
    struct kh_uuid id;
    struct sim_log *logs;
    int32_t partition_count;
};

enum { SIM_BROKERS_MAX = SIM_LOG_BROKERS };

/* What a test makes a broker do with the next answer of one API. */
struct sim_answer_fault {
    bool error_wanted, cut_wanted, hold_wanted;
    int16_t error_code;
    size_t cut_behind;  /* bytes of the frame, its length included */
    size_t cut_size;    /* how many there were; 0: it has not come yet */
    uint64_t held_link; /* where it is held; 0: it has not come yet */
    void (*held)(void *arg, int host);
    void *held_arg;
};

struct sim_broker {
    struct sim_cluster *cluster;
    int32_t id;
    char host[24];
    const char *rack; /* NULL: none */
    struct sim_listener listener;
    struct kh_list connections;
    struct kh_list calls;    /* all that are not yet freed */
    struct kh_list fetches;  /* those that are parked */
    struct kh_list sessions; /* struct sim_fetch_session */
    int32_t last_session_id;
    int64_t group_turn_us; /* when the last request about groups is, or was, handled */
    int16_t oldest[KH_API_COUNT], newest[KH_API_COUNT]; /* versions spoken */
    struct sim_answer_fault faults[KH_API_COUNT];
};

struct sim_cluster_options {
    int32_t broker_count;
    int64_t initial_rebalance_delay_ms;                     /* group.initial.rebalance.delay.ms */
    int32_t session_timeout_min_ms, session_timeout_max_ms; /* group.{min,max}.session.timeout.ms */
    int64_t service_min_us, service_max_us;                 /* how long a broker thinks */
    bool claims_produce;    /* in ApiVersions: librdkafka tells the format of records by it */
    bool no_fetch_sessions; /* max.incremental.fetch.session.cache.slots=0 */
};
#define SIM_CLUSTER_DEFAULTS                                                                       \
    ((struct sim_cluster_options){.broker_count = 1,                                               \
                                  .initial_rebalance_delay_ms = 0,                                 \
                                  .session_timeout_min_ms = 1000,                                  \
                                  .session_timeout_max_ms = 1800000,                               \
                                  .service_min_us = 50,                                            \
                                  .service_max_us = 500})

struct sim_cluster {
    struct sim_network *network;
    struct sim_cluster_options options;
    struct sim_observer observer;
    /* Sees each request before its handler does; true: it sees to it alone. May be NULL. */
    bool (*intercept)(void *arg, struct sim_call *call);
    void *intercept_arg;
    struct kh_heap heap; /* of the codecs */
    struct sim_broker brokers[SIM_BROKERS_MAX];
    struct kh_list topics, groups;
    uint32_t ids_given;         /* of topics and members */
    uint32_t coordinator_shift; /* how often coordinators have moved */
};

void sim_cluster_init(struct sim_cluster *c, struct sim_network *network,
                      const struct sim_cluster_options *options);
void sim_cluster_free(struct sim_cluster *c);

/* Partition p is led by broker p mod their number, at leader epoch 0. */
struct sim_topic *sim_cluster_add_topic(struct sim_cluster *c, const char *name,
                                        int32_t partition_count);
struct sim_topic *sim_cluster_topic(const struct sim_cluster *c, struct kh_string name);
struct sim_topic *sim_cluster_topic_by_id(const struct sim_cluster *c, const struct kh_uuid *id);
/* NULL: no such partition. */
struct sim_log *sim_topic_log(const struct sim_topic *t, int32_t partition);
/* Appends, and answers the Fetches that wait for it. */
void sim_cluster_append(struct sim_cluster *c, struct sim_log *log,
                        const struct sim_batch_shape *shape);
/* Which broker coordinates. */
struct sim_broker *sim_cluster_coordinator(struct sim_cluster *c, struct kh_string group_id);
struct sim_broker *sim_cluster_broker(struct sim_cluster *c, int32_t id);

/* cluster_moves.c */
/* Another leader, in a new epoch. Each broker's metadata goes on naming the old one for up to
 * `hidden_ms` from now. */
void sim_cluster_move_leader(struct sim_cluster *c, struct sim_log *log, int32_t leader,
                             int64_t hidden_ms);
/* The same by an unclean election: it ends there. */
void sim_cluster_truncate(struct sim_cluster *c, struct sim_log *log, int32_t leader,
                          int64_t hidden_ms, int64_t end);
/* Who leads it, as this broker believes. */
void sim_broker_sees_leader(const struct sim_broker *b, const struct sim_log *log,
                            int32_t *ret_leader, int32_t *ret_leader_epoch);
/* The log cleaner has been there. */
void sim_cluster_compact(struct sim_cluster *c, struct sim_log *log);
/* DeleteRecords: what lies before `offset` is gone. */
void sim_cluster_delete_records(struct sim_cluster *c, struct sim_log *log, int64_t offset);
/* Its sessions are given to others (max.incremental.fetch.session.cache.slots). */
void sim_broker_evict_sessions(struct sim_broker *b);
/* It comes back at another address, under the same name and id; its connections break. */
void sim_broker_change_address(struct sim_broker *b);
/* group_move.c: all groups get the next broker as coordinator, which first loads them. */
void sim_cluster_move_coordinators(struct sim_cluster *c, int64_t loading_ms);

/* The next answer of this API says that instead; nothing else happens. */
void sim_broker_answer_next(struct sim_broker *b, enum kh_api api, int16_t error_code);
/* The next answer of this API breaks off behind so many of its bytes, and the connection with it;
 * what the request asked for is done. */
void sim_broker_cut_next(struct sim_broker *b, enum kh_api api, size_t behind);

/* The next answer of this API is lost on its way, and what follows it there, until released:
 * segments that TCP sends again and again. `held` is told then who waits for it. */
void sim_broker_hold_next(struct sim_broker *b, enum kh_api api, void (*held)(void *arg, int host),
                          void *arg);
void sim_broker_release(struct sim_broker *b, enum kh_api api);

/* Its machine is gone: nothing comes from it any more, and no connection breaks. */
void sim_broker_vanish(struct sim_broker *b);
/* All its connections break. */
void sim_broker_disconnect(struct sim_broker *b);

void sim_cluster_violated(struct sim_cluster *c, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
