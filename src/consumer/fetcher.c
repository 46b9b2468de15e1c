/* Plans Fetches: every partition that can take records is asked for at its leader, one request a
 * broker in flight. */
#include "consumer/fetcher.h"

/* So many leaders of what is subscribed are connected to before it is known which of them will be
 * fetched from: of a few, most will. */
enum { PREPARED_LEADERS = 3, LOOKED_AT = 10000 /* partitions, for leaders to prepare */ };

static void retry_due(struct kh_timer *timer, int64_t now_ms)
{
    struct kh_fetcher *f = timer->arg;
    (void)now_ms;
    kh_fetch_changed(f->consumer);
}

static void end_flight(struct kh_fetcher *f)
{
    f->in_flight = false;
    f->consumer->asked_bytes -= f->asked_bytes;
    f->asked_bytes = 0;
}

static void wait_after_empty(struct kh_fetcher *f)
{
    struct kh_shared *shared = kh_consumer_shared(f->consumer);
    int64_t due_ms = shared->now_ms + f->consumer->values.fetch_empty_backoff_ms;
    bool throttled = f->retry.due_ms != KH_NEVER && f->retry.due_ms > due_ms;
    if (f->empty && due_ms > shared->now_ms && !throttled)
        kh_timer_set(&shared->timers, &f->retry, due_ms);
}

static void fetch_done(struct kh_request *request, const struct kh_response *response)
{
    struct kh_fetcher *f = request->arg;
    kohort_consumer *c = f->consumer;
    struct kh_shared *shared = kh_consumer_shared(c);
    kh_shared_now(shared);
    end_flight(f);
    if (response->status == 0) {
        kh_backoff_reset(&f->backoff);
        wait_after_empty(f);
    } else {
        kh_fetch_session_restart(f);
        kh_cluster_refresh(c->client->cluster, "a Fetch failed");
        kh_timer_set(&shared->timers, &f->retry,
                     shared->now_ms + kh_backoff_next(&f->backoff, &shared->random));
        kh_event_error(c, NULL, response->error);
    }
    kh_fetch_changed(c);
}

static void free_fetcher(struct kh_fetcher *f)
{
    struct kh_heap *heap = kh_consumer_heap(f->consumer);
    kh_client_set_timer(f->consumer->client, &f->retry, KH_NEVER);
    kh_request_cancel(&f->request);
    end_flight(f);
    kh_lane_close(f->lane);
    kh_list_remove(&f->node);
    kh_fetch_session_free(f);
    kh_fetch_stream_free(&f->stream);
    kh_free(heap, f);
}

static struct kh_fetcher *get_fetcher(kohort_consumer *c, int32_t node_id)
{
    kh_list_each (node, &c->fetchers) {
        struct kh_fetcher *f = kh_container(node, struct kh_fetcher, node);
        if (f->node_id == node_id)
            return f;
    }
    struct kh_fetcher *f = kh_alloc_zeroed(kh_consumer_heap(c), 1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->lane = kh_lane_open(c->client->cluster, node_id, KH_LANE_FETCH);
    if (f->lane == NULL) {
        kh_free(kh_consumer_heap(c), f);
        return NULL;
    }
    f->consumer = c;
    f->node_id = node_id;
    kh_list_init(&f->request.node);
    kh_timer_init(&f->retry, retry_due, f);
    kh_backoff_init(&f->backoff, c->values.retry_backoff_ms, c->values.retry_backoff_max_ms);
    kh_fetch_stream_init(&f->stream, kh_consumer_heap(c));
    kh_fetch_answer_init(f);
    kh_list_append(&c->fetchers, &f->node);
    return f;
}

static int send_fetch(struct kh_fetcher *f)
{
    bool any = false, by_id = true;
    int status = kh_fetch_session_build(f, &any);
    if (status != 0 || !any)
        return status;
    for (size_t i = 0; i < f->session.count; i++)
        by_id = by_id && !kh_uuid_is_none(&f->session.entries[i].topic_id);
    f->request = (struct kh_request){
        .api = KH_API_FETCH,
        .message = &f->message.request,
        .sink = &f->sink,
        .version = -1,
        .newest_version = by_id ? -1 : 12, /* KIP-516: from v13 on topics go by id alone. */
        .priority = KH_PRIORITY_NORMAL,
        .timeout_ms = f->consumer->values.request_timeout_ms,
        .done = fetch_done,
        .arg = f};
    f->in_flight = true;
    f->asked_bytes = (size_t)f->message.request.max_bytes;
    f->consumer->asked_bytes += f->asked_bytes;
    kh_lane_send(f->lane, &f->request);
    return 0;
}

int32_t kh_fetch_leader(const kohort_partition *p, int32_t *ret_epoch)
{
    struct kh_cluster *cluster = p->consumer->client->cluster;
    const struct kh_topic_metadata *topic = kh_cluster_topic(cluster, kh_string_of(p->topic));
    *ret_epoch = -1;
    if (topic == NULL || (size_t)p->number >= topic->partition_count ||
        topic->partitions[p->number].leader < 0) {
        kh_cluster_refresh(cluster, "a partition has no known leader");
        return -1;
    }
    *ret_epoch = topic->partitions[p->number].leader_epoch;
    return topic->partitions[p->number].leader;
}

/* Finds the leader of each partition that is to be fetched, and makes its fetcher. While it is
 * asked where a partition starts, its leader is connected to: its first Fetch need not wait for
 * that. */
static int find_leaders(kohort_consumer *c)
{
    for (size_t i = 0; i < c->ownership.owned.count; i++) {
        kohort_partition *p = c->ownership.owned.items[i];
        int32_t epoch;
        bool starts = p->state == KH_PARTITION_RESOLVING;
        if (!kh_partition_fetchable(p) && !starts)
            continue;
        p->leader = kh_fetch_leader(p, &epoch);
        struct kh_fetcher *f = p->leader < 0 ? NULL : get_fetcher(c, p->leader);
        if (p->leader >= 0 && f == NULL)
            return KOHORT_ENOMEM;
        if (f != NULL && starts)
            kh_lane_prepare(f->lane);
    }
    return 0;
}

/* Into `leaders`, each once. More than `most`: there are more. Of very many partitions only the
 * first are looked at: the loop has better things to do. */
static size_t list_leaders(const kohort_consumer *c, int32_t *leaders, size_t most)
{
    size_t count = 0, looked_at = 0;
    for (size_t i = 0; i < c->subscription.topic_count; i++) {
        const struct kh_topic_metadata *topic =
            kh_cluster_topic(c->client->cluster, c->subscription.topics[i]);
        for (size_t j = 0; topic != NULL && j < topic->partition_count; j++) {
            if (++looked_at > LOOKED_AT)
                return count;
            int32_t leader = topic->partitions[j].leader;
            size_t known = 0;
            while (known < count && leaders[known] != leader)
                known++;
            if (leader < 0 || known < count)
                continue;
            if (count == most)
                return most + 1;
            leaders[count++] = leader;
        }
    }
    return count;
}

void kh_fetch_prepare(kohort_consumer *c)
{
    int32_t leaders[PREPARED_LEADERS];
    if (c->values.membership_only)
        return; /* thousands of them would hold a connection each that nothing goes through */
    size_t count = list_leaders(c, leaders, PREPARED_LEADERS);
    for (size_t i = 0; i < count && count <= PREPARED_LEADERS; i++) {
        struct kh_fetcher *f = get_fetcher(c, leaders[i]);
        if (f != NULL)
            kh_lane_prepare(f->lane);
    }
}

void kh_fetch_plan(kohort_consumer *c)
{
    if (!c->fetch_due || c->torn_down)
        return;
    c->fetch_due = false;
    if (c->ownership.owned.count == 0)
        return;
    int status = find_leaders(c);
    kh_list_each_safe (node, &c->fetchers) {
        struct kh_fetcher *f = kh_container(node, struct kh_fetcher, node);
        if (f->in_flight || f->retry.due_ms != KH_NEVER)
            continue;
        if (status != 0 || (status = send_fetch(f)) != 0) {
            struct kh_shared *shared = kh_consumer_shared(c);
            kh_timer_set(&shared->timers, &f->retry,
                         shared->now_ms + kh_backoff_next(&f->backoff, &shared->random));
        }
        if (f->in_flight) { /* Who asked last is last when there is not enough for all. */
            kh_list_remove(node);
            kh_list_append(&c->fetchers, node);
        }
    }
}

void kh_fetch_cancel(kohort_consumer *c)
{
    kh_list_each_safe (node, &c->fetchers)
        free_fetcher(kh_container(node, struct kh_fetcher, node));
}
