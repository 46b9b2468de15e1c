#include "support/records/buffer.h"

#include <stdlib.h>
#include <string.h>

void test_buffer_free(struct test_buffer *b)
{
    free(b->data);
    *b = (struct test_buffer){0};
}

uint8_t *test_buffer_extend(struct test_buffer *b, size_t size)
{
    if (b->data == NULL || size > b->capacity - b->size) {
        b->capacity = 2 * (b->size + size) + 64;
        b->data = realloc(b->data, b->capacity);
        if (b->data == NULL)
            abort();
    }
    b->size += size;
    return b->data + b->size - size;
}

void test_buffer_append(struct test_buffer *b, const void *data, size_t size)
{
    uint8_t *to = test_buffer_extend(b, size);

    if (size > 0)
        memcpy(to, data, size);
}

void test_buffer_append_int(struct test_buffer *b, uint64_t value, size_t size)
{
    uint8_t *to = test_buffer_extend(b, size);

    for (size_t i = size; i > 0; i--, value >>= 8)
        to[i - 1] = (uint8_t)value;
}

void test_buffer_append_uvarint(struct test_buffer *b, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        test_buffer_append_int(b, value | 128, 1);
    test_buffer_append_int(b, value, 1);
}

void test_buffer_append_varint(struct test_buffer *b, int64_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;

    test_buffer_append_uvarint(b, (uint64_t)value << 1 ^ sign);
}
