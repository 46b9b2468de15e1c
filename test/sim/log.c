#include "sim/log.h"

#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { VALUE_PREFIX = 48 };

void sim_log_free(struct sim_log *log)
{
    for (size_t i = 0; i < log->record_count; i++) {
        free((void *)(uintptr_t)log->records[i].key.data);
        free((void *)(uintptr_t)log->records[i].value.data);
        free((void *)(uintptr_t)log->records[i].header.data);
    }
    free(log->records);
    free(log->batches);
    free(log->starts);
    test_buffer_free(&log->bytes);
}

/* "3@17" and a filling that differs from record to record. */
static struct kh_bytes make_value(const struct sim_log *log, int64_t offset, size_t size)
{
    char prefix[VALUE_PREFIX];
    int text = snprintf(prefix, sizeof prefix, "%d@%lld", (int)log->partition, (long long)offset);
    size_t used = text < 0 ? 0 : (size_t)text;
    uint8_t *value = sim_new(size + used, 1);

    memcpy(value, prefix, used);
    for (size_t i = used; i < used + size; i++)
        value[i] = (uint8_t)('a' + (offset * 7 + (int64_t)i) % 26);
    return (struct kh_bytes){value, (int32_t)(used + size)};
}

static struct sim_record *add_record(struct sim_log *log, int64_t offset,
                                     const struct sim_batch_shape *shape)
{
    sim_grow(&log->records, &log->record_capacity, log->record_count, sizeof *log->records);
    struct sim_record *record = &log->records[log->record_count++];
    *record = (struct sim_record){.offset = offset, .timestamp_ms = shape->timestamp_ms};
    record->value = make_value(log, offset, shape->value_size);
    if (!shape->null_keys)
        record->key = make_value(log, offset, 0);
    if (shape->headers)
        record->header = make_value(log, offset, 3);
    return record;
}

static void add_batch(struct sim_log *log, int64_t last_offset, size_t size)
{
    sim_grow(&log->batches, &log->batch_capacity, log->batch_count, sizeof *log->batches);
    log->batches[log->batch_count++] = (struct sim_batch){.base_offset = log->end_offset,
                                                          .last_offset = last_offset,
                                                          .begin = log->bytes.size - size,
                                                          .size = size};
    log->end_offset = last_offset + 1;
}

static void append_control(struct sim_log *log, const struct sim_batch_shape *shape)
{
    size_t size = test_marker_append(&log->bytes, log->end_offset, shape->timestamp_ms, 7, 0,
                                     TEST_MARKER_COMMIT);
    add_batch(log, log->end_offset, size);
}

void sim_log_append(struct sim_log *log, const struct sim_batch_shape *shape)
{
    struct test_record *records = sim_new(shape->record_count, sizeof *records);
    struct test_header *headers = sim_new(shape->record_count, sizeof *headers);
    struct test_batch batch = TEST_BATCH_DEFAULTS;
    int64_t offset = log->end_offset;

    if (shape->control) {
        append_control(log, shape);
    } else {
        for (size_t i = 0; i < shape->record_count; i++, offset += 1 + shape->gap) {
            const struct sim_record *record = add_record(log, offset, shape);
            headers[i] = (struct test_header){test_bytes("n"), record->header};
            records[i] = (struct test_record){record->offset, record->timestamp_ms,
                                              record->key,    record->value,
                                              &headers[i],    record->header.data != NULL};
            batch.last_offset_delta = (int32_t)(offset - log->end_offset + shape->tail_gap);
        }
        if (shape->record_count == 0)
            batch.last_offset_delta = (int32_t)shape->tail_gap;
        batch.base_offset = log->end_offset;
        batch.partition_leader_epoch = log->leader_epoch;
        batch.codec = shape->gzip ? KH_CODEC_GZIP : KH_CODEC_NONE;
        batch.records = records;
        batch.record_count = shape->record_count;
        size_t size = test_batch_append(&log->bytes, &batch);
        add_batch(log, log->end_offset + batch.last_offset_delta, size);
    }
    free(records);
    free(headers);
}

bool sim_log_began_at(const struct sim_log *log, int64_t offset)
{
    for (size_t i = 0; i < log->start_count; i++)
        if (log->starts[i] == offset)
            return true;
    return log->start_offset == offset;
}

const struct sim_record *sim_log_visible(const struct sim_log *log, int64_t offset)
{
    size_t low = 0, high = log->record_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->records[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == log->record_count ? NULL : &log->records[low];
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

struct kh_bytes sim_log_read(const struct sim_log *log, int64_t offset, size_t max_size,
                             bool at_least_one)
{
    const struct sim_batch *first = sim_log_batch(log, offset);
    static const uint8_t nothing;

    if (first != NULL && at_least_one && max_size < first->size)
        max_size = first->size;
    if (first == NULL || max_size < first->size)
        return (struct kh_bytes){&nothing, 0};
    size_t size = log->bytes.size - first->begin;
    return (struct kh_bytes){log->bytes.data + first->begin,
                             (int32_t)(size < max_size ? size : max_size)};
}
