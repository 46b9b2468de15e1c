/* A whole struct kh_fetch_response, put together from what the stream tells: for checkers and tests
 * that want to see all of a response at once. The library itself never holds one. */
#ifndef TEST_SUPPORT_RECORDS_FETCH_COLLECT_H
#define TEST_SUPPORT_RECORDS_FETCH_COLLECT_H

#include "base/random.h"
#include "protocol/fetch_stream.h"

struct test_fetch_collected {
    struct kh_fetch_response response;
    const char *wrong; /* after a negative result */
    size_t arena_used; /* the most that the stream itself held at a time */
};

/* Reads a response's body, `piece` bytes arriving at a time (0: all at once), as a connection would
 * hand them over; with `random`, pieces of 1 to `piece` bytes. Records point into `body`, partial
 * trailing batches included; the rest is the arena's. 0, or the stream's negative status;
 * KOHORT_EPROTOCOL too when the body ends early, and KOHORT_EBUG when the batches given out do not
 * lie side by side from the records' begin. */
int test_fetch_collect(struct kh_arena *arena, int version, const uint8_t *body, size_t size,
                       size_t piece, struct kh_random *random, struct test_fetch_collected *ret);

#endif
