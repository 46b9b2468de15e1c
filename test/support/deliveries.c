#include "support/deliveries.h"

#include <stdlib.h>

void deliveries_free(struct deliveries *d)
{
    free(d->list);
    *d = (struct deliveries){.count = 0};
}

void deliveries_clear(struct deliveries *d)
{
    *d = (struct deliveries){.list = d->list, .capacity = d->capacity};
}

void deliveries_add(struct deliveries *d, int64_t offset)
{
    if (d->count == d->capacity) {
        d->capacity = d->capacity * 2 + 16;
        d->list = realloc(d->list, d->capacity * sizeof *d->list);
        if (d->list == NULL)
            abort();
    }
    d->list[d->count++] = (struct delivery){.offset = offset};
}

struct delivery *deliveries_lowest_refused(struct deliveries *d)
{
    for (size_t i = d->settled; i < d->count && d->refused > 0; i++)
        if (d->list[i].refused)
            return &d->list[i];
    return NULL;
}

void deliveries_redelivered(struct deliveries *d, struct delivery *again)
{
    again->refused = false;
    d->refused--;
}

size_t deliveries_acknowledge(struct deliveries *d, int64_t first, int64_t last)
{
    size_t count = 0;
    for (size_t i = d->count; i > d->settled && d->list[i - 1].offset >= first; i--)
        if (d->list[i - 1].offset <= last && !d->list[i - 1].refused) {
            d->list[i - 1].acknowledged = true;
            count++;
        }
    while (d->settled < d->count && d->list[d->settled].acknowledged)
        d->settled++;
    return count;
}

size_t deliveries_refuse(struct deliveries *d, int64_t first, int64_t last)
{
    size_t count = 0;
    for (size_t i = d->count; i > d->settled && d->list[i - 1].offset >= first; i--) {
        struct delivery *each = &d->list[i - 1];
        if (each->offset > last || each->acknowledged || each->refused)
            continue;
        each->refused = true;
        count++;
    }
    d->refused += count;
    return count;
}

bool deliveries_is_acknowledged(const struct deliveries *d, int64_t offset)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].offset == offset)
            return d->list[i].acknowledged;
    return false;
}

size_t deliveries_reset(struct deliveries *d, int64_t start, int64_t offset)
{
    for (size_t i = 0; i < d->count; i++)
        d->list[i].refused = false;
    d->refused = 0;
    size_t gone = deliveries_acknowledge(d, 0, start - 1);
    while (d->count > 0 && d->list[d->count - 1].offset >= offset)
        d->count--;
    if (d->settled > d->count)
        d->settled = d->count;
    return gone;
}

int64_t deliveries_bound(const struct deliveries *d, int64_t next)
{
    return d->settled < d->count ? d->list[d->settled].offset : next;
}
