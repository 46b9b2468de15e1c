/* The one door to memory. Every object of a client comes through its heap, so that the host can
 * bring its own allocator, tests can count and fail allocations, and the rest of the tree never
 * calls malloc. */
#ifndef KH_BASE_HEAP_H
#define KH_BASE_HEAP_H

#include <stddef.h>

struct kh_heap {
    /* As realloc: old NULL allocates, size 0 frees and returns NULL. */
    void *(*reallocate)(void *arg, void *old, size_t size);
    void *arg;
    size_t outstanding; /* allocations not yet freed */
    size_t arena_bytes; /* of them, what arenas hold (base/arena.h) */
};

/* The C library's allocator. */
void kh_heap_init(struct kh_heap *heap);

/* NULL when memory ran out. Size 0 is treated as 1. */
void *kh_alloc(struct kh_heap *heap, size_t size);
/* count * size bytes of zeros; NULL also when the product overflows. */
void *kh_alloc_zeroed(struct kh_heap *heap, size_t count, size_t size);
/* Grows or shrinks an array of items; NULL leaves `old` as it was. */
void *kh_resize(struct kh_heap *heap, void *old, size_t count, size_t size);
/* A terminated copy of size bytes. */
char *kh_copy_text(struct kh_heap *heap, const char *text, size_t size);
void kh_free(struct kh_heap *heap, void *memory);

#endif
