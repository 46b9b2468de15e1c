/* The inside of the member machine: its state, and what its files ask of each other. Each file
 * holds the events of one concern; only member.c writes `state`. */
#ifndef KH_COORDINATOR_MEMBER_INTERNAL_H
#define KH_COORDINATOR_MEMBER_INTERNAL_H

#include "coordinator/member.h"
#include "coordinator/verdict.h"

/* What a group of consumers is called on the wire. */
#define KH_MEMBER_PROTOCOL_TYPE KH_STRING("consumer")

enum {
    KH_MEMBER_TOLD_MAX = 255,     /* bytes of a reason that the broker is told, as in Java */
    KH_MEMBER_LEAVE_MS = 5000,    /* how long LeaveGroup is worth waiting for */
    KH_MEMBER_FIRST_BEAT_MS = 16, /* after a cooperative round */
    KH_MEMBER_RESERVE_MS = 1000,  /* of a stop's time, at most, kept for LeaveGroup */
};

struct kh_member {
    struct kh_heap *heap;
    struct kh_random *random;
    const struct kh_log *log;
    struct kh_member_options options; /* texts and the list of assignors are own copies */

    enum kh_member_state state;
    bool wanted; /* in the group; what is and what is wanted are two things */
    int64_t now_ms;
    struct kh_member_actions *actions; /* of the step at hand */
    uint64_t ignored_answers;

    /* Who we are in the group. Texts are own copies. */
    int32_t coordinator;
    int32_t generation;
    struct kh_string member_id, leader_id;
    uint32_t member_id_serial;
    bool is_leader;
    const struct kh_assignor *assignor;

    /* What we want: sorted, one allocation. */
    struct kh_string *topics;
    size_t topic_count;

    /* The state's question: FindCoordinator, JoinGroup, SyncGroup or LeaveGroup. */
    bool asked;
    bool assigning;         /* the question before SyncGroup: the leader's assignor */
    int64_t request_due_ms; /* when to ask; KH_NEVER once asked, or when there is nothing to ask */
    struct kh_backoff backoff;
    bool hurried; /* one repetition without a backoff has been used up since the last success */
    bool rejoin_wanted; /* once this round is over: what it is about has changed meanwhile */
    struct kh_find_coordinator_request find;
    struct kh_arena join_arena; /* of `join`, until it is answered */
    struct kh_join_group_request join;
    char *told_reason; /* what the broker's log will say of the next JoinGroup, or of LeaveGroup
                          after a failure (KIP-800); NULL: nothing */
    struct kh_member_round round; /* what JoinGroup listed */
    struct kh_sync_group_request sync;
    struct kh_leave_group_request leave_request;
    struct kh_leave_group_request_member leave_member;

    /* The clock of heartbeats is never touched by a move between states. */
    struct kh_heartbeat_request heartbeat;
    bool heartbeat_in_flight;
    bool cooperative;         /* KIP-429: every assignor that is offered is */
    int64_t heartbeat_due_ms; /* KH_NEVER: no generation to beat for */
    int64_t round_ended_ms;   /* when a cooperative round last gave us a share; KH_NEVER: not yet */
    int64_t session_start_ms; /* when the last request that was answered was sent; KH_NEVER: the
                                 clock does not run */

    /* When `cooperative`, what is owned stays so while the member joins, and only what moves is
     * given back, in a second round. */
    struct kh_partition_list owned;
    struct kh_partition_list going; /* of a drain that is not about all */
    struct kh_partition_list added; /* what this step adopted */
    struct kh_partition_list gone;  /* what this step dropped or lost */
    /* What the assignor's user data tells the next leader, also after it was revoked or lost. */
    struct kh_partition_list told;
    int32_t told_generation; /* -1: nothing */
    /* Why it rebalances, and since when; KH_NEVER: it does not. */
    enum kohort_rebalance_reason reason;
    int64_t rebalancing_since_ms;
    struct kh_member_statistics statistics;
    bool settled; /* `owned` is this generation's assignment, and nothing says otherwise */
    bool draining, all_going;
    int64_t drain_due_ms;

    bool leave;              /* stopping: tell the group, */
    const char *stop_reason; /* and this for why; NULL: the application closes */
    int64_t stop_due_ms;
};

/* ---- member.c ---- */

/* The only writer of m->state: checks the move, tells it, and leaves nothing asked. */
void kh_member_enter(struct kh_member *m, enum kh_member_state next, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct kh_member_action *kh_member_act(struct kh_member *m, enum kh_member_action_type type);
/* Forgets every request that is under way. */
void kh_member_cancel(struct kh_member *m);
/* *slot becomes a copy of text. 0 or KOHORT_ENOMEM: then nothing changed. */
int kh_member_set_text(struct kh_member *m, struct kh_string *slot, struct kh_string text);
/* Whether the answer's request went out as who we are now. */
bool kh_member_is_current(const struct kh_member *m, const struct kh_member_event *event);
/* When to repeat something that failed. */
int64_t kh_member_later(struct kh_member *m);
/* Now, for the first time in a row; then later: an answer that says "again" is no busy loop. */
int64_t kh_member_soon(struct kh_member *m);
/* The group works: the next failure is a first one. */
void kh_member_succeeded(struct kh_member *m);
static inline int64_t kh_member_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* From now on it rebalances, for this reason, unless it does so already for another. */
void kh_member_note_rebalance(struct kh_member *m, enum kohort_rebalance_reason reason);
/* It does no more. */
void kh_member_note_rebalanced(struct kh_member *m, bool completed);

/* ---- member_find.c ---- */

void kh_member_send_find(struct kh_member *m);
void kh_member_on_coordinator(struct kh_member *m, const struct kh_member_event *event);
/* The coordinator moved, or cannot be reached: keeps who we are and what we own. */
void kh_member_refind(struct kh_member *m, const char *why);

/* ---- member_join.c ---- */

/* NULL, or no memory: the broker is told nothing. */
void kh_member_set_told_reason(struct kh_member *m, const char *why);
void kh_member_begin_join(struct kh_member *m, int64_t due_ms, const char *why);
/* Both: `why` is what the broker is told too. */
void kh_member_rejoin(struct kh_member *m, int64_t due_ms, const char *why);
void kh_member_send_join(struct kh_member *m);
void kh_member_on_joined(struct kh_member *m, const struct kh_member_event *event);

/* ---- member_sync.c ---- */

/* After JoinGroup: the leader's assignor, or SyncGroup at once. */
void kh_member_begin_sync(struct kh_member *m, bool assign);
bool kh_member_is_subscribed(const struct kh_member *m, struct kh_string topic);
void kh_member_send_sync(struct kh_member *m);
void kh_member_on_assigned(struct kh_member *m, const struct kh_member_event *event);
void kh_member_on_synced(struct kh_member *m, const struct kh_member_event *event);

/* ---- member_heartbeat.c ---- */

/* When the next one is due; KH_NEVER where none is sent. */
int64_t kh_member_heartbeat_due(const struct kh_member *m);
void kh_member_send_heartbeat(struct kh_member *m);
void kh_member_on_heartbeat(struct kh_member *m, const struct kh_member_event *event);
void kh_member_on_commit_verdict(struct kh_member *m, const struct kh_member_event *event);
/* Starts the clocks of a new generation, unless they run. */
void kh_member_start_clocks(struct kh_member *m);
/* A cooperative round is over, and another one may follow at once. */
void kh_member_expect_round(struct kh_member *m);
/* KH_NEVER: the clock does not run, or nothing depends on it. */
int64_t kh_member_session_due(const struct kh_member *m);
/* Moves the session clock on if this is an answer that proves us alive. */
void kh_member_renew_session(struct kh_member *m, const struct kh_member_event *event);
void kh_member_on_session_expired(struct kh_member *m);

/* ---- member_revoke.c ---- */

void kh_member_begin_rebalance(struct kh_member *m, enum kohort_rebalance_reason reason,
                               const char *why);
void kh_member_on_revoked(struct kh_member *m);
void kh_member_on_subscribe(struct kh_member *m);
void kh_member_on_rejoin(struct kh_member *m, const char *why);
/* Asks the application to let go of everything. */
void kh_member_drain_all(struct kh_member *m);
/* Stopping in mid-drain: what is not going yet goes too, by the same deadline. */
void kh_member_drain_rest(struct kh_member *m);
/* Cooperative: asks it to let go of what others wait for, which is in `going`. */
void kh_member_give_back(struct kh_member *m);
/* Cooperative: lets go of what is owned but no longer subscribed: in JoinGroup it would not count
 * as ours, and the leader give it to another. False: there is nothing. */
bool kh_member_give_back_unsubscribed(struct kh_member *m);
/* A stop leaves only so much time, and LeaveGroup needs some of it. */
void kh_member_shorten_drain(struct kh_member *m);
/* Drained, or out of time. */
void kh_member_end_drain(struct kh_member *m, const char *why);
/* All that is owned is lost; the generation is no longer ours. */
void kh_member_lose(struct kh_member *m);
/* The coordinator says that this generation, or this member id, is not known. */
void kh_member_evicted(struct kh_member *m, bool forget_member_id, const char *why);
void kh_member_forget_id(struct kh_member *m);

/* ---- member_leave.c ---- */

void kh_member_on_stop(struct kh_member *m, const struct kh_member_event *event);
/* Nothing is owned any more, and out is where we want to be. */
void kh_member_leave(struct kh_member *m, const char *why);
/* Out, without a word to the group. */
void kh_member_stopped(struct kh_member *m, const char *why);
void kh_member_on_left(struct kh_member *m);
void kh_member_on_stop_due(struct kh_member *m);

/* ---- member_verdict.c ---- */

/* No answer came. True when that is terminal; the member has failed then. */
bool kh_member_failed_by_status(struct kh_member *m, enum kh_api api,
                                const struct kh_member_event *event);
/* "SyncGroup: the connection was lost": for a reason. In `out`, KH_MEMBER_TEXT bytes. */
const char *kh_member_describe(char *out, enum kh_api api, const struct kh_member_event *event,
                               int16_t kafka_code);
void kh_member_fail_kafka(struct kh_member *m, enum kh_api api, int16_t kafka_code,
                          const char *detail);
void kh_member_fail(struct kh_member *m, const kohort_error *error);

#endif
