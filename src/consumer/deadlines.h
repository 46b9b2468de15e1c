/* By when what was delivered is to be acknowledged: ranges of offsets, each with its deadline. A
 * range is a call of on_records, or as many in a row as fall into one grain of time; what is
 * extended or comes again splits them. Pure: what is outstanding stands in the tracker. */
#ifndef KH_CONSUMER_DEADLINES_H
#define KH_CONSUMER_DEADLINES_H

#include "consumer/tracker.h"

struct kh_deadline {
    int64_t first, last;
    int64_t due_ms;
};

struct kh_deadlines {
    struct kh_deadline *items; /* by offset; they do not overlap */
    uint32_t count, capacity;
};

void kh_deadlines_free(struct kh_deadlines *d, struct kh_heap *heap);
static inline void kh_deadlines_clear(struct kh_deadlines *d)
{
    d->count = 0;
}
/* Room for so many calls of kh_deadlines_set(), which cannot fail then. Ranges with nothing
 * outstanding go first. 0 or KOHORT_ENOMEM. */
int kh_deadlines_reserve(struct kh_deadlines *d, const struct kh_tracker *t, uint32_t calls,
                         struct kh_heap *heap);
/* The range has this deadline, whatever it had before. */
void kh_deadlines_set(struct kh_deadlines *d, int64_t first, int64_t last, int64_t due_ms);
/* Forgets ranges with nothing outstanding. */
void kh_deadlines_settle(struct kh_deadlines *d, const struct kh_tracker *t);

#endif
