#include "protocol/share_acknowledge.h"

static void
write_acknowledgement_batch(struct kh_writer *w,
                            const struct kh_share_acknowledge_request_acknowledgement_batch *batch)
{
    kh_write_i64(w, batch->first_offset);
    kh_write_i64(w, batch->last_offset);
    kh_write_i8_array(w, batch->acknowledge_types, batch->acknowledge_type_count);
    kh_write_tags(w);
}

static void write_partition(struct kh_writer *w,
                            const struct kh_share_acknowledge_request_partition *partition)
{
    kh_write_i32(w, partition->partition_index);
    kh_write_array(w, partition->acknowledgement_batch_count);
    for (size_t i = 0; i < partition->acknowledgement_batch_count; i++)
        write_acknowledgement_batch(w, &partition->acknowledgement_batches[i]);
    kh_write_tags(w);
}

static void write_topic(struct kh_writer *w, const struct kh_share_acknowledge_request_topic *topic)
{
    kh_write_uuid(w, &topic->topic_id);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++)
        write_partition(w, &topic->partitions[i]);
    kh_write_tags(w);
}

void kh_share_acknowledge_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_share_acknowledge_request *req = request;

    kh_write_nullable_string(w, req->group_id);
    kh_write_nullable_string(w, req->member_id);
    kh_write_i32(w, req->share_session_epoch);
    if (version >= 2) /* KIP-1222: locks that are held a while longer */
        kh_write_bool(w, req->is_renew_ack);
    else
        kh_write_unsupported(w, req->is_renew_ack, "is_renew_ack");
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, &req->topics[i]);
    kh_write_tags(w);
}

enum { NODE_ENDPOINT_MIN = 11, TOPIC_MIN = 18, PARTITION_MIN = 17 };

static void read_current_leader(struct kh_reader *r,
                                struct kh_share_acknowledge_response_current_leader *leader)
{
    leader->leader_id = kh_read_i32(r);
    leader->leader_epoch = kh_read_i32(r);
    kh_skip_tags(r);
}

static void read_partition(struct kh_reader *r,
                           struct kh_share_acknowledge_response_partition *partition)
{
    partition->partition_index = kh_read_i32(r);
    partition->error_code = kh_read_i16(r);
    partition->error_message = kh_read_nullable_string(r);
    read_current_leader(r, &partition->current_leader);
    kh_skip_tags(r);
}

static void read_topic(struct kh_reader *r, struct kh_share_acknowledge_response_topic *topic)
{
    topic->topic_id = kh_read_uuid(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, &topic->partitions[i]);
    kh_skip_tags(r);
}

static void read_node_endpoint(struct kh_reader *r,
                               struct kh_share_acknowledge_response_node_endpoint *endpoint)
{
    endpoint->node_id = kh_read_i32(r);
    endpoint->host = kh_read_string(r);
    endpoint->port = kh_read_i32(r);
    endpoint->rack = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

void kh_share_acknowledge_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_share_acknowledge_response *res = response;

    *res = (struct kh_share_acknowledge_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    res->error_message = kh_read_nullable_string(r);
    if (version >= 2) /* KIP-1222 */
        res->acquisition_lock_timeout_ms = kh_read_i32(r);
    res->response_count = kh_read_array(r, TOPIC_MIN, sizeof *res->responses, &res->responses);
    for (size_t i = 0; i < res->response_count && kh_read_ok(r); i++)
        read_topic(r, &res->responses[i]);
    res->node_endpoint_count =
        kh_read_array(r, NODE_ENDPOINT_MIN, sizeof *res->node_endpoints, &res->node_endpoints);
    for (size_t i = 0; i < res->node_endpoint_count && kh_read_ok(r); i++)
        read_node_endpoint(r, &res->node_endpoints[i]);
    kh_skip_tags(r);
}
