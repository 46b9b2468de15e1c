#include "protocol/fetch_stream_steps.h"

#include "base/limits.h"
#include "protocol/big_endian.h"

/* The fewest bytes on the wire, at any version. */
enum { TOPIC_MIN = 3, PARTITION_MIN = 24, ABORTED_SIZE = 16 };

int kh_fetch_step_response_head(struct kh_fetch_stream *s)
{
    size_t size = s->version >= 7 ? 10 : 4;

    if (!kh_fetch_have(s, size))
        return kh_fetch_missing(s);
    s->response.throttle_time_ms = kh_load_i32(s->at);
    if (s->version >= 7) { /* KIP-227 */
        s->response.error_code = kh_load_i16(s->at + 4);
        s->response.session_id = kh_load_i32(s->at + 6);
    }
    kh_fetch_use(s, size);
    s->state = KH_FETCH_TOPIC_COUNT;
    return KH_FETCH_EVENT_RESPONSE;
}

int kh_fetch_step_topic_count(struct kh_fetch_stream *s)
{
    if (!kh_fetch_read_count(s, TOPIC_MIN, &s->topics_left))
        return kh_fetch_missing(s);
    s->state = KH_FETCH_TOPIC;
    if (s->topics_left == 0)
        kh_fetch_read_tags(s, KH_FETCH_IN_RESPONSE);
    return KH_FETCH_GO_ON;
}

static int topic_name(struct kh_fetch_stream *s)
{
    size_t offset = 0;
    int64_t length;

    if (!kh_fetch_peek_length(s, 2, &offset, &length))
        return kh_fetch_missing(s);
    if (length < 0)
        return kh_fetch_fail(s, KOHORT_EPROTOCOL, "a topic's name is null");
    if (length > KH_LIMIT_NAME)
        return kh_fetch_fail(s, KOHORT_EPROTOCOL, "a topic's name is longer than names can be");
    if (!kh_fetch_have(s, offset + (size_t)length))
        return kh_fetch_missing(s);
    kh_arena_reset(&s->topic_arena);
    s->topic.topic = kh_arena_string(
        &s->topic_arena, (struct kh_string){(const char *)s->at + offset, (int32_t)length});
    if (s->topic.topic.data == NULL)
        return kh_fetch_fail(s, KOHORT_ENOMEM, "out of memory");
    kh_fetch_use(s, offset + (size_t)length);
    return KH_FETCH_EVENT_TOPIC;
}

static int topic_id(struct kh_fetch_stream *s)
{
    if (!kh_fetch_have(s, sizeof s->topic.topic_id))
        return kh_fetch_missing(s);
    memcpy(s->topic.topic_id.bytes, s->at, sizeof s->topic.topic_id);
    kh_fetch_use(s, sizeof s->topic.topic_id);
    return KH_FETCH_EVENT_TOPIC;
}

int kh_fetch_step_topic(struct kh_fetch_stream *s)
{
    int event = s->version >= 13 ? topic_id(s) : topic_name(s); /* KIP-516 */

    if (event == KH_FETCH_EVENT_TOPIC) {
        s->topics_left--;
        s->state = KH_FETCH_PARTITION_COUNT;
    }
    return event;
}

int kh_fetch_step_partition_count(struct kh_fetch_stream *s)
{
    if (!kh_fetch_read_count(s, PARTITION_MIN, &s->partitions_left))
        return kh_fetch_missing(s);
    s->state = KH_FETCH_PARTITION_HEAD;
    if (s->partitions_left == 0)
        kh_fetch_read_tags(s, KH_FETCH_IN_TOPIC);
    return KH_FETCH_GO_ON;
}

int kh_fetch_step_partition_head(struct kh_fetch_stream *s)
{
    size_t size = s->version >= 5 ? 30 : 22;

    if (!kh_fetch_have(s, size))
        return kh_fetch_missing(s);
    s->partition = KH_FETCH_RESPONSE_PARTITION_DEFAULTS;
    s->partition.partition_index = kh_load_i32(s->at);
    s->partition.error_code = kh_load_i16(s->at + 4);
    s->partition.high_watermark = kh_load_i64(s->at + 6);
    s->partition.last_stable_offset = kh_load_i64(s->at + 14);
    if (s->version >= 5)
        s->partition.log_start_offset = kh_load_i64(s->at + 22);
    kh_fetch_use(s, size);
    s->partitions_left--;
    s->state = KH_FETCH_ABORTED_COUNT;
    return KH_FETCH_GO_ON;
}

int kh_fetch_step_aborted_count(struct kh_fetch_stream *s)
{
    struct kh_fetch_response_partition *p = &s->partition;
    size_t offset = 0;
    int64_t count;

    if (!kh_fetch_peek_length(s, 4, &offset, &count))
        return kh_fetch_missing(s);
    kh_fetch_use(s, offset);
    s->state = KH_FETCH_RECORDS_SIZE;
    if (count < 0)
        return KH_FETCH_GO_ON;
    if ((uint64_t)count * ABORTED_SIZE > s->frame_left)
        return kh_fetch_fail(s, KOHORT_EPROTOCOL, "an array is longer than the response");
    if (count > KH_LIMIT_ABORTED)
        return kh_fetch_fail(s, KOHORT_ELIMIT, "a partition has too many aborted transactions");
    kh_arena_reset(&s->partition_arena);
    p->aborted_transaction_count = (size_t)count;
    p->aborted_transactions = kh_arena_alloc(&s->partition_arena, count > 0 ? (size_t)count : 1,
                                             sizeof *p->aborted_transactions);
    if (p->aborted_transactions == NULL)
        return kh_fetch_fail(s, KOHORT_ENOMEM, "out of memory");
    s->aborted_read = 0;
    if (count > 0)
        s->state = KH_FETCH_ABORTED;
    return KH_FETCH_GO_ON;
}

int kh_fetch_step_aborted(struct kh_fetch_stream *s)
{
    struct kh_fetch_response_aborted_transaction *transaction;

    if (!kh_fetch_have(s, ABORTED_SIZE))
        return kh_fetch_missing(s);
    transaction = &s->partition.aborted_transactions[s->aborted_read++];
    transaction->producer_id = kh_load_i64(s->at);
    transaction->first_offset = kh_load_i64(s->at + 8);
    kh_fetch_use(s, ABORTED_SIZE);
    kh_fetch_read_tags(s, KH_FETCH_IN_ABORTED);
    return KH_FETCH_GO_ON;
}

int kh_fetch_step_records_size(struct kh_fetch_stream *s)
{
    size_t offset = s->version >= 11 ? 4 : 0;
    int64_t size;

    if (!kh_fetch_peek_length(s, 4, &offset, &size))
        return kh_fetch_missing(s);
    if (s->version >= 11) /* KIP-392 */
        s->partition.preferred_read_replica = kh_load_i32(s->at);
    kh_fetch_use(s, offset);
    if (size > 0 && (uint64_t)size > s->frame_left)
        return kh_fetch_fail(s, KOHORT_EPROTOCOL,
                             "a partition's records are longer than the response");
    s->records_null = size < 0;
    s->records_left = size < 0 ? 0 : (size_t)size;
    s->first_batch = true;
    s->partial_first = false;
    s->state = KH_FETCH_BATCH_HEAD;
    return KH_FETCH_EVENT_PARTITION;
}
