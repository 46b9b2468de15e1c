#include "support/counting_heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE_BLOCK = _Alignof(max_align_t) }; /* room for its size */

static void *reallocate(void *arg, void *old, size_t size)
{
    struct counting_heap *h = arg;
    uint8_t *block = old == NULL ? NULL : (uint8_t *)old - BEFORE_BLOCK;

    if (block != NULL) {
        size_t was;
        memcpy(&was, block, sizeof was);
        h->held -= was;
    }
    if (size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, BEFORE_BLOCK + size);
    if (block == NULL)
        abort();
    memcpy(block, &size, sizeof size);
    h->held += size;
    h->most = h->held > h->most ? h->held : h->most;
    h->largest = size > h->largest ? size : h->largest;
    return block + BEFORE_BLOCK;
}

void counting_heap_init(struct counting_heap *h)
{
    *h = (struct counting_heap){.heap = {.reallocate = reallocate, .arg = h}};
}
