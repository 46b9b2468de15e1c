/* What was delivered and is not acknowledged: a ring of delivered offsets, never of the offset
 * range (compaction, control records and hostile deltas make that unbounded). Acknowledgements come
 * in any order. */
#ifndef KH_CONSUMER_TRACKER_H
#define KH_CONSUMER_TRACKER_H

#include "base/heap.h"

#include <kohort/kohort.h>

struct kh_tracker {
    uint64_t *entries;              /* rising: offset * 2 + 1 once it is acknowledged */
    uint32_t begin, size, capacity; /* capacity is a power of two, or 0 */
    uint32_t unacknowledged;
};

void kh_tracker_init(struct kh_tracker *t);
void kh_tracker_free(struct kh_tracker *t, struct kh_heap *heap);
void kh_tracker_clear(struct kh_tracker *t);
/* Room for `count` more, so that adding after a delivery cannot fail. 0 or KOHORT_ENOMEM. */
int kh_tracker_reserve(struct kh_tracker *t, uint32_t count, struct kh_heap *heap);
/* Delivered; needs a reservation. done: acknowledged at once; kept only behind others that are not.
 */
void kh_tracker_add(struct kh_tracker *t, const kohort_record *records, uint32_t count, bool done);
/* Forgets what lies at or above `offset`: it will be delivered again. */
void kh_tracker_forget_from(struct kh_tracker *t, int64_t offset);
/* Acknowledges what was delivered from `first` to `last`; twice is once. 0, or KOHORT_EINVAL when
 * nothing there was delivered. */
int kh_tracker_ack(struct kh_tracker *t, int64_t first, int64_t last, int64_t position);
/* The lowest offset not acknowledged, or `position` when nothing is outstanding. */
int64_t kh_tracker_acked(const struct kh_tracker *t, int64_t position);

#endif
