/* One member of one group, classic protocol (AbstractCoordinator, ConsumerCoordinator), as a
 * machine without I/O: events and the time go in, a bounded list of actions comes out, in the order
 * in which they must be done. Nothing re-enters: an event that arises while actions are being done
 * waits until they are. docs/member.md shows the states and what each action asks of the driver. */
#ifndef KH_COORDINATOR_MEMBER_H
#define KH_COORDINATOR_MEMBER_H

#include "assignors/assignor.h"
#include "base/backoff.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/timers.h"
#include "coordinator/partition_list.h"
#include "protocol/api.h"
#include "protocol/find_coordinator.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/leave_group.h"
#include "protocol/sync_group.h"

#include <kohort/kohort.h>

/* The legal moves are a table in member.c; docs/member.md draws it. */
enum kh_member_state {
    KH_MEMBER_IDLE,     /* Not in the group, not wanted there. */
    KH_MEMBER_FINDING,  /* Asking who coordinates the group. Partitions stay owned meanwhile. */
    KH_MEMBER_JOINING,  /* JoinGroup is in flight, or about to be sent. */
    KH_MEMBER_SYNCING,  /* The leader's assignor runs, or SyncGroup is in flight. */
    KH_MEMBER_STABLE,   /* Owns its assignment. */
    KH_MEMBER_REVOKING, /* The application lets go of partitions. */
    KH_MEMBER_LEAVING,  /* LeaveGroup is in flight. */
    KH_MEMBER_FAILED,   /* Terminal error, reported once. */
    KH_MEMBER_STATE_COUNT
};

/* Texts are copied. */
struct kh_member_options {
    struct kh_string group_id;
    struct kh_string group_instance_id; /* null: dynamic */
    int32_t session_timeout_ms, rebalance_timeout_ms, heartbeat_interval_ms;
    int32_t join_heartbeat_interval_ms; /* for one heartbeat_interval_ms after a cooperative
                                           round; 0: as ever */
    int32_t drain_timeout_ms;           /* of a revocation; below the rebalance timeout */
    int64_t retry_backoff_ms, retry_backoff_max_ms;
    const struct kh_assignor *const *assignors; /* in the order of preference */
    size_t assignor_count;
    struct kh_string rack; /* null: none */
};

/* Under which identity a request went out; its answer is judged only while it still holds
 * (contract.md, after the table). */
struct kh_member_identity {
    int32_t generation;
    uint32_t member_id_serial; /* counts changes of the member id */
};

enum kh_member_event_type {
    KH_MEMBER_EV_START,          /* wanted: in the group. `topics` */
    KH_MEMBER_EV_SUBSCRIBE,      /* the subscription changed: `topics` */
    KH_MEMBER_EV_STOP,           /* wanted: out. `leave`, `deadline_ms` */
    KH_MEMBER_EV_TIME,           /* kh_member_deadline() has come */
    KH_MEMBER_EV_COORDINATOR,    /* answer to FIND */
    KH_MEMBER_EV_JOINED,         /* answer to JOIN */
    KH_MEMBER_EV_ASSIGNED,       /* the leader's assignor has finished: `layout`, or a status */
    KH_MEMBER_EV_SYNCED,         /* answer to SYNC */
    KH_MEMBER_EV_HEARTBEAT,      /* answer to HEARTBEAT */
    KH_MEMBER_EV_LEFT,           /* answer to LEAVE, or none */
    KH_MEMBER_EV_REVOKED,        /* what REVOKE asked for is done: drained and committed */
    KH_MEMBER_EV_COMMIT_VERDICT, /* an OffsetCommit or OffsetFetch was answered with `kafka_code`,
                                    or not at all (`status`), and membership may be concerned */
    KH_MEMBER_EV_REJOIN,         /* topics changed, for the leader's watch or ours: `text` */
};
enum { KH_MEMBER_EVENT_TYPES = KH_MEMBER_EV_REJOIN + 1 };

/* What went in. An answer has status 0 and its message, or a negative status when none came (lost,
 * timed out). All that is pointed to, but for a layout, need only live during the step. */
struct kh_member_event {
    enum kh_member_event_type type;
    int status;
    struct kh_member_identity identity; /* kh_member_identity() when what this answers was sent */
    int64_t sent_ms;                    /* when it was sent: the session clock counts from there */
    const void *message;                /* the decoded response of the answer's API */
    struct kh_buffer *frame;            /* what JOINED's message lies in, to be kept; NULL: copy */
    int16_t kafka_code;
    enum kh_api api;           /* COMMIT_VERDICT: which of the two */
    const kohort_error *error; /* explains a negative status; may be NULL */
    const struct kh_string *topics;
    size_t topic_count;
    const struct kh_sync_group_layout *layout; /* must stay while the member is SYNCING */
    const char *text;    /* REJOIN, STOP: why; STOP's is a literal, NULL: the application closes */
    int64_t deadline_ms; /* STOP: STOPPED comes by then, whatever happens; 0: the member's choice */
    bool leave;          /* STOP: tell the group; false: stay in it (static members) */
};

enum kh_member_action_type {
    KH_MEMBER_ACT_FIND,      /* send kh_member_find_request() to any broker */
    KH_MEMBER_ACT_JOIN,      /* send kh_member_join_request() in a join lane */
    KH_MEMBER_ACT_ASSIGN,    /* leader: run kh_member_assignor() over kh_member_round() */
    KH_MEMBER_ACT_WATCH,     /* leader that must not assign (KIP-814): watch the topics of
                                kh_member_round() all the same */
    KH_MEMBER_ACT_SYNC,      /* send kh_member_sync_request() in the join lane */
    KH_MEMBER_ACT_HEARTBEAT, /* send kh_member_heartbeat_request() in the shared lane */
    KH_MEMBER_ACT_LEAVE,     /* send kh_member_leave_request() */
    KH_MEMBER_ACT_CANCEL,  /* forget all of the above that is under way: no event may come of it */
    KH_MEMBER_ACT_REVOKE,  /* drain and commit `partitions`, say EV_REVOKED by `deadline_ms`. What
                              else is owned goes on */
    KH_MEMBER_ACT_ADOPT,   /* `partitions` are owned from now on: only what is new; may be empty */
    KH_MEMBER_ACT_DROP,    /* `partitions` are no longer owned: their revocation has ended */
    KH_MEMBER_ACT_LOST,    /* `partitions` are lost, now: no commit of them is possible */
    KH_MEMBER_ACT_STATE,   /* tell the application: `state`, and in `text` why */
    KH_MEMBER_ACT_FAILED,  /* terminal: `error` */
    KH_MEMBER_ACT_STOPPED, /* out of the group, as wanted */
};

/* What is pointed to is valid until the next step, and no longer than the actions. */
struct kh_member_action {
    enum kh_member_action_type type;
    const struct kh_partition_list *partitions;
    int64_t deadline_ms;
    enum kh_member_state state;
    const char *text;
    const kohort_error *error;
    struct kh_bytes user_data; /* ADOPT: what the leader's assignor tells ours; of the answer */
};

enum {
    KH_MEMBER_ACTIONS_MAX = 16,
    KH_MEMBER_TEXT = 200, /* of a reason */
    KH_MEMBER_TEXTS = 4,  /* moves in one step, at most */
};
struct kh_member_actions {
    struct kh_member_action items[KH_MEMBER_ACTIONS_MAX];
    size_t count;
    char texts[KH_MEMBER_TEXTS][KH_MEMBER_TEXT]; /* of STATE */
    size_t text_count;
    kohort_error error; /* of FAILED */
};

struct kh_member; /* opaque to all but src/coordinator/member*.c (member_internal.h) */

/* `random` and `log` must outlive the member. 0 or KOHORT_ENOMEM. */
int kh_member_new(struct kh_member **ret, struct kh_heap *heap, struct kh_random *random,
                  const struct kh_log *log, const struct kh_member_options *options);
void kh_member_free(struct kh_member *m);

/* Feeds one event at time now_ms (monotonic), and fills `actions` with what the driver must do, in
 * order. Returns 0. START and SUBSCRIBE may be refused, and then nothing has changed:
 * KOHORT_ENOMEM, or KOHORT_ESTATE (START: neither idle nor failed; SUBSCRIBE: not started, or
 * stopping). */
int kh_member_step(struct kh_member *m, int64_t now_ms, const struct kh_member_event *event,
                   struct kh_member_actions *actions);
/* When EV_TIME is next due, or KH_NEVER. Ask after every step. */
int64_t kh_member_deadline(const struct kh_member *m);
/* Whether the group has gone on, or may have, since a request went out as `identity`, and took us
 * and what we own along: a cooperative round. What was refused is worth asking again. */
bool kh_member_outgrew(const struct kh_member *m, struct kh_member_identity identity);
/* Whether partitions may be delivered at now_ms: the session clock has not run out (decision 2: a
 * process that was suspended delivers nothing stale). */
bool kh_member_session_alive(const struct kh_member *m, int64_t now_ms);

enum kh_member_state kh_member_state(const struct kh_member *m);
const char *kh_member_state_name(enum kh_member_state state); /* "stable" */
bool kh_member_move_is_legal(enum kh_member_state from, enum kh_member_state to);
struct kh_string kh_member_id(const struct kh_member *m);        /* empty: none */
struct kh_string kh_member_leader_id(const struct kh_member *m); /* empty: not known */
bool kh_member_is_leader(const struct kh_member *m);
int32_t kh_member_generation(const struct kh_member *m);  /* -1: none */
int32_t kh_member_coordinator(const struct kh_member *m); /* node id; -1: not known */
struct kh_member_identity kh_member_identity(const struct kh_member *m);
const struct kh_partition_list *kh_member_owned(const struct kh_member *m);
/* Answers that came when their question no longer mattered. */
uint64_t kh_member_ignored_answers(const struct kh_member *m);

/* Rebalances that ended in an assignment, by the reason that began them, and the time that they and
 * others took, up to now_ms. */
struct kh_member_statistics {
    uint64_t rebalances[KOHORT_REBALANCE_REASONS];
    int64_t rebalance_ms;
};
struct kh_member_statistics kh_member_statistics(const struct kh_member *m, int64_t now_ms);

/* What to send; valid until the next step. */
const struct kh_find_coordinator_request *kh_member_find_request(const struct kh_member *m);
const struct kh_join_group_request *kh_member_join_request(const struct kh_member *m);
const struct kh_sync_group_request *kh_member_sync_request(const struct kh_member *m);
const struct kh_heartbeat_request *kh_member_heartbeat_request(const struct kh_member *m);
const struct kh_leave_group_request *kh_member_leave_request(const struct kh_member *m);
/* How long the broker may park JoinGroup and SyncGroup: the rebalance timeout. The driver adds its
 * padding (session.timeout.padding.ms). */
int64_t kh_member_join_timeout_ms(const struct kh_member *m);

/* The members as JoinGroup listed them to the leader, until they are taken or the next JOIN is
 * sent: for ASSIGN. Empty for the others. */
struct kh_member_round {
    struct kh_arena arena;
    struct kh_buffer *frame; /* what most of it lies in; NULL: nothing does */
    struct kh_join_group_response_member *members;
    size_t member_count;
};
const struct kh_member_round *kh_member_round(const struct kh_member *m);
/* Makes it the caller's, for work on another thread. */
void kh_member_take_round(struct kh_member *m, struct kh_member_round *ret);
/* On the loop. */
void kh_member_round_free(struct kh_member_round *round);
/* The one that the broker chose in the last JoinGroup; NULL before. */
const struct kh_assignor *kh_member_assignor(const struct kh_member *m);

#endif
