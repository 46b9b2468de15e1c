/* What was delivered within one ownership of a partition, and what became of it: as both judges see
 * it, the simulator's and that of chaos tests. */
#ifndef TEST_SUPPORT_DELIVERIES_H
#define TEST_SUPPORT_DELIVERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct delivery {
    int64_t offset;
    bool acknowledged;
    bool refused; /* it comes again, before anything that was not delivered yet */
};

/* In the order of offsets. Zero is none. */
struct deliveries {
    struct delivery *list;
    size_t count, capacity;
    size_t settled; /* all before it are acknowledged */
    size_t refused; /* so many are to come again */
};

void deliveries_free(struct deliveries *d);
/* There is none any more; the memory is kept. */
void deliveries_clear(struct deliveries *d);
/* Beyond all that were delivered before. */
void deliveries_add(struct deliveries *d, int64_t offset);
/* What was refused comes again first: the lowest of it; NULL: nothing was. */
struct delivery *deliveries_lowest_refused(struct deliveries *d);
/* It has come again. */
void deliveries_redelivered(struct deliveries *d, struct delivery *again);
/* From first to last, what is not refused. How many. */
size_t deliveries_acknowledge(struct deliveries *d, int64_t first, int64_t last);
/* From first to last, what is not acknowledged. How many. */
size_t deliveries_refuse(struct deliveries *d, int64_t first, int64_t last);
bool deliveries_is_acknowledged(const struct deliveries *d, int64_t offset);
/* The position is set: what lies behind it comes anew, and nothing that was refused comes again.
 * What lies before `start` is gone, and nobody waits for its acknowledgement: how many that were.
 */
size_t deliveries_reset(struct deliveries *d, int64_t start, int64_t offset);
/* The lowest that is not acknowledged; `next` if all are: what a commit may say at most. */
int64_t deliveries_bound(const struct deliveries *d, int64_t next);

#endif
