/* Ref-counted receive buffers. A pool keeps returned buffers and gives the one returned last first,
 * while it is still in the cache. Counts are plain integers: buffers are referenced and released on
 * the loop only. */
#ifndef KH_BASE_BUFFER_H
#define KH_BASE_BUFFER_H

#include "base/heap.h"

#include <stdint.h>

struct kh_buffer_pool;

struct kh_buffer {
    struct kh_buffer_pool *pool;
    struct kh_buffer *next_free;
    size_t capacity;
    uint32_t references;
    uint8_t data[];
};

struct kh_buffer_pool {
    struct kh_heap *heap;
    struct kh_buffer *free;
    size_t standard_capacity; /* buffers of this size are kept for reuse; larger ones go back to the
                                 heap */
    size_t free_count, free_max;
    size_t live_bytes; /* capacity of all buffers handed out */
};

void kh_buffer_pool_init(struct kh_buffer_pool *pool, struct kh_heap *heap,
                         size_t standard_capacity, size_t free_max);
/* Every buffer must have come back. */
void kh_buffer_pool_free(struct kh_buffer_pool *pool);

/* At least `capacity` bytes, one reference. NULL when memory ran out. */
struct kh_buffer *kh_buffer_take(struct kh_buffer_pool *pool, size_t capacity);
/* Just large enough for a copy of these bytes: what is kept must not pin a large buffer. */
struct kh_buffer *kh_buffer_copy(struct kh_buffer_pool *pool, const void *data, size_t size);
void kh_buffer_reference(struct kh_buffer *buffer);
void kh_buffer_release(struct kh_buffer *buffer);

#endif
