#include "consumer/tracker.h"

#include <kohort/errors.h>

enum { FIRST_CAPACITY = 16 };

void kh_tracker_init(struct kh_tracker *t)
{
    *t = (struct kh_tracker){0};
}

void kh_tracker_free(struct kh_tracker *t, struct kh_heap *heap)
{
    kh_free(heap, t->slices);
    kh_tracker_init(t);
}

void kh_tracker_clear(struct kh_tracker *t)
{
    t->begin = t->size = 0;
    t->unacknowledged = 0;
}

static struct kh_slice *at(const struct kh_tracker *t, uint32_t index)
{
    return &t->slices[(t->begin + index) & (t->capacity - 1)];
}

int kh_tracker_reserve(struct kh_tracker *t, struct kh_heap *heap)
{
    if (t->size < t->capacity)
        return 0;
    uint32_t capacity = t->capacity == 0 ? FIRST_CAPACITY : t->capacity * 2;
    struct kh_slice *slices = kh_alloc_zeroed(heap, capacity, sizeof *slices);
    if (slices == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t i = 0; i < t->size; i++)
        slices[i] = *at(t, i);
    kh_free(heap, t->slices);
    t->slices = slices;
    t->capacity = capacity;
    t->begin = 0;
    return 0;
}

static void add(struct kh_tracker *t, int64_t first, uint32_t count, bool done)
{
    t->size++;
    *at(t, t->size - 1) = (struct kh_slice){first, count, done};
}

void kh_tracker_add(struct kh_tracker *t, int64_t first, uint32_t count)
{
    add(t, first, count, false);
    t->unacknowledged += count;
}

void kh_tracker_add_done(struct kh_tracker *t, int64_t first, uint32_t count)
{
    if (t->size > 0)
        add(t, first, count, true);
}

int kh_tracker_ack(struct kh_tracker *t, int64_t first, uint32_t count)
{
    uint32_t low = 0, high = t->size;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (at(t, middle)->first < first)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->size || at(t, low)->first != first || at(t, low)->count != count)
        return KOHORT_EINVAL;
    if (!at(t, low)->done) {
        at(t, low)->done = true;
        t->unacknowledged -= count;
    }
    while (t->size > 0 && at(t, 0)->done) {
        t->begin = (t->begin + 1) & (t->capacity - 1);
        t->size--;
    }
    return 0;
}

int64_t kh_tracker_acked(const struct kh_tracker *t, int64_t position)
{
    return t->size == 0 ? position : at(t, 0)->first;
}
