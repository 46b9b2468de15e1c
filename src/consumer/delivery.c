/* Hands records over (decision 5): a batch is checked when it arrives, decoded into an array of
 * views slice by slice, and delivered while it is still in the cache. What cannot be delivered now
 * waits. */
#include "consumer/kept.h"
#include "consumer/stuck.h"
#include "consumer/taped.h"
#include "consumer/walk.h"

#include "base/limits.h"

enum outcome {
    GO_ON,   /* the next slice may follow */
    STOPPED, /* paused, or a limit was reached: the rest waits */
    GONE, /* the position moved, the handler failed, or the ownership ended: the rest is not wanted
           */
};

/* What one piece of work of this loop may take, before others in the host have their turn. */
enum { DELIVERY_MS = 10 };

void kh_delivery_begin(kohort_consumer *c)
{
    c->deliver_until_ms = kh_consumer_now(c) + DELIVERY_MS;
}

bool kh_delivery_has_time(const kohort_consumer *c)
{
    return kh_consumer_now(c) < c->deliver_until_ms;
}

/* Memory is short: what came since is forgotten, and comes again with it. */
static void forget_slice(kohort_partition *p, int64_t first)
{
    kh_tracker_forget_from(&p->tracker, first);
    kh_redelivery_forget(&p->redelivery, first, INT64_MAX);
    p->position = p->delivered_end = first;
}

static void tell_failure(kohort_partition *p, int result, int64_t first, int64_t last,
                         uint32_t attempt)
{
    kohort_error error;
    kh_error_init(&error, KOHORT_ESTATE);
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    error.retriable = true;
    kh_error_text(
        &error,
        "%s-%d: on_records returned %d for offsets %lld to %lld (attempt %u): they come again",
        p->topic, p->number, result, (long long)first, (long long)last, attempt);
    kh_event_error(p->consumer, p, &error);
}

static void fail_slice(kohort_partition *p, int64_t first, int64_t last)
{
    struct kh_shared *shared = kh_consumer_shared(p->consumer);
    const char *why = "on_records failed";
    if (kh_redelivery_want(&p->redelivery, kh_consumer_heap(p->consumer), &p->tracker, first,
                           last) != 0)
        forget_slice(p, first);
    if (kh_redelivery_lowest(&p->redelivery) < 0) {
        kh_partition_back_off(p, why);
        return;
    }
    int64_t again_at_ms = shared->now_ms + kh_backoff_next(&p->backoff, &shared->random);
    if (again_at_ms > p->again_at_ms)
        p->again_at_ms = again_at_ms;
    kh_partition_rewind(p, why);
}

/* Nothing between the last record delivered again and the next is wanted. */
static void pass_over(kohort_partition *p)
{
    int64_t next = kh_redelivery_lowest(&p->redelivery);
    p->position = next < 0 ? p->delivered_end : next;
}

/* Whether the next records may go at once. Reads the clock: the application may have taken long. */
static bool may_go_on(kohort_partition *p)
{
    kh_shared_now(kh_consumer_shared(p->consumer));
    return kh_partition_deliverable(p) && kh_delivery_has_time(p->consumer);
}

static int call_application(kohort_partition *p, const kohort_batch *batch)
{
    kohort_consumer *c = p->consumer;
    struct kh_tape *tape = kh_consumer_tape(c);
    c->counters.records += (uint64_t)batch->count;
    c->counters.batches++;
    if (c->values.demand_mode == KH_DEMAND_PULL)
        p->demand -= batch->count;
    p->slice = batch->records;
    p->slice_count = (uint32_t)batch->count;
    if (tape != NULL)
        kh_callback_begin(tape, KH_CALLBACK_RECORDS, c->number, (int64_t)p->ownership,
                          (int64_t)batch->count, batch->records[0].offset,
                          kh_taped_hash_records(batch->records, batch->count));
    c->in_callback++;
    int result = c->handlers.on_records(p, batch, c->user);
    c->in_callback--;
    return kh_callback_end_if(tape, result);
}

static enum outcome hand_over(kohort_partition *p, const kohort_batch *batch, kohort_record *views)
{
    kohort_consumer *c = p->consumer;
    uint32_t serial = p->fetch_serial;
    if (kh_tracker_reserve(&p->tracker, views, (uint32_t)batch->count, kh_consumer_heap(c)) != 0 ||
        kh_stuck_reserve(p) != 0)
        return STOPPED;
    int64_t first = views[0].offset, last = views[batch->count - 1].offset;
    uint32_t attempt = views[0].attempt;
    int result = call_application(p, batch);
    if (c->torn_down || p->fetch_serial != serial || p->state != KH_PARTITION_FETCHING) {
        p->slice = NULL;
        p->slice_count = 0;
        return GONE; /* A seek, or the end of the ownership, inside the callback. */
    }
    if (p->slice_count > 0)
        kh_partition_take_slice(p, result == KOHORT_DONE);
    else if (result == KOHORT_DONE) /* Some were settled inside the callback: now the rest. */
        kh_partition_ack(p, first, last, p->delivery);
    p->slice = NULL;
    if (result < 0) {
        if (c->values.demand_mode == KH_DEMAND_PULL)
            p->demand += batch->count;
        fail_slice(p, first, last);
        tell_failure(p, result, first, last, attempt);
        return GONE;
    }
    p->end_reported = false;
    if (p->redelivery.waiting == 0)
        kh_backoff_reset(&p->backoff);
    if (result != KOHORT_LATER)
        kh_commit_note(p);
    if (p->redelivery.waiting > 0 && kh_redelivery_lowest(&p->redelivery) < p->position) {
        kh_partition_rewind(p, "the application refused a record");
        return GONE;
    }
    if (p->position < p->delivered_end)
        pass_over(p);
    return may_go_on(p) ? GO_ON : STOPPED;
}

/* Finished by who owned the partition before. */
static enum outcome pass_done(kohort_partition *p, const kohort_record *records, uint32_t count)
{
    if (kh_tracker_reserve(&p->tracker, records, count, kh_consumer_heap(p->consumer)) != 0)
        return STOPPED;
    kh_tracker_add(&p->tracker, records, count, true);
    p->position = p->delivered_end = records[count - 1].offset + 1;
    kh_commit_note(p);
    return GO_ON;
}

/* Whether the map says nothing more: all of it was passed, or other records took its place. */
static bool is_spent(const struct kh_done_map *map, int32_t leader_epoch, int64_t delivered_end)
{
    return leader_epoch > map->leader_epoch || map->runs[map->count - 1].last < delivered_end;
}

/* Of what is fetched again only what waits, in runs: a mark of one must not span what the
 * application still holds. */
static enum outcome hand_over_wanted(kohort_partition *p, kohort_batch *batch, kohort_record *views)
{
    enum outcome outcome = GO_ON;
    uint32_t count = (uint32_t)batch->count;
    if (p->done_map.count > 0 && is_spent(&p->done_map, batch->leader_epoch, p->delivered_end))
        kh_done_map_free(&p->done_map, kh_consumer_heap(p->consumer));
    for (uint32_t used, at = 0; at < count && outcome == GO_ON; at += used) {
        uint32_t wanted = used = count - at;
        bool done = false;
        if (p->done_map.count > 0)
            wanted = used =
                kh_done_map_run(&p->done_map, &views[at], used, p->delivered_end, &done);
        if (done) {
            outcome = pass_done(p, &views[at], used);
            continue;
        }
        if (views[at].offset < p->delivered_end)
            wanted = kh_redelivery_filter(&p->redelivery, &p->tracker, &views[at], &used,
                                          p->delivered_end);
        batch->records = &views[at];
        batch->count = wanted;
        batch->delivery = p->delivery;
        if (wanted > 0)
            outcome = hand_over(p, batch, &views[at]);
    }
    return outcome;
}

/* From where the walk stands to the batch's end, or as far as there is credit. */
static int walk_records(kohort_partition *p, struct kh_batch_walk *walk, enum outcome *outcome,
                        kohort_error *error)
{
    kohort_record *views = p->consumer->client->views;
    struct kh_record_cursor *cursor = &walk->cursor;
    int count, most;
    do {
        struct kh_record_cursor before = *cursor;
        const uint8_t *begin = cursor->records + cursor->at;
        most = kh_credit_records(p);
        count = kh_record_cursor_next(cursor, p->position, views, most);
        if (count < 0) {
            kh_walk_error(p, error, count, walk->header.base_offset, cursor->wrong);
            return count;
        }
        if (count == 0)
            break;
        kohort_batch batch = {.consumer = p->consumer,
                              .ownership = p->ownership,
                              .records = views,
                              .count = (size_t)count,
                              .leader_epoch = walk->header.partition_leader_epoch,
                              .buffer = walk->buffer,
                              .bytes = begin,
                              .size = (size_t)(cursor->records + cursor->at - begin)};
        int64_t last = views[count - 1].offset;
        *outcome = hand_over_wanted(p, &batch, views);
        if (*outcome == STOPPED && p->position <= last)
            *cursor = before; /* No memory to take note of them, or no credit for the rest. */
    } while (count == most && *outcome == GO_ON);
    return 0;
}

/* Delivers from the position on; *outcome says whether the rest of the batch must wait. */
static int deliver_records(kohort_partition *p, struct kh_batch_walk *walk, enum outcome *outcome,
                           kohort_error *error)
{
    int64_t last = kh_batch_last_offset(&walk->header);
    *outcome = GO_ON;
    if (last < p->position)
        return 0;
    /* Before its first record is: a position inside the batch is one of its epoch. Epochs only rise
     * in a log; what is fetched again must not take that back. */
    if (walk->header.partition_leader_epoch > p->leader_epoch)
        p->leader_epoch = walk->header.partition_leader_epoch;
    int status = walk->cursor.left > 0 ? walk_records(p, walk, outcome, error) : 0;
    if (status != 0)
        return status;
    if (*outcome == GO_ON || (*outcome == STOPPED && p->position > last)) {
        /* Never from the last record: compaction leaves holes at the end of a batch too. */
        if (p->redelivery.waiting > 0)
            kh_partition_give_up(p, last);
        if (p->position <= last)
            p->position = last + 1;
        kh_commit_note(p);
        *outcome = GO_ON;
    }
    return 0;
}

/* What nobody sees needs no credit, only its turn. */
static bool may_open(const kohort_partition *p, const struct kh_batch_walk *walk)
{
    return kh_list_empty(&p->waiting) &&
           (walk->hidden || (kh_partition_deliverable(p) && kh_delivery_has_time(p->consumer)));
}

int kh_deliver(kohort_partition *p, struct kh_aborted *aborted, struct kh_buffer *buffer,
               const uint8_t *data, size_t size, kohort_error *error)
{
    struct kh_batch_walk walk;
    enum outcome outcome = STOPPED;
    int status = kh_walk_check(p, aborted, data, size, &walk, error);
    if (status != 0)
        return status;
    if (kh_batch_last_offset(&walk.header) < p->fetch_offset)
        return 0; /* Wholly below: a compacted log may send one. */
    uint32_t serial = p->fetch_serial;
    bool can = may_open(p, &walk), opened = false;
    if (can || walk.hidden) {
        status = kh_walk_open(p, buffer, data, size, &walk, error);
        opened = status == 0;
        if (can && opened)
            status = deliver_records(p, &walk, &outcome, error);
        if (status != 0 || outcome == GONE)
            return status;
    }
    if (walk.hidden) /* Its position is all that counts: its records take no room. */
        size = KH_BATCH_HEADER;
    if (outcome == STOPPED && kh_walk_keep(p, buffer, data, size, opened ? &walk : NULL) != 0) {
        kh_walk_error(p, error, KOHORT_ENOMEM, walk.header.base_offset,
                      kh_status_text(KOHORT_ENOMEM));
        return KOHORT_ENOMEM;
    }
    if (outcome == STOPPED && !kh_delivery_has_time(p->consumer))
        kh_client_ask_turn(p->consumer);
    if (p->fetch_serial == serial) {
        p->fetch_offset = kh_batch_last_offset(&walk.header) + 1;
        if (p->fetch_offset < p->position)
            p->fetch_offset = p->position;
    }
    return 0;
}

/* One waiting batch; false when delivery must stop. */
static bool deliver_first(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    struct kh_waiting_batch *w = kh_container(p->waiting.next, struct kh_waiting_batch, node);
    enum outcome outcome = GONE;
    kohort_error error;
    kh_list_remove(
        &w->node); /* The application may seek inside the callback, which drops all that waits. */
    kh_credit_let_go(p, w->size);
    int status = kh_walk_open_waiting(p, w, &error);
    if (status == 0)
        status = deliver_records(p, &w->walk, &outcome, &error);
    if (outcome == STOPPED) {
        if (w->walk.buffer == NULL && w->walk.cursor.left > 0)
            kh_walk_keep_decompressed(p, w);
        kh_list_append(p->waiting.next, &w->node); /* Before the first: it is first again. */
        kh_credit_hold(p, w->size);
        return false;
    }
    kh_buffer_release(w->buffer);
    kh_free(kh_consumer_heap(c), w);
    if (status != 0) {
        kh_partition_back_off(p, "a batch cannot be read");
        kh_event_error(c, p, &error);
    }
    return status == 0 && outcome == GO_ON;
}

void kh_deliver_end(kohort_partition *p)
{
    int64_t end = kh_partition_end(p);
    if (p->end_reported || p->state != KH_PARTITION_FETCHING || !kh_list_empty(&p->waiting) ||
        end < 0 || p->position < end)
        return;
    p->end_reported = true;
    kh_event_end(p, p->position);
}

void kh_deliver_waiting(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    bool could = kh_list_empty(&p->waiting) || kh_partition_fetchable(p);
    size_t held = c->held_bytes;
    while (!kh_list_empty(&p->waiting) && kh_delivery_has_time(c) && kh_partition_deliverable(p) &&
           deliver_first(p))
        ;
    if (!could && kh_partition_fetchable(p))
        kh_fetch_changed(c);
    if (c->held_bytes < held) {
        kh_credit_returned(c);
        kh_deliver_end(p);
    }
}
