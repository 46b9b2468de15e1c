#include "fetch_story.h"

#include "protocol/big_endian.h"
#include "support/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((format(printf, 2, 3))) static void say(struct fetch_story *story, const char *format,
                                                      ...)
{
    va_list arguments;
    int size;

    va_start(arguments, format);
    size =
        vsnprintf(story->text + story->size, sizeof story->text - story->size, format, arguments);
    va_end(arguments);
    cr_assert(size >= 0 && (size_t)size < sizeof story->text - story->size);
    story->size += (size_t)size;
}

static void say_partition(struct fetch_story *story, struct kh_fetch_stream *s)
{
    const struct kh_fetch_response_partition *p = &s->partition;

    say(story, "partition %d error %d end %lld stable %lld begin %lld replica %d records %zu%s",
        p->partition_index, p->error_code, (long long)p->high_watermark,
        (long long)p->last_stable_offset, (long long)p->log_start_offset, p->preferred_read_replica,
        s->records_left, s->records_null ? " null" : "");
    for (size_t i = 0; i < p->aborted_transaction_count; i++)
        say(story, " aborted %lld at %lld", (long long)p->aborted_transactions[i].producer_id,
            (long long)p->aborted_transactions[i].first_offset);
    say(story, p->aborted_transactions == NULL ? " aborted null\n" : "\n");
}

static void say_partition_end(struct fetch_story *story, const struct kh_fetch_stream *s)
{
    const struct kh_fetch_response_partition *p = &s->partition;

    say(story, "partition end%s diverging %d %lld leader %d %d snapshot %lld %d\n",
        s->partial_first ? " partial" : "", p->diverging_epoch.epoch,
        (long long)p->diverging_epoch.end_offset, p->current_leader.leader_id,
        p->current_leader.leader_epoch, (long long)p->snapshot_id.end_offset, p->snapshot_id.epoch);
}

static void say_batch(struct fetch_story *story, const struct kh_fetch_batch *batch)
{
    bool intact = batch->size > 21 &&
                  kh_batch_check_crc(batch->data, batch->size, kh_load_u32(batch->data + 17)) == 0;

    say(story, "batch %zu at %lld magic %d%s\n", batch->size, (long long)kh_load_i64(batch->data),
        batch->magic, intact ? "" : " damaged");
}

static void say_end(struct fetch_story *story, const struct kh_fetch_response *r)
{
    for (size_t i = 0; i < r->node_endpoint_count; i++)
        say(story, "node %d at %.*s:%d rack %.*s\n", r->node_endpoints[i].node_id,
            r->node_endpoints[i].host.size, r->node_endpoints[i].host.data,
            r->node_endpoints[i].port,
            r->node_endpoints[i].rack.data == NULL ? 4 : r->node_endpoints[i].rack.size,
            r->node_endpoints[i].rack.data == NULL ? "null" : r->node_endpoints[i].rack.data);
    say(story, "end\n");
}

static void say_event(struct fetch_story *story, struct kh_fetch_stream *s,
                      enum kh_fetch_event event)
{
    switch (event) {
    case KH_FETCH_EVENT_RESPONSE:
        say(story, "response throttle %d error %d session %d\n", s->response.throttle_time_ms,
            s->response.error_code, s->response.session_id);
        break;
    case KH_FETCH_EVENT_TOPIC:
        say(story, "topic %.*s id %d\n", s->topic.topic.size,
            s->topic.topic.data == NULL ? "" : s->topic.topic.data, s->topic.topic_id.bytes[15]);
        break;
    case KH_FETCH_EVENT_PARTITION:
        say_partition(story, s);
        if (story->skip_partitions > 0) {
            story->skip_partitions--;
            kh_fetch_stream_skip_records(s);
        }
        break;
    case KH_FETCH_EVENT_BATCH:
        say_batch(story, &s->batch);
        break;
    case KH_FETCH_EVENT_BAD_BATCH:
        say(story, "bad batch %s: %s\n", kh_status_name(s->bad_batch_status), s->wrong);
        break;
    case KH_FETCH_EVENT_LAST_BATCH:
        say(story, "last batch, then %lld\n", (long long)s->last_batch_next_offset);
        break;
    case KH_FETCH_EVENT_PARTITION_END:
        say_partition_end(story, s);
        break;
    case KH_FETCH_EVENT_END:
        say_end(story, &s->response);
        story->ended = true;
        break;
    case KH_FETCH_EVENT_MORE:
        break;
    }
}

/* What the stream tells of these bytes; how many it used. */
static size_t give(struct fetch_story *story, struct kh_fetch_stream *s, const uint8_t *data,
                   size_t size, size_t *need)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    size_t used;
    int event;

    cr_assert_not_null(exact);
    if (size > 0)
        memcpy(exact, data, size);
    kh_fetch_stream_give(s, exact, size);
    do {
        event = kh_fetch_stream_next(s);
        if (event > 0)
            say_event(story, s, (enum kh_fetch_event)event);
        if (s->topic_arena.used + s->partition_arena.used > story->arenas)
            story->arenas = s->topic_arena.used + s->partition_arena.used;
    } while (event > 0);
    story->status = event;
    used = kh_fetch_stream_used(s, need);
    cr_assert_leq(used, size);
    cr_assert(event < 0 || story->ended || *need > size - used, "MORE asks for more than there is");
    cr_assert(event < 0 || *need <= kh_fetch_stream_left(s), "never for more than there will be");
    free(exact);
    return used;
}

void fetch_story_tell(struct fetch_story *story, int version, const uint8_t *body, size_t size,
                      size_t first, size_t piece)
{
    struct kh_fetch_stream s;
    size_t used = 0, here = 0, need = 0;

    story->size = story->arenas = 0;
    story->status = 0;
    story->ended = false;
    kh_fetch_stream_init(&s, test_heap);
    kh_fetch_stream_begin(&s, version, size);
    for (size_t step = first; story->status == 0; step = piece) {
        here = step == 0 || size - here < step ? size : here + step;
        if (here - used >= need)
            used += give(story, &s, body + used, here - used, &need);
        if (here == size)
            break;
    }
    if (story->status < 0) {
        cr_assert_not_null(s.wrong);
        cr_assert_eq(kh_fetch_stream_next(&s), story->status, "for good");
    }
    kh_fetch_stream_free(&s);
}
