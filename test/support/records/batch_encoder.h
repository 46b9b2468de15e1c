/* Writes record batches of magic 2, as a broker stores them: for unit tests, the simulated broker
 * and the replay broker. An independent reading of the format (KIP-98): shares nothing with
 * src/protocol but the names of the codecs and the CRC. */
#ifndef TEST_SUPPORT_RECORDS_BATCH_ENCODER_H
#define TEST_SUPPORT_RECORDS_BATCH_ENCODER_H

#include "protocol/batch.h"
#include "support/records/buffer.h"

struct test_header {
    struct kh_bytes key, value; /* value may be null */
};

struct test_record {
    int64_t offset, timestamp_ms;
    struct kh_bytes key, value; /* may be null */
    const struct test_header *headers;
    size_t header_count;
};

struct test_batch {
    int64_t base_offset;
    int32_t last_offset_delta; /* -1: the last record's */
    int32_t partition_leader_epoch;
    enum kh_codec codec;
    bool log_append_time, transactional, control, delete_horizon;
    int64_t base_timestamp_ms; /* INT64_MIN: the first record's. With delete_horizon: the horizon */
    int64_t max_timestamp_ms;  /* INT64_MIN: the largest of the records; with log_append_time: the
                                  append time */
    int64_t producer_id;
    int16_t producer_epoch;
    int32_t base_sequence;
    const struct test_record *records;
    size_t record_count;
};

#define TEST_BATCH_DEFAULTS                                                                        \
    ((struct test_batch){                                                                          \
        .last_offset_delta = -1,                                                                   \
        .base_timestamp_ms = INT64_MIN,                                                            \
        .max_timestamp_ms = INT64_MIN,                                                             \
        .producer_id = -1,                                                                         \
        .producer_epoch = -1,                                                                      \
        .base_sequence = -1,                                                                       \
    })

/* Appends the batch to `out`; returns its size. */
size_t test_batch_append(struct test_buffer *out, const struct test_batch *batch);
/* Makes length and checksum of a batch right again after a test has changed its bytes. */
void test_batch_seal(uint8_t *batch, size_t size);
/* Moves a batch in the log: the base offset is not under the checksum, so nothing else changes. */
void test_batch_set_base_offset(uint8_t *batch, int64_t base_offset);

/* An end-of-transaction marker (EndTransactionMarker.java), at `offset`. */
enum test_marker { TEST_MARKER_ABORT, TEST_MARKER_COMMIT };
size_t test_marker_append(struct test_buffer *out, int64_t offset, int64_t timestamp_ms,
                          int64_t producer_id, int16_t producer_epoch, enum test_marker marker);

/* `text` with its length: a literal as a key or value. */
struct kh_bytes test_bytes(const char *text);

#endif
