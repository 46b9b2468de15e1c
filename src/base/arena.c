#include "base/arena.h"

#include "base/limits.h"
#include "base/poison.h"
#include "base/status.h"

#include <stddef.h>

struct kh_arena_chunk {
    struct kh_arena_chunk *older;
    size_t capacity, used;
    max_align_t data[];
};

void kh_arena_init(struct kh_arena *arena, struct kh_heap *heap, size_t limit)
{
    *arena = (struct kh_arena){
        .heap = heap, .limit = limit, .counted_together = limit <= KH_LIMIT_ARENAS};
}

/* What one more chunk can hold. What a reset kept may be above the limit of the next message. */
static size_t room_of_a_chunk(const struct kh_arena *arena)
{
    size_t left = arena->held < arena->limit ? arena->limit - arena->held : 0;
    if (arena->counted_together && left > KH_LIMIT_ARENAS - arena->heap->arena_bytes)
        left = KH_LIMIT_ARENAS - arena->heap->arena_bytes;
    return left > sizeof(struct kh_arena_chunk) ? left - sizeof(struct kh_arena_chunk) : 0;
}

/* Chunks double, so that the newest alone serves a message like the last one. */
static struct kh_arena_chunk *add_chunk(struct kh_arena *arena, size_t least)
{
    size_t capacity = arena->chunks == NULL ? KH_ARENA_CHUNK : arena->chunks->capacity * 2;
    size_t room = room_of_a_chunk(arena);
    if (capacity < least)
        capacity = least;
    if (capacity > room)
        capacity = room;
    if (capacity < least)
        return NULL;
    struct kh_arena_chunk *chunk = kh_alloc(arena->heap, sizeof *chunk + capacity);
    if (chunk == NULL)
        return NULL;
    *chunk = (struct kh_arena_chunk){.older = arena->chunks, .capacity = capacity};
    kh_poison(chunk->data, capacity);
    arena->chunks = chunk;
    arena->held += sizeof *chunk + capacity;
    if (arena->counted_together)
        arena->heap->arena_bytes += sizeof *chunk + capacity;
    return chunk;
}

int kh_arena_reserve(struct kh_arena *arena, size_t size)
{
    return add_chunk(arena, size) == NULL ? KOHORT_ENOMEM : 0;
}

size_t kh_arena_room(const struct kh_arena *arena)
{
    const struct kh_arena_chunk *chunk = arena->chunks;
    size_t left = arena->limit - arena->used, room = room_of_a_chunk(arena);
    if (chunk != NULL && room < chunk->capacity - chunk->used)
        room = chunk->capacity - chunk->used;
    return room < left ? room : left;
}

/* `used` counts the padding too. */
static void *take(struct kh_arena *arena, size_t size, size_t align)
{
    struct kh_arena_chunk *chunk = arena->chunks;
    size_t padding = chunk == NULL ? 0 : (align - chunk->used % align) % align;
    if (size > arena->limit - arena->used || padding > arena->limit - arena->used - size)
        return NULL;
    if (chunk == NULL || padding > chunk->capacity - chunk->used ||
        size > chunk->capacity - chunk->used - padding) {
        chunk = add_chunk(arena, size);
        if (chunk == NULL)
            return NULL;
        padding = 0;
    }
    char *memory = (char *)chunk->data + chunk->used + padding;
    chunk->used += padding + size;
    arena->used += padding + size;
    kh_unpoison(memory, size);
    return memory;
}

void *kh_arena_take(struct kh_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    size_t bytes = count * size;
    return take(arena, bytes == 0 ? 1 : bytes, _Alignof(max_align_t));
}

void *kh_arena_alloc(struct kh_arena *arena, size_t count, size_t size)
{
    void *memory = kh_arena_take(arena, count, size);
    if (memory != NULL)
        memset(memory, 0, count * size);
    return memory;
}

struct kh_string kh_arena_string(struct kh_arena *arena, struct kh_string text)
{
    size_t size = (size_t)text.size;
    char *copy = text.data == NULL ? NULL : take(arena, size + 1, 1);
    if (copy == NULL)
        return (struct kh_string){NULL, 0};
    memcpy(copy, text.data, size);
    copy[size] = '\0';
    return (struct kh_string){copy, text.size};
}

static void free_chunks(struct kh_arena *arena, struct kh_arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct kh_arena_chunk *older = chunk->older;
        kh_unpoison(chunk->data, chunk->capacity);
        arena->held -= sizeof *chunk + chunk->capacity;
        if (arena->counted_together)
            arena->heap->arena_bytes -= sizeof *chunk + chunk->capacity;
        kh_free(arena->heap, chunk);
        chunk = older;
    }
}

void kh_arena_reset(struct kh_arena *arena)
{
    struct kh_arena_chunk *kept = arena->chunks;
    while (kept != NULL && kept->capacity > KH_ARENA_KEPT) {
        struct kh_arena_chunk *older = kept->older;
        kept->older = NULL;
        free_chunks(arena, kept);
        kept = older;
    }
    if (kept != NULL) {
        free_chunks(arena, kept->older);
        kept->older = NULL;
        kept->used = 0;
        kh_poison(kept->data, kept->capacity);
    }
    arena->chunks = kept;
    arena->used = 0;
}

void kh_arena_free(struct kh_arena *arena)
{
    free_chunks(arena, arena->chunks);
    arena->chunks = NULL;
    arena->used = 0;
}
