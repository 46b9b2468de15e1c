#include "consumer/tracker_block.h"

/* So many blocks from where it should be, one is looked for by halves. */
enum { NEAR = 4 };

void kh_tracker_init(struct kh_tracker *t)
{
    *t = (struct kh_tracker){.span = KH_BLOCK_SIZE};
    kh_tracker_clear(t);
}

void kh_tracker_free(struct kh_tracker *t, struct kh_heap *heap)
{
    kh_free(heap, t->blocks);
    kh_free(heap, t->deltas);
    kh_tracker_init(t);
}

void kh_tracker_clear(struct kh_tracker *t)
{
    t->size = t->unacknowledged = 0;
    t->lowest = INT64_MAX;
    t->squeezed = false;
}

/* ---- delivered ---- */

static void make_sparse(const struct kh_tracker *t, struct kh_tracker_block *b)
{
    uint32_t *deltas = kh_block_deltas(t, b), count = 0;
    uint64_t outstanding = 0;
    for (uint64_t left = b->delivered; left != 0; left &= left - 1) {
        deltas[count] = kh_lowest_bit(left);
        outstanding |= (b->outstanding >> deltas[count] & 1) << count;
        count++;
    }
    b->count = count;
    b->delivered = kh_bits(0, count);
    b->outstanding = outstanding;
}

static struct kh_tracker_block *begin_block(struct kh_tracker *t, int64_t first)
{
    struct kh_tracker_block *b = &t->head[t->size++];
    uint32_t half = (t->size - 1) / 2, newer = t->size - 1 - half;
    *b = (struct kh_tracker_block){.first = first};
    if (newer > 0)
        t->span = (uint64_t)(first - t->head[half].first) / newer;
    return b;
}

static struct kh_tracker_block *block_for(struct kh_tracker *t, int64_t offset)
{
    if (t->size == 0) {
        t->head = t->blocks;
        return begin_block(t, offset);
    }
    struct kh_tracker_block *last = &t->head[t->size - 1];
    if (kh_block_fits(last, offset))
        return last;
    if (last->count > 0)
        return begin_block(t, offset);
    int64_t delta = offset - last->first;
    if (t->deltas != NULL && kh_count_bits(last->delivered) < KH_BLOCK_MOST &&
        delta <= UINT32_MAX) {
        make_sparse(t, last);
        return last;
    }
    return begin_block(t, last->first + delta / KH_BLOCK_SIZE * KH_BLOCK_SIZE);
}

/* As many as fit. */
static uint32_t put_offsets(struct kh_tracker_block *b, const kohort_record *records,
                            uint32_t count)
{
    uint32_t from = (uint32_t)(records[0].offset - b->first), n = KH_BLOCK_SIZE - from;
    n = n < count ? n : count;
    if (records[n - 1].offset - records[0].offset == n - 1) {
        b->delivered |= kh_bits(from, from + n);
        return n;
    }
    uint64_t delivered = b->delivered;
    for (n = 0; n < count && records[n].offset - b->first < KH_BLOCK_SIZE; n++)
        delivered |= UINT64_C(1) << (records[n].offset - b->first);
    b->delivered = delivered;
    return n;
}

static uint32_t put_records(const struct kh_tracker *t, struct kh_tracker_block *b,
                            const kohort_record *records, uint32_t count)
{
    uint32_t *deltas = kh_block_deltas(t, b) + b->count, n = KH_BLOCK_SIZE - b->count;
    n = n < count ? n : count;
    while (records[n - 1].offset - b->first > UINT32_MAX)
        n--;
    for (uint32_t i = 0; i < n; i++)
        deltas[i] = (uint32_t)(records[i].offset - b->first);
    b->delivered |= kh_bits(b->count, b->count + n);
    b->count += n;
    return n;
}

void kh_tracker_add(struct kh_tracker *t, const kohort_record *records, uint32_t count, bool done)
{
    if (t->unacknowledged == 0) {
        if (done)
            return;
        t->lowest = records[0].offset;
    }
    for (uint32_t i = 0; i < count;) {
        struct kh_tracker_block *b = block_for(t, records[i].offset);
        uint64_t before = b->delivered;
        i += b->count == 0 ? put_offsets(b, &records[i], count - i)
                           : put_records(t, b, &records[i], count - i);
        if (!done)
            b->outstanding |= b->delivered & ~before;
    }
    if (!done)
        t->unacknowledged += count;
}

/* ---- where it lies: for offsets not below the first block ---- */

/* The last block that begins at or below `offset`. */
static inline struct kh_tracker_block *search(const struct kh_tracker *t, int64_t offset)
{
    struct kh_tracker_block *b = t->head;
    for (size_t left = t->size, half; left > 1; left -= half) {
        half = left / 2;
        b = b[half].first <= offset ? b + half : b;
    }
    return b;
}

/* The same from where it most likely lies, counted from the last by what those of the newer half
 * span: what was left out is old. Exact without large holes, and with them a few off, as a rule;
 * NULL: it is far off. */
static inline struct kh_tracker_block *find_near(const struct kh_tracker *t, int64_t offset)
{
    struct kh_tracker_block *b = &t->head[t->size - 1];
    int64_t back = b->first - offset;
    if (back <= 0)
        return b;
    uint64_t blocks = ((uint64_t)back + t->span - 1) / t->span;
    b = blocks < t->size ? b - blocks : t->head;
    for (int left = NEAR; offset < b->first; b--)
        if (--left == 0)
            return NULL;
    for (int left = NEAR; offset >= b[1].first; b++)
        if (--left == 0)
            return NULL;
    return b;
}

static struct kh_tracker_block *find(const struct kh_tracker *t, int64_t offset)
{
    struct kh_tracker_block *b = offset <= t->head->first ? t->head : find_near(t, offset);
    return b != NULL ? b : search(t, offset);
}

/* The first record at or above a distance, of a sparse block that has one: looked for from where it
 * would be if all were alike. */
static inline uint32_t place_of(const uint32_t *deltas, uint32_t last, uint64_t delta)
{
    uint32_t i = last == 0 ? 0 : (uint32_t)(delta * last / deltas[last]);
    while (deltas[i] > delta && i > 0)
        i--;
    while (deltas[i] < delta)
        i++;
    return i;
}

/* The first bit of the block at or above `offset`. */
static uint32_t index_of(const struct kh_tracker *t, const struct kh_tracker_block *b,
                         int64_t offset)
{
    if (offset <= b->first)
        return 0;
    uint64_t delta = (uint64_t)(offset - b->first);
    if (b->count == 0)
        return delta < KH_BLOCK_SIZE ? (uint32_t)delta : KH_BLOCK_SIZE;
    const uint32_t *deltas = kh_block_deltas(t, b);
    return delta > deltas[b->count - 1] ? b->count : place_of(deltas, b->count - 1, delta);
}

static uint64_t mask_of(const struct kh_tracker *t, const struct kh_tracker_block *b, int64_t first,
                        int64_t last)
{
    return b->delivered & kh_bits(index_of(t, b, first), index_of(t, b, last + 1));
}

/* ---- acknowledged ---- */

/* Out of the way of those that need no more than a few instructions. */
__attribute__((noinline)) static void find_lowest(struct kh_tracker *t)
{
    if (t->unacknowledged == 0) {
        kh_tracker_clear(t);
        return;
    }
    for (; t->head->outstanding == 0; t->size--)
        t->head++;
    t->lowest = kh_block_offset(t, t->head, kh_lowest_bit(t->head->outstanding));
}

void kh_tracker_forget_from(struct kh_tracker *t, int64_t offset)
{
    for (bool inside = false; t->size > 0 && !inside;) {
        struct kh_tracker_block *b = &t->head[t->size - 1];
        uint32_t from = index_of(t, b, offset);
        uint64_t kept = b->delivered & kh_bits(0, from);
        t->unacknowledged -= kh_count_bits(b->outstanding & ~kept);
        b->delivered = kept;
        b->outstanding &= kept;
        b->count = b->count == 0 ? 0 : from;
        inside = kept != 0;
        t->size -= !inside;
    }
    find_lowest(t);
}

static int ack_range(struct kh_tracker *t, int64_t first, int64_t last)
{
    bool found = first < t->head->first || t->squeezed;
    const struct kh_tracker_block *end = &t->head[t->size];
    for (struct kh_tracker_block *b = find(t, first); b < end && b->first <= last; b++) {
        uint64_t mask = mask_of(t, b, first, last);
        t->unacknowledged -= kh_count_bits(b->outstanding & mask);
        b->outstanding &= ~mask;
        found = found || mask != 0;
    }
    if (t->head->outstanding == 0 || first <= t->lowest)
        find_lowest(t);
    return found ? 0 : KOHORT_EINVAL;
}

__attribute__((noinline)) static int ack_any(struct kh_tracker *t, int64_t first, int64_t last,
                                             int64_t end)
{
    if (first < 0 || last < first || last >= end)
        return KOHORT_EINVAL;
    return t->size == 0 || last < t->head->first ? 0 : ack_range(t, first, last);
}

static inline int ack_bit(struct kh_tracker *t, struct kh_tracker_block *b, uint64_t i)
{
    b->outstanding &= ~(UINT64_C(1) << i);
    t->unacknowledged--;
    return 0;
}

/* One that is not the lowest, so that its block stays. */
static inline int ack_in(struct kh_tracker *t, struct kh_tracker_block *b, int64_t offset,
                         int64_t end)
{
    uint64_t delta = (uint64_t)(offset - b->first);
    if (b->count == 0) {
        if (delta < KH_BLOCK_SIZE && (b->outstanding >> delta & 1) != 0)
            return ack_bit(t, b, delta);
    } else if (delta <= kh_block_deltas(t, b)[b->count - 1]) {
        const uint32_t *deltas = kh_block_deltas(t, b);
        uint32_t i = place_of(deltas, b->count - 1, delta);
        if (deltas[i] == delta && (b->outstanding >> i & 1) != 0)
            return ack_bit(t, b, i);
    }
    return ack_any(t, offset, offset, end); /* For the second time, or it was not delivered. */
}

/* Out of the way too: what is near needs nothing saved on the stack. */
__attribute__((noinline)) static int ack_far(struct kh_tracker *t, int64_t offset, int64_t end)
{
    return ack_in(t, search(t, offset), offset, end);
}

__attribute__((noinline)) static int ack_behind(struct kh_tracker *t, int64_t offset, int64_t end)
{
    if (offset < t->lowest) /* Or nothing is outstanding. */
        return ack_any(t, offset, offset, end);
    struct kh_tracker_block *b = find_near(t, offset);
    return b != NULL ? ack_in(t, b, offset, end) : ack_far(t, offset, end);
}

int kh_tracker_ack(struct kh_tracker *t, int64_t first, int64_t last, int64_t end)
{
    if (first != last)
        return ack_any(t, first, last, end);
    if (first != t->lowest)
        return ack_behind(t, first, end);
    /* In order, as it is most often. */
    struct kh_tracker_block *b = t->head;
    b->outstanding &= b->outstanding - 1;
    t->unacknowledged--;
    if (b->outstanding == 0)
        find_lowest(t);
    else
        t->lowest = kh_block_offset(t, b, kh_lowest_bit(b->outstanding));
    return 0;
}

int64_t kh_tracker_next(const struct kh_tracker *t, int64_t offset)
{
    const struct kh_tracker_block *end = t->size == 0 ? NULL : &t->head[t->size];
    for (const struct kh_tracker_block *b = end == NULL ? NULL : find(t, offset); b != end; b++) {
        uint64_t left = b->outstanding & ~kh_bits(0, index_of(t, b, offset));
        if (left != 0)
            return kh_block_offset(t, b, kh_lowest_bit(left));
    }
    return -1;
}
