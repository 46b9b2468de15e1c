#include "protocol/big_endian.h"
#include "sim/lost.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { VALUE_PREFIX = 48, EPOCH_AT = 12 /* in a batch; outside of its CRC */ };

void sim_record_free(struct sim_record *record)
{
    free((void *)(uintptr_t)record->key.data);
    free((void *)(uintptr_t)record->value.data);
    free((void *)(uintptr_t)record->header.data);
}

void sim_log_free(struct sim_log *log)
{
    for (size_t i = 0; i < log->record_count; i++)
        sim_record_free(&log->records[i]);
    free(log->records);
    free(log->batches);
    free(log->starts);
    sim_transactions_free(&log->transactions);
    sim_epochs_free(&log->epochs);
    test_buffer_free(&log->bytes);
}

/* "3@17/0", the epoch last, and a filling that differs from record to record. */
static struct kh_bytes make_value(const struct sim_log *log, int64_t offset, size_t size)
{
    char prefix[VALUE_PREFIX];
    int text = snprintf(prefix, sizeof prefix, "%d@%lld/%d", (int)log->partition, (long long)offset,
                        (int)log->leader_epoch);
    size_t used = text < 0 ? 0 : (size_t)text;
    uint8_t *value = sim_new(size + used, 1);

    memcpy(value, prefix, used);
    for (size_t i = used; i < used + size; i++)
        value[i] = (uint8_t)('a' + (offset * 7 + (int64_t)i) % 26);
    return (struct kh_bytes){value, (int32_t)(used + size)};
}

static void add_record(struct sim_log *log, int64_t offset, const struct sim_batch_shape *shape)
{
    sim_grow(&log->records, &log->record_capacity, log->record_count, sizeof *log->records);
    struct sim_record *record = &log->records[log->record_count++];
    *record = (struct sim_record){.offset = offset,
                                  .timestamp_ms = shape->timestamp_ms,
                                  .epoch = log->leader_epoch,
                                  .producer_id = shape->producer_id,
                                  .fate = shape->transactional ? SIM_OPEN : SIM_PLAIN};
    record->value = make_value(log, offset, shape->value_size);
    if (!shape->null_keys)
        record->key = make_value(log, offset, 0);
    if (shape->headers)
        record->header = make_value(log, offset, 3);
}

static size_t write_marker(struct test_buffer *out, const struct sim_batch *batch)
{
    size_t size = test_marker_append(out, batch->base_offset, batch->written.max_timestamp_ms,
                                     batch->written.producer_id, batch->written.producer_epoch,
                                     batch->marker);
    kh_store_u32(out->data + out->size - size + EPOCH_AT,
                 (uint32_t)batch->written.partition_leader_epoch);
    return size;
}

/* The first record at or after `offset`. */
static size_t search(const struct sim_log *log, int64_t offset)
{
    size_t low = 0, high = log->record_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->records[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t sim_log_write(const struct sim_log *log, struct test_buffer *out, struct sim_batch *batch)
{
    size_t first = search(log, batch->base_offset), end = search(log, batch->last_offset + 1);
    struct test_record *records = sim_new(end - first + 1, sizeof *records);
    struct test_header *headers = sim_new(end - first + 1, sizeof *headers);
    struct test_batch written = batch->written;

    for (size_t i = first; i < end; i++) {
        const struct sim_record *record = &log->records[i];
        struct test_header *header = &headers[i - first];
        *header = (struct test_header){test_bytes("n"), record->header};
        if (!record->removed)
            records[written.record_count++] = (struct test_record){
                record->offset, record->timestamp_ms,       record->key, record->value,
                header,         record->header.data != NULL};
    }
    written.records = records;
    size_t size = written.control && !batch->emptied ? write_marker(out, batch)
                                                     : test_batch_append(out, &written);
    free(records);
    free(headers);
    return size;
}

static int64_t add_records(struct sim_log *log, const struct sim_batch_shape *shape)
{
    int64_t next = log->end_offset;

    for (size_t i = 0; i < shape->record_count; i++, next += 1 + shape->gap)
        add_record(log, next, shape);
    int64_t last = shape->record_count == 0 ? log->end_offset : next - 1 - shape->gap;
    return last + shape->tail_gap;
}

void sim_log_append(struct sim_log *log, const struct sim_batch_shape *shape)
{
    struct sim_batch batch = {.base_offset = log->end_offset,
                              .last_offset = log->end_offset,
                              .begin = log->bytes.size,
                              .written = TEST_BATCH_DEFAULTS,
                              .marker = shape->aborts ? TEST_MARKER_ABORT : TEST_MARKER_COMMIT};

    if (!shape->control)
        batch.last_offset = add_records(log, shape);
    batch.written.base_offset = batch.base_offset;
    batch.written.last_offset_delta = (int32_t)(batch.last_offset - batch.base_offset);
    batch.written.partition_leader_epoch = log->leader_epoch;
    batch.written.codec = shape->gzip ? KH_CODEC_GZIP : KH_CODEC_NONE;
    batch.written.control = shape->control;
    batch.written.transactional = shape->transactional;
    batch.written.max_timestamp_ms = shape->control ? shape->timestamp_ms : INT64_MIN;
    if (shape->transactional || shape->control) {
        batch.written.producer_id = shape->producer_id;
        batch.written.producer_epoch = 0;
    }
    batch.size = sim_log_write(log, &log->bytes, &batch);
    sim_grow(&log->batches, &log->batch_capacity, log->batch_count, sizeof *log->batches);
    log->batches[log->batch_count++] = batch;
    log->end_offset = batch.last_offset + 1;
    sim_transactions_note(log, &batch);
}

bool sim_log_began_at(const struct sim_log *log, int64_t offset)
{
    for (size_t i = 0; i < log->start_count; i++)
        if (log->starts[i] == offset)
            return true;
    return log->start_offset == offset;
}

int64_t sim_log_end(const struct sim_log *log, bool committed)
{
    return committed ? sim_transactions_stable_offset(log) : log->end_offset;
}

const struct sim_record *sim_log_visible(const struct sim_log *log, int64_t offset, bool committed)
{
    int64_t end = sim_log_end(log, committed);

    for (size_t i = search(log, offset); i < log->record_count; i++) {
        const struct sim_record *record = &log->records[i];
        if (record->offset >= end)
            return NULL;
        if (!record->removed && !(committed && record->fate == SIM_ABORTED))
            return record;
    }
    return NULL;
}

const struct sim_record *sim_log_record(const struct sim_log *log, int64_t offset)
{
    size_t at = search(log, offset);

    if (at < log->record_count && log->records[at].offset == offset)
        return &log->records[at];
    for (size_t k = log->epochs.truncation_count; k > 0; k--) {
        const struct sim_record *record = sim_lost_record(log, k - 1, offset);
        if (record != NULL)
            return record;
    }
    return NULL;
}

const struct sim_batch *sim_log_batch(const struct sim_log *log, int64_t offset)
{
    size_t low = 0, high = log->batch_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->batches[middle].last_offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == log->batch_count ? NULL : &log->batches[low];
}

struct kh_bytes sim_log_read(const struct sim_log *log, int64_t offset, int64_t end,
                             size_t max_size, bool at_least_one)
{
    const struct sim_batch *first = sim_log_batch(log, offset);
    const struct sim_batch *beyond = sim_log_batch(log, end);
    static const uint8_t nothing;

    if (first == NULL || first->base_offset >= end)
        return (struct kh_bytes){&nothing, 0};
    if (at_least_one && max_size < first->size)
        max_size = first->size;
    if (max_size < first->size)
        return (struct kh_bytes){&nothing, 0};
    size_t size = (beyond == NULL ? log->bytes.size : beyond->begin) - first->begin;
    return (struct kh_bytes){log->bytes.data + first->begin,
                             (int32_t)(size < max_size ? size : max_size)};
}
