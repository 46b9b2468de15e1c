#include "protocol/batch.h"
#include "protocol/message_set.h"
#include "protocol/record_headers.h"
#include "protocol/varint.h"

void kh_record_cursor_init(struct kh_record_cursor *cursor, const struct kh_batch_header *header,
                           const uint8_t *records, size_t size)
{
    *cursor = (struct kh_record_cursor){
        .records = records,
        .size = size,
        .base_offset = header->base_offset,
        .base_timestamp_ms = header->base_timestamp_ms,
        .append_time_ms = header->max_timestamp_ms,
        .last_raw = (uint32_t)header->last_offset_delta * 2,
        .left = header->count,
        .magic = 2,
        .log_append_time = kh_batch_log_append_time(header),
    };
}

/* A key or a value. Any negative size is null, as Kafka's reader has it (DefaultRecord.readFrom).
 */
static const uint8_t *read_bytes(const uint8_t *at, const uint8_t *end, kohort_bytes *ret)
{
    int32_t size;

    at = kh_varint(at, end, &size);
    if (at == NULL || size > end - at)
        return NULL;
    *ret = size < 0 ? (kohort_bytes){NULL, 0} : (kohort_bytes){at, size};
    return at + ret->size;
}

/* The offset and timestamp of a record whose bytes are well. False with cursor->wrong set. */
static bool place(struct kh_record_cursor *cursor, int32_t offset_delta, int64_t timestamp_delta,
                  kohort_record *out)
{
    uint32_t raw = (uint32_t)offset_delta * 2;

    if (offset_delta < 0 || raw < cursor->least_raw || raw > cursor->last_raw) {
        cursor->wrong = "a record's offset lies outside its batch, or does not rise";
        return false;
    }
    out->offset = cursor->base_offset + offset_delta;
    if (__builtin_add_overflow(cursor->base_timestamp_ms, timestamp_delta, &out->timestamp_ms) &&
        !cursor->log_append_time) {
        cursor->wrong = "a record's timestamp overflows";
        return false;
    }
    out->attempt = 1;
    cursor->least_raw = (uint64_t)raw + 2;
    return true;
}

/* Reads the record at cursor->at, of any shape. False with cursor->wrong set. */
static bool read_any(struct kh_record_cursor *cursor, kohort_record *out)
{
    const uint8_t *at = cursor->records + cursor->at, *end = cursor->records + cursor->size;
    int64_t timestamp_delta;
    int32_t size, offset_delta, header_count;

    cursor->wrong = "a record runs beyond its batch";
    at = kh_varint(at, end, &size);
    if (at == NULL || size < 1 || size > end - at)
        return false;
    cursor->wrong = "a record's parts do not add up to its size";
    end = at + size;
    at = kh_varlong(at + 1, end, &timestamp_delta); /* the attributes have no meaning yet */
    if (at == NULL || (at = kh_varint(at, end, &offset_delta)) == NULL ||
        (at = read_bytes(at, end, &out->key)) == NULL ||
        (at = read_bytes(at, end, &out->value)) == NULL ||
        (at = kh_varint(at, end, &header_count)) == NULL)
        return false;
    out->headers = at;
    out->header_count = (uint32_t)header_count;
    at = kh_record_headers_check(at, end, header_count, &cursor->wrong);
    if (at != end)
        return false;
    if (!place(cursor, offset_delta, timestamp_delta, out))
        return false;
    cursor->wrong = NULL;
    cursor->at = (size_t)(at - cursor->records);
    cursor->left--;
    return true;
}

#define likely(x) __builtin_expect((x), 1)

/* What read_common takes, at its longest: size, attributes, timestamp, offset, the key's size; and
 * behind the key: the value's size, the header count. */
enum { COMMON_PREFIX = 2 + 1 + KH_VARLONG_MAX + 3 + 2, COMMON_MIDDLE = 2 + 1 };

/* A key or value, null or not, with room for `more` bytes behind it. */
static inline bool common_bytes(const struct kh_record_cursor *cursor, size_t *at, size_t more,
                                kohort_bytes *ret)
{
    uint32_t raw, size;

    if (!likely(kh_varint_short(cursor->records, at, &raw)))
        return false;
    size = raw / 2;
    ret->data = cursor->records + *at;
    if (!likely((raw & 1) == 0)) {
        size = 0;
        ret->data = NULL;
    }
    ret->size = (int32_t)size;
    *at += size;
    return *at + more <= cursor->size;
}

static inline bool common_timestamp(const struct kh_record_cursor *cursor, size_t *at, int64_t *ret)
{
    const uint8_t *begin = cursor->records + *at, *end;
    int64_t delta;
    uint32_t raw;

    if (likely(kh_varint_short(cursor->records, at, &raw)))
        return !__builtin_add_overflow(cursor->base_timestamp_ms, kh_zigzag(raw), ret);
    end = kh_varlong(begin, cursor->records + cursor->size, &delta);
    *at = (size_t)(end - cursor->records);
    return end != NULL && !__builtin_add_overflow(cursor->base_timestamp_ms, delta, ret);
}

/* Batches of a megabyte have more than the 8,192 records that two bytes can count. */
static inline bool common_offset(const struct kh_record_cursor *cursor, size_t *at,
                                 uint32_t *ret_raw)
{
    uint32_t third;

    if (likely(kh_varint_short(cursor->records, at, ret_raw)))
        return true;
    third = cursor->records[*at];
    *ret_raw += (third - 1) << 14; /* what was read so far has the second byte's top bit, 1 << 14 */
    *at += 1;
    return third < 128;
}

static inline bool common_headers(const struct kh_record_cursor *cursor, size_t *at,
                                  kohort_record *out)
{
    uint32_t raw = cursor->records[*at];
    const uint8_t *end;
    const char *wrong;

    *at += 1;
    out->headers = cursor->records + *at;
    out->header_count = 0;
    out->attempt = 1;
    if (likely(raw == 0))
        return true;
    if ((raw & 129) != 0)
        return false;
    out->header_count = raw / 2;
    end = kh_record_headers_check(out->headers, cursor->records + cursor->size,
                                  (int32_t)out->header_count, &wrong);
    *at = (size_t)(end - cursor->records);
    return end != NULL;
}

/* Reads a record as nearly all are: sizes within two bytes, offset within three, fewer than 64
 * headers. False, and nothing but `out` was touched: it is of another shape, or damaged; both are
 * read_any's. */
static inline bool read_common(struct kh_record_cursor *cursor, kohort_record *out)
{
    size_t at = cursor->at, body;
    uint32_t size, offset;

    if (!likely(at + COMMON_PREFIX <= cursor->size && kh_varint_short(cursor->records, &at, &size)))
        return false;
    body = at;
    at += 1; /* the attributes */
    if (!likely(common_timestamp(cursor, &at, &out->timestamp_ms)) ||
        !likely(common_offset(cursor, &at, &offset)) ||
        !likely(common_bytes(cursor, &at, COMMON_MIDDLE, &out->key)) ||
        !likely(common_bytes(cursor, &at, 1, &out->value)) ||
        !likely(common_headers(cursor, &at, out)) || !likely((at - body) * 2 == size))
        return false;
    if (!likely(offset == cursor->least_raw)) /* else compacted, or wrong */
        if (offset < cursor->least_raw || (offset & 1) != 0)
            return false;
    if (!likely(offset <= cursor->last_raw))
        return false;
    out->offset = cursor->base_offset + offset / 2;
    cursor->least_raw = (uint64_t)offset + 2;
    cursor->at = at;
    return true;
}

/* Reads common records into [to, end), as many as follow each other. Returns where it stopped. */
static kohort_record *read_common_run(struct kh_record_cursor *cursor, kohort_record *to,
                                      const kohort_record *end)
{
    struct kh_record_cursor c = *cursor; /* nothing has its address, so it lives in registers */
    kohort_record *const begin = to;

    while (to < end && likely(read_common(&c, to)))
        to++;
    cursor->at = c.at;
    cursor->least_raw = c.least_raw;
    cursor->left -= (int32_t)(to - begin);
    return to;
}

/* Passes over the records below from_offset; offsets rise, so they come first. Returns 1 when `out`
 * holds the one behind them. */
static int pass_over(struct kh_record_cursor *cursor, int64_t from_offset, kohort_record *out)
{
    while (cursor->left > 0 &&
           cursor->base_offset + (int64_t)(cursor->least_raw / 2) < from_offset) {
        if (!read_any(cursor, out))
            return 0;
        if (out->offset >= from_offset)
            return 1;
    }
    return 0;
}

int kh_record_cursor_next(struct kh_record_cursor *cursor, int64_t from_offset, kohort_record *out,
                          int max)
{
    kohort_record *to;
    const kohort_record *end = out + max;

    if (cursor->magic < 2)
        return kh_message_cursor_next(cursor, from_offset, out, max);
    to = out + pass_over(cursor, from_offset, out);
    if (end - to > cursor->left)
        end = to + cursor->left;
    while (to < end && cursor->wrong == NULL) {
        to = read_common_run(cursor, to, end);
        if (to < end && read_any(cursor, to))
            to++;
    }
    if (cursor->log_append_time)
        for (kohort_record *record = out; record < to; record++)
            record->timestamp_ms = cursor->append_time_ms;
    if (cursor->left == 0 && cursor->at != cursor->size)
        cursor->wrong = "bytes follow the batch's last record";
    return cursor->wrong != NULL ? KOHORT_ECORRUPT : (int)(to - out);
}
