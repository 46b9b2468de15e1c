/* What comes again: records that the application refused (kohort_nack, a handler that failed). The
 * position rewinds to the lowest of them, and of what is fetched from there only they are
 * delivered. Kept until they are acknowledged, for their attempt, and to tell a late
 * acknowledgement of an earlier delivery. */
#ifndef KH_CONSUMER_REDELIVERY_H
#define KH_CONSUMER_REDELIVERY_H

#include "consumer/tracker.h"

struct kh_redelivered {
    int64_t offset;
    uint32_t attempt;  /* of its last delivery */
    uint16_t delivery; /* the partition's, at its last delivery */
    bool waiting;      /* refused, and not delivered again yet */
};

struct kh_redelivery {
    struct kh_redelivered *items; /* by offset */
    uint32_t count, capacity;
    uint32_t waiting; /* of them */
};

void kh_redelivery_free(struct kh_redelivery *r, struct kh_heap *heap);
void kh_redelivery_clear(struct kh_redelivery *r);
/* What is outstanding from `first` to `last` comes again. 0; KOHORT_ENOMEM: nothing has changed. */
int kh_redelivery_want(struct kh_redelivery *r, struct kh_heap *heap, const struct kh_tracker *t,
                       int64_t first, int64_t last);
/* The lowest that waits; -1: none does. */
int64_t kh_redelivery_lowest(const struct kh_redelivery *r);
/* Whether this one does. */
bool kh_redelivery_waits(const struct kh_redelivery *r, int64_t offset);
/* Of what was fetched again below `end` only what waits is left, with its attempt, up to a record
 * that is still held. Takes *count records, says in it how many were used, and returns how many of
 * these are left. */
uint32_t kh_redelivery_filter(const struct kh_redelivery *r, const struct kh_tracker *t,
                              kohort_record *records, uint32_t *count, int64_t end);
/* These were delivered, again where they waited. */
void kh_redelivery_delivered(struct kh_redelivery *r, const kohort_record *records, uint32_t count,
                             uint16_t delivery);
/* The lowest from `first` on whose last delivery is not the one that a mark speaks of, or will not
 * be; INT64_MAX: there is none. */
int64_t kh_redelivery_stale(const struct kh_redelivery *r, int64_t first, uint16_t delivery);
/* Acknowledged. */
void kh_redelivery_forget(struct kh_redelivery *r, int64_t first, int64_t last);

#endif
