#include "base/heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *c_library_reallocate(void *arg, void *old, size_t size)
{
    (void)arg;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

void kh_heap_init(struct kh_heap *heap)
{
    *heap = (struct kh_heap){.reallocate = c_library_reallocate};
}

void *kh_alloc(struct kh_heap *heap, size_t size)
{
    return kh_resize(heap, NULL, size, 1);
}

void *kh_alloc_zeroed(struct kh_heap *heap, size_t count, size_t size)
{
    void *memory = kh_resize(heap, NULL, count, size);
    if (memory != NULL)
        memset(memory, 0, count * size);
    return memory;
}

void *kh_resize(struct kh_heap *heap, void *old, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    size_t bytes = count * size;
    void *memory = heap->reallocate(heap->arg, old, bytes == 0 ? 1 : bytes);
    if (memory != NULL && old == NULL)
        heap->outstanding++;
    return memory;
}

char *kh_copy_text(struct kh_heap *heap, const char *text, size_t size)
{
    char *copy = size == SIZE_MAX ? NULL : kh_alloc(heap, size + 1);
    if (copy == NULL)
        return NULL;
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void kh_free(struct kh_heap *heap, void *memory)
{
    if (memory == NULL)
        return;
    heap->reallocate(heap->arg, memory, 0);
    heap->outstanding--;
}
