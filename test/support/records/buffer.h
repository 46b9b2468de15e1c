/* Bytes that grow, for tests and benchmarks: ends the program when memory runs out. */
#ifndef TEST_SUPPORT_RECORDS_BUFFER_H
#define TEST_SUPPORT_RECORDS_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. */
struct test_buffer {
    uint8_t *data;
    size_t size, capacity;
};

void test_buffer_free(struct test_buffer *b);
/* Room for `size` more bytes, not initialized; they belong to the buffer from now on. */
uint8_t *test_buffer_extend(struct test_buffer *b, size_t size);
void test_buffer_append(struct test_buffer *b, const void *data, size_t size);
/* Big-endian, the lowest `size` bytes of value. */
void test_buffer_append_int(struct test_buffer *b, uint64_t value, size_t size);
void test_buffer_append_uvarint(struct test_buffer *b, uint64_t value);
/* Zigzag. */
void test_buffer_append_varint(struct test_buffer *b, int64_t value);

#endif
