#include "protocol/fetch_stream_steps.h"

#include "base/limits.h"

void kh_fetch_stream_init(struct kh_fetch_stream *s, struct kh_heap *heap)
{
    *s = (struct kh_fetch_stream){.state = KH_FETCH_ENDED};
    kh_arena_init(&s->topic_arena, heap, 2 * KH_LIMIT_NAME);
    kh_arena_init(&s->partition_arena, heap, KH_LIMIT_ARENAS);
}

void kh_fetch_stream_free(struct kh_fetch_stream *s)
{
    kh_arena_free(&s->topic_arena);
    kh_arena_free(&s->partition_arena);
}

void kh_fetch_stream_begin(struct kh_fetch_stream *s, int version, uint64_t body_size)
{
    struct kh_arena topic_arena = s->topic_arena, partition_arena = s->partition_arena;

    *s = (struct kh_fetch_stream){
        .last_batch_next_offset = -1,
        .state = KH_FETCH_RESPONSE_HEAD,
        .version = version,
        .flexible = version >= 12,
        .frame_left = body_size,
        .topic_arena = topic_arena,
        .partition_arena = partition_arena,
    };
}

void kh_fetch_stream_give(struct kh_fetch_stream *s, const uint8_t *data, size_t size)
{
    s->given = s->at = data;
    s->end = data + (size < s->frame_left ? size : (size_t)s->frame_left);
    s->need = 0;
}

size_t kh_fetch_stream_used(const struct kh_fetch_stream *s, size_t *ret_need)
{
    *ret_need = s->need;
    return (size_t)(s->at - s->given);
}

static int step(struct kh_fetch_stream *s)
{
    switch (s->state) {
    case KH_FETCH_RESPONSE_HEAD:
        return kh_fetch_step_response_head(s);
    case KH_FETCH_TOPIC_COUNT:
        return kh_fetch_step_topic_count(s);
    case KH_FETCH_TOPIC:
        return kh_fetch_step_topic(s);
    case KH_FETCH_PARTITION_COUNT:
        return kh_fetch_step_partition_count(s);
    case KH_FETCH_PARTITION_HEAD:
        return kh_fetch_step_partition_head(s);
    case KH_FETCH_ABORTED_COUNT:
        return kh_fetch_step_aborted_count(s);
    case KH_FETCH_ABORTED:
        return kh_fetch_step_aborted(s);
    case KH_FETCH_RECORDS_SIZE:
        return kh_fetch_step_records_size(s);
    case KH_FETCH_BATCH_HEAD:
        return kh_fetch_step_batch_head(s);
    case KH_FETCH_BATCH_BODY:
        return kh_fetch_step_batch_body(s);
    case KH_FETCH_RECORDS_SKIP:
        return kh_fetch_step_records_skip(s);
    case KH_FETCH_TAG_COUNT:
        return kh_fetch_step_tag_count(s);
    case KH_FETCH_TAG_HEAD:
        return kh_fetch_step_tag_head(s);
    case KH_FETCH_TAG_BODY:
        return kh_fetch_step_tag_body(s);
    case KH_FETCH_TAG_SKIP:
        return kh_fetch_step_tag_skip(s);
    case KH_FETCH_STRUCT_END:
        return kh_fetch_step_struct_end(s);
    case KH_FETCH_FAILED:
        return s->status;
    case KH_FETCH_ENDED:
        break;
    }
    return KH_FETCH_EVENT_MORE;
}

int kh_fetch_stream_next(struct kh_fetch_stream *s)
{
    int result;

    do
        result = step(s);
    while (result == KH_FETCH_GO_ON);
    if (result < 0)
        s->state = KH_FETCH_FAILED;
    return result;
}
