#include "protocol/batch_encode.h"

#include "base/limits.h"
#include "protocol/crc32c.h"

void kh_batch_encoder_init(struct kh_batch_encoder *e, struct kh_heap *heap)
{
    kh_writer_init(&e->records, heap);
    kh_compressor_init(&e->compressor, heap);
}

void kh_batch_encoder_free(struct kh_batch_encoder *e)
{
    kh_writer_free(&e->records);
    kh_compressor_free(&e->compressor);
}

static size_t varint_size(int64_t value)
{
    uint64_t bits = (uint64_t)value << 1 ^ (0 - ((uint64_t)value >> 63));
    size_t size = 1;

    for (; bits >= 128; bits >>= 7)
        size++;
    return size;
}

static uint64_t bytes_size(kohort_bytes bytes)
{
    return bytes.data == NULL ? varint_size(-1) : varint_size(bytes.size) + (uint32_t)bytes.size;
}

static void write_bytes(struct kh_writer *w, kohort_bytes bytes)
{
    kh_write_varint(w, bytes.data == NULL ? -1 : bytes.size);
    if (bytes.data != NULL)
        kh_write_raw(w, bytes.data, (size_t)bytes.size);
}

/* The size of a record goes before it, so it is counted first. */
static uint64_t body_size(const struct kh_draft_record *record, int64_t timestamp_delta)
{
    uint64_t size = 1 + varint_size(timestamp_delta) + varint_size(record->offset_delta) +
                    bytes_size(record->key) + bytes_size(record->value) +
                    varint_size((int64_t)record->header_count);

    for (size_t i = 0; i < record->header_count; i++)
        size += bytes_size(record->headers[i].key) + bytes_size(record->headers[i].value);
    return size;
}

static bool is_possible(const struct kh_draft_record *record)
{
    for (size_t i = 0; i < record->header_count; i++)
        if (record->headers[i].key.data == NULL || record->headers[i].key.size < 0 ||
            record->headers[i].value.size < 0)
            return false;
    return record->key.size >= 0 && record->value.size >= 0;
}

static int write_record(struct kh_writer *w, const struct kh_draft_record *record, int64_t base_ms)
{
    int64_t timestamp_delta;
    uint64_t size;

    if (record->header_count > KH_LIMIT_HEADERS)
        return KOHORT_ELIMIT;
    if (!is_possible(record) ||
        __builtin_sub_overflow(record->timestamp_ms, base_ms, &timestamp_delta))
        return KOHORT_EINVAL;
    size = body_size(record, timestamp_delta);
    if (size > KH_LIMIT_BATCH - KH_BATCH_HEADER - w->size)
        return KOHORT_ELIMIT;
    kh_write_varint(w, (int32_t)size);
    kh_write_i8(w, 0); /* attributes: none are defined */
    kh_write_varlong(w, timestamp_delta);
    kh_write_varint(w, record->offset_delta);
    write_bytes(w, record->key);
    write_bytes(w, record->value);
    kh_write_varint(w, (int32_t)record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        write_bytes(w, record->headers[i].key);
        write_bytes(w, record->headers[i].value);
    }
    return w->size > KH_LIMIT_BATCH - KH_BATCH_HEADER ? KOHORT_ELIMIT : w->status;
}

static int write_records(struct kh_writer *w, const struct kh_batch_draft *draft)
{
    int64_t least = 0;

    kh_writer_reset(w);
    for (size_t i = 0; i < draft->count; i++) {
        const struct kh_draft_record *record = &draft->records[i];
        int status;

        if (record->offset_delta < least)
            return KOHORT_EINVAL;
        least = (int64_t)record->offset_delta + 1;
        status = write_record(w, record, draft->records[0].timestamp_ms);
        if (status < 0)
            return status;
    }
    return draft->count == 0 ? KOHORT_EINVAL : 0;
}

static int64_t max_timestamp_ms(const struct kh_batch_draft *draft)
{
    int64_t max = INT64_MIN;

    for (size_t i = 0; i < draft->count; i++)
        if (draft->records[i].timestamp_ms > max)
            max = draft->records[i].timestamp_ms;
    return max;
}

/* What the checksum covers, up to the records. */
static void write_covered(struct kh_writer *w, const struct kh_batch_draft *draft)
{
    kh_write_i16(w, (int16_t)((int)draft->codec | draft->transactional << 4 | draft->control << 5));
    kh_write_i32(w, draft->records[draft->count - 1].offset_delta);
    kh_write_i64(w, draft->records[0].timestamp_ms);
    kh_write_i64(w, max_timestamp_ms(draft));
    kh_write_i64(w, draft->producer_id);
    kh_write_i16(w, draft->producer_epoch);
    kh_write_i32(w, draft->base_sequence);
    kh_write_i32(w, (int32_t)draft->count);
}

int kh_batch_encode(struct kh_batch_encoder *e, const struct kh_batch_draft *draft,
                    struct kh_writer *out)
{
    const uint8_t *records;
    size_t size, begin = out->size, crc, covered;
    int status = write_records(&e->records, draft);

    if (status == 0)
        status = kh_compress(&e->compressor, draft->codec, e->records.data, e->records.size,
                             &records, &size);
    if (status < 0)
        return status;
    kh_write_i64(out, draft->base_offset);
    kh_write_i32(out, (int32_t)(size + KH_BATCH_HEADER - KH_BATCH_PREFIX));
    kh_write_i32(out, draft->partition_leader_epoch);
    kh_write_i8(out, 2);
    crc = kh_write_i32_later(out);
    covered = out->size;
    write_covered(out, draft);
    kh_write_raw(out, records, size);
    if (out->status < 0) {
        out->size = begin;
        return out->status;
    }
    kh_write_patch_i32(out, crc, (int32_t)kh_crc32c(out->data + covered, out->size - covered));
    return 0;
}
