/* All that a consumer asks besides Fetch: one broker, one topic, a group of one member, everything
 * committed at 0. Of each API the version is spoken that kohort and Java choose, and the one that
 * librdkafka does, none of them flexible. */
#ifndef BENCH_REPLAY_GROUP_H
#define BENCH_REPLAY_GROUP_H

#include "protocol/api.h"
#include "support/records/buffer.h"

struct replay_broker {
    const char *topic;
    int32_t partitions;
    int32_t port; /* of 127.0.0.1 */
};

bool replay_speaks(int16_t api_key, int16_t version);
/* Appends the answer's body. False: the request is not one of ours, or damaged. */
bool replay_answer(const struct replay_broker *broker, struct test_buffer *out, int16_t api_key,
                   int16_t api_version, struct kh_reader *r);

#endif
