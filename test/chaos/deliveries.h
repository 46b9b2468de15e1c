/* What was delivered within one ownership of a partition, and what of it is done, as a judge of
 * histories sees it. */
#ifndef TEST_CHAOS_DELIVERIES_H
#define TEST_CHAOS_DELIVERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct delivery {
    int64_t offset;
    bool acknowledged;
};

/* In the order of offsets. Zero is none. */
struct deliveries {
    struct delivery *list;
    size_t count, capacity;
    size_t settled; /* all before it are acknowledged */
};

void deliveries_free(struct deliveries *d);
/* There is none any more; the memory is kept. */
void deliveries_clear(struct deliveries *d);
/* Beyond all that were delivered before. */
void deliveries_add(struct deliveries *d, int64_t offset);
/* From first to last. */
void deliveries_acknowledge(struct deliveries *d, int64_t first, int64_t last);
/* The lowest that is not acknowledged; `next` if all are: what a commit may say at most. */
int64_t deliveries_bound(const struct deliveries *d, int64_t next);

#endif
