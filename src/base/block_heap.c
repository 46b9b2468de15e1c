#include "base/block_heap.h"

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* In front of each allocation: its size, for the day it grows. */
union header {
    size_t size;
    max_align_t align;
};

static void *take(struct kh_block_heap *block, size_t size)
{
    size_t left = block->size - block->used, align = sizeof(union header);
    if (size > SIZE_MAX - 2 * align)
        return NULL;
    size_t whole = align + (size + align - 1) / align * align;
    if (whole > left)
        return NULL;
    union header *header = (union header *)(void *)(block->memory + block->used);
    header->size = size;
    block->used += whole;
    return header + 1;
}

static void *reallocate(void *arg, void *old, size_t size)
{
    if (size == 0)
        return NULL;
    void *memory = take(arg, size);
    if (memory == NULL || old == NULL)
        return memory;
    size_t old_size = ((const union header *)old - 1)->size;
    memcpy(memory, old, old_size < size ? old_size : size);
    return memory;
}

int kh_block_heap_init(struct kh_block_heap *block, struct kh_heap *owner, size_t size)
{
    *block = (struct kh_block_heap){.heap = {.reallocate = reallocate, .arg = block},
                                    .owner = owner,
                                    .memory = kh_alloc(owner, size),
                                    .size = size};
    return block->memory == NULL ? KOHORT_ENOMEM : 0;
}

void kh_block_heap_free(struct kh_block_heap *block)
{
    if (block->owner != NULL)
        kh_free(block->owner, block->memory);
    *block = (struct kh_block_heap){.size = 0};
}
