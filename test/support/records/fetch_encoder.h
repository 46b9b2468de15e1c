/* Writes Fetch responses, v4-v18: for unit tests and the replay broker. */
#ifndef TEST_SUPPORT_RECORDS_FETCH_ENCODER_H
#define TEST_SUPPORT_RECORDS_FETCH_ENCODER_H

#include "protocol/fetch.h"
#include "support/records/buffer.h"

/* The body. Tagged fields are written where they differ from their defaults. */
void test_fetch_append(struct test_buffer *out, int version,
                       const struct kh_fetch_response *response);

#endif
