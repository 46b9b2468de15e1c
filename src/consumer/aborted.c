#include "consumer/aborted.h"

#include <stdlib.h>

/* In place of a transaction's first offset: its marker has passed. */
enum { ENDED = -1 };

static int compare(const void *left, const void *right)
{
    const struct kh_fetch_response_aborted_transaction *l = left, *r = right;
    if (l->producer_id != r->producer_id)
        return l->producer_id < r->producer_id ? -1 : 1;
    return l->first_offset < r->first_offset ? -1 : l->first_offset > r->first_offset;
}

void kh_aborted_begin(struct kh_aborted *a, struct kh_fetch_response_aborted_transaction *items,
                      size_t count)
{
    a->items = items;
    a->count = items == NULL ? 0 : count;
    if (a->count > 1) /* The broker has them as they ended (TransactionIndex.java). */
        qsort(items, count, sizeof *items, compare);
}

/* The producer's last transaction that began at or before `offset`; NULL: there is none, or its
 * marker has passed. What it began before that one has ended: a producer has one at a time. */
static struct kh_fetch_response_aborted_transaction *find_open(const struct kh_aborted *a,
                                                               int64_t producer_id, int64_t offset)
{
    const struct kh_fetch_response_aborted_transaction wanted = {.producer_id = producer_id,
                                                                 .first_offset = offset};
    size_t low = 0, high = a->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&a->items[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct kh_fetch_response_aborted_transaction *found = low == 0 ? NULL : &a->items[low - 1];
    return found != NULL && found->producer_id == producer_id && found->first_offset != ENDED
               ? found
               : NULL;
}

bool kh_aborted_look(struct kh_aborted *a, const struct kh_batch_header *header)
{
    if (a->count == 0 || !kh_batch_transactional(header))
        return false;
    struct kh_fetch_response_aborted_transaction *open =
        find_open(a, header->producer_id, kh_batch_last_offset(header));
    if (open == NULL)
        return false;
    /* Its abort marker: the first that the producer gets is the one of this transaction. */
    if (kh_batch_control(header))
        open->first_offset = ENDED;
    return true;
}
