#include "protocol/produce.h"

static void write_partition(struct kh_writer *w,
                            const struct kh_produce_request_partition *partition)
{
    kh_write_i32(w, partition->index);
    kh_write_nullable_bytes(w, partition->records);
    kh_write_tags(w);
}

static void write_topic(struct kh_writer *w, int version,
                        const struct kh_produce_request_topic *topic)
{
    if (version <= 12)
        kh_write_string(w, topic->name);
    else /* KIP-516: topics by their ids */
        kh_write_uuid(w, &topic->topic_id);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++)
        write_partition(w, &topic->partition_data[i]);
    kh_write_tags(w);
}

void kh_produce_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_produce_request *req = request;

    kh_write_nullable_string(w, req->transactional_id);
    kh_write_i16(w, req->acks);
    kh_write_i32(w, req->timeout_ms);
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, version, &req->topic_data[i]);
    kh_write_tags(w);
}

enum { NODE_ENDPOINT_MIN = 11, TOPIC_MIN = 3, PARTITION_MIN = 22, RECORD_ERROR_MIN = 6 };

static void read_record_error(struct kh_reader *r, struct kh_produce_response_record_error *error)
{
    error->batch_index = kh_read_i32(r);
    error->batch_index_error_message = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

static void read_current_leader(struct kh_reader *r,
                                struct kh_produce_response_current_leader *leader)
{
    leader->leader_id = kh_read_i32(r);
    leader->leader_epoch = kh_read_i32(r);
    kh_skip_tags(r);
}

static void read_partition(struct kh_reader *r, int version,
                           struct kh_produce_response_partition *partition)
{
    partition->current_leader =
        (struct kh_produce_response_current_leader){.leader_id = -1, .leader_epoch = -1};
    partition->index = kh_read_i32(r);
    partition->error_code = kh_read_i16(r);
    partition->base_offset = kh_read_i64(r);
    partition->log_append_time_ms = kh_read_i64(r);
    partition->log_start_offset = version >= 5 ? kh_read_i64(r) : -1; /* KIP-107 */
    if (version >= 8) { /* KIP-467: what was wrong with which record */
        partition->record_error_count = kh_read_array(
            r, RECORD_ERROR_MIN, sizeof *partition->record_errors, &partition->record_errors);
        for (size_t i = 0; i < partition->record_error_count && kh_read_ok(r); i++)
            read_record_error(r, &partition->record_errors[i]);
        partition->error_message = kh_read_nullable_string(r);
    }
    for (struct kh_tags tags = kh_read_tags(r); kh_next_tag(r, &tags);) {
        switch (tags.tag) {
        case 0: /* KIP-951 */
            read_current_leader(r, &partition->current_leader);
            break;
        default:
            kh_skip_tag(r, &tags);
        }
    }
}

static void read_topic(struct kh_reader *r, int version, struct kh_produce_response_topic *topic)
{
    if (version <= 12)
        topic->name = kh_read_string(r);
    else /* KIP-516: topics by their ids */
        topic->topic_id = kh_read_uuid(r);
    topic->partition_count = kh_read_array(r, PARTITION_MIN, sizeof *topic->partition_responses,
                                           &topic->partition_responses);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, version, &topic->partition_responses[i]);
    kh_skip_tags(r);
}

static void read_node_endpoint(struct kh_reader *r,
                               struct kh_produce_response_node_endpoint *endpoint)
{
    endpoint->node_id = kh_read_i32(r);
    endpoint->host = kh_read_string(r);
    endpoint->port = kh_read_i32(r);
    endpoint->rack = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

void kh_produce_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_produce_response *res = response;

    *res = (struct kh_produce_response){0};
    res->response_count = kh_read_array(r, TOPIC_MIN, sizeof *res->responses, &res->responses);
    for (size_t i = 0; i < res->response_count && kh_read_ok(r); i++)
        read_topic(r, version, &res->responses[i]);
    res->throttle_time_ms = kh_read_i32(r);
    for (struct kh_tags tags = kh_read_tags(r); kh_next_tag(r, &tags);) {
        switch (tags.tag) {
        case 0: /* KIP-951 */
            res->node_endpoint_count = kh_read_array(
                r, NODE_ENDPOINT_MIN, sizeof *res->node_endpoints, &res->node_endpoints);
            for (size_t i = 0; i < res->node_endpoint_count && kh_read_ok(r); i++)
                read_node_endpoint(r, &res->node_endpoints[i]);
            break;
        default:
            kh_skip_tag(r, &tags);
        }
    }
}
