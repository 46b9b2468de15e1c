/* One member of one group, classic protocol (AbstractCoordinator, ConsumerCoordinator), as a machine without I/O: events and
 * the time go in, a bounded list of actions comes out, in the order in which they must be done. Nothing re-enters. */
#ifndef KH_COORDINATOR_MEMBER_H
#define KH_COORDINATOR_MEMBER_H

#include "assignors/assignor.h"
#include "base/backoff.h"
#include "base/log.h"
#include "base/timers.h"
#include "coordinator/partition_list.h"
#include "protocol/find_coordinator.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/leave_group.h"
#include "protocol/sync_group.h"

enum kh_member_state {
    KH_MEMBER_IDLE,      /* Not in the group, not wanted there.  -> FINDING */
    KH_MEMBER_FINDING,   /* Asking who coordinates the group.    -> JOINING, LEAVING, IDLE, REVOKING, FAILED */
    KH_MEMBER_JOINING,   /* JoinGroup is in flight, or about to be repeated. -> SYNCING, FINDING, LEAVING, IDLE, FAILED */
    KH_MEMBER_SYNCING,   /* The leader assigns; SyncGroup is in flight. -> STABLE, REVOKING, JOINING, FINDING, LEAVING, FAILED */
    KH_MEMBER_STABLE,    /* Owns its assignment.                 -> REVOKING, JOINING, FINDING, FAILED */
    KH_MEMBER_REVOKING,  /* The application lets go.             -> JOINING, FINDING, LEAVING, FAILED */
    KH_MEMBER_LEAVING,   /* LeaveGroup is in flight.             -> IDLE */
    KH_MEMBER_FAILED,    /* Terminal error, reported once.       -> IDLE (stop), FINDING (start again) */
    KH_MEMBER_STATE_COUNT
};

struct kh_member_options {
    struct kh_string group_id;
    struct kh_string group_instance_id; /* null: dynamic */
    int32_t session_timeout_ms, rebalance_timeout_ms, heartbeat_interval_ms;
    int32_t drain_timeout_ms; /* of a revocation; below the rebalance timeout */
    int64_t retry_backoff_ms, retry_backoff_max_ms;
    const struct kh_assignor *const *assignors; /* in the order of preference */
    size_t assignor_count;
    struct kh_string rack;
};

/* Under which identity a request went out; its answer is judged only while it still holds (contract.md, after the table). */
struct kh_member_identity {
    int32_t generation;
    uint32_t member_id_serial; /* counts changes of the member id */
};

enum kh_member_event_type {
    KH_MEMBER_EV_START,         /* wanted: in the group. `topics` */
    KH_MEMBER_EV_SUBSCRIBE,     /* the subscription changed: `topics` */
    KH_MEMBER_EV_STOP,          /* wanted: out. `leave` */
    KH_MEMBER_EV_TIME,          /* kh_member_deadline() has come */
    KH_MEMBER_EV_COORDINATOR,   /* answer to FIND */
    KH_MEMBER_EV_JOINED,        /* answer to JOIN */
    KH_MEMBER_EV_ASSIGNED,      /* the leader's assignor has finished: `assignments`, or a negative status */
    KH_MEMBER_EV_SYNCED,        /* answer to SYNC */
    KH_MEMBER_EV_HEARTBEAT,     /* answer to HEARTBEAT */
    KH_MEMBER_EV_LEFT,          /* answer to LEAVE, or no answer */
    KH_MEMBER_EV_REVOKED,       /* the revocation that REVOKE asked for is done: drained and committed */
    KH_MEMBER_EV_COMMIT_VERDICT,/* an OffsetCommit's error that concerns membership: `kafka_code`, `identity` */
    KH_MEMBER_EV_REJOIN,        /* the leader's watch or ours saw topics change: `text` says what */
};

/* What went in. An answer has status 0 and its message, or a negative status when none came (lost, timed out). */
struct kh_member_event {
    enum kh_member_event_type type;
    int status;
    struct kh_member_identity identity; /* of the request that this answers */
    int64_t sent_ms;                    /* when that request was sent: the session clock counts from there */
    const void *message;                /* the decoded response of the answer's API */
    int16_t kafka_code;
    const kohort_error *error;          /* explains a negative status */
    const struct kh_string *topics;
    size_t topic_count;
    const struct kh_bytes *assignments; /* one encoded assignment a member, in JoinGroup's order */
    const char *text;
    bool leave; /* false: stay (static members) */
};

enum kh_member_action_type {
    KH_MEMBER_ACT_FIND,      /* send FindCoordinator */
    KH_MEMBER_ACT_JOIN,      /* send the request that kh_member_join_request() makes, in a join lane */
    KH_MEMBER_ACT_ASSIGN,    /* leader: run the chosen assignor over kh_member_joined(), answer with EV_ASSIGNED */
    KH_MEMBER_ACT_SYNC,      /* send kh_member_sync_request(), in the join lane */
    KH_MEMBER_ACT_HEARTBEAT, /* send kh_member_heartbeat_request() */
    KH_MEMBER_ACT_LEAVE,     /* send kh_member_leave_request(), answer with EV_LEFT */
    KH_MEMBER_ACT_CANCEL,    /* forget join, sync and find requests in flight: their answers no longer matter */
    KH_MEMBER_ACT_REVOKE,    /* drain and commit `partitions`, answer with EV_REVOKED by the deadline */
    KH_MEMBER_ACT_ADOPT,     /* `partitions` are owned from now on (only what is new) */
    KH_MEMBER_ACT_DROP,      /* `partitions` are no longer owned: their revocation has ended */
    KH_MEMBER_ACT_LOST,      /* `partitions` are lost: no commit is possible */
    KH_MEMBER_ACT_STATE,     /* tell the application: `state`, `text` */
    KH_MEMBER_ACT_FAILED,    /* terminal: `error` */
    KH_MEMBER_ACT_STOPPED,   /* out of the group, as wanted */
};

struct kh_member_action {
    enum kh_member_action_type type;
    const struct kh_partition_list *partitions; /* the member's; valid until the next step */
    enum kh_member_state state;
    const char *text;
    const kohort_error *error;
    bool ignore_answer;
};

enum { KH_MEMBER_ACTIONS_MAX = 16 };
struct kh_member_actions {
    struct kh_member_action items[KH_MEMBER_ACTIONS_MAX];
    size_t count;
};

struct kh_member; /* opaque to all but src/coordinator/member*.c (member_internal.h) */

int kh_member_new(struct kh_member **ret, struct kh_heap *heap, struct kh_random *random, const struct kh_log *log,
                  const struct kh_member_options *options);
void kh_member_free(struct kh_member *m);

/* Feeds one event at time now_ms (monotonic), and fills `actions` with what the driver must do, in order. */
void kh_member_step(struct kh_member *m, int64_t now_ms, const struct kh_member_event *event,
                    struct kh_member_actions *actions);
/* When EV_TIME is next due, or KH_NEVER. Ask after every step. */
int64_t kh_member_deadline(const struct kh_member *m);
/* Whether partitions may be delivered at now_ms: the session clock has not run out (decision 2: a process that was
 * suspended delivers nothing stale). */
bool kh_member_session_alive(const struct kh_member *m, int64_t now_ms);

enum kh_member_state kh_member_state(const struct kh_member *m);
const char *kh_member_state_name(enum kh_member_state state); /* "stable" */
struct kh_string kh_member_id(const struct kh_member *m);     /* empty: none */
struct kh_string kh_member_leader_id(const struct kh_member *m);
bool kh_member_is_leader(const struct kh_member *m);
int32_t kh_member_generation(const struct kh_member *m); /* -1: none */
int32_t kh_member_coordinator(const struct kh_member *m); /* node id; -1: not known */
struct kh_member_identity kh_member_identity(const struct kh_member *m);
const struct kh_partition_list *kh_member_owned(const struct kh_member *m);

/* What to send; valid until the next step. JOIN and SYNC texts live in the member. */
const struct kh_join_group_request *kh_member_join_request(const struct kh_member *m);
const struct kh_sync_group_request *kh_member_sync_request(const struct kh_member *m);
const struct kh_heartbeat_request *kh_member_heartbeat_request(const struct kh_member *m);
const struct kh_leave_group_request *kh_member_leave_request(const struct kh_member *m);
/* Client-side deadline of JoinGroup and SyncGroup: the rebalance timeout plus padding. */
int64_t kh_member_join_timeout_ms(const struct kh_member *m);

/* For ACT_ASSIGN: the members as JoinGroup listed them (kept until EV_ASSIGNED), and the assignor the broker chose. */
size_t kh_member_joined(const struct kh_member *m, const struct kh_join_group_response_member **ret_members);
const struct kh_assignor *kh_member_chosen_assignor(const struct kh_member *m);

#endif
