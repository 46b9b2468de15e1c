/* Where an ownership starts: at the group's committed offset. An error is never taken for "none is
 * committed": the offset is asked for again, and nothing is fetched until a good answer has come.
 */
#include "consumer/consumer.h"

/* An OffsetFetch under way. */
struct kh_start_fetch {
    struct kh_request request;
    struct kh_offset_fetch *fetch;
    struct kh_member_identity identity; /* who asked */
};

static void retry_due(struct kh_timer *timer, int64_t now_ms)
{
    (void)now_ms;
    kh_client_ask_turn(timer->arg);
}

static void end_fetch(kohort_consumer *c)
{
    kh_offset_fetch_free(c->start_offsets.under_way->fetch);
    kh_free(kh_consumer_heap(c), c->start_offsets.under_way);
    c->start_offsets.under_way = NULL;
}

static void back_off(kohort_consumer *c)
{
    struct kh_shared *shared = kh_consumer_shared(c);
    struct kh_start_offsets *s = &c->start_offsets;
    kh_timer_set(&shared->timers, &s->retry,
                 shared->now_ms + kh_backoff_next(&s->backoff, &shared->random));
}

/* An error that concerns one partition for good: it waits for a seek, and the application knows
 * why. */
static void suspend(kohort_partition *p, int16_t code)
{
    kohort_error error;
    kh_error_init_kafka(&error, code);
    error.api_key = kh_api_info(KH_API_OFFSET_FETCH)->key;
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(&error,
                  "%s-%d: its committed offset cannot be read: %s: %s; it waits for kohort_seek()",
                  p->topic, p->number, kh_kafka_error_name(code), kh_kafka_error_text(code));
    kh_partition_enter(p, KH_PARTITION_SUSPENDED, "its committed offset cannot be read");
    kh_event_error(p->consumer, p, &error);
}

static bool is_asked(const kohort_consumer *c, const kohort_partition *p)
{
    return p->ownership <= c->start_offsets.newest_asked;
}

static void take_result(kohort_consumer *c, const struct kh_committed_offset *result)
{
    kohort_partition *p = kh_ownership_find(c, result->topic, result->partition);
    if (p == NULL || p->state != KH_PARTITION_RESOLVING || !is_asked(c, p))
        return; /* Gone, or a seek came first, or it went and came back: others committed meanwhile.
                 */
    if (result->verdict == KH_VERDICT_PARTITION || result->verdict == KH_VERDICT_FATAL) {
        suspend(p, result->error_code);
    } else if (result->verdict == KH_VERDICT_FINE && result->offset >= 0) {
        p->committed = result->offset;
        kh_partition_start_at(p, result->offset, result->leader_epoch);
        if (c->values.commit_metadata == KH_METADATA_DONE)
            kh_done_map_read(&p->done_map, kh_consumer_heap(c), result->metadata, result->offset,
                             result->leader_epoch);
    } else if (result->verdict == KH_VERDICT_FINE) {
        kh_partition_reset_by_policy(p, "the group has no committed offset");
    } else {
        p->why = "asking for the committed offset again";
    }
}

static void take_answer(kohort_consumer *c, const struct kh_offset_fetch_response *response)
{
    const struct kh_start_fetch *answered = c->start_offsets.under_way;
    const struct kh_committed_offset *results;
    int16_t code;
    enum kh_verdict verdict = kh_offset_fetch_read(answered->fetch, response, &code);
    size_t count = kh_offset_fetch_results(answered->fetch, &results);
    if (verdict >= KH_VERDICT_REFIND)
        kh_group_event(c, &(struct kh_member_event){.type = KH_MEMBER_EV_COMMIT_VERDICT,
                                                    .api = KH_API_OFFSET_FETCH,
                                                    .identity = answered->identity,
                                                    .kafka_code = code});
    if (verdict != KH_VERDICT_FINE) {
        back_off(c);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        take_result(c, &results[i]);
        verdict = results[i].verdict == KH_VERDICT_RETRY ? KH_VERDICT_RETRY : verdict;
    }
    if (verdict == KH_VERDICT_RETRY)
        back_off(c);
    else
        kh_backoff_reset(&c->start_offsets.backoff);
}

static void fetch_done(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    kh_shared_now(kh_consumer_shared(c));
    if (response->status == 0)
        take_answer(c, response->message);
    else {
        kh_event_error(c, NULL, response->error);
        kh_group_event(c,
                       &(struct kh_member_event){.type = KH_MEMBER_EV_COMMIT_VERDICT,
                                                 .api = KH_API_OFFSET_FETCH,
                                                 .status = response->status,
                                                 .identity = c->start_offsets.under_way->identity,
                                                 .error = response->error});
        back_off(c);
    }
    end_fetch(c);
    kh_fetch_changed(c);
}

void kh_start_offsets_init(kohort_consumer *c)
{
    struct kh_start_offsets *s = &c->start_offsets;
    kh_timer_init(&s->retry, retry_due, c);
    kh_backoff_init(&s->backoff, c->values.retry_backoff_ms, c->values.retry_backoff_max_ms);
    kh_list_init(&s->lookups);
}

/* One OffsetFetch for all that are resolving. */
static int begin_fetch(kohort_consumer *c, const struct kh_partition_list *wanted)
{
    struct kh_lane *lane =
        kh_cluster_lane(c->client->cluster, kh_member_coordinator(c->group.member));
    if (lane == NULL)
        return KOHORT_ENOMEM;
    struct kh_start_fetch *f = kh_alloc_zeroed(kh_consumer_heap(c), 1, sizeof *f);
    if (f == NULL)
        return KOHORT_ENOMEM;
    int status = kh_offset_fetch_new(&f->fetch, kh_consumer_heap(c),
                                     kh_string_of(c->values.group_id), wanted);
    if (status != 0) {
        kh_free(kh_consumer_heap(c), f);
        return status;
    }
    f->identity = kh_member_identity(c->group.member);
    f->request = (struct kh_request){.api = KH_API_OFFSET_FETCH,
                                     .message = kh_offset_fetch_message(f->fetch),
                                     .version = -1,
                                     .newest_version = KH_OFFSETS_NEWEST_VERSION,
                                     .priority = KH_PRIORITY_NORMAL,
                                     .timeout_ms = c->values.request_timeout_ms,
                                     .done = fetch_done,
                                     .arg = c};
    c->start_offsets.under_way = f;
    kh_lane_send(lane, &f->request);
    return 0;
}

/* One that is under way is asked anew when it does not ask for all: what it lacks is not kept
 * waiting behind a broker that does not answer. */
static bool is_enough(kohort_consumer *c)
{
    if (c->start_offsets.under_way == NULL)
        return false;
    for (size_t i = 0; i < c->ownership.owned.count; i++) {
        const kohort_partition *p = c->ownership.owned.items[i];
        if (p->state == KH_PARTITION_RESOLVING && !is_asked(c, p))
            return false;
    }
    return true;
}

void kh_start_offsets_plan(kohort_consumer *c)
{
    struct kh_start_offsets *s = &c->start_offsets;
    struct kh_partition_list wanted;
    if (is_enough(c) || s->retry.due_ms != KH_NEVER || kh_member_coordinator(c->group.member) < 0)
        return;
    kh_start_offsets_cancel(c);
    kh_partition_list_init(&wanted, kh_consumer_heap(c));
    int status = 0;
    for (size_t i = 0; i < c->ownership.owned.count && status == 0; i++) {
        const kohort_partition *p = c->ownership.owned.items[i];
        if (p->state != KH_PARTITION_RESOLVING)
            continue;
        status = kh_partition_list_add(&wanted, kh_string_of(p->topic), p->number);
        if (p->ownership > s->newest_asked)
            s->newest_asked = p->ownership;
    }
    if (status == 0 && wanted.count > 0)
        status = begin_fetch(c, &wanted);
    if (status != 0)
        back_off(c);
    else if (wanted.count > 0 && s->backoff.attempts == 0)
        kh_reset_foresee(c); /* Once: while OffsetFetch fails, nothing is to be guessed. */
    kh_partition_list_free(&wanted);
}

void kh_start_offsets_cancel(kohort_consumer *c)
{
    struct kh_start_offsets *s = &c->start_offsets;
    kh_client_set_timer(c->client, &s->retry, KH_NEVER);
    if (s->under_way == NULL)
        return;
    kh_request_cancel(&s->under_way->request);
    end_fetch(c);
}
