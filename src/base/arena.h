/* Memory that lives as long as one message: allocated forward, freed at once. A limit bounds what a
 * peer can make us hold: what is taken from the heap, rooms that nothing uses and all. */
#ifndef KH_BASE_ARENA_H
#define KH_BASE_ARENA_H

#include "base/bytes.h"
#include "base/heap.h"

struct kh_arena_chunk;

struct kh_arena {
    struct kh_heap *heap;
    struct kh_arena_chunk *chunks;
    size_t used;  /* bytes given out */
    size_t held;  /* bytes taken from the heap */
    size_t limit; /* of either; what a reset kept may be above it, and is not given out beyond it */
    bool counted_together;
};

/* All arenas of a heap together hold no more than KH_LIMIT_ARENAS; but one that is allowed more
 * than that is no message's, and counts by itself. */
void kh_arena_init(struct kh_arena *arena, struct kh_heap *heap, size_t limit);
/* One chunk from which the next `size` bytes come. 0 or KOHORT_ENOMEM. */
int kh_arena_reserve(struct kh_arena *arena, size_t size);
/* Zeroed, aligned for any type; NULL when the limit or memory is exhausted. */
void *kh_arena_alloc(struct kh_arena *arena, size_t count, size_t size);
/* The same, not zeroed: for arrays that are filled at once. */
void *kh_arena_take(struct kh_arena *arena, size_t count, size_t size);
/* The largest piece that the limits leave room for, alignment apart. */
size_t kh_arena_room(const struct kh_arena *arena);
/* A terminated copy; null when `text` is, or when the limit or memory is exhausted. */
struct kh_string kh_arena_string(struct kh_arena *arena, struct kh_string text);
/* Keeps one chunk, the newest up to KH_ARENA_KEPT, so that a steady state allocates nothing. */
void kh_arena_reset(struct kh_arena *arena);
void kh_arena_free(struct kh_arena *arena);

#endif
