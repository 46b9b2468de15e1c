#include "support/records/fetch_collect.h"

#include "base/poison.h"

#include <stdlib.h>

struct collector {
    struct kh_arena *arena;
    struct kh_fetch_stream stream;
    struct kh_fetch_response *response;
    size_t topic_capacity, partition_capacity;
    struct kh_bytes records;
    size_t batches; /* bytes of the records given out in batches */
    bool torn;      /* a batch did not lie where the one before ended */
};

/* Room for one more item; arrays double, what was outgrown stays in the arena. */
static void *add(struct kh_arena *arena, void *items, size_t *count, size_t *capacity, size_t size)
{
    if (items == NULL || *count == *capacity) {
        void *grown = kh_arena_alloc(arena, *count * 2 + 4, size);

        if (grown == NULL)
            abort();
        if (*count > 0)
            memcpy(grown, items, *count * size);
        *capacity = *count * 2 + 4;
        items = grown;
    }
    *count += 1;
    return items;
}

static struct kh_string kept(struct kh_arena *arena, struct kh_string text)
{
    return text.data == NULL ? text : kh_arena_string(arena, text);
}

static void on_topic(struct collector *c)
{
    struct kh_fetch_response *r = c->response;
    struct kh_fetch_response_topic *topic;

    r->responses =
        add(c->arena, r->responses, &r->response_count, &c->topic_capacity, sizeof *topic);
    topic = &r->responses[r->response_count - 1];
    *topic = c->stream.topic;
    topic->topic = kept(c->arena, topic->topic);
    topic->partitions = kh_arena_alloc(c->arena, 1, sizeof *topic->partitions);
    c->partition_capacity = 1;
}

static void on_partition(struct collector *c)
{
    const struct kh_fetch_response_partition *told = &c->stream.partition;
    size_t count = told->aborted_transaction_count;

    c->records = c->stream.records_null
                     ? (struct kh_bytes){NULL, 0}
                     : (struct kh_bytes){c->stream.at, (int32_t)c->stream.records_left};
    c->batches = 0;
    if (told->aborted_transactions != NULL) {
        void *copy = kh_arena_alloc(c->arena, count + 1, sizeof *told->aborted_transactions);

        memcpy(copy, told->aborted_transactions, count * sizeof *told->aborted_transactions);
        c->stream.partition.aborted_transactions = copy;
    }
}

static void on_batch(struct collector *c)
{
    if (c->stream.batch.data != c->records.data + c->batches)
        c->torn = true;
    c->batches += c->stream.batch.size;
}

static void on_partition_end(struct collector *c)
{
    struct kh_fetch_response_topic *topic =
        &c->response->responses[c->response->response_count - 1];

    topic->partitions = add(c->arena, topic->partitions, &topic->partition_count,
                            &c->partition_capacity, sizeof *topic->partitions);
    topic->partitions[topic->partition_count - 1] = c->stream.partition;
    topic->partitions[topic->partition_count - 1].records = c->records;
}

static void on_end(struct collector *c)
{
    const struct kh_fetch_response *told = &c->stream.response;
    struct kh_fetch_response *r = c->response;

    r->node_endpoint_count = told->node_endpoint_count;
    r->node_endpoints =
        kh_arena_alloc(c->arena, r->node_endpoint_count + 1, sizeof *r->node_endpoints);
    for (size_t i = 0; i < r->node_endpoint_count; i++) {
        r->node_endpoints[i] = told->node_endpoints[i];
        r->node_endpoints[i].host = kept(c->arena, r->node_endpoints[i].host);
        r->node_endpoints[i].rack = kept(c->arena, r->node_endpoints[i].rack);
    }
}

static void on_event(struct collector *c, enum kh_fetch_event event)
{
    switch (event) {
    case KH_FETCH_EVENT_RESPONSE:
        *c->response = c->stream.response;
        c->response->responses = kh_arena_alloc(c->arena, 1, sizeof *c->response->responses);
        c->topic_capacity = 1;
        break;
    case KH_FETCH_EVENT_TOPIC:
        on_topic(c);
        break;
    case KH_FETCH_EVENT_PARTITION:
        on_partition(c);
        break;
    case KH_FETCH_EVENT_BATCH:
        on_batch(c);
        break;
    case KH_FETCH_EVENT_PARTITION_END:
        on_partition_end(c);
        break;
    case KH_FETCH_EVENT_END:
        on_end(c);
        break;
    case KH_FETCH_EVENT_MORE:
    case KH_FETCH_EVENT_BAD_BATCH:
    case KH_FETCH_EVENT_LAST_BATCH:
        break;
    }
}

/* Takes what the stream tells of body[from..to), the rest out of its sight; the last event. */
static int take_events(struct collector *c, const uint8_t *body, size_t from, size_t to,
                       size_t size, size_t *arena_used)
{
    int event;

    kh_poison(body + to, size - to);
    kh_fetch_stream_give(&c->stream, body + from, to - from);
    while ((event = kh_fetch_stream_next(&c->stream)) > 0) {
        size_t used = c->stream.topic_arena.used + c->stream.partition_arena.used;
        if (used > *arena_used)
            *arena_used = used;
        on_event(c, (enum kh_fetch_event)event);
        if (event == KH_FETCH_EVENT_END)
            break;
    }
    kh_unpoison(body + to, size - to);
    return event;
}

int test_fetch_collect(struct kh_arena *arena, int version, const uint8_t *body, size_t size,
                       size_t piece, struct kh_random *random, struct test_fetch_collected *ret)
{
    struct collector c = {.arena = arena, .response = &ret->response};
    size_t used = 0, here = 0, need = 0;
    int event = 0;

    *ret = (struct test_fetch_collected){.wrong = "the response ends early"};
    kh_fetch_stream_init(&c.stream, arena->heap);
    kh_fetch_stream_begin(&c.stream, version, size);
    while (event >= 0 && event != KH_FETCH_EVENT_END && (used < size || here == 0)) {
        size_t more = random == NULL ? piece : 1 + (size_t)kh_random_below(random, piece);
        if (here == size && used + need > size)
            break;
        here = more == 0 || size - here < more ? size : here + more;
        if (here - used < need)
            continue;
        event = take_events(&c, body, used, here, size, &ret->arena_used);
        used += kh_fetch_stream_used(&c.stream, &need);
    }
    if (event < 0)
        ret->wrong = c.stream.wrong;
    kh_fetch_stream_free(&c.stream);
    if (c.torn) {
        ret->wrong = "the batches do not lie side by side";
        return KOHORT_EBUG;
    }
    return event < 0 ? event : event == KH_FETCH_EVENT_END ? 0 : KOHORT_EPROTOCOL;
}
