#include "base/buffer.h"

#include "base/check.h"
#include "base/poison.h"

#include <string.h>

void kh_buffer_pool_init(struct kh_buffer_pool *pool, struct kh_heap *heap,
                         size_t standard_capacity, size_t free_max)
{
    *pool = (struct kh_buffer_pool){
        .heap = heap, .standard_capacity = standard_capacity, .free_max = free_max};
}

static void discard(struct kh_buffer_pool *pool, struct kh_buffer *buffer)
{
    kh_unpoison(buffer->data, buffer->capacity);
    kh_free(pool->heap, buffer);
}

void kh_buffer_pool_free(struct kh_buffer_pool *pool)
{
    (void)kh_check(pool->live_bytes == 0);
    while (pool->free != NULL) {
        struct kh_buffer *buffer = pool->free;
        pool->free = buffer->next_free;
        discard(pool, buffer);
    }
    pool->free_count = 0;
}

static struct kh_buffer *allocate(struct kh_buffer_pool *pool, size_t capacity)
{
    if (capacity > SIZE_MAX - sizeof(struct kh_buffer))
        return NULL;
    struct kh_buffer *buffer = kh_alloc(pool->heap, sizeof *buffer + capacity);
    if (buffer == NULL)
        return NULL;
    buffer->pool = pool;
    buffer->capacity = capacity;
    return buffer;
}

struct kh_buffer *kh_buffer_take(struct kh_buffer_pool *pool, size_t capacity)
{
    struct kh_buffer *buffer = pool->free;
    if (capacity <= pool->standard_capacity && buffer != NULL) {
        pool->free = buffer->next_free;
        pool->free_count--;
        kh_unpoison(buffer->data, buffer->capacity);
    } else {
        size_t least = pool->standard_capacity;
        buffer = allocate(pool, capacity > least ? capacity : least);
        if (buffer == NULL)
            return NULL;
    }
    buffer->next_free = NULL;
    buffer->references = 1;
    pool->live_bytes += buffer->capacity;
    return buffer;
}

struct kh_buffer *kh_buffer_copy(struct kh_buffer_pool *pool, const void *data, size_t size)
{
    struct kh_buffer *buffer = allocate(pool, size);
    if (buffer == NULL)
        return NULL;
    memcpy(buffer->data, data, size);
    buffer->next_free = NULL;
    buffer->references = 1;
    pool->live_bytes += size;
    return buffer;
}

void kh_buffer_reference(struct kh_buffer *buffer)
{
    if (kh_check(buffer->references > 0))
        buffer->references++;
}

void kh_buffer_release(struct kh_buffer *buffer)
{
    if (!kh_check(buffer->references > 0))
        return;
    if (--buffer->references > 0)
        return;
    struct kh_buffer_pool *pool = buffer->pool;
    pool->live_bytes -= buffer->capacity;
    if (buffer->capacity != pool->standard_capacity || pool->free_count >= pool->free_max) {
        discard(pool, buffer);
        return;
    }
    buffer->next_free = pool->free;
    pool->free = buffer;
    pool->free_count++;
    kh_poison(buffer->data, buffer->capacity);
}
