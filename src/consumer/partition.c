#include "consumer/stuck.h"

#include "base/check.h"
#include "base/status.h"
#include "protocol/list_offsets.h"

#include <string.h>

#define BIT(state) (1u << KH_PARTITION_##state)
/* The legal moves; docs/partition.md draws them. */
static const uint32_t moves[KH_PARTITION_STATE_COUNT] = {
    [KH_PARTITION_ASSIGNED] =
        BIT(RESOLVING) | BIT(FETCHING) | BIT(RESETTING) | BIT(REVOKING) | BIT(ENDED),
    [KH_PARTITION_RESOLVING] =
        BIT(FETCHING) | BIT(RESETTING) | BIT(SUSPENDED) | BIT(REVOKING) | BIT(ENDED),
    [KH_PARTITION_RESETTING] =
        BIT(FETCHING) | BIT(RESETTING) | BIT(SUSPENDED) | BIT(REVOKING) | BIT(ENDED),
    [KH_PARTITION_VALIDATING] =
        BIT(FETCHING) | BIT(RESETTING) | BIT(SUSPENDED) | BIT(REVOKING) | BIT(ENDED),
    [KH_PARTITION_FETCHING] = BIT(VALIDATING) | BIT(FETCHING) | BIT(RESETTING) | BIT(BACKING_OFF) |
                              BIT(SUSPENDED) | BIT(REVOKING) | BIT(ENDED),
    [KH_PARTITION_BACKING_OFF] =
        BIT(FETCHING) | BIT(RESETTING) | BIT(SUSPENDED) | BIT(REVOKING) | BIT(ENDED),
    [KH_PARTITION_SUSPENDED] = BIT(FETCHING) | BIT(RESETTING) | BIT(REVOKING) | BIT(ENDED),
    [KH_PARTITION_REVOKING] = BIT(ENDED),
    [KH_PARTITION_ENDED] = 0,
};
#undef BIT

static const char *const names[KH_PARTITION_STATE_COUNT] = {
    [KH_PARTITION_ASSIGNED] = "assigned",   [KH_PARTITION_RESOLVING] = "resolving offset",
    [KH_PARTITION_RESETTING] = "resetting", [KH_PARTITION_VALIDATING] = "validating",
    [KH_PARTITION_FETCHING] = "fetching",   [KH_PARTITION_BACKING_OFF] = "backing off",
    [KH_PARTITION_SUSPENDED] = "suspended", [KH_PARTITION_REVOKING] = "revoking",
    [KH_PARTITION_ENDED] = "ended",
};

const char *kh_partition_state_name(enum kh_partition_state state)
{
    return names[state];
}

bool kh_partition_move_is_legal(enum kh_partition_state from, enum kh_partition_state to)
{
    return (moves[from] & (1u << to)) != 0;
}

static void retry_due(struct kh_timer *timer, int64_t now_ms)
{
    kohort_partition *p = timer->arg;
    (void)now_ms;
    if (p->state == KH_PARTITION_BACKING_OFF)
        kh_partition_enter(p, KH_PARTITION_FETCHING, "");
    kh_validation_wanted(p->consumer); /* Resets wait on the same timer; the turn looks at all. */
}

int kh_partition_new(kohort_partition **ret, kohort_consumer *c, struct kh_string topic,
                     int32_t number)
{
    kohort_partition *p = kh_alloc_zeroed(kh_consumer_heap(c), 1, sizeof *p);
    if (p == NULL)
        return KOHORT_ENOMEM;
    p->topic = kh_copy_text(kh_consumer_heap(c), topic.data, (size_t)topic.size);
    if (p->topic == NULL) {
        kh_free(kh_consumer_heap(c), p);
        return KOHORT_ENOMEM;
    }
    p->consumer = c;
    p->number = number;
    p->state = KH_PARTITION_ASSIGNED;
    p->why = "on_assigned has not returned";
    p->position = p->started_at = p->delivered_end = p->fetch_offset = p->committed =
        p->commit_floor = p->named_offset = -1;
    p->high_watermark = p->last_stable_offset = p->log_start_offset = -1;
    p->leader = p->leader_epoch = p->validated_epoch = p->asked_epoch = -1;
    p->truncated_from = INT64_MAX;
    kh_tracker_init(&p->tracker);
    kh_list_init(&p->waiting);
    kh_backoff_init(&p->backoff, c->values.retry_backoff_ms, c->values.retry_backoff_max_ms);
    kh_timer_init(&p->retry, retry_due, p);
    *ret = p;
    return 0;
}

void kh_partition_free(kohort_partition *p)
{
    struct kh_heap *heap = kh_consumer_heap(p->consumer);
    kh_client_set_timer(p->consumer->client, &p->retry, KH_NEVER);
    kh_partition_drop_waiting(p);
    kh_tracker_free(&p->tracker, heap);
    kh_redelivery_free(&p->redelivery, heap);
    kh_stuck_forget(p);
    kh_done_map_free(&p->done_map, heap);
    kh_deadlines_free(&p->deadlines, heap);
    kh_free(heap, p->topic);
    kh_free(heap, p);
}

void kh_partition_enter(kohort_partition *p, enum kh_partition_state next, const char *why)
{
    if (!kh_check(kh_partition_move_is_legal(p->state, next)))
        return;
    kh_log(&kh_consumer_shared(p->consumer)->log, KH_LOG_DEBUG, "partition %s-%d %s -> %s%s%s",
           p->topic, p->number, names[p->state], names[next], *why ? ": " : "", why);
    p->state = next;
    p->why = why;
}

void kh_partition_begin(kohort_partition *p)
{
    if (p->consumer->values.membership_only)
        p->why = "membership.only is true: nothing is fetched";
    else
        kh_partition_enter(p, KH_PARTITION_RESOLVING, "asking for the committed offset");
}

void kh_partition_begin_anew(kohort_partition *p)
{
    if (++p->fetch_serial == 0)
        p->fetch_serial = 1;
    p->end_reported = false;
    kh_partition_drop_waiting(p);
    kh_validation_wanted(p->consumer);
}

void kh_partition_start_at(kohort_partition *p, int64_t offset, int32_t leader_epoch)
{
    kh_tracker_clear(&p->tracker);
    kh_redelivery_clear(&p->redelivery);
    kh_stuck_forget(p);
    kh_done_map_free(&p->done_map, kh_consumer_heap(p->consumer));
    p->oldest_delivery = ++p->delivery;
    p->position = p->started_at = p->delivered_end = offset;
    p->leader_epoch = leader_epoch;
    p->validated_epoch = -1;
    p->commit_floor = -1;
    p->awaits_commit = false;
    p->truncated_from = INT64_MAX;
    kh_partition_begin_anew(p);
    p->fetch_offset = offset;
    kh_partition_enter(p, KH_PARTITION_FETCHING, "");
}

void kh_partition_reset(kohort_partition *p, int64_t target, bool by_policy, const char *why)
{
    p->reset_from = p->position;
    p->reset_target = target;
    p->reset_by_policy = by_policy;
    p->reset_keeps = false;
    kh_partition_begin_anew(p);
    kh_partition_enter(p, KH_PARTITION_RESETTING, why);
}

void kh_partition_out_of_range(kohort_partition *p)
{
    if (p->redelivery.waiting == 0 || p->position >= p->delivered_end) {
        kh_partition_reset_by_policy(p, "its position is out of the log's range");
        return;
    }
    kh_partition_reset(p, KH_LIST_OFFSETS_EARLIEST, false,
                       "what is to come again lies before the log's start");
    p->reset_keeps = true;
}

static void tell_given_up(kohort_partition *p, uint32_t count, int64_t first, int64_t log_start)
{
    kohort_error error;
    kh_error_init_kafka(&error, KH_KAFKA_OFFSET_OUT_OF_RANGE);
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(&error,
                  "%s-%d: %u refused records from offset %lld on cannot come again: the log begins "
                  "at %lld now (retention, or deleted records); they count as done",
                  p->topic, p->number, count, (long long)first, (long long)log_start);
    kh_event_error(p->consumer, p, &error);
}

void kh_partition_go_on_from(kohort_partition *p, int64_t log_start)
{
    if (log_start <= p->position) { /* It was not below the start: the log was cut at its end. */
        kh_partition_reset_by_policy(p, "its position is out of the log's range");
        return;
    }
    int64_t first = p->position;
    uint32_t count = kh_partition_give_up(p, log_start - 1);
    int64_t next = kh_redelivery_lowest(&p->redelivery);
    p->position = p->fetch_offset = next < 0 ? p->delivered_end : next;
    kh_partition_enter(p, KH_PARTITION_FETCHING, "");
    kh_partition_rewind(p, "the application refused a record");
    kh_commit_note(p);
    kh_fetch_changed(p->consumer);
    tell_given_up(p, count, first, log_start);
}

void kh_partition_reset_by_policy(kohort_partition *p, const char *why)
{
    kohort_error error;
    switch ((enum kh_offset_reset)p->consumer->values.auto_offset_reset) {
    case KH_RESET_EARLIEST:
        kh_partition_reset(p, -2, true, why);
        return;
    case KH_RESET_LATEST:
        kh_partition_reset(p, -1, true, why);
        return;
    case KH_RESET_NONE:
        break;
    }
    kh_partition_begin_anew(p);
    kh_partition_enter(p, KH_PARTITION_SUSPENDED, why);
    kh_error_init(&error, KOHORT_ENOOFFSET);
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(&error, "%s-%d: %s, and auto.offset.reset is none: it waits for kohort_seek()",
                  p->topic, p->number, why);
    kh_event_error(p->consumer, p, &error);
}

void kh_partition_back_off(kohort_partition *p, const char *why)
{
    struct kh_shared *shared = kh_consumer_shared(p->consumer);
    kh_partition_begin_anew(p);
    p->fetch_offset = p->position;
    if (p->state == KH_PARTITION_FETCHING)
        kh_partition_enter(p, KH_PARTITION_BACKING_OFF, why);
    kh_timer_set(&shared->timers, &p->retry,
                 shared->now_ms + kh_backoff_next(&p->backoff, &shared->random));
}

void kh_partition_stop(kohort_partition *p, const char *why)
{
    if (p->state == KH_PARTITION_REVOKING)
        return;
    kh_partition_begin_anew(p);
    kh_partition_enter(p, KH_PARTITION_REVOKING, why);
}

void kh_partition_drop_waiting(kohort_partition *p)
{
    kh_list_each_safe (node, &p->waiting) {
        struct kh_waiting_batch *w = kh_container(node, struct kh_waiting_batch, node);
        kh_list_remove(node);
        kh_buffer_release(w->buffer);
        kh_free(kh_consumer_heap(p->consumer), w);
    }
    kh_credit_let_go(p, p->waiting_bytes);
    p->fetch_offset = p->position;
}

struct kh_waiting_batch *kh_partition_keep(kohort_partition *p, struct kh_buffer *buffer,
                                           const uint8_t *data, size_t size)
{
    struct kh_waiting_batch *w = kh_alloc_zeroed(kh_consumer_heap(p->consumer), 1, sizeof *w);
    if (w == NULL)
        return NULL;
    if (size < buffer->capacity / 4) { /* Decision 5: a small batch must not pin a large buffer. */
        w->buffer = kh_buffer_copy(&kh_consumer_shared(p->consumer)->buffers, data, size);
        if (w->buffer == NULL) {
            kh_free(kh_consumer_heap(p->consumer), w);
            return NULL;
        }
        w->data = w->buffer->data;
    } else {
        kh_buffer_reference(buffer);
        w->buffer = buffer;
        w->data = data;
    }
    w->size = size;
    kh_list_append(&p->waiting, &w->node);
    kh_credit_hold(p, size);
    return w;
}

bool kh_partition_deliverable(const kohort_partition *p)
{
    const kohort_consumer *c = p->consumer;
    return p->state == KH_PARTITION_FETCHING && !p->paused && !p->stuck && !p->awaits_commit &&
           !c->torn_down && kh_credit_records(p) > 0 &&
           kh_member_session_alive(c->group.member, kh_consumer_now(c));
}

bool kh_partition_fetchable(const kohort_partition *p)
{
    return p->state == KH_PARTITION_FETCHING && !p->paused && !p->stuck && kh_credit_bytes(p) > 0 &&
           kh_credit_records(p) > 0;
}

void kh_partition_take_slice(kohort_partition *p, bool done)
{
    const kohort_record *records = p->slice;
    uint32_t count = p->slice_count, again = 0;
    while (again < count && records[again].offset < p->delivered_end)
        again++;
    p->slice_count = 0;
    if (again > 0)
        kh_redelivery_delivered(&p->redelivery, records, again, p->delivery);
    if (count > again) {
        kh_tracker_add(&p->tracker, &records[again], count - again, done);
        p->consumer->committer.acknowledged += done ? count - again : 0;
        p->delivered_end = records[count - 1].offset + 1;
    }
    p->position = records[count - 1].offset + 1;
    if (!done)
        kh_stuck_note(p, records[0].offset, records[count - 1].offset);
    if (done && again > 0)
        kh_partition_ack(p, records[0].offset, records[again - 1].offset, p->delivery);
}

/* Around those that were refused, or delivered again since. */
static int ack_around(kohort_partition *p, int64_t first, int64_t last, uint16_t delivery)
{
    int status = KOHORT_ESTALE;
    while (first <= last) {
        int64_t stale = kh_redelivery_stale(&p->redelivery, first, delivery);
        int64_t until = stale <= last ? stale - 1 : last;
        if (first <= until) {
            int piece = kh_tracker_ack(&p->tracker, first, until, p->delivered_end);
            kh_redelivery_forget(&p->redelivery, first, until);
            status = piece == 0 || stale > last ? piece : status;
        }
        first = until + 2;
    }
    return status;
}

/* From here on the application settles by itself what it holds inside on_records. */
static void take_for(kohort_partition *p, int64_t first)
{
    if (p->slice_count > 0 && first >= p->slice[0].offset)
        kh_partition_take_slice(p, false);
}

/* It counts round: 32,767 refusals are more than any mark lives through. */
static bool is_from_before(const kohort_partition *p, uint16_t delivery)
{
    return (uint16_t)(delivery - p->oldest_delivery) > INT16_MAX;
}

/* The last offset that a mark still speaks of. */
static int64_t last_of_mark(const kohort_partition *p, int64_t last, uint16_t delivery)
{
    bool is_older = (uint16_t)(delivery - p->truncated_delivery) > INT16_MAX;
    return last >= p->truncated_from && is_older ? p->truncated_from - 1 : last;
}

int kh_partition_ack(kohort_partition *p, int64_t first, int64_t last, uint16_t delivery)
{
    last = last_of_mark(p, last, delivery);
    if (is_from_before(p, delivery) || last < first)
        return KOHORT_ESTALE;
    int64_t before = kh_partition_acked(p);
    take_for(p, first);
    uint32_t unacknowledged = p->tracker.unacknowledged;
    int status = p->redelivery.count == 0 || last < first || last >= p->delivered_end
                     ? kh_tracker_ack(&p->tracker, first, last, p->delivered_end)
                     : ack_around(p, first, last, delivery);
    p->consumer->committer.acknowledged += unacknowledged - p->tracker.unacknowledged;
    bool told = p->consumer->values.commit_metadata == KH_METADATA_DONE &&
                p->tracker.unacknowledged != unacknowledged;
    p->done_serial += told;
    if (status == 0 && (told || kh_partition_acked(p) != before))
        kh_commit_note(p);
    return status;
}

void kh_partition_rewind(kohort_partition *p, const char *why)
{
    struct kh_shared *shared = kh_consumer_shared(p->consumer);
    int64_t lowest = kh_redelivery_lowest(&p->redelivery);
    if (lowest < 0 || (p->state != KH_PARTITION_FETCHING && p->state != KH_PARTITION_BACKING_OFF))
        return;
    if (lowest < p->position)
        p->position = lowest;
    p->delivery++;
    kh_partition_begin_anew(p);
    if (p->again_at_ms <= shared->now_ms)
        return;
    if (p->state == KH_PARTITION_FETCHING)
        kh_partition_enter(p, KH_PARTITION_BACKING_OFF, why);
    if (p->retry.due_ms == KH_NEVER || p->retry.due_ms < p->again_at_ms)
        kh_timer_set(&shared->timers, &p->retry, p->again_at_ms);
}

uint32_t kh_partition_give_up(kohort_partition *p, int64_t last)
{
    uint32_t count = 0;
    for (int64_t at; (at = kh_redelivery_lowest(&p->redelivery)) >= 0 && at <= last; count++) {
        kh_redelivery_forget(&p->redelivery, at, at);
        kh_tracker_ack(&p->tracker, at, at, p->delivered_end);
    }
    return count;
}

int kh_partition_find_held(kohort_partition *p, int64_t first, int64_t last, uint16_t delivery)
{
    last = last_of_mark(p, last, delivery);
    if (is_from_before(p, delivery) || last < first)
        return KOHORT_ESTALE;
    take_for(p, first);
    if (last >= p->delivered_end)
        return KOHORT_EINVAL;
    if (kh_redelivery_stale(&p->redelivery, first, delivery) <= last)
        return KOHORT_ESTALE;
    int64_t next = kh_tracker_next(&p->tracker, first);
    return next < 0 || next > last ? KOHORT_EINVAL : 0;
}

int kh_partition_nack(kohort_partition *p, int64_t first, int64_t last, uint16_t delivery,
                      int64_t delay_ms)
{
    int status = kh_partition_find_held(p, first, last, delivery);
    if (status == 0)
        status = kh_redelivery_want(&p->redelivery, kh_consumer_heap(p->consumer), &p->tracker,
                                    first, last);
    if (status != 0)
        return status;
    int64_t again_at_ms = kh_shared_now(kh_consumer_shared(p->consumer)) + delay_ms;
    if (again_at_ms > p->again_at_ms)
        p->again_at_ms = again_at_ms;
    if (p->slice == NULL)
        kh_partition_rewind(p, "the application refused a record");
    kh_fetch_changed(p->consumer); /* Or a revocation waited for it. */
    return 0;
}

/* KIP-98: with read_committed nothing behind the last stable offset is to be had. */
int64_t kh_partition_end(const kohort_partition *p)
{
    bool committed = p->consumer->values.isolation_level == KH_READ_COMMITTED;
    return committed ? p->last_stable_offset : p->high_watermark;
}

int64_t kh_partition_acked(const kohort_partition *p)
{
    return kh_tracker_acked(&p->tracker, kh_partition_read_end(p));
}
