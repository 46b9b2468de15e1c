#include "consumer/redelivery.h"

#include <string.h>

enum { FIRST_CAPACITY = 16 };

void kh_redelivery_free(struct kh_redelivery *r, struct kh_heap *heap)
{
    kh_free(heap, r->items);
    *r = (struct kh_redelivery){0};
}

void kh_redelivery_clear(struct kh_redelivery *r)
{
    r->count = r->waiting = 0;
}

/* The first item at or above `offset`. */
static uint32_t search(const struct kh_redelivery *r, int64_t offset)
{
    uint32_t low = 0, high = r->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->items[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int reserve(struct kh_redelivery *r, struct kh_heap *heap, uint32_t more)
{
    if (more <= r->capacity - r->count)
        return 0;
    uint32_t capacity = r->capacity == 0 ? FIRST_CAPACITY : r->capacity;
    while (capacity - r->count < more)
        capacity *= 2;
    struct kh_redelivered *items = kh_alloc_zeroed(heap, capacity, sizeof *items);
    if (items == NULL)
        return KOHORT_ENOMEM;
    if (r->count > 0)
        memcpy(items, r->items, r->count * sizeof *items);
    kh_free(heap, r->items);
    r->items = items;
    r->capacity = capacity;
    return 0;
}

static int64_t next_in(const struct kh_tracker *t, int64_t from, int64_t last)
{
    int64_t next = kh_tracker_next(t, from);
    return next <= last ? next : -1;
}

int kh_redelivery_want(struct kh_redelivery *r, struct kh_heap *heap, const struct kh_tracker *t,
                       int64_t first, int64_t last)
{
    uint32_t more = 0;
    for (int64_t at = next_in(t, first, last); at >= 0; at = next_in(t, at + 1, last))
        more++;
    int status = reserve(r, heap, more);
    if (status != 0)
        return status;
    for (int64_t at = next_in(t, first, last); at >= 0; at = next_in(t, at + 1, last)) {
        uint32_t i = search(r, at);
        if (i == r->count || r->items[i].offset != at) {
            memmove(&r->items[i + 1], &r->items[i], (r->count - i) * sizeof *r->items);
            r->items[i] = (struct kh_redelivered){.offset = at, .attempt = 1};
            r->count++;
        }
        r->waiting += !r->items[i].waiting;
        r->items[i].waiting = true;
    }
    return 0;
}

int64_t kh_redelivery_lowest(const struct kh_redelivery *r)
{
    for (uint32_t i = 0; i < r->count && r->waiting > 0; i++)
        if (r->items[i].waiting)
            return r->items[i].offset;
    return -1;
}

bool kh_redelivery_waits(const struct kh_redelivery *r, int64_t offset)
{
    uint32_t at = r->waiting == 0 ? r->count : search(r, offset);
    return at < r->count && r->items[at].offset == offset && r->items[at].waiting;
}

uint32_t kh_redelivery_filter(const struct kh_redelivery *r, const struct kh_tracker *t,
                              kohort_record *records, uint32_t *count, int64_t end)
{
    uint32_t kept = 0, i = 0, at = search(r, records[0].offset);
    for (; i < *count; i++) {
        int64_t offset = records[i].offset;
        while (at < r->count && r->items[at].offset < offset)
            at++;
        bool waits = at < r->count && r->items[at].offset == offset && r->items[at].waiting;
        if (!waits && offset < end) {
            if (kept > 0 && kh_tracker_next(t, offset) == offset)
                break;
            continue;
        }
        records[kept] = records[i];
        if (waits)
            records[kept].attempt = r->items[at].attempt + 1;
        kept++;
    }
    *count = i;
    return kept;
}

void kh_redelivery_delivered(struct kh_redelivery *r, const kohort_record *records, uint32_t count,
                             uint16_t delivery)
{
    for (uint32_t i = 0; i < count && r->waiting > 0; i++) {
        uint32_t at = search(r, records[i].offset);
        if (at == r->count || r->items[at].offset != records[i].offset || !r->items[at].waiting)
            continue;
        r->items[at].waiting = false;
        r->items[at].attempt = records[i].attempt;
        r->items[at].delivery = delivery;
        r->waiting--;
    }
}

int64_t kh_redelivery_stale(const struct kh_redelivery *r, int64_t first, uint16_t delivery)
{
    for (uint32_t i = search(r, first); i < r->count; i++)
        if (r->items[i].waiting || r->items[i].delivery != delivery)
            return r->items[i].offset;
    return INT64_MAX;
}

void kh_redelivery_forget(struct kh_redelivery *r, int64_t first, int64_t last)
{
    uint32_t from = search(r, first), to = from;
    for (; to < r->count && r->items[to].offset <= last; to++)
        r->waiting -= r->items[to].waiting;
    if (from == to)
        return;
    memmove(&r->items[from], &r->items[to], (r->count - to) * sizeof *r->items);
    r->count -= to - from;
}
