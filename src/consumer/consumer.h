/* The inside of a consumer: its parts, one file each, and what each may ask of the others. */
#ifndef KH_CONSUMER_CONSUMER_H
#define KH_CONSUMER_CONSUMER_H

#include "base/error.h"
#include "consumer/client.h"
#include "consumer/partition.h"
#include "consumer/pattern.h"
#include "coordinator/member.h"
#include "coordinator/offsets.h"

/* group.c: requests of the member machine. */
struct kh_group_request {
    struct kh_request request;
    enum kh_member_event_type answer;
    struct kh_member_identity identity; /* who asked */
    bool unsent; /* the answer never comes: memory ran out, and nothing could be sent */
};
struct kh_group {
    struct kh_member *member;
    struct kh_lane *join_lane; /* NULL between rebalances */
    int32_t join_lane_node;
    struct kh_group_request question; /* the one of the machine's state: it has one at a time */
    struct kh_group_request heartbeat;
    struct kh_backoff patience; /* how long FindCoordinator's next answer is waited for */
    struct kh_timer timer;      /* the machine's deadline */
    struct kh_timer assign; /* the leader waits for metadata of the members' topics until then */
    bool assigning;         /* our turn as leader has come */
    struct kh_member_identity assigns_as;
    bool only_watches;               /* as leader whose group keeps its layout (KIP-814) */
    struct kh_assign_job *job;       /* NULL: not begun */
    struct kh_assign_job *handed_in; /* its layout is SyncGroup's; NULL: there is none */
    bool watching;                   /* and the members' topics are known to the subscription */
};

/* watch.c: a topic as it was when the leader assigned. */
struct kh_watched {
    struct kh_string topic;
    int64_t partitions; /* -1: there is no such topic */
    uint64_t *racks;    /* of each partition; NULL: they are not watched */
};

/* subscription.c: what is subscribed, and the metadata that this needs. */
struct kh_subscription {
    struct kh_string *topics; /* own copies, sorted, each once */
    size_t topic_count;
    struct kh_watched *watched; /* as leader: topics of all members */
    size_t watched_count;
    struct kh_metadata_listener listener;
    struct kh_pattern *pattern; /* what chooses the topics; NULL: they were named */
    bool pattern_new;           /* no listing has been looked at yet: it starts the member */
    bool listing_new;           /* a listing has come that was not looked at */
    bool changed;               /* what is watched differs from the assignment's */
    bool missing_told;          /* once for each subscription */
};

/* ownership.c: contexts by slot, and the revocation in progress. */
struct kohort_partitions {
    kohort_partition **items;
    size_t count, capacity;
};
struct kh_ownership {
    kohort_partition **slots;       /* NULL: free */
    size_t slot_count, free_from;   /* all before it are taken */
    struct kohort_partitions owned; /* as the application sees it: by topic, then number */
    struct kohort_partitions going; /* of the revocation in progress; has room for all that is
                                       owned, since letting go must not need memory */
    struct kh_timer retry;          /* memory was short: some of what is ours has no context yet */
    uint64_t token;                 /* its token; 0: none */
    uint64_t earlier_token;         /* of its first part, when closing made the rest go too */
    uint64_t last_token;
    uint64_t last_ownership;      /* ids only rise */
    bool let_go;                  /* the application is done with what goes */
    bool commit_asked, committed; /* what it had acknowledged */
};

/* start_offset.c */
struct kh_start_offsets {
    struct kh_start_fetch *under_way; /* NULL: nothing is */
    uint64_t newest_asked;            /* the last ownership that it asks for: ids only rise */
    struct kh_timer retry;
    struct kh_backoff backoff;
    struct kh_list lookups; /* reset.c's ListOffsets under way, one a leader */
};

/* validation.c */
struct kh_validations {
    bool wanted;             /* a position or its leader's epoch may be another one */
    struct kh_list requests; /* under way, one a leader */
};

/* commit.c, commit_waiters.c */
struct kh_committer {
    struct kh_request request;
    struct kh_offset_commit *commit; /* NULL: nothing is in flight */
    struct kh_member_identity identity;
    struct kh_timer timer;  /* the interval, or the backoff after a failure */
    struct kh_timer expiry; /* of those who wait */
    struct kh_backoff backoff;
    uint64_t newest_asked;    /* the last ownership that the one under way may speak of */
    bool covers_going;        /* it was made after the application had let go of what goes */
    struct kh_list waiting;   /* struct kh_commit_waiter: for the next commit */
    struct kh_list in_flight; /* for the one under way */
    uint64_t acknowledged;    /* records, since the last one was built: for commit.threshold */
    bool due;                 /* what is acknowledged is to be committed */
    bool backs_off;           /* until the timer: the last one failed */
};

/* stuck.c */
struct kh_stuck {
    struct kh_timer timer;  /* armed while something outstanding has a deadline */
    int64_t due_ms;         /* of the timer, to see how late it is */
    int64_t stood_still_ms; /* the loop, in all: deadlines do not count it */
    int64_t clock_ms;       /* without that, at the last look: what is due by then is overdue */
    uint32_t partitions;    /* that are suspended for it */
    bool look;              /* in the turn */
};

/* close.c */
struct kh_closing {
    bool wanted, leave;
    const char *reason; /* for LeaveGroup (KIP-800); NULL: as the application said */
    bool stop_due;      /* the machine has not been told yet */
    bool finished;      /* `done` is due */
    int64_t deadline_ms;
    struct kh_list done; /* struct kh_close_waiter */
};

struct kohort_consumer {
    kohort_client *client;
    struct kh_list node; /* in the client's consumers, or buried */
    struct kh_list busy_node;
    struct kh_option_values values;
    char *texts;                          /* that they point to */
    const struct kh_assignor **assignors; /* by preference, in one block; may be empty */
    size_t assignor_count;
    kohort_handlers handlers;
    void *user;
    int64_t number; /* of the client's, from 1 */

    int64_t late_ms; /* how long the loop stood still, to be told in the turn; 0: it did not */
    bool started;    /* the machine was told to be in the group, and has not stopped since */
    bool start_due;  /* a subscription that it has not been told of */
    bool torn_down;  /* freed by the application: silent, and buried at the end of the turn */
    bool fetch_due;  /* something changed that the plan of fetches depends on */
    int in_callback;

    size_t held_bytes;        /* received and not delivered, and kept by the application */
    size_t asked_bytes;       /* the most that Fetches under way may bring */
    bool credit_short;        /* a Fetch waits for some of that to be let go of */
    int64_t deliver_until_ms; /* then others in the host have their turn */
    size_t deliver_next;      /* the partition that is first then */

    struct kh_group group;
    struct kh_subscription subscription;
    struct kh_ownership ownership;
    struct kh_start_offsets start_offsets;
    struct kh_validations validations;
    struct kh_committer committer;
    struct kh_stuck stuck;
    struct kh_closing closing;
    struct kh_list fetchers; /* struct kh_fetcher, one a broker */
    struct {
        uint64_t records, batches, commits;
        uint64_t assigned, revoked, lost; /* partitions */
    } counters;
};

/* consumer.c; the turn is what calls and events left to do. */
void kh_consumer_turn(kohort_consumer *c);
void kh_consumer_bury(kohort_consumer *c);
/* Ends everything at once: requests cancelled, contexts freed, nothing sent. No callback fires
 * after it. */
void kh_consumer_tear_down(kohort_consumer *c);
static inline struct kh_shared *kh_consumer_shared(const kohort_consumer *c)
{
    return &c->client->shared;
}
static inline struct kh_heap *kh_consumer_heap(const kohort_consumer *c)
{
    return &c->client->heap;
}
/* null: a dynamic member. */
static inline struct kh_string kh_consumer_instance_id(const kohort_consumer *c)
{
    const char *id = c->values.group_instance_id;
    return kh_string_of(*id == '\0' ? NULL : id);
}
static inline int64_t kh_consumer_now(const kohort_consumer *c)
{
    return c->client->shared.now_ms;
}

/* group.c */
int kh_group_init(kohort_consumer *c);
void kh_group_stop_requests(kohort_consumer *c);
void kh_group_close_join_lane(kohort_consumer *c);
/* In the consumer's turn: a rebalance that is over needs no lane. */
void kh_group_close_idle_lane(kohort_consumer *c);
void kh_group_free(kohort_consumer *c);
/* Feeds the member machine and does what it says. 0, or why it refused a START or SUBSCRIBE. */
int kh_group_event(kohort_consumer *c, const struct kh_member_event *event);
/* In the consumer's turn: of requests that could not be sent for want of memory. */
void kh_group_tell_unsent(kohort_consumer *c);
void kh_group_simple_event(kohort_consumer *c, enum kh_member_event_type type);

/* group_assign.c */
void kh_group_begin_assign(kohort_consumer *c);
/* The same as far as the watch; nothing is assigned. */
void kh_group_begin_watch(kohort_consumer *c);
void kh_group_end_assign(kohort_consumer *c);
/* Once SyncGroup needs it no more. */
void kh_group_forget_layout(kohort_consumer *c);
/* What it was given, for an assignor that asks. */
void kh_group_tell_assignor(kohort_consumer *c, const struct kh_member_action *action);
/* In the consumer's turn: assigns, once the metadata is there. */
void kh_group_try_assign(kohort_consumer *c);

/* subscription.c */
int kh_subscription_set(kohort_consumer *c, const char *const *topics, size_t count);
void kh_subscription_init(kohort_consumer *c);
void kh_subscription_free(kohort_consumer *c);
int kh_subscription_replace(kohort_consumer *c, const struct kh_string *names, size_t count);
/* Sorted copies, each once, each wanted from the cluster. 0 or KOHORT_ENOMEM, with nothing kept. */
int kh_topics_take(kohort_consumer *c, const struct kh_string *names, size_t count,
                   struct kh_string **ret_topics, size_t *ret_count);
/* Frees them and gives up the interest in them. */
void kh_topics_drop(kohort_consumer *c, struct kh_string *topics, size_t count);
void kh_topics_drop_one(kohort_consumer *c, struct kh_string topic);

/* subscription_pattern.c */
/* Takes over the pattern. The topics stay as they are until the cluster has listed its own. */
void kh_subscription_set_pattern(kohort_consumer *c, struct kh_pattern *pattern);
void kh_subscription_drop_pattern(kohort_consumer *c);
/* In the consumer's turn: what the pattern chooses of a new listing. */
void kh_subscription_match(kohort_consumer *c);

/* watch.c */
/* As leader: from now on watch these members' topics. */
int kh_watch_begin(kohort_consumer *c, const struct kh_string *topics, size_t count);
void kh_watch_end(kohort_consumer *c);
/* The assignment is made from the metadata as it is now. */
void kh_watch_snapshot(kohort_consumer *c);
/* Whether an answer has come for every watched topic. */
bool kh_watch_known(const kohort_consumer *c);
/* -1: there is no such topic, or it is not known yet. */
int64_t kh_watch_partitions(const kohort_consumer *c, struct kh_string topic);
/* There is new metadata. */
void kh_watch_look(kohort_consumer *c);
/* In the consumer's turn: the watch saw a change, or we are not the leader any more. */
void kh_watch_check(kohort_consumer *c);

/* ownership.c */
void kh_ownership_init(kohort_consumer *c);
void kh_ownership_adopt(kohort_consumer *c, const struct kh_partition_list *added);
void kh_ownership_drop(kohort_consumer *c, const struct kh_partition_list *gone);
void kh_ownership_lost(kohort_consumer *c, const struct kh_partition_list *gone);
void kh_ownership_free(kohort_consumer *c);
kohort_partition *kh_ownership_find(const kohort_consumer *c, struct kh_string topic,
                                    int32_t number);
/* By a mark's ownership; NULL: it has ended. */
kohort_partition *kh_ownership_by_id(const kohort_consumer *c, uint64_t ownership);

/* revocation.c */
void kh_revocation_begin(kohort_consumer *c, const struct kh_partition_list *going);
/* In the consumer's turn: drained? then commit; committed? then the machine is told. */
void kh_revocation_continue(kohort_consumer *c);
/* A commit has ended for good; `covers_going`: of all that was let go of. */
void kh_revocation_committed(kohort_consumer *c, bool covers_going);
/* Its token is stale from now on. */
void kh_revocation_end(kohort_consumer *c);

/* start_offset.c, reset.c */
void kh_start_offsets_init(kohort_consumer *c);
void kh_start_offsets_plan(kohort_consumer *c);
void kh_start_offsets_cancel(kohort_consumer *c);
void kh_reset_plan(kohort_consumer *c);
/* While the committed offsets are asked for: in its first generation a group has hardly any, and
 * auto.offset.reset will decide. The answer counts only if it does. */
void kh_reset_foresee(kohort_consumer *c);
void kh_reset_cancel(kohort_consumer *c);

/* validation.c */
void kh_validation_init(kohort_consumer *c);
/* In the consumer's turn, before anything is delivered: positions that a new leader may not have
 * are asked for. */
void kh_validation_plan(kohort_consumer *c);
/* It has something to look at. */
void kh_validation_wanted(kohort_consumer *c);
void kh_validation_cancel(kohort_consumer *c);

/* commit.c; commit.h has what its files share. */
void kh_commit_init(kohort_consumer *c);
/* What a commit would say has moved: arms the interval. */
void kh_commit_note(kohort_partition *p);
/* Commits what is acknowledged as soon as none is in flight. */
void kh_commit_soon(kohort_consumer *c);
/* Nothing is in flight, waiting or due. */
bool kh_commit_idle(const kohort_consumer *c);
void kh_commit_plan(kohort_consumer *c);
void kh_commit_cancel(kohort_consumer *c, const kohort_error *error);

/* fetcher.c */
/* The leader to ask, and its epoch (-1: not known); -1, with a refresh asked for, while there is
 * none. */
int32_t kh_fetch_leader(const kohort_partition *p, int32_t *ret_epoch);
/* In the consumer's turn: sends what Fetches are due. */
void kh_fetch_plan(kohort_consumer *c);
/* While SyncGroup is under way. */
void kh_fetch_prepare(kohort_consumer *c);
void kh_fetch_cancel(kohort_consumer *c);
static inline void kh_fetch_changed(kohort_consumer *c)
{
    c->fetch_due = true;
    kh_client_ask_turn(c);
}

/* credit.c */
/* Bytes that the next Fetch may ask of it; 0: none. */
size_t kh_credit_bytes(const kohort_partition *p);
/* And of all its partitions together, over the Fetches under way. */
size_t kh_credit_left(const kohort_consumer *c);
/* Records that may be handed over in one call now. */
int kh_credit_records(const kohort_partition *p);
/* Bytes of batches that begin to wait, or do not any more. */
void kh_credit_hold(kohort_partition *p, size_t size);
void kh_credit_let_go(kohort_partition *p, size_t size);
/* There is more than there was: a Fetch may have waited for it. */
void kh_credit_returned(kohort_consumer *c);

/* delivery.c */
/* A piece of work of the loop begins, in which records may be delivered. */
void kh_delivery_begin(kohort_consumer *c);
/* Whether it may go on, by the clock as it was read last. */
bool kh_delivery_has_time(const kohort_consumer *c);
struct kh_aborted;
/* Hands the records of one whole batch to the application, or keeps it for later; what `aborted`
 * says nobody may see is passed over. 0; KOHORT_ECORRUPT, KOHORT_ECODEC, KOHORT_ELIMIT with `error`
 * filled: the batch cannot be read. */
int kh_deliver(kohort_partition *p, struct kh_aborted *aborted, struct kh_buffer *buffer,
               const uint8_t *data, size_t size, kohort_error *error);
/* Goes on with what waits. */
void kh_deliver_waiting(kohort_partition *p);
/* Tells, once, that all there is has been delivered. */
void kh_deliver_end(kohort_partition *p);

/* close.c */
void kh_close_init(kohort_consumer *c);
void kh_close_free(kohort_consumer *c);
/* Stops and leaves as kohort_consumer_close() does, by itself. `reason` is a literal. */
void kh_close_begin(kohort_consumer *c, const char *reason);
/* The machine has stopped. */
void kh_close_finish(kohort_consumer *c);
/* In the consumer's turn: calls `done`, when it has ended. */
void kh_close_continue(kohort_consumer *c);

/* events.c: each calls the application, and counts in_callback. */
void kh_event_state(kohort_consumer *c, const char *state, const char *text);
void kh_event_error(kohort_consumer *c, kohort_partition *p, const kohort_error *error);
void kh_event_failed(kohort_consumer *c, const kohort_error *error);
void kh_event_reset(kohort_partition *p, int64_t before, int64_t offset, const char *text);
/* What was read from `end` on, to `before`, is lost. */
void kh_event_truncated(kohort_partition *p, int64_t before, int64_t end);
void kh_event_committed(kohort_partition *p, int64_t offset);
void kh_event_end(kohort_partition *p, int64_t offset);
void kh_event_uncommitted(kohort_partition *p);
void kh_event_stall(kohort_consumer *c, int64_t late_ms);
void kh_event_stuck(kohort_partition *p, int64_t first, int64_t last, const char *text);

/* acknowledge.c: the partition that a mark speaks of, and the last offset of it. */
int kh_mark_find(kohort_consumer *c, const kohort_mark *mark, kohort_partition **ret,
                 int64_t *ret_last);

#endif
