#include "protocol/writer.h"

#include "base/limits.h"
#include "protocol/big_endian.h"

#include <kohort/errors.h>

enum { SMALLEST_CAPACITY = 256 };

void kh_writer_init(struct kh_writer *w, struct kh_heap *heap)
{
    *w = (struct kh_writer){.heap = heap};
}

void kh_writer_free(struct kh_writer *w)
{
    kh_free(w->heap, w->data);
    kh_writer_init(w, w->heap);
}

void kh_writer_reset(struct kh_writer *w)
{
    w->size = 0;
    w->tail = (struct kh_bytes){NULL, 0};
    w->status = 0;
    w->flexible = false;
}

static void latch(struct kh_writer *w, int status)
{
    if (w->status == 0)
        w->status = status;
}

/* Room for `size` more bytes at the end, not yet counted; NULL after a latch. */
static uint8_t *reserve(struct kh_writer *w, size_t size)
{
    if (w->status != 0)
        return NULL;
    if (size > w->capacity - w->size) {
        size_t capacity = w->capacity == 0 ? SMALLEST_CAPACITY : w->capacity * 2;
        if (capacity < w->size + size)
            capacity = w->size + size;
        uint8_t *data = kh_resize(w->heap, w->data, capacity, 1);
        if (data == NULL) {
            latch(w, KOHORT_ENOMEM);
            return NULL;
        }
        w->data = data;
        w->capacity = capacity;
    }
    return w->data + w->size;
}

/* `size` new bytes at the end, for the caller to fill; NULL after a latch. */
static uint8_t *append(struct kh_writer *w, size_t size)
{
    uint8_t *at = reserve(w, size);
    if (at != NULL)
        w->size += size;
    return at;
}

void kh_write_bool(struct kh_writer *w, bool value)
{
    kh_write_i8(w, value);
}

void kh_write_i8(struct kh_writer *w, int8_t value)
{
    uint8_t *at = append(w, 1);
    if (at != NULL)
        *at = (uint8_t)value;
}

void kh_write_i16(struct kh_writer *w, int16_t value)
{
    kh_write_u16(w, (uint16_t)value);
}

void kh_write_u16(struct kh_writer *w, uint16_t value)
{
    uint8_t *at = append(w, 2);
    if (at != NULL)
        kh_store_u16(at, value);
}

void kh_write_i32(struct kh_writer *w, int32_t value)
{
    kh_write_u32(w, (uint32_t)value);
}

void kh_write_u32(struct kh_writer *w, uint32_t value)
{
    uint8_t *at = append(w, 4);
    if (at != NULL)
        kh_store_u32(at, value);
}

void kh_write_i64(struct kh_writer *w, int64_t value)
{
    uint8_t *at = append(w, 8);
    if (at != NULL)
        kh_store_u64(at, (uint64_t)value);
}

void kh_write_f64(struct kh_writer *w, double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    kh_write_i64(w, bits);
}

void kh_write_uuid(struct kh_writer *w, const struct kh_uuid *value)
{
    kh_write_raw(w, value->bytes, sizeof value->bytes);
}

void kh_write_uvarint(struct kh_writer *w, uint32_t value)
{
    uint8_t *at = reserve(w, KH_UVARINT_MAX);
    if (at != NULL)
        w->size += kh_store_uvarint(at, value);
}

void kh_write_varint(struct kh_writer *w, int32_t value)
{
    kh_write_uvarint(w, (uint32_t)value << 1 ^ (0 - ((uint32_t)value >> 31)));
}

void kh_write_varlong(struct kh_writer *w, int64_t value)
{
    uint64_t bits = (uint64_t)value << 1 ^ (0 - ((uint64_t)value >> 63));

    for (; bits >= 128; bits >>= 7)
        kh_write_i8(w, (int8_t)(uint8_t)(bits | 128));
    kh_write_i8(w, (int8_t)bits);
}

void kh_write_raw(struct kh_writer *w, const void *data, size_t size)
{
    uint8_t *at = size == 0 ? NULL : append(w, size);
    if (at != NULL)
        memcpy(at, data, size);
}

void kh_write_tail(struct kh_writer *w, struct kh_bytes tail)
{
    if (w->status == 0)
        w->tail = tail;
}

/* A compact length is one more than what it counts; zero is null (KIP-482). */
static void write_compact_length(struct kh_writer *w, size_t size)
{
    kh_write_uvarint(w, (uint32_t)size + 1);
}

void kh_write_nullable_string(struct kh_writer *w, struct kh_string value)
{
    if (value.size < 0 || value.size > KH_LIMIT_NAME)
        latch(w, KOHORT_EINVAL);
    else if (w->flexible && value.data == NULL)
        kh_write_uvarint(w, 0);
    else if (w->flexible)
        write_compact_length(w, (size_t)value.size);
    else
        kh_write_i16(w, value.data == NULL ? -1 : (int16_t)value.size);
    if (value.data != NULL)
        kh_write_raw(w, value.data, (size_t)value.size);
}

void kh_write_string(struct kh_writer *w, struct kh_string value)
{
    if (value.data == NULL)
        latch(w, KOHORT_EINVAL);
    kh_write_nullable_string(w, value);
}

void kh_write_nullable_bytes(struct kh_writer *w, struct kh_bytes value)
{
    if (value.size < 0)
        latch(w, KOHORT_EINVAL);
    else if (w->flexible && value.data == NULL)
        kh_write_uvarint(w, 0);
    else if (w->flexible)
        write_compact_length(w, (size_t)value.size);
    else
        kh_write_i32(w, value.data == NULL ? -1 : value.size);
    if (value.data != NULL)
        kh_write_raw(w, value.data, (size_t)value.size);
}

void kh_write_bytes(struct kh_writer *w, struct kh_bytes value)
{
    if (value.data == NULL)
        latch(w, KOHORT_EINVAL);
    kh_write_nullable_bytes(w, value);
}

void kh_write_nullable_array(struct kh_writer *w, size_t count, bool is_null)
{
    if (count > INT32_MAX || (is_null && count != 0))
        latch(w, KOHORT_EINVAL);
    else if (w->flexible && is_null)
        kh_write_uvarint(w, 0);
    else if (w->flexible)
        write_compact_length(w, count);
    else
        kh_write_i32(w, is_null ? -1 : (int32_t)count);
}

void kh_write_array(struct kh_writer *w, size_t count)
{
    kh_write_nullable_array(w, count, false);
}

void kh_write_i8_array(struct kh_writer *w, const int8_t *items, size_t count)
{
    kh_write_array(w, count);
    kh_write_raw(w, items, count);
}

void kh_write_i32_array(struct kh_writer *w, const int32_t *items, size_t count)
{
    kh_write_array(w, count);
    for (size_t i = 0; i < count && w->status == 0; i++)
        kh_write_i32(w, items[i]);
}

void kh_write_nullable_string_array(struct kh_writer *w, const struct kh_string *items,
                                    size_t count)
{
    kh_write_nullable_array(w, count, items == NULL);
    for (size_t i = 0; i < count && w->status == 0; i++)
        kh_write_string(w, items[i]);
}

void kh_write_string_array(struct kh_writer *w, const struct kh_string *items, size_t count)
{
    kh_write_array(w, count);
    for (size_t i = 0; i < count && w->status == 0; i++)
        kh_write_string(w, items[i]);
}

void kh_write_unsupported(struct kh_writer *w, bool is_set, const char *what)
{
    if (!is_set)
        return;
    if (w->status == 0)
        w->unsupported = what;
    latch(w, KOHORT_EVERSION);
}

void kh_write_tags(struct kh_writer *w)
{
    kh_write_tag_count(w, 0);
}

void kh_write_tag_count(struct kh_writer *w, uint32_t count)
{
    if (w->flexible)
        kh_write_uvarint(w, count);
}

size_t kh_write_tag_begin(struct kh_writer *w, uint32_t tag)
{
    kh_write_uvarint(w, tag);
    return w->size;
}

void kh_write_tag_end(struct kh_writer *w, size_t begin)
{
    uint8_t prefix[KH_UVARINT_MAX];
    size_t field_size = w->size - begin;

    if (field_size > INT32_MAX)
        latch(w, KOHORT_EINVAL);
    size_t prefix_size = kh_store_uvarint(prefix, (uint32_t)field_size);
    if (append(w, prefix_size) == NULL)
        return;
    memmove(w->data + begin + prefix_size, w->data + begin, field_size);
    memcpy(w->data + begin, prefix, prefix_size);
}

size_t kh_write_i32_later(struct kh_writer *w)
{
    size_t at = w->size;
    kh_write_i32(w, 0);
    return at;
}

void kh_write_patch_i32(struct kh_writer *w, size_t at, int32_t value)
{
    if (w->status == 0)
        kh_store_u32(w->data + at, (uint32_t)value);
}
