/* Room for what is about to be delivered, so that taking note of it cannot fail. */
#include "consumer/tracker_block.h"

#include <string.h>

enum {
    FIRST_CAPACITY = 4,
    FEW = 8,    /* of the offsets of a block: with fewer, deltas cost less */
    SPARSE = 16 /* records outstanding in a block: with fewer, blocks that are done are left out */
};

/* Whether blocks of offsets would waste memory. */
static bool are_sparse(const struct kh_tracker *t, const kohort_record *records, uint32_t count)
{
    const struct kh_tracker_block *last = t->size == 0 ? NULL : &t->head[t->size - 1];
    return records[count - 1].offset - records[0].offset > (int64_t)FEW * count + KH_BLOCK_SIZE ||
           (last != NULL && kh_count_bits(last->delivered) < FEW &&
            !kh_block_fits(last, records[0].offset));
}

/* To the front, for room behind; and without blocks wholly acknowledged where most are, so that a
 * record that is held for long does not keep all that came after it. */
static void move_to_front(struct kh_tracker *t)
{
    bool squeezes = t->size > t->unacknowledged / SPARSE + SPARSE;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->size; i++) {
        const struct kh_tracker_block *from = &t->head[i];
        struct kh_tracker_block *to = &t->blocks[kept];
        if (squeezes && from->outstanding == 0)
            continue;
        kept++;
        if (to == from)
            continue;
        if (from->count > 0)
            memcpy(kh_block_deltas(t, to), kh_block_deltas(t, from),
                   from->count * sizeof *t->deltas);
        *to = *from;
    }
    t->squeezed = t->squeezed || kept < t->size;
    t->size = kept;
    t->head = t->blocks;
}

static int grow(struct kh_tracker *t, uint32_t capacity, bool with_deltas, struct kh_heap *heap)
{
    struct kh_tracker_block *blocks = kh_alloc_zeroed(heap, capacity, sizeof *blocks);
    uint32_t *deltas = with_deltas
                           ? kh_alloc_zeroed(heap, (size_t)capacity * KH_BLOCK_SIZE, sizeof *deltas)
                           : NULL;
    if (blocks == NULL || (with_deltas && deltas == NULL)) {
        kh_free(heap, blocks);
        kh_free(heap, deltas);
        return KOHORT_ENOMEM;
    }
    for (uint32_t i = 0; i < t->size; i++) {
        blocks[i] = t->head[i];
        if (blocks[i].count > 0)
            memcpy(&deltas[(size_t)i * KH_BLOCK_SIZE], kh_block_deltas(t, &t->head[i]),
                   KH_BLOCK_SIZE * sizeof *deltas);
    }
    kh_free(heap, t->blocks);
    kh_free(heap, t->deltas);
    t->blocks = t->head = blocks;
    t->deltas = deltas;
    t->capacity = capacity;
    return 0;
}

int kh_tracker_reserve(struct kh_tracker *t, const kohort_record *records, uint32_t count,
                       struct kh_heap *heap)
{
    bool with_deltas = t->deltas != NULL || are_sparse(t, records, count);
    bool has_deltas = t->deltas != NULL || !with_deltas;
    /* The last block is full, or one jump of a whole batch may close it; and the last of these is
     * not full, most likely. */
    uint32_t more = 3 + (with_deltas ? count / KH_BLOCK_MOST
                                     : (uint32_t)(records[count - 1].offset - records[0].offset) /
                                           KH_BLOCK_SIZE);
    uint32_t used = t->size == 0 ? 0 : (uint32_t)(t->head - t->blocks) + t->size;
    if (has_deltas && more <= t->capacity - used)
        return 0;
    move_to_front(t);
    if (has_deltas && t->size + more <= t->capacity - t->capacity / 4)
        return 0;
    uint32_t capacity = t->capacity == 0 ? FIRST_CAPACITY : t->capacity;
    while (capacity - t->size < more)
        capacity += capacity / 2;
    return grow(t, capacity, with_deltas, heap);
}
