#include "protocol/fetch_stream_steps.h"

#include "base/limits.h"

/* The fewest bytes that a node endpoint takes. */
enum { ENDPOINT_MIN = 11 };

void kh_fetch_read_tags(struct kh_fetch_stream *s, enum kh_fetch_struct tags_of)
{
    s->tags_of = tags_of;
    s->state = s->flexible ? KH_FETCH_TAG_COUNT : KH_FETCH_STRUCT_END;
}

int kh_fetch_step_tag_count(struct kh_fetch_stream *s)
{
    size_t offset = 0;
    uint32_t count;

    if (!kh_fetch_peek_uvarint(s, &offset, &count))
        return kh_fetch_missing(s);
    if (count > KH_LIMIT_TAGS)
        return kh_fetch_fail(s, KOHORT_ELIMIT, "a struct has too many tagged fields");
    kh_fetch_use(s, offset);
    s->tags_left = count;
    s->state = count > 0 ? KH_FETCH_TAG_HEAD : KH_FETCH_STRUCT_END;
    return KH_FETCH_GO_ON;
}

static bool tag_is_known(const struct kh_fetch_stream *s)
{
    return (s->tags_of == KH_FETCH_IN_PARTITION && s->tag <= 2) ||
           (s->tags_of == KH_FETCH_IN_RESPONSE && s->tag == 0 && s->version >= 16);
}

int kh_fetch_step_tag_head(struct kh_fetch_stream *s)
{
    size_t offset = 0;
    uint32_t size;

    if (!kh_fetch_peek_uvarint(s, &offset, &s->tag) || !kh_fetch_peek_uvarint(s, &offset, &size))
        return kh_fetch_missing(s);
    kh_fetch_use(s, offset);
    if (size > s->frame_left)
        return kh_fetch_fail(s, KOHORT_EPROTOCOL, "a tagged field is longer than the response");
    if (tag_is_known(s) && size > KH_MIB)
        return kh_fetch_fail(s, KOHORT_ELIMIT, "a tagged field is larger than it can be");
    s->tag_left = size;
    s->state = tag_is_known(s) ? KH_FETCH_TAG_BODY : KH_FETCH_TAG_SKIP;
    return KH_FETCH_GO_ON;
}

static void tag_ends(struct kh_fetch_stream *s)
{
    s->tags_left--;
    s->state = s->tags_left > 0 ? KH_FETCH_TAG_HEAD : KH_FETCH_STRUCT_END;
}

/* A copy that outlives the bytes it came in; null stays null. */
static struct kh_string kept(struct kh_reader *r, struct kh_string text)
{
    char *copy = text.data == NULL ? NULL : kh_read_items(r, (size_t)text.size, 1);

    if (copy == NULL)
        return (struct kh_string){NULL, 0};
    memcpy(copy, text.data, (size_t)text.size);
    return (struct kh_string){copy, text.size};
}

static void read_node_endpoints(struct kh_fetch_stream *s, struct kh_reader *r)
{
    struct kh_fetch_response *response = &s->response;

    kh_arena_reset(&s->partition_arena);
    response->node_endpoint_count =
        kh_read_array(r, ENDPOINT_MIN, sizeof *response->node_endpoints, &response->node_endpoints);
    for (size_t i = 0; i < response->node_endpoint_count; i++) {
        struct kh_fetch_response_node_endpoint *endpoint = &response->node_endpoints[i];

        endpoint->node_id = kh_read_i32(r);
        endpoint->host = kept(r, kh_read_string(r));
        endpoint->port = kh_read_i32(r);
        endpoint->rack = kept(r, kh_read_nullable_string(r));
        kh_skip_tags(r);
    }
}

static void read_partition_tag(struct kh_fetch_stream *s, struct kh_reader *r)
{
    struct kh_fetch_response_partition *p = &s->partition;

    if (s->tag == 0) { /* KIP-595 */
        p->diverging_epoch.epoch = kh_read_i32(r);
        p->diverging_epoch.end_offset = kh_read_i64(r);
    } else if (s->tag == 1) { /* KIP-951 */
        p->current_leader.leader_id = kh_read_i32(r);
        p->current_leader.leader_epoch = kh_read_i32(r);
    } else { /* KIP-630 */
        p->snapshot_id.end_offset = kh_read_i64(r);
        p->snapshot_id.epoch = kh_read_i32(r);
    }
    kh_skip_tags(r);
}

int kh_fetch_step_tag_body(struct kh_fetch_stream *s)
{
    struct kh_reader r;

    if (!kh_fetch_have(s, s->tag_left))
        return kh_fetch_missing(s);
    kh_reader_init(&r, s->at, s->tag_left, true, &s->partition_arena);
    if (s->tags_of == KH_FETCH_IN_PARTITION)
        read_partition_tag(s, &r);
    else
        read_node_endpoints(s, &r);
    if (!kh_read_end(&r))
        return kh_fetch_fail(s, r.status, r.wrong);
    kh_fetch_use(s, s->tag_left);
    tag_ends(s);
    return KH_FETCH_GO_ON;
}

int kh_fetch_step_tag_skip(struct kh_fetch_stream *s)
{
    kh_fetch_skip(s, &s->tag_left);
    if (s->tag_left > 0)
        return KH_FETCH_EVENT_MORE;
    tag_ends(s);
    return KH_FETCH_GO_ON;
}

static int response_ends(struct kh_fetch_stream *s)
{
    if (!s->last_batch_told)
        return kh_fetch_tell_last_batch(s, -1);
    if (s->frame_left > 0)
        return kh_fetch_fail(s, KOHORT_EPROTOCOL, "bytes follow the response");
    s->state = KH_FETCH_ENDED;
    return KH_FETCH_EVENT_END;
}

int kh_fetch_step_struct_end(struct kh_fetch_stream *s)
{
    switch (s->tags_of) {
    case KH_FETCH_IN_ABORTED:
        s->state = s->aborted_read < s->partition.aborted_transaction_count ? KH_FETCH_ABORTED
                                                                            : KH_FETCH_RECORDS_SIZE;
        return KH_FETCH_GO_ON;
    case KH_FETCH_IN_PARTITION:
        s->state = KH_FETCH_PARTITION_HEAD;
        if (s->partitions_left == 0)
            kh_fetch_read_tags(s, KH_FETCH_IN_TOPIC);
        return KH_FETCH_EVENT_PARTITION_END;
    case KH_FETCH_IN_TOPIC:
        s->state = KH_FETCH_TOPIC;
        if (s->topics_left == 0)
            kh_fetch_read_tags(s, KH_FETCH_IN_RESPONSE);
        return KH_FETCH_GO_ON;
    case KH_FETCH_IN_RESPONSE:
        break;
    }
    return response_ends(s);
}
