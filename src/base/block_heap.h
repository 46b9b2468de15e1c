/* A heap inside one piece of memory, for work on another thread: the application's allocator is
 * called on the loop alone, before the work and after it. Nothing is used twice; when the block is
 * full there is no memory. */
#ifndef KH_BASE_BLOCK_HEAP_H
#define KH_BASE_BLOCK_HEAP_H

#include "base/heap.h"

struct kh_block_heap {
    struct kh_heap heap; /* what is allocated from */
    struct kh_heap *owner;
    char *memory;
    size_t size, used;
};

/* 0 or KOHORT_ENOMEM. */
int kh_block_heap_init(struct kh_block_heap *block, struct kh_heap *owner, size_t size);
/* All that was allocated from it is gone. Harmless when all bytes are zero. */
void kh_block_heap_free(struct kh_block_heap *block);

#endif
