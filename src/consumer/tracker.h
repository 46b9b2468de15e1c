/* What was delivered and is not acknowledged: slices in the order of delivery, in a ring that
 * grows. An acknowledgement may come in any order; the ring gives up its oldest slices as they are
 * done. */
#ifndef KH_CONSUMER_TRACKER_H
#define KH_CONSUMER_TRACKER_H

#include "base/heap.h"

#include <stdbool.h>
#include <stdint.h>

struct kh_slice {
    int64_t first; /* offset of its first record: the mark's */
    uint32_t count;
    bool done;
};

struct kh_tracker {
    struct kh_slice *slices;
    uint32_t begin, size, capacity; /* capacity is a power of two, or 0 */
    uint64_t unacknowledged;        /* records in slices not done */
};

void kh_tracker_init(struct kh_tracker *t);
void kh_tracker_free(struct kh_tracker *t, struct kh_heap *heap);
void kh_tracker_clear(struct kh_tracker *t);
/* Room for one more slice, so that adding after delivery cannot fail. 0 or KOHORT_ENOMEM. */
int kh_tracker_reserve(struct kh_tracker *t, struct kh_heap *heap);
/* Delivered and to be acknowledged later; needs a reservation. `first` is above all before. */
void kh_tracker_add(struct kh_tracker *t, int64_t first, uint32_t count);
/* Delivered and done at once, behind others that are not. */
void kh_tracker_add_done(struct kh_tracker *t, int64_t first, uint32_t count);
/* 0, or KOHORT_EINVAL when no slice is exactly this one. Twice is once. */
int kh_tracker_ack(struct kh_tracker *t, int64_t first, uint32_t count);
/* The lowest offset not acknowledged, or `position` when nothing is outstanding. */
int64_t kh_tracker_acked(const struct kh_tracker *t, int64_t position);

#endif
