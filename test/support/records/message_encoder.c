#include "support/records/message_encoder.h"

#include "support/records/compress.h"

enum { LENGTH_AT = 8, CRC_AT = 12, CRC_FROM = 16 };

static void append_bytes(struct test_buffer *out, struct kh_bytes bytes)
{
    test_buffer_append_int(out, bytes.data == NULL ? UINT64_MAX : (uint64_t)bytes.size, 4);
    if (bytes.data != NULL)
        test_buffer_append(out, bytes.data, (size_t)bytes.size);
}

static void store(uint8_t *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

/* Bit by bit, as RFC 1952 defines it. */
static uint32_t crc32(const uint8_t *data, size_t size)
{
    uint32_t state = UINT32_MAX;

    for (; size > 0; data++, size--) {
        state ^= *data;
        for (int bit = 0; bit < 8; bit++)
            state = state >> 1 ^ ((state & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~state;
}

void test_message_seal(uint8_t *message, size_t size)
{
    store(message + LENGTH_AT, (uint32_t)(size - KH_BATCH_PREFIX));
    store(message + CRC_AT, crc32(message + CRC_FROM, size - CRC_FROM));
}

size_t test_message_append(struct test_buffer *out, const struct test_message *m)
{
    size_t begin = out->size;

    test_buffer_append_int(out, (uint64_t)m->offset, 8);
    test_buffer_append_int(out, 0, 8); /* length and crc: test_message_seal */
    test_buffer_append_int(out, (uint64_t)m->magic, 1);
    test_buffer_append_int(out, (uint64_t)m->codec | (uint64_t)m->log_append_time << 3, 1);
    if (m->magic == 1)
        test_buffer_append_int(out, (uint64_t)m->timestamp_ms, 8);
    append_bytes(out, m->key);
    append_bytes(out, m->value);
    test_message_seal(out->data + begin, out->size - begin);
    return out->size - begin;
}

size_t test_message_append_set(struct test_buffer *out, const struct test_message *message,
                               const struct test_buffer *set)
{
    struct test_message outer = *message;
    struct test_buffer value = {0};
    size_t size;

    test_compress_append(&value, outer.codec, set->data, set->size);
    outer.value = (struct kh_bytes){value.data, (int32_t)value.size};
    size = test_message_append(out, &outer);
    test_buffer_free(&value);
    return size;
}
