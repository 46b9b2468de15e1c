#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

static void *or_end(void *memory)
{
    if (memory == NULL) {
        fputs("the simulator is out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *sim_new(size_t count, size_t size)
{
    return or_end(calloc(count == 0 ? 1 : count, size));
}

void sim_grow(void *items, size_t *capacity, size_t count, size_t size)
{
    void *old;

    if (count < *capacity)
        return;
    *capacity = count < 8 ? 8 : count * 2;
    memcpy(&old, items, sizeof old);
    old = or_end(realloc(old, *capacity * size));
    memcpy(items, &old, sizeof old);
}

char *sim_copy_string(struct kh_string text)
{
    if (text.data == NULL)
        return NULL;
    char *copy = sim_new((size_t)text.size + 1, 1);
    memcpy(copy, text.data, (size_t)text.size);
    return copy;
}

char *sim_copy_text(const char *text)
{
    return sim_copy_string(kh_string_of(text));
}

struct kh_bytes sim_copy_bytes(struct kh_bytes bytes)
{
    if (bytes.data == NULL)
        return bytes;
    uint8_t *copy = sim_new((size_t)bytes.size + 1, 1);
    memcpy(copy, bytes.data, (size_t)bytes.size);
    return (struct kh_bytes){copy, bytes.size};
}
