/* Which partitions are ours: contexts are made and ended here, and the application is told. */
#include "consumer/taped.h"

#include <stdlib.h>
#include <string.h>

/* An ownership id holds its slot, so that a mark finds its partition at once; the serial makes it
 * never come again. */
enum { SLOT_BITS = 24 };

static int list_reserve(kohort_consumer *c, struct kohort_partitions *list, size_t count)
{
    if (count <= list->capacity)
        return 0;
    size_t capacity = list->capacity * 2 > count ? list->capacity * 2 : count;
    kohort_partition **items = kh_resize(kh_consumer_heap(c), list->items, capacity, sizeof *items);
    if (items == NULL)
        return KOHORT_ENOMEM;
    list->items = items;
    list->capacity = capacity;
    return 0;
}

static void list_free(kohort_consumer *c, struct kohort_partitions *list)
{
    kh_free(kh_consumer_heap(c), list->items);
    *list = (struct kohort_partitions){0};
}

static void list_remove(struct kohort_partitions *list, const kohort_partition *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] != p)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

static int compare(const void *a, const void *b)
{
    const kohort_partition *x = *(kohort_partition *const *)a, *y = *(kohort_partition *const *)b;
    int by_topic = strcmp(x->topic, y->topic);
    return by_topic != 0 ? by_topic : (x->number > y->number) - (x->number < y->number);
}

kohort_partition *kh_ownership_find(const kohort_consumer *c, struct kh_string topic,
                                    int32_t number)
{
    const struct kohort_partitions *owned = &c->ownership.owned;
    size_t low = 0, high = owned->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const kohort_partition *p = owned->items[middle];
        int order = kh_string_compare(kh_string_of(p->topic), topic);
        if (order == 0)
            order = (p->number > number) - (p->number < number);
        if (order == 0)
            return owned->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

kohort_partition *kh_ownership_by_id(const kohort_consumer *c, uint64_t ownership)
{
    uint64_t slot = ownership & ((1u << SLOT_BITS) - 1);
    if (slot >= c->ownership.slot_count)
        return NULL;
    kohort_partition *p = c->ownership.slots[slot];
    return p != NULL && p->ownership == ownership ? p : NULL;
}

static int take_slot(kohort_consumer *c, kohort_partition *p)
{
    struct kh_ownership *o = &c->ownership;
    size_t slot = o->free_from;
    while (slot < o->slot_count && o->slots[slot] != NULL)
        slot++;
    if (slot == o->slot_count) {
        size_t count = o->slot_count == 0 ? 1 : o->slot_count * 2;
        if (count >= 1u << SLOT_BITS)
            return KOHORT_ENOMEM;
        kohort_partition **slots = kh_resize(kh_consumer_heap(c), o->slots, count, sizeof *slots);
        if (slots == NULL)
            return KOHORT_ENOMEM;
        memset(slots + o->slot_count, 0, (count - o->slot_count) * sizeof *slots);
        o->slots = slots;
        o->slot_count = count;
    }
    o->slots[slot] = p;
    o->free_from = slot + 1;
    p->slot = (uint32_t)slot;
    p->ownership = ((o->last_ownership >> SLOT_BITS) + 1) << SLOT_BITS | slot;
    o->last_ownership = p->ownership;
    return 0;
}

static void end(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    if (p->state != KH_PARTITION_ENDED)
        kh_partition_enter(p, KH_PARTITION_ENDED, "the ownership has ended");
    list_remove(&c->ownership.owned, p);
    list_remove(&c->ownership.going, p);
    c->ownership.slots[p->slot] = NULL;
    if (p->slot < c->ownership.free_from)
        c->ownership.free_from = p->slot;
    kh_partition_free(p);
}

static kohort_partition *begin(kohort_consumer *c, const struct kh_topic_partition *at)
{
    struct kohort_partitions *owned = &c->ownership.owned;
    kohort_partition *p;
    if (list_reserve(c, owned, owned->count + 1) != 0 ||
        list_reserve(c, &c->ownership.going, owned->count + 1) != 0 ||
        kh_partition_new(&p, c, at->topic, at->partition) != 0)
        return NULL;
    if (take_slot(c, p) != 0) {
        kh_partition_free(p);
        return NULL;
    }
    owned->items[owned->count++] = p;
    return p;
}

static void tell(kohort_consumer *c, enum kh_callback kind,
                 void (*callback)(kohort_consumer *, const kohort_partitions *, void *),
                 const struct kohort_partitions *list)
{
    if (callback == NULL || c->torn_down)
        return;
    struct kh_tape *tape = kh_consumer_tape(c);
    if (tape != NULL)
        kh_callback_begin(tape, kind, c->number, (int64_t)list->count, kh_taped_hash_list(list), 0,
                          0);
    c->in_callback++;
    callback(c, list, c->user);
    c->in_callback--;
    kh_callback_end_if(tape, 0);
}

/* What has no context is not fetched, and nobody else reads it: it is tried again. */
static void adopt_later(kohort_consumer *c)
{
    struct kh_shared *shared = kh_consumer_shared(c);
    kohort_error error;
    kh_timer_set(&shared->timers, &c->ownership.retry,
                 shared->now_ms + c->values.retry_backoff_max_ms);
    kh_error_init(&error, KOHORT_ENOMEM);
    error.retriable = true;
    kh_error_text(&error,
                  "out of memory: not all partitions assigned to this member of group %s can be "
                  "consumed yet; it is tried again",
                  c->values.group_id);
    kh_event_error(c, NULL, &error);
}

void kh_ownership_adopt(kohort_consumer *c, const struct kh_partition_list *added)
{
    struct kohort_partitions list = {0};
    bool complete = list_reserve(c, &list, added->count) == 0;
    for (size_t i = 0; i < added->count && complete; i++) {
        kohort_partition *p = begin(c, &added->items[i]);
        complete = p != NULL;
        if (complete)
            list.items[list.count++] = p;
    }
    if (c->ownership.owned.count > 1) /* Nothing at all may be assigned: then there is no array. */
        qsort(c->ownership.owned.items, c->ownership.owned.count, sizeof *c->ownership.owned.items,
              compare);
    c->counters.assigned += list.count;
    if (!complete)
        adopt_later(c);
    if (complete || list.count > 0)
        tell(c, KH_CALLBACK_ASSIGNED, c->handlers.on_assigned, &list);
    for (size_t i = 0; i < list.count; i++) /* A seek inside has left ASSIGNED already. */
        if (list.items[i]->state == KH_PARTITION_ASSIGNED)
            kh_partition_begin(list.items[i]);
    list_free(c, &list);
    kh_fetch_changed(c);
}

static void adopt_missing(struct kh_timer *timer, int64_t now_ms)
{
    kohort_consumer *c = timer->arg;
    const struct kh_partition_list *owned = kh_member_owned(c->group.member);
    struct kh_partition_list missing;
    int status = c->ownership.token == 0 ? 0 : KOHORT_ESTATE; /* first what goes, goes */
    (void)now_ms;
    kh_partition_list_init(&missing, kh_consumer_heap(c));
    for (size_t i = 0; i < owned->count && status == 0; i++) {
        const struct kh_topic_partition *at = &owned->items[i];
        if (kh_ownership_find(c, at->topic, at->partition) == NULL)
            status = kh_partition_list_add(&missing, at->topic, at->partition);
    }
    if (status != 0)
        adopt_later(c);
    else if (missing.count > 0)
        kh_ownership_adopt(c, &missing);
    kh_partition_list_free(&missing);
}

void kh_ownership_init(kohort_consumer *c)
{
    kh_timer_init(&c->ownership.retry, adopt_missing, c);
}

void kh_ownership_drop(kohort_consumer *c, const struct kh_partition_list *gone)
{
    for (size_t i = 0; i < gone->count; i++) {
        kohort_partition *p = kh_ownership_find(c, gone->items[i].topic, gone->items[i].partition);
        if (p == NULL)
            continue;
        c->counters.revoked++;
        kh_event_uncommitted(p);
        end(p);
    }
    kh_revocation_end(c);
    kh_fetch_changed(c);
}

void kh_ownership_lost(kohort_consumer *c, const struct kh_partition_list *gone)
{
    struct kohort_partitions *list = &c->ownership.going;
    kh_revocation_end(c);
    for (size_t i = 0; i < gone->count; i++) {
        kohort_partition *p = kh_ownership_find(c, gone->items[i].topic, gone->items[i].partition);
        if (p == NULL)
            continue;
        kh_partition_stop(p, "lost");
        list->items[list->count++] = p;
    }
    c->counters.lost += list->count;
    if (list->count > 0)
        tell(c, KH_CALLBACK_LOST, c->handlers.on_lost, list);
    while (list->count > 0)
        end(list->items[list->count - 1]);
    kh_fetch_changed(c);
}

void kh_ownership_free(kohort_consumer *c)
{
    kh_client_set_timer(c->client, &c->ownership.retry, KH_NEVER);
    while (c->ownership.owned.count > 0)
        end(c->ownership.owned.items[0]);
    list_free(c, &c->ownership.owned);
    list_free(c, &c->ownership.going);
    kh_free(kh_consumer_heap(c), c->ownership.slots);
    c->ownership.slots = NULL;
    c->ownership.slot_count = 0;
}

/* ---- what the application reads ---- */

size_t kohort_partitions_count(const kohort_partitions *list)
{
    return list->count;
}

kohort_partition *kohort_partitions_at(const kohort_partitions *list, size_t index)
{
    return index < list->count ? list->items[index] : NULL;
}
