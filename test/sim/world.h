/* A whole cluster and its members from one seed: the real library on virtual platforms, a model of
 * Kafka, applications that behave as told, and the judge, who sees every step.
 *
 *     struct sim_world *w = sim_world_new(7, &SIM_WORLD_DEFAULTS);
 *     struct sim_topic *t = sim_cluster_add_topic(&w->cluster, "t", 6);
 *     struct sim_member *m = sim_member_start(w, &SIM_APPLICATION_DEFAULTS, "t");
 *     sim_world_run_for(w, 5000);
 *     sim_member_close(m, 1000);
 *     …
 *     sim_world_free(w);
 */
#ifndef TEST_SIM_WORLD_H
#define TEST_SIM_WORLD_H

#include "net/tape.h"
#include "sim/judge.h"
#include "sim/virtual_platform.h"

enum { SIM_OPTIONS_MAX = 24 };

/* Members ask for memory, and get none. */
struct sim_shortage {
    uint64_t behind; /* so many allocations that still succeed, */
    uint32_t count;  /* so many that then fail */
};

struct sim_world_options {
    struct sim_cluster_options cluster;
    int64_t latency_min_us, latency_max_us;
    bool steady, short_io;
    /* Of every member, as Kafka spells them: name, value, name, value, … */
    const char *member_options[2 * SIM_OPTIONS_MAX];
    int64_t session_timeout_ms;
    int64_t commit_every_ms;         /* applications commit by themselves; 0: they do not */
    struct sim_shortage shortage;    /* from the start on */
    unsigned kept;                   /* kinds of lines that the trace collects */
    FILE *shown;                     /* NULL, or where all lines go */
    bool recorded;                   /* each client of a member */
    const kohort_assignor *assignor; /* NULL, or one of the application's */
};
#define SIM_WORLD_DEFAULTS                                                                         \
    ((struct sim_world_options){.cluster = SIM_CLUSTER_DEFAULTS,                                   \
                                .latency_min_us = 500,                                             \
                                .latency_max_us = 500,                                             \
                                .session_timeout_ms = 10000})

struct sim_world;

/* What an application does; chances are in percent. */
struct sim_application {
    unsigned later;                     /* of batches that are acknowledged later, */
    int64_t later_max_ms;               /* by then at the latest, */
    unsigned by_record;                 /* and of those, each record for itself, in any order */
    unsigned fails;                     /* of batches refused */
    int64_t drain_min_ms, drain_max_ms; /* how long revocations are held, */
    bool drains;                        /* or until the last acknowledgement */
    unsigned frees_in_done;             /* of closings that free the consumer inside `done` */
    unsigned keeps;                     /* of batches that are kept, */
    int64_t keep_max_ms;                /* for so long at most */
    unsigned refuses;                   /* what it took time for; it comes again */
    int64_t refuse_max_ms;              /* by then at the earliest */
    unsigned hurries;                   /* of its commits that have little time */
    unsigned extends;                   /* what it took time for; it takes more */
    unsigned meddles;                   /* in callbacks, and beside them: see meddling.c */
};
#define SIM_APPLICATION_DEFAULTS ((struct sim_application){0})

struct sim_member {
    struct sim_world *world;
    int number;           /* m1 is 1 */
    const char *instance; /* NULL: dynamic */
    const char *topic;
    struct sim_application application;
    struct sim_platform platform;
    size_t outstanding; /* allocations of its client */
    bool starved;       /* one of them failed */
    kohort_client *client;
    kohort_consumer *consumer;        /* NULL once freed */
    struct kh_list acks;              /* that are still to come */
    struct kh_list commits;           /* of its own, that are under way */
    struct kh_list told_commits;      /* and those that have ended */
    struct sim_event subscribe_again; /* after memory ran out */
    struct sim_event let_go, commit_due, demand_due, meddle_due;
    struct kh_list kept; /* batches */
    uint8_t *recording;  /* NULL: it is not recorded */
    struct kh_heap tape_heap;
    struct kh_tape tape;
    kohort_token token;
    int calls, callbacks;      /* that are on the stack */
    int64_t close_deadline_ms; /* 0: not closing */
    bool killed, consumer_closed, client_closed;
    struct sim_event free_later;
    uint64_t commits_asked, commits_done;
    uint64_t failures; /* terminal ones that it was told of, and the last */
    kohort_error failure;
};

struct sim_world {
    struct sim_schedule schedule;
    struct kh_random random;
    struct sim_trace trace;
    struct sim_network network;
    struct sim_cluster cluster;
    struct sim_judge judge;
    struct sim_world_options options;
    struct sim_shortage shortage;                /* what is left of it */
    struct sim_member *members[SIM_MEMBERS_MAX]; /* from 1 */
    int member_count;
    bool old_brokers; /* that cannot say what is lost: nothing is, there */
};

struct sim_world *sim_world_new(uint64_t seed, const struct sim_world_options *options);
/* Whoever still lives is killed, and must hold nothing afterwards. */
void sim_world_free(struct sim_world *w);

/* All that is to happen until then. */
void sim_world_run_until(struct sim_world *w, int64_t until_ms);
void sim_world_run_for(struct sim_world *w, int64_t duration_ms);
/* Until the condition holds; false: not within limit_ms. */
bool sim_world_wait(struct sim_world *w, bool (*condition)(struct sim_world *w), int64_t limit_ms);

/* Every partition is owned by a live member, and committed to its end: past what cannot be seen. */
bool sim_world_drained(struct sim_world *w);
/* Every partition is owned by a live member. */
bool sim_world_assigned(struct sim_world *w);
size_t sim_member_owns(const struct sim_member *m);

/* A process that subscribes to one topic. When its memory runs out before it is up it ends: it is
 * closed then. */
struct sim_member *sim_member_start(struct sim_world *w, const struct sim_application *application,
                                    const char *topic);
/* The same with group.instance.id. */
struct sim_member *sim_member_start_static(struct sim_world *w,
                                           const struct sim_application *application,
                                           const char *topic, const char *instance);
/* Leaves the group, a static member stays; done by deadline_ms from now. */
void sim_member_close(struct sim_member *m, int64_t deadline_ms);
/* SIGKILL; silently: with its machine, and nobody is told. */
void sim_member_kill(struct sim_member *m, bool silently);
/* What is acknowledged; or offsets of the application's own choice. */
/* commits.c */
void sim_member_commit(struct sim_member *m);
/* Of the ownership that the member has of this log. */
void sim_member_commit_offset(struct sim_member *m, const struct sim_log *log,
                              const kohort_offset *offset);
void sim_member_commit_offsets(struct sim_member *m, const struct sim_log *const *logs,
                               const kohort_offset *offsets, size_t count);
void sim_member_forget_commits(struct sim_member *m);
static inline bool sim_member_lives(const struct sim_member *m)
{
    return !m->killed && m->close_deadline_ms == 0;
}

/* application.c */
const struct sim_log *sim_partition_log(const struct sim_member *m, const kohort_partition *p);
/* One that does all of it, sometimes. */
struct sim_application sim_application_some(struct kh_random *random);
extern const kohort_handlers sim_application_handlers;
void sim_application_start(struct sim_member *m);
void sim_application_stop(struct sim_member *m);
/* holding.c: batches that are kept, and records that are demanded. */
void sim_holding_start(struct sim_member *m);
void sim_holding_stop(struct sim_member *m);
/* Inside on_records. */
void sim_holding_take(struct sim_member *m, const struct sim_log *log, const kohort_batch *batch);

/* meddling.c: calls what it likes to, whenever it likes to, until it is stopped; all that it has
 * paused is resumed then. */
void sim_meddling_start(struct sim_member *m);
void sim_meddling_stop(struct sim_member *m);
/* At the end of a callback, still inside. */
void sim_meddle_sometimes(struct sim_member *m);
void sim_member_pause(struct sim_member *m, kohort_partition *p, bool paused);
/* KOHORT_ESTALE is taken for an answer. */
void sim_member_seek(struct sim_member *m, kohort_partition *p, int64_t offset);

/* Around each call into the library: no callback may fire inside. */
#define SIM_CALL(member, call) ((member)->calls++, (void)(call), (member)->calls--)

#endif
