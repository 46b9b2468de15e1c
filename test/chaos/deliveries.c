#include "chaos/deliveries.h"

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

void deliveries_acknowledge(struct deliveries *d, int64_t first, int64_t last)
{
    for (size_t i = d->count; i > d->settled && d->list[i - 1].offset >= first; i--)
        if (d->list[i - 1].offset <= last)
            d->list[i - 1].acknowledged = true;
    while (d->settled < d->count && d->list[d->settled].acknowledged)
        d->settled++;
}

int64_t deliveries_bound(const struct deliveries *d, int64_t next)
{
    return d->settled < d->count ? d->list[d->settled].offset : next;
}
