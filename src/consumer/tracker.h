/* What was delivered and is not acknowledged, in blocks of 64 bits, never of the offset range
 * (compaction, control records and hostile deltas make that unbounded). A block is 64 offsets in a
 * row, whatever holes are among them; where few of these were delivered it is sparse: 64 records,
 * with four bytes more for each. Acknowledgements come in any order, and find their block by
 * where it must lie. */
#ifndef KH_CONSUMER_TRACKER_H
#define KH_CONSUMER_TRACKER_H

#include "base/heap.h"

#include <kohort/kohort.h>

struct kh_tracker_block {
    int64_t first;        /* offset */
    uint64_t delivered;   /* bit i: the offset `first` + i was; or there is a record i */
    uint64_t outstanding; /* of these: not acknowledged */
    uint32_t count;       /* of its records, if it is sparse; else 0 */
};

struct kh_tracker {
    struct kh_tracker_block *blocks; /* all that there is room for */
    struct kh_tracker_block *head;   /* in use from here: by offset, the first with something
                                        outstanding */
    uint32_t *deltas; /* 64 a block: a sparse one's records, from `first`. NULL: none was sparse */
    uint32_t size, capacity;
    uint32_t unacknowledged;
    bool squeezed;  /* blocks wholly acknowledged were left out, between others */
    int64_t lowest; /* of the offsets not acknowledged; INT64_MAX: all are */
    uint64_t span;  /* from one of the newer blocks to the next, on average */
};

void kh_tracker_init(struct kh_tracker *t);
void kh_tracker_free(struct kh_tracker *t, struct kh_heap *heap);
void kh_tracker_clear(struct kh_tracker *t);
/* Room for these, so that adding them after their delivery cannot fail. 0 or KOHORT_ENOMEM. */
int kh_tracker_reserve(struct kh_tracker *t, const kohort_record *records, uint32_t count,
                       struct kh_heap *heap);
/* Delivered; needs a reservation. done: acknowledged at once; kept only behind others that are not.
 */
void kh_tracker_add(struct kh_tracker *t, const kohort_record *records, uint32_t count, bool done);
/* Forgets what lies at or above `offset`: it will be delivered again. */
void kh_tracker_forget_from(struct kh_tracker *t, int64_t offset);
/* Acknowledges what was delivered from `first` to `last`; twice is once. `end`: behind the last
 * offset delivered. 0, or KOHORT_EINVAL when nothing there was delivered. */
int kh_tracker_ack(struct kh_tracker *t, int64_t first, int64_t last, int64_t end);
/* The lowest offset not acknowledged, or `position` when nothing is outstanding. */
static inline int64_t kh_tracker_acked(const struct kh_tracker *t, int64_t position)
{
    return t->size == 0 ? position : t->lowest;
}
/* The lowest offset from `offset` on that is not acknowledged; -1: there is none. */
int64_t kh_tracker_next(const struct kh_tracker *t, int64_t offset);

#endif
