#include "consumer/deadlines.h"

#include <string.h>

/* What one call may add: a range, and the rest of the one that it splits. */
enum { ADDED = 2, FIRST_CAPACITY = 8 };

void kh_deadlines_free(struct kh_deadlines *d, struct kh_heap *heap)
{
    kh_free(heap, d->items);
    *d = (struct kh_deadlines){0};
}

void kh_deadlines_settle(struct kh_deadlines *d, const struct kh_tracker *t)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        int64_t next = kh_tracker_next(t, d->items[i].first);
        if (next >= 0 && next <= d->items[i].last)
            d->items[kept++] = d->items[i];
    }
    d->count = kept;
}

int kh_deadlines_reserve(struct kh_deadlines *d, const struct kh_tracker *t, uint32_t calls,
                         struct kh_heap *heap)
{
    uint32_t more = calls * ADDED;
    if (more <= d->capacity - d->count)
        return 0;
    kh_deadlines_settle(d, t);
    if (d->count + more <= d->capacity - d->capacity / 4)
        return 0;
    uint32_t capacity = d->capacity == 0 ? FIRST_CAPACITY : d->capacity;
    while (capacity - d->count < more)
        capacity *= 2;
    struct kh_deadline *items = kh_resize(heap, d->items, capacity, sizeof *items);
    if (items == NULL)
        return KOHORT_ENOMEM;
    d->items = items;
    d->capacity = capacity;
    return 0;
}

/* Makes `to` of the items from `at` on so many, the first of them kept. */
static void resize_at(struct kh_deadlines *d, uint32_t at, uint32_t from, uint32_t to)
{
    if (d->count > at + from)
        memmove(&d->items[at + to], &d->items[at + from],
                (d->count - at - from) * sizeof *d->items);
    d->count = d->count - from + to;
}

/* The first range that ends at or above `offset`. */
static uint32_t search(const struct kh_deadlines *d, int64_t offset)
{
    uint32_t low = 0, high = d->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (d->items[middle].last < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void kh_deadlines_set(struct kh_deadlines *d, int64_t first, int64_t last, int64_t due_ms)
{
    struct kh_deadline *newest = d->count == 0 ? NULL : &d->items[d->count - 1];
    if (newest != NULL && first > newest->last && newest->due_ms == due_ms) {
        newest->last = last; /* What lies between is acknowledged: it has no range of its own. */
        return;
    }
    uint32_t at = search(d, first), end = at;
    while (end < d->count && d->items[end].first <= last)
        end++;
    struct kh_deadline before = {0}, behind = {0};
    bool has_before = at < end && d->items[at].first < first;
    bool has_behind = at < end && d->items[end - 1].last > last;
    if (has_before)
        before = (struct kh_deadline){d->items[at].first, first - 1, d->items[at].due_ms};
    if (has_behind)
        behind = (struct kh_deadline){last + 1, d->items[end - 1].last, d->items[end - 1].due_ms};
    resize_at(d, at, end - at, 1u + has_before + has_behind);
    if (has_before)
        d->items[at++] = before;
    d->items[at++] = (struct kh_deadline){first, last, due_ms};
    if (has_behind)
        d->items[at] = behind;
}
