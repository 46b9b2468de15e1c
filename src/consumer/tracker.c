#include "consumer/tracker.h"

#include <string.h>

enum { BLOCK = 64, FIRST_CAPACITY = 4, SPARSE = 16 };

void kh_tracker_init(struct kh_tracker *t)
{
    *t = (struct kh_tracker){0};
    t->head = &t->none;
}

void kh_tracker_free(struct kh_tracker *t, struct kh_heap *heap)
{
    kh_free(heap, t->blocks);
    kh_free(heap, t->deltas);
    kh_tracker_init(t);
}

void kh_tracker_clear(struct kh_tracker *t)
{
    t->head = &t->none;
    t->size = t->unacknowledged = 0;
    t->squeezed = false;
}

static inline uint32_t *deltas_of(const struct kh_tracker *t, const struct kh_tracker_block *b)
{
    return &t->deltas[(size_t)(b - t->blocks) * BLOCK];
}

static int64_t offset_of(const struct kh_tracker *t, const struct kh_tracker_block *b, uint32_t i)
{
    return b->first + (t->deltas == NULL ? i : deltas_of(t, b)[i]);
}

/* ---- room ---- */

static bool fits(const struct kh_tracker *t, const struct kh_tracker_block *b, int64_t offset)
{
    if (b->count == BLOCK)
        return false;
    return t->deltas == NULL ? offset - b->first == b->count : offset - b->first <= UINT32_MAX;
}

/* Whether these can only be told with deltas. */
static bool has_holes(const struct kh_tracker *t, const kohort_record *records, uint32_t count)
{
    const struct kh_tracker_block *last = t->size == 0 ? NULL : &t->head[t->size - 1];
    return records[count - 1].offset - records[0].offset != (int64_t)count - 1 ||
           (last != NULL && last->count < BLOCK && !fits(t, last, records[0].offset));
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
        if (t->deltas != NULL)
            memcpy(deltas_of(t, to), deltas_of(t, from), BLOCK * sizeof *t->deltas);
        *to = *from;
    }
    t->squeezed = t->squeezed || kept < t->size;
    t->size = kept;
    t->head = kept == 0 ? &t->none : t->blocks;
}

static void number_deltas(uint32_t *deltas, uint32_t blocks)
{
    for (uint32_t i = 0; i < blocks * BLOCK; i++)
        deltas[i] = i % BLOCK;
}

static int grow(struct kh_tracker *t, uint32_t capacity, bool with_deltas, struct kh_heap *heap)
{
    struct kh_tracker_block *blocks = kh_alloc_zeroed(heap, capacity, sizeof *blocks);
    uint32_t *deltas =
        with_deltas ? kh_alloc_zeroed(heap, (size_t)capacity * BLOCK, sizeof *deltas) : NULL;
    if (blocks == NULL || (with_deltas && deltas == NULL)) {
        kh_free(heap, blocks);
        kh_free(heap, deltas);
        return KOHORT_ENOMEM;
    }
    if (with_deltas && t->deltas == NULL)
        number_deltas(deltas, t->size);
    for (uint32_t i = 0; i < t->size; i++) {
        blocks[i] = t->head[i];
        if (t->deltas != NULL)
            memcpy(&deltas[(size_t)i * BLOCK], deltas_of(t, &t->head[i]), BLOCK * sizeof *deltas);
    }
    kh_free(heap, t->blocks);
    kh_free(heap, t->deltas);
    t->blocks = blocks;
    t->deltas = deltas;
    t->head = t->size == 0 ? &t->none : blocks;
    t->capacity = capacity;
    return 0;
}

int kh_tracker_reserve(struct kh_tracker *t, const kohort_record *records, uint32_t count,
                       struct kh_heap *heap)
{
    /* The last block is not full, most likely; and one jump of a whole batch may close another. */
    uint32_t more = count / BLOCK + 2;
    bool with_deltas = t->deltas != NULL || has_holes(t, records, count);
    bool has_deltas = t->deltas != NULL || !with_deltas;
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

/* ---- delivered ---- */

static struct kh_tracker_block *block_for(struct kh_tracker *t, int64_t offset)
{
    if (t->size == 0)
        t->head = t->blocks;
    else if (fits(t, &t->head[t->size - 1], offset))
        return &t->head[t->size - 1];
    struct kh_tracker_block *b = &t->head[t->size++];
    *b = (struct kh_tracker_block){.first = offset};
    return b;
}

static uint64_t bits(uint32_t from, uint32_t to)
{
    return to <= from ? 0 : (UINT64_MAX >> (BLOCK - (to - from))) << from;
}

void kh_tracker_add(struct kh_tracker *t, const kohort_record *records, uint32_t count, bool done)
{
    if (done && t->unacknowledged == 0)
        return;
    for (uint32_t i = 0; i < count;) {
        struct kh_tracker_block *b = block_for(t, records[i].offset);
        uint32_t room = BLOCK - b->count, n = 0;
        if (t->deltas == NULL)
            n = count - i < room ? count - i : room;
        else
            for (uint32_t *deltas = deltas_of(t, b);
                 i + n < count && n < room && records[i + n].offset - b->first <= UINT32_MAX; n++)
                deltas[b->count + n] = (uint32_t)(records[i + n].offset - b->first);
        if (!done)
            b->outstanding |= bits(b->count, b->count + n);
        b->count += n;
        if (t->deltas == NULL)
            b->dense = b->count;
        else
            while (b->dense < b->count && deltas_of(t, b)[b->dense] == b->dense)
                b->dense++;
        i += n;
    }
    if (!done)
        t->unacknowledged += count;
}

/* ---- acknowledged ---- */

/* Without holes, and with nothing left out, a block lies where it must lie, counted from the last:
 * what is left out is old. */
static inline uint32_t guess(const struct kh_tracker *t, int64_t offset)
{
    uint32_t last = t->size - 1;
    int64_t before = t->head[last].first - offset;
    if (before <= 0)
        return last;
    uint64_t back = ((uint64_t)before + BLOCK - 1) / BLOCK;
    return back <= last ? last - (uint32_t)back : 0;
}

/* The last block that begins at or below `offset`; 0 when all begin above it. */
static uint32_t search(const struct kh_tracker *t, int64_t offset)
{
    uint32_t guessed = guess(t, offset);
    const struct kh_tracker_block *b = &t->head[guessed];
    if (offset >= b->first && offset - b->first < b->dense)
        return guessed;
    uint32_t low = 0, high = t->size;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (t->head[middle].first <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first record of the block at or above `offset`; its count: there is none. */
static uint32_t index_of(const struct kh_tracker *t, const struct kh_tracker_block *b,
                         int64_t offset)
{
    if (offset <= b->first)
        return 0;
    uint64_t delta = (uint64_t)(offset - b->first);
    if (delta < b->dense)
        return (uint32_t)delta;
    if (b->dense == b->count)
        return b->count;
    const uint32_t *deltas = deltas_of(t, b);
    if (b->outstanding != 0 && deltas[__builtin_ctzll(b->outstanding)] == delta)
        return (uint32_t)__builtin_ctzll(b->outstanding); /* In order. */
    uint32_t low = b->dense, high = b->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (deltas[middle] < delta)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Out of the way of those that need no more than a few instructions. */
__attribute__((noinline)) static void drop_first(struct kh_tracker *t)
{
    if (t->unacknowledged == 0) {
        kh_tracker_clear(t);
        return;
    }
    for (; t->head->outstanding == 0; t->size--)
        t->head++;
}

/* Returns which records of the block lie in the range, acknowledged or not. */
static uint64_t ack_in_block(struct kh_tracker *t, struct kh_tracker_block *b, int64_t first,
                             int64_t last)
{
    uint32_t from = index_of(t, b, first);
    uint32_t to = first == last ? from + (from < b->count && offset_of(t, b, from) == first)
                                : index_of(t, b, last + 1);
    uint64_t mask = bits(from, to);
    uint64_t ended = b->outstanding & mask;
    b->outstanding &= ~mask;
    t->unacknowledged -= (ended & (ended - 1)) == 0 ? ended != 0 /* One, as a rule. */
                                                    : (uint32_t)__builtin_popcountll(ended);
    return mask;
}

void kh_tracker_forget_from(struct kh_tracker *t, int64_t offset)
{
    for (bool inside = false; t->size > 0 && !inside;) {
        struct kh_tracker_block *b = &t->head[t->size - 1];
        uint32_t from = index_of(t, b, offset);
        uint64_t gone = b->outstanding & bits(from, b->count);
        t->unacknowledged -= (uint32_t)__builtin_popcountll(gone);
        b->outstanding &= ~gone;
        b->count = from;
        b->dense = b->dense < from ? b->dense : from;
        inside = from > 0;
        t->size -= !inside;
    }
    if (t->unacknowledged == 0)
        kh_tracker_clear(t);
}

static int ack_range(struct kh_tracker *t, int64_t first, int64_t last)
{
    bool found = first < t->head->first;
    for (uint32_t i = search(t, first); i < t->size; i++) {
        struct kh_tracker_block *b = &t->head[i];
        if (b->first > last)
            break;
        found |= ack_in_block(t, b, first, last) != 0;
    }
    if (t->head->outstanding == 0)
        drop_first(t);
    return found || t->squeezed ? 0 : KOHORT_EINVAL;
}

__attribute__((noinline)) static int ack_any(struct kh_tracker *t, int64_t first, int64_t last,
                                             int64_t end)
{
    if (first < 0 || last < first || last >= end)
        return KOHORT_EINVAL;
    return t->size == 0 || last < t->head->first ? 0 : ack_range(t, first, last);
}

/* One record of a block, if no hole is before it. */
static inline bool ack_in(struct kh_tracker *t, struct kh_tracker_block *b, int64_t offset)
{
    uint64_t delta = (uint64_t)offset - (uint64_t)b->first;
    if (delta >= b->dense)
        return false;
    uint64_t left = b->outstanding & ~(UINT64_C(1) << delta);
    if (left == b->outstanding)
        return true;
    b->outstanding = left;
    t->unacknowledged--;
    if (left == 0 && b == t->head)
        drop_first(t);
    return true;
}

__attribute__((noinline)) static int ack_behind(struct kh_tracker *t, int64_t first, int64_t last,
                                                int64_t end)
{
    if (first == last && t->size > 0 && ack_in(t, &t->head[guess(t, first)], first))
        return 0;
    return ack_any(t, first, last, end);
}

int kh_tracker_ack(struct kh_tracker *t, int64_t first, int64_t last, int64_t end)
{
    /* One record of the first block, most often. */
    if (first == last && ack_in(t, t->head, first))
        return 0;
    return ack_behind(t, first, last, end);
}

int64_t kh_tracker_acked(const struct kh_tracker *t, int64_t position)
{
    if (t->size == 0)
        return position;
    const struct kh_tracker_block *b = &t->head[0];
    return offset_of(t, b, (uint32_t)__builtin_ctzll(b->outstanding));
}

int64_t kh_tracker_next(const struct kh_tracker *t, int64_t offset)
{
    for (uint32_t i = t->size == 0 ? 0 : search(t, offset); i < t->size; i++) {
        const struct kh_tracker_block *b = &t->head[i];
        uint32_t from = index_of(t, b, offset);
        uint64_t left = from < b->count ? b->outstanding & bits(from, b->count) : 0;
        if (left != 0)
            return offset_of(t, b, (uint32_t)__builtin_ctzll(left));
    }
    return -1;
}
