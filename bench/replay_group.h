/* All that a consumer asks besides Fetch: one broker, one topic, a group of one member, everything
 * committed at 0. One version of each API is spoken, none of them flexible. */
#ifndef BENCH_REPLAY_GROUP_H
#define BENCH_REPLAY_GROUP_H

#include "protocol/api.h"
#include "support/records/buffer.h"

struct replay_broker {
    const char *topic;
    int32_t partitions;
    int32_t port; /* of 127.0.0.1 */
};

/* The version spoken of an API; -1: none. */
int replay_version(int16_t api_key);
/* Appends the answer's body. False: the request is not one of ours, or damaged. */
bool replay_answer(const struct replay_broker *broker, struct test_buffer *out, int16_t api_key,
                   int16_t api_version, struct kh_reader *r);

#endif
