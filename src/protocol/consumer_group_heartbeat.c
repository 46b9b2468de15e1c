#include "protocol/consumer_group_heartbeat.h"

static void write_topic(struct kh_writer *w,
                        const struct kh_consumer_group_heartbeat_request_topic *topic)
{
    kh_write_uuid(w, &topic->topic_id);
    kh_write_i32_array(w, topic->partitions, topic->partition_count);
    kh_write_tags(w);
}

void kh_consumer_group_heartbeat_request_encode(struct kh_writer *w, int version,
                                                const void *request)
{
    const struct kh_consumer_group_heartbeat_request *req = request;

    kh_write_string(w, req->group_id);
    kh_write_string(w, req->member_id);
    kh_write_i32(w, req->member_epoch);
    kh_write_nullable_string(w, req->instance_id);
    kh_write_nullable_string(w, req->rack_id);
    kh_write_i32(w, req->rebalance_timeout_ms);
    kh_write_nullable_string_array(w, req->subscribed_topic_names,
                                   req->subscribed_topic_name_count);
    if (version >= 1) /* KIP-848: topics by a pattern that the broker matches */
        kh_write_nullable_string(w, req->subscribed_topic_regex);
    else
        kh_write_unsupported(w, req->subscribed_topic_regex.data != NULL, "subscribed_topic_regex");
    kh_write_nullable_string(w, req->server_assignor);
    kh_write_nullable_array(w, req->topic_partition_count, req->topic_partitions == NULL);
    for (size_t i = 0; i < req->topic_partition_count; i++)
        write_topic(w, &req->topic_partitions[i]);
    kh_write_tags(w);
}

enum { TOPIC_MIN = 18 };

static void read_topic(struct kh_reader *r,
                       struct kh_consumer_group_heartbeat_response_topic *topic)
{
    topic->topic_id = kh_read_uuid(r);
    topic->partition_count = kh_read_i32_array(r, &topic->partitions);
    kh_skip_tags(r);
}

/* Null, or a byte and the struct. NULL after a latch too. */
static struct kh_consumer_group_heartbeat_response_assignment *read_assignment(struct kh_reader *r)
{
    struct kh_consumer_group_heartbeat_response_assignment *assignment =
        kh_read_i8(r) < 0 ? NULL : kh_read_items(r, 1, sizeof *assignment);

    if (assignment == NULL)
        return NULL;
    assignment->topic_partition_count = kh_read_array(
        r, TOPIC_MIN, sizeof *assignment->topic_partitions, &assignment->topic_partitions);
    for (size_t i = 0; i < assignment->topic_partition_count && kh_read_ok(r); i++)
        read_topic(r, &assignment->topic_partitions[i]);
    kh_skip_tags(r);
    return assignment;
}

void kh_consumer_group_heartbeat_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_consumer_group_heartbeat_response *res = response;

    (void)version; /* one layout so far */
    *res = (struct kh_consumer_group_heartbeat_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    res->error_message = kh_read_nullable_string(r);
    res->member_id = kh_read_nullable_string(r);
    res->member_epoch = kh_read_i32(r);
    res->heartbeat_interval_ms = kh_read_i32(r);
    res->assignment = read_assignment(r);
    kh_skip_tags(r);
}
