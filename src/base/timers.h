/* Deadlines of many machines behind the loop's one timer: an intrusive pairing heap, so that arming
 * never allocates and cannot fail. Equal deadlines fire in the order they were armed. */
#ifndef KH_BASE_TIMERS_H
#define KH_BASE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define KH_NEVER INT64_MAX

struct kh_timer {
    void (*fire)(struct kh_timer *timer, int64_t now_ms);
    void *arg;
    int64_t due_ms; /* KH_NEVER: not armed */
    uint64_t order;
    struct kh_timer *child, *sibling, *previous;
};

struct kh_timers {
    struct kh_timer *root;
    uint64_t order;
    int64_t ran_ms; /* of the last run: an earlier deadline counts as this one */
    /* The next deadline has moved forward, to due_ms: the loop's timer must be set. May be NULL. */
    void (*earlier)(void *arg, int64_t due_ms);
    void *arg;
};

void kh_timers_init(struct kh_timers *timers);
void kh_timer_init(struct kh_timer *timer, void (*fire)(struct kh_timer *, int64_t), void *arg);
/* Arms, moves, or with KH_NEVER disarms. */
void kh_timer_set(struct kh_timers *timers, struct kh_timer *timer, int64_t due_ms);
/* The next deadline, or KH_NEVER. */
int64_t kh_timers_due(const struct kh_timers *timers);
/* Disarms, then fires, all that are due. What fires may arm, move, disarm and free any timer; one
 * armed meanwhile waits for the next run, so that this one ends. */
void kh_timers_run(struct kh_timers *timers, int64_t now_ms);

#endif
