/* Writes messages of magic 0 and 1 as brokers before Kafka 0.11 stored them. An independent reading
 * of the format, its checksum too: shares nothing with src/protocol but the names of the codecs. */
#ifndef TEST_SUPPORT_RECORDS_MESSAGE_ENCODER_H
#define TEST_SUPPORT_RECORDS_MESSAGE_ENCODER_H

#include "protocol/batch.h"
#include "support/records/buffer.h"

struct test_message {
    int magic; /* 0 or 1 */
    int64_t offset, timestamp_ms;
    bool log_append_time;
    enum kh_codec codec; /* what the value holds is compressed with it already */
    struct kh_bytes key, value;
};

/* Appends the message; returns its size. */
size_t test_message_append(struct test_buffer *out, const struct test_message *message);
/* Appends a message whose value is `set`, compressed with message->codec. */
size_t test_message_append_set(struct test_buffer *out, const struct test_message *message,
                               const struct test_buffer *set);
/* Makes length and checksum right again after a test has changed its bytes. */
void test_message_seal(uint8_t *message, size_t size);

#endif
