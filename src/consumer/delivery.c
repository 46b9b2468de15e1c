/* Hands records over (decision 5): a batch is checked when it arrives, decoded into an array of
 * views slice by slice, and delivered while it is still in the cache. What cannot be delivered now
 * waits. */
#include "consumer/consumer.h"

#include "base/limits.h"
#include "protocol/batch.h"

struct kohort_batch {
    kohort_partition *partition;
    const kohort_record *records;
    size_t count;
    int32_t leader_epoch;
};

enum outcome {
    GO_ON,   /* the next slice may follow */
    STOPPED, /* paused, or a limit was reached: the rest waits */
    GONE, /* the position moved, the handler failed, or the ownership ended: the rest is not wanted
           */
};

const kohort_record *kohort_batch_records(const kohort_batch *b, size_t *ret_count)
{
    *ret_count = b->count;
    return b->records;
}

kohort_mark kohort_batch_mark(const kohort_batch *b)
{
    return (kohort_mark){.ownership = b->partition->ownership,
                         .offset = b->records[0].offset,
                         .count = (uint32_t)b->count,
                         /* A batch spans less than 2^31 offsets: its last delta is an int32. */
                         .span =
                             (uint32_t)(b->records[b->count - 1].offset - b->records[0].offset)};
}

kohort_mark kohort_record_mark(const kohort_batch *b, const kohort_record *r)
{
    return (kohort_mark){.ownership = b->partition->ownership, .offset = r->offset, .count = 1};
}

int32_t kohort_batch_leader_epoch(const kohort_batch *b)
{
    return b->leader_epoch;
}

static void fill_error(kohort_partition *p, kohort_error *error, int code, int64_t offset,
                       const char *what)
{
    kh_error_init(error, code);
    error->api_key = kh_api_info(KH_API_FETCH)->key;
    kh_error_set_topic(error, kh_string_of(p->topic), p->number);
    error->broker_id = p->leader;
    error->retriable = true;
    kh_error_text(error,
                  "%s-%d: the batch at offset %lld from broker %d cannot be read: %s; it is "
                  "fetched again, and "
                  "kohort_seek() passes over it",
                  p->topic, p->number, (long long)offset, p->leader, what);
}

/* Reads the header and checks the CRC of a batch that has just arrived. */
static int check_batch(kohort_partition *p, const uint8_t *data, size_t size,
                       struct kh_batch_header *header, kohort_error *error)
{
    const char *wrong = "damaged";
    int status = kh_batch_header_read(data, size, header, &wrong);
    if (status == 0 && p->consumer->values.check_crcs) {
        wrong = "its CRC does not match";
        status = kh_batch_check_crc(data, size, header->crc);
    }
    if (status != 0)
        fill_error(p, error, status, p->fetch_offset, wrong);
    return status;
}

static void mark_redelivery(kohort_partition *p, kohort_record *views, int count)
{
    for (int i = 0; i < count && views[i].offset < p->failed_until; i++)
        views[i].attempt = p->attempt;
}

static void fail_slice(kohort_partition *p, int result, const kohort_record *views, int count)
{
    kohort_error error;
    kh_error_init(&error, KOHORT_ESTATE);
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    error.retriable = true;
    kh_error_text(
        &error,
        "%s-%d: on_records returned %d for offsets %lld to %lld (attempt %u): they come again",
        p->topic, p->number, result, (long long)views[0].offset, (long long)views[count - 1].offset,
        p->attempt);
    kh_tracker_forget_from(&p->tracker, views[0].offset);
    p->position = views[0].offset;
    p->failed_until = views[count - 1].offset + 1;
    p->attempt++;
    kh_partition_back_off(p, "on_records failed");
    kh_event_error(p->consumer, p, &error);
}

/* taken: the application has acknowledged inside the callback; DONE means the rest too. */
static void settle_slice(kohort_partition *p, int result, const kohort_record *views, int count,
                         bool taken)
{
    if (!taken)
        kh_tracker_add(&p->tracker, views, (uint32_t)count, result != KOHORT_LATER);
    else if (result == KOHORT_DONE)
        kh_partition_ack(p, views[0].offset, views[count - 1].offset);
    p->position = views[count - 1].offset + 1;
    p->end_reported = false;
    if (p->attempt > 1 && p->position >= p->failed_until) {
        p->attempt = 1;
        kh_backoff_reset(&p->backoff);
    }
    if (result == KOHORT_LATER)
        return;
    if (!taken)
        p->consumer->committer.acknowledged += (uint64_t)count;
    kh_commit_note(p);
}

static enum outcome hand_over(kohort_partition *p, const struct kh_batch_header *header,
                              kohort_record *views, int count)
{
    kohort_consumer *c = p->consumer;
    uint32_t serial = p->fetch_serial;
    kohort_batch batch = {p, views, (size_t)count, header->partition_leader_epoch};
    if (p->attempt > 1)
        mark_redelivery(p, views, count);
    if (kh_tracker_reserve(&p->tracker, (uint32_t)count, kh_consumer_heap(c)) != 0)
        return STOPPED;
    c->counters.records += (uint64_t)count;
    c->counters.batches++;
    p->slice = views;
    p->slice_count = (uint32_t)count;
    c->in_callback++;
    int result = c->handlers.on_records(p, &batch, c->user);
    c->in_callback--;
    bool taken = p->slice_count == 0;
    p->slice = NULL;
    p->slice_count = 0;
    if (c->torn_down || p->fetch_serial != serial || p->state != KH_PARTITION_FETCHING)
        return GONE; /* A seek, or the end of the ownership, inside the callback. */
    if (result < 0) {
        fail_slice(p, result, views, count);
        return GONE;
    }
    settle_slice(p, result, views, count, taken);
    return kh_partition_deliverable(p) ? GO_ON : STOPPED;
}

/* Delivers from the position on; *outcome says whether the rest of the batch must wait. */
static int deliver_records(kohort_partition *p, struct kh_batch_header *header, const uint8_t *data,
                           size_t size, enum outcome *outcome, kohort_error *error)
{
    struct kh_record_cursor cursor;
    const char *wrong;
    kohort_client *client = p->consumer->client;
    kohort_record *views = client->views;
    int max = (int)p->consumer->values.max_poll_records;
    *outcome = GO_ON;
    if (kh_batch_last_offset(header) < p->position)
        return 0;
    if (!kh_batch_control(header) && header->count > 0) {
        int status = kh_batch_open(&client->decompressor, data, size,
                                   p->consumer->values.check_crcs, header, &cursor, &wrong);
        if (status != 0) {
            fill_error(p, error, status, header->base_offset, wrong);
            return status;
        }
        for (int count = max; count == max && *outcome == GO_ON;) {
            count = kh_record_cursor_next(&cursor, p->position, views, max);
            if (count < 0) {
                fill_error(p, error, count, header->base_offset, cursor.wrong);
                return count;
            }
            if (count > 0)
                *outcome = hand_over(p, header, views, count);
        }
    }
    if (*outcome == GO_ON || (*outcome == STOPPED && p->position > kh_batch_last_offset(header))) {
        /* Never from the last record: compaction leaves holes at the end of a batch too. */
        p->position = kh_batch_last_offset(header) + 1;
        p->leader_epoch = header->partition_leader_epoch;
        kh_commit_note(p);
        *outcome = GO_ON;
    }
    return 0;
}

int kh_deliver(kohort_partition *p, struct kh_buffer *buffer, const uint8_t *data, size_t size,
               kohort_error *error)
{
    struct kh_batch_header header;
    enum outcome outcome = STOPPED;
    int status = check_batch(p, data, size, &header, error);
    if (status != 0)
        return status;
    if (kh_batch_last_offset(&header) < p->fetch_offset)
        return 0; /* Wholly below: a compacted log may send one. */
    uint32_t serial = p->fetch_serial;
    if (kh_list_empty(&p->waiting) && kh_partition_deliverable(p)) {
        status = deliver_records(p, &header, data, size, &outcome, error);
        if (status != 0 || outcome == GONE)
            return status;
    }
    if (outcome == STOPPED && kh_partition_keep(p, buffer, data, size) != 0) {
        fill_error(p, error, KOHORT_ENOMEM, header.base_offset, kh_status_text(KOHORT_ENOMEM));
        return KOHORT_ENOMEM;
    }
    if (p->fetch_serial == serial)
        p->fetch_offset = kh_batch_last_offset(&header) + 1;
    return 0;
}

/* One waiting batch; false when delivery must stop. */
static bool deliver_first(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    struct kh_waiting_batch *w = kh_container(p->waiting.next, struct kh_waiting_batch, node);
    struct kh_batch_header header;
    enum outcome outcome = GONE;
    const char *wrong;
    kohort_error error;
    kh_list_remove(
        &w->node); /* The application may seek inside the callback, which drops all that waits. */
    p->waiting_bytes -= w->size;
    int status = kh_batch_header_read(w->data, w->size, &header, &wrong);
    if (status == 0)
        status = deliver_records(p, &header, w->data, w->size, &outcome, &error);
    if (outcome == STOPPED) {
        kh_list_append(p->waiting.next, &w->node); /* Before the first: it is first again. */
        p->waiting_bytes += w->size;
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

void kh_deliver_waiting(kohort_partition *p)
{
    bool had = !kh_list_empty(&p->waiting);
    while (!kh_list_empty(&p->waiting) && kh_partition_deliverable(p) && deliver_first(p))
        ;
    if (had && kh_list_empty(&p->waiting))
        kh_fetch_changed(p->consumer);
}
