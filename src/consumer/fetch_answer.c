/* Reads a Fetch answer as it arrives (decision 4): a batch is checked and delivered as soon as it
 * is whole. An answer counts only for the context, and the position, that it was asked for. */
#include "consumer/fetcher.h"

#include "base/status.h"

/* The context the bytes at hand are for; NULL: its ownership has ended, or its position moved
 * meanwhile. */
static kohort_partition *current(const struct kh_fetcher *f)
{
    if (f->answering == NULL)
        return NULL;
    kohort_partition *p = kh_ownership_by_id(f->consumer, f->answering->ownership);
    return p != NULL && p->fetch_serial == f->answering->serial && p->state == KH_PARTITION_FETCHING
               ? p
               : NULL;
}

static void tell_broken(struct kh_fetcher *f, kohort_partition *p, kohort_error *error)
{
    error->api_key = kh_api_info(KH_API_FETCH)->key;
    error->api_version = f->used_version;
    error->broker_id = f->node_id;
    kh_partition_back_off(p, "a batch cannot be read");
    kh_event_error(f->consumer, p, error);
}

static void take_error(struct kh_fetcher *f, kohort_partition *p, int16_t code)
{
    kohort_error error;
    if (code == KH_KAFKA_OFFSET_OUT_OF_RANGE) {
        kh_partition_out_of_range(p);
        return;
    }
    if (kh_kafka_error_stale_metadata(code))
        kh_cluster_refresh(f->consumer->client->cluster, kh_kafka_error_name(code));
    kh_partition_back_off(p, kh_kafka_error_text(code));
    if (kh_kafka_error_retriable(code))
        return;
    kh_error_init_kafka(&error, code);
    error.api_key = kh_api_info(KH_API_FETCH)->key;
    error.api_version = f->used_version;
    error.broker_id = f->node_id;
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(&error, "%s-%d: Fetch v%d from broker %d: %s: %s; it is fetched again", p->topic,
                  p->number, f->used_version, f->node_id, kh_kafka_error_name(code),
                  kh_kafka_error_text(code));
    kh_event_error(f->consumer, p, &error);
}

static void on_response(struct kh_fetcher *f)
{
    struct kh_shared *shared = kh_consumer_shared(f->consumer);
    const struct kh_fetch_response *response = &f->stream.response;
    kh_fetch_session_answered(f, response->error_code, response->session_id);
    f->unwanted_answer = response->error_code != 0;
    if (kh_kafka_error_stale_metadata(response->error_code) ||
        response->error_code == KH_KAFKA_FETCH_SESSION_TOPIC_ID_ERROR)
        kh_cluster_refresh(f->consumer->client->cluster, kh_kafka_error_name(response->error_code));
    if (response->throttle_time_ms >
        0) /* KIP-219: the broker answers at once, and trusts us to wait. */
        kh_timer_set(&shared->timers, &f->retry, shared->now_ms + response->throttle_time_ms);
}

static void on_partition(struct kh_fetcher *f)
{
    const struct kh_fetch_response_partition *head = &f->stream.partition;
    f->answering = f->unwanted_answer
                       ? NULL
                       : kh_fetch_session_find(f, f->stream.topic.topic, &f->stream.topic.topic_id,
                                               head->partition_index);
    kohort_partition *p = current(f);
    if (p == NULL) {
        kh_fetch_stream_skip_records(&f->stream);
        return;
    }
    if (head->error_code != 0) {
        take_error(f, p, head->error_code);
        kh_fetch_stream_skip_records(&f->stream);
        return;
    }
    bool committed = f->consumer->values.isolation_level == KH_READ_COMMITTED;
    kh_aborted_begin(&f->aborted, head->aborted_transactions,
                     committed ? head->aborted_transaction_count : 0);
    p->high_watermark = head->high_watermark;
    p->last_stable_offset = head->last_stable_offset;
    p->log_start_offset = head->log_start_offset;
    if (p->backoff.attempts > 0 && p->redelivery.waiting == 0)
        kh_backoff_reset(&p->backoff);
}

static void on_batch(struct kh_fetcher *f)
{
    kohort_error error;
    kohort_partition *p = current(f);
    f->empty = false;
    if (p == NULL) {
        kh_fetch_stream_skip_records(&f->stream);
        return;
    }
    if (kh_deliver(p, &f->aborted, f->buffer, f->stream.batch.data, f->stream.batch.size, &error) ==
        0)
        return;
    kh_fetch_stream_skip_records(&f->stream);
    tell_broken(f, p, &error);
}

static void on_bad_batch(struct kh_fetcher *f)
{
    kohort_error error;
    kohort_partition *p = current(f);
    if (p == NULL)
        return;
    kh_error_init(&error, f->stream.bad_batch_status);
    error.retriable = true;
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(
        &error,
        "%s-%d: what broker %d sent at offset %lld is not a record batch: %s; it is fetched again",
        p->topic, p->number, f->node_id, (long long)p->fetch_offset, f->stream.wrong);
    tell_broken(f, p, &error);
}

static void on_partition_end(struct kh_fetcher *f)
{
    const struct kh_fetch_response_partition *tail = &f->stream.partition;
    kohort_partition *p =
        f->answering == NULL ? NULL : kh_ownership_by_id(f->consumer, f->answering->ownership);
    if (p != NULL &&
        tail->current_leader.leader_id >= 0) { /* KIP-951: no metadata round trip is needed. */
        kh_cluster_learn_leader(f->consumer->client->cluster, kh_string_of(p->topic), p->number,
                                tail->current_leader.leader_id, tail->current_leader.leader_epoch);
        kh_validation_wanted(f->consumer);
    }
    p = current(f);
    f->answering = NULL;
    if (p == NULL)
        return;
    if (f->stream.partial_first) {
        kohort_error error;
        kh_error_init(&error, KOHORT_ELIMIT);
        kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
        kh_error_text(&error,
                      "%s-%d: the batch at offset %lld is cut short by broker %d: raise "
                      "max.partition.fetch.bytes",
                      p->topic, p->number, (long long)p->fetch_offset, f->node_id);
        tell_broken(f, p, &error);
    } else {
        kh_deliver_end(p);
    }
}

static void on_end(struct kh_fetcher *f)
{
    const struct kh_fetch_response *response = &f->stream.response;
    for (size_t i = 0; i < response->node_endpoint_count; i++)
        kh_cluster_learn_node(f->consumer->client->cluster, response->node_endpoints[i].node_id,
                              response->node_endpoints[i].host, response->node_endpoints[i].port);
}

static void take_event(struct kh_fetcher *f, enum kh_fetch_event event)
{
    switch (event) {
    case KH_FETCH_EVENT_RESPONSE:
        on_response(f);
        break;
    case KH_FETCH_EVENT_PARTITION:
        on_partition(f);
        break;
    case KH_FETCH_EVENT_BATCH:
        on_batch(f);
        break;
    case KH_FETCH_EVENT_BAD_BATCH:
        on_bad_batch(f);
        break;
    case KH_FETCH_EVENT_PARTITION_END:
        on_partition_end(f);
        break;
    case KH_FETCH_EVENT_END:
        on_end(f);
        break;
    case KH_FETCH_EVENT_MORE:
    case KH_FETCH_EVENT_TOPIC:
    case KH_FETCH_EVENT_LAST_BATCH:
        break;
    }
}

static void sink_begin(struct kh_stream_sink *sink, int16_t version, int64_t frame_size)
{
    struct kh_fetcher *f = kh_container(sink, struct kh_fetcher, sink);
    f->used_version = version;
    f->answering = NULL;
    f->unwanted_answer = false;
    f->empty = true;
    kh_fetch_stream_begin(&f->stream, version, (uint64_t)frame_size);
}

static int64_t sink_bytes(struct kh_stream_sink *sink, struct kh_buffer *buffer,
                          const uint8_t *data, size_t size, bool last, size_t *need)
{
    struct kh_fetcher *f = kh_container(sink, struct kh_fetcher, sink);
    int event;
    (void)last;
    kh_shared_now(kh_consumer_shared(
        f->consumer)); /* The session clock is read before anything is delivered. */
    kh_delivery_begin(f->consumer);
    f->buffer = buffer;
    kh_fetch_stream_give(&f->stream, data, size);
    while ((event = kh_fetch_stream_next(&f->stream)) > 0)
        take_event(f, (enum kh_fetch_event)event);
    if (event < 0) {
        kh_fetch_session_restart(f);
        return event;
    }
    return (int64_t)kh_fetch_stream_used(&f->stream, need);
}

void kh_fetch_answer_init(struct kh_fetcher *f)
{
    f->sink = (struct kh_stream_sink){.bytes = sink_bytes, .begin = sink_begin};
}
