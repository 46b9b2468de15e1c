/* Committing, between its files: commit.c decides what is committed when, commit_waiters.c keeps
 * those who asked for it. */
#ifndef KH_CONSUMER_COMMIT_H
#define KH_CONSUMER_COMMIT_H

#include "consumer/consumer.h"

/* One of kohort_commit_offsets(). */
struct kh_named_offset {
    uint64_t ownership;
    int64_t offset;
    int32_t leader_epoch;
    struct kh_string metadata; /* null: none */
};

/* One call that waits for its commit. */
struct kh_commit_waiter {
    struct kh_list node;
    kohort_done *done;
    void *arg;
    int64_t deadline_ms;
    int16_t api_version;
    bool stale;   /* it names an ownership that has ended: nothing of it is committed */
    size_t count; /* 0: all that is acknowledged */
    struct kh_named_offset offsets[];
};

static inline struct kh_commit_waiter *kh_commit_waiter_of(struct kh_list *node)
{
    return kh_container(node, struct kh_commit_waiter, node);
}

void kh_commit_waiters_init(kohort_consumer *c);
/* Tells all of a list, in order, and frees them. error NULL: committed. */
void kh_commit_waiters_finish(kohort_consumer *c, struct kh_list *waiters,
                              const kohort_error *error);
/* The answer has come: each hears what became of its own offsets. */
void kh_commit_waiters_answered(kohort_consumer *c);
/* After an error that may heal: those whose time is up are told, the others wait for the next
 * commit, before newer ones. */
void kh_commit_waiters_retry(kohort_consumer *c, const kohort_error *error);
/* Nothing is committed of those that name an ownership which has ended meanwhile; they are told so
 * when nobody is before them. */
void kh_commit_waiters_drop_stale(kohort_consumer *c);
/* Whether all that is acknowledged is to be committed. Points each partition to the offset that was
 * named for it last, if that holds. */
bool kh_commit_waiters_name(kohort_consumer *c);

/* A refused partition in words. */
void kh_commit_refusal(const kohort_consumer *c, const struct kh_offset_to_commit *result,
                       kohort_error *error);

#endif
