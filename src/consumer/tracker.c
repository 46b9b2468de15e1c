#include "consumer/tracker.h"

enum { FIRST_CAPACITY = 64 };

void kh_tracker_init(struct kh_tracker *t)
{
    *t = (struct kh_tracker){0};
}

void kh_tracker_free(struct kh_tracker *t, struct kh_heap *heap)
{
    kh_free(heap, t->entries);
    kh_tracker_init(t);
}

void kh_tracker_clear(struct kh_tracker *t)
{
    t->begin = t->size = t->unacknowledged = 0;
}

static uint64_t *entry(const struct kh_tracker *t, uint32_t index)
{
    return &t->entries[(t->begin + index) & (t->capacity - 1)];
}

static int64_t offset_of(const struct kh_tracker *t, uint32_t index)
{
    return (int64_t)(*entry(t, index) >> 1);
}

int kh_tracker_reserve(struct kh_tracker *t, uint32_t count, struct kh_heap *heap)
{
    if (count <= t->capacity - t->size)
        return 0;
    uint32_t capacity = t->capacity == 0 ? FIRST_CAPACITY : t->capacity;
    while (capacity - t->size < count)
        capacity *= 2;
    uint64_t *entries = kh_alloc_zeroed(heap, capacity, sizeof *entries);
    if (entries == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t i = 0; i < t->size; i++)
        entries[i] = *entry(t, i);
    kh_free(heap, t->entries);
    t->entries = entries;
    t->capacity = capacity;
    t->begin = 0;
    return 0;
}

void kh_tracker_add(struct kh_tracker *t, const kohort_record *records, uint32_t count, bool done)
{
    if (done && t->size == 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        *entry(t, t->size + i) = (uint64_t)records[i].offset << 1 | done;
    t->size += count;
    if (!done)
        t->unacknowledged += count;
}

/* The first entry at or above `offset`. */
static uint32_t search(const struct kh_tracker *t, int64_t offset)
{
    uint32_t low = 0, high = t->size;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (offset_of(t, middle) < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void kh_tracker_forget_from(struct kh_tracker *t, int64_t offset)
{
    uint32_t at = search(t, offset);
    for (uint32_t i = at; i < t->size; i++)
        t->unacknowledged -= !(*entry(t, i) & 1);
    t->size = at;
}

int kh_tracker_ack(struct kh_tracker *t, int64_t first, int64_t last, int64_t position)
{
    if (first < 0 || last < first || last >= position)
        return KOHORT_EINVAL;
    if (last < kh_tracker_acked(t, position))
        return 0; /* All down there is acknowledged. */
    uint32_t found = 0;
    for (uint32_t i = search(t, first); i < t->size && offset_of(t, i) <= last; i++) {
        t->unacknowledged -= !(*entry(t, i) & 1);
        *entry(t, i) |= 1;
        found++;
    }
    while (t->size > 0 && (*entry(t, 0) & 1)) {
        t->begin = (t->begin + 1) & (t->capacity - 1);
        t->size--;
    }
    return found > 0 ? 0 : KOHORT_EINVAL;
}

int64_t kh_tracker_acked(const struct kh_tracker *t, int64_t position)
{
    return t->size == 0 ? position : offset_of(t, 0);
}
