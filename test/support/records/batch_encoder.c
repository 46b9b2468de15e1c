#include "support/records/batch_encoder.h"

#include "protocol/crc32c.h"
#include "support/records/compress.h"

enum { LENGTH_AT = 8, CRC_AT = 17, CRC_FROM = 21, HEADER_SIZE = 61 };

struct kh_bytes test_bytes(const char *text)
{
    return (struct kh_bytes){(const uint8_t *)text, text == NULL ? 0 : (int32_t)strlen(text)};
}

static void append_bytes(struct test_buffer *out, struct kh_bytes bytes)
{
    test_buffer_append_varint(out, bytes.data == NULL ? -1 : bytes.size);
    if (bytes.data != NULL)
        test_buffer_append(out, bytes.data, (size_t)bytes.size);
}

static void append_record(struct test_buffer *out, const struct test_batch *batch,
                          int64_t base_timestamp_ms, const struct test_record *record)
{
    struct test_buffer body = {0};

    test_buffer_append_int(&body, 0, 1); /* attributes: none are defined */
    test_buffer_append_varint(&body, record->timestamp_ms - base_timestamp_ms);
    test_buffer_append_varint(&body, record->offset - batch->base_offset);
    append_bytes(&body, record->key);
    append_bytes(&body, record->value);
    test_buffer_append_varint(&body, (int64_t)record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        append_bytes(&body, record->headers[i].key);
        append_bytes(&body, record->headers[i].value);
    }
    test_buffer_append_varint(out, (int64_t)body.size);
    test_buffer_append(out, body.data, body.size);
    test_buffer_free(&body);
}

static unsigned attributes(const struct test_batch *batch)
{
    return (unsigned)batch->codec | (unsigned)batch->log_append_time << 3 |
           (unsigned)batch->transactional << 4 | (unsigned)batch->control << 5 |
           (unsigned)batch->delete_horizon << 6;
}

static int64_t last_offset_delta(const struct test_batch *batch)
{
    if (batch->last_offset_delta >= 0 || batch->record_count == 0)
        return batch->last_offset_delta < 0 ? 0 : batch->last_offset_delta;
    return batch->records[batch->record_count - 1].offset - batch->base_offset;
}

static int64_t max_timestamp_ms(const struct test_batch *batch)
{
    int64_t max = batch->record_count == 0 ? -1 : batch->records[0].timestamp_ms;

    if (batch->max_timestamp_ms != INT64_MIN)
        return batch->max_timestamp_ms;
    for (size_t i = 1; i < batch->record_count; i++)
        if (batch->records[i].timestamp_ms > max)
            max = batch->records[i].timestamp_ms;
    return max;
}

static void append_header(struct test_buffer *out, const struct test_batch *batch,
                          int64_t base_timestamp_ms)
{
    test_buffer_append_int(out, (uint64_t)batch->base_offset, 8);
    test_buffer_append_int(out, 0, 4); /* length: test_batch_seal */
    test_buffer_append_int(out, (uint64_t)batch->partition_leader_epoch, 4);
    test_buffer_append_int(out, 2, 1);
    test_buffer_append_int(out, 0, 4); /* crc: test_batch_seal */
    test_buffer_append_int(out, attributes(batch), 2);
    test_buffer_append_int(out, (uint64_t)last_offset_delta(batch), 4);
    test_buffer_append_int(out, (uint64_t)base_timestamp_ms, 8);
    test_buffer_append_int(out, (uint64_t)max_timestamp_ms(batch), 8);
    test_buffer_append_int(out, (uint64_t)batch->producer_id, 8);
    test_buffer_append_int(out, (uint64_t)batch->producer_epoch, 2);
    test_buffer_append_int(out, (uint64_t)batch->base_sequence, 4);
    test_buffer_append_int(out, batch->record_count, 4);
}

size_t test_batch_append(struct test_buffer *out, const struct test_batch *batch)
{
    size_t begin = out->size;
    int64_t base_timestamp_ms = batch->base_timestamp_ms;
    struct test_buffer records = {0};

    if (base_timestamp_ms == INT64_MIN)
        base_timestamp_ms = batch->record_count == 0 ? 0 : batch->records[0].timestamp_ms;
    append_header(out, batch, base_timestamp_ms);
    for (size_t i = 0; i < batch->record_count; i++)
        append_record(&records, batch, base_timestamp_ms, &batch->records[i]);
    test_compress_append(out, batch->codec, records.data, records.size);
    test_buffer_free(&records);
    test_batch_seal(out->data + begin, out->size - begin);
    return out->size - begin;
}

static void store(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--, value >>= 8)
        at[i - 1] = (uint8_t)value;
}

void test_batch_seal(uint8_t *batch, size_t size)
{
    store(batch + LENGTH_AT, size - KH_BATCH_PREFIX, 4);
    store(batch + CRC_AT, kh_crc32c(batch + CRC_FROM, size - CRC_FROM), 4);
}

void test_batch_set_base_offset(uint8_t *batch, int64_t base_offset)
{
    store(batch, (uint64_t)base_offset, 8);
}

size_t test_marker_append(struct test_buffer *out, int64_t offset, int64_t timestamp_ms,
                          int64_t producer_id, int16_t producer_epoch, enum test_marker marker)
{
    const uint8_t key[] = {0, 0, 0, (uint8_t)marker}, value[6] = {0};
    const struct test_record record = {.offset = offset,
                                       .timestamp_ms = timestamp_ms,
                                       .key = {key, sizeof key},
                                       .value = {value, sizeof value}};
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.base_offset = offset;
    batch.transactional = batch.control = true;
    batch.producer_id = producer_id;
    batch.producer_epoch = producer_epoch;
    batch.records = &record;
    batch.record_count = 1;
    return test_batch_append(out, &batch);
}
