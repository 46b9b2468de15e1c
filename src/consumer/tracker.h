/* What was delivered and is not acknowledged: blocks of 64 delivered records each, never of the
 * offset range (compaction, control records and hostile deltas make that unbounded).
 * Acknowledgements come in any order. A record costs bits; where offsets have holes, four bytes
 * more. */
#ifndef KH_CONSUMER_TRACKER_H
#define KH_CONSUMER_TRACKER_H

#include "base/heap.h"

#include <kohort/kohort.h>

struct kh_tracker_block {
    int64_t first;        /* the first record's offset */
    uint64_t outstanding; /* bit i: record i is not acknowledged */
    uint32_t count;       /* of records delivered */
    uint32_t dense;       /* so many of them, from the first on, have no hole between them */
};

struct kh_tracker {
    struct kh_tracker_block *blocks; /* all that there is room for */
    struct kh_tracker_block *head;   /* in use from here: by offset, the first with something
                                        outstanding; `none` when there is none */
    uint32_t *deltas;                /* 64 a block, from its first offset; NULL: no hole was seen */
    uint32_t size, capacity;
    uint32_t unacknowledged;
    struct kh_tracker_block none; /* always empty */
    bool squeezed;                /* blocks wholly acknowledged were left out, between others */
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
int64_t kh_tracker_acked(const struct kh_tracker *t, int64_t position);
/* The lowest offset from `offset` on that is not acknowledged; -1: there is none. */
int64_t kh_tracker_next(const struct kh_tracker *t, int64_t offset);

#endif
