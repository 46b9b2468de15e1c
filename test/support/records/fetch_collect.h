/* A whole struct kh_fetch_response, put together from what the stream tells: for checkers and tests
 * that want to see all of a response at once. The library itself never holds one. */
#ifndef TEST_SUPPORT_RECORDS_FETCH_COLLECT_H
#define TEST_SUPPORT_RECORDS_FETCH_COLLECT_H

#include "protocol/fetch_stream.h"

/* Reads a response's body, `piece` bytes arriving at a time (0: all at once), as a connection would
 * hand them over. Records point into `body`, partial trailing batches included; the rest is the
 * arena's. 0, or the stream's negative status with *ret_wrong; KOHORT_EPROTOCOL too when the body
 * ends early. */
int test_fetch_collect(struct kh_arena *arena, int version, const uint8_t *body, size_t size,
                       size_t piece, struct kh_fetch_response *ret, const char **ret_wrong);

#endif
