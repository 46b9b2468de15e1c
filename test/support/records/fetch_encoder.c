#include "support/records/fetch_encoder.h"

#include <string.h>

struct encoder {
    struct test_buffer *out;
    int version;
    bool flexible;
};

static void put(const struct encoder *e, int64_t value, size_t size)
{
    test_buffer_append_int(e->out, (uint64_t)value, size);
}

/* -1: null */
static void put_length(const struct encoder *e, int64_t length, size_t width)
{
    if (e->flexible)
        test_buffer_append_uvarint(e->out, (uint64_t)(length + 1));
    else
        put(e, length, width);
}

static void put_string(const struct encoder *e, struct kh_string text)
{
    put_length(e, text.data == NULL ? -1 : text.size, 2);
    test_buffer_append(e->out, text.data, (size_t)text.size);
}

static void put_tag_count(const struct encoder *e, uint32_t count)
{
    if (e->flexible)
        test_buffer_append_uvarint(e->out, count);
}

static void put_tag(const struct encoder *e, uint32_t tag, struct test_buffer *body)
{
    test_buffer_append_uvarint(e->out, tag);
    test_buffer_append_uvarint(e->out, body->size);
    test_buffer_append(e->out, body->data, body->size);
    test_buffer_free(body);
}

/* A tagged struct of two numbers. */
static void put_pair(const struct encoder *e, uint32_t tag, int64_t first, size_t first_size,
                     int64_t second, size_t second_size)
{
    struct test_buffer body = {0};

    test_buffer_append_int(&body, (uint64_t)first, first_size);
    test_buffer_append_int(&body, (uint64_t)second, second_size);
    test_buffer_append_uvarint(&body, 0);
    put_tag(e, tag, &body);
}

static void put_partition_tags(const struct encoder *e, const struct kh_fetch_response_partition *p)
{
    bool diverging = p->diverging_epoch.epoch != -1 || p->diverging_epoch.end_offset != -1;
    bool leader = p->current_leader.leader_id != -1 || p->current_leader.leader_epoch != -1;
    bool snapshot = p->snapshot_id.end_offset != -1 || p->snapshot_id.epoch != -1;

    if (!e->flexible)
        return;
    put_tag_count(e, (uint32_t)diverging + (uint32_t)leader + (uint32_t)snapshot);
    if (diverging)
        put_pair(e, 0, p->diverging_epoch.epoch, 4, p->diverging_epoch.end_offset, 8);
    if (leader)
        put_pair(e, 1, p->current_leader.leader_id, 4, p->current_leader.leader_epoch, 4);
    if (snapshot)
        put_pair(e, 2, p->snapshot_id.end_offset, 8, p->snapshot_id.epoch, 4);
}

static void put_partition(const struct encoder *e, const struct kh_fetch_response_partition *p)
{
    put(e, p->partition_index, 4);
    put(e, p->error_code, 2);
    put(e, p->high_watermark, 8);
    put(e, p->last_stable_offset, 8);
    if (e->version >= 5)
        put(e, p->log_start_offset, 8);
    put_length(e, p->aborted_transactions == NULL ? -1 : (int64_t)p->aborted_transaction_count, 4);
    for (size_t i = 0; i < p->aborted_transaction_count; i++) {
        put(e, p->aborted_transactions[i].producer_id, 8);
        put(e, p->aborted_transactions[i].first_offset, 8);
        put_tag_count(e, 0);
    }
    if (e->version >= 11)
        put(e, p->preferred_read_replica, 4);
    put_length(e, p->records.data == NULL ? -1 : p->records.size, 4);
    test_buffer_append(e->out, p->records.data, (size_t)p->records.size);
    put_partition_tags(e, p);
}

static void put_topic(const struct encoder *e, const struct kh_fetch_response_topic *topic)
{
    if (e->version >= 13)
        test_buffer_append(e->out, topic->topic_id.bytes, sizeof topic->topic_id.bytes);
    else
        put_string(e, topic->topic);
    put_length(e, (int64_t)topic->partition_count, 4);
    for (size_t i = 0; i < topic->partition_count; i++)
        put_partition(e, &topic->partitions[i]);
    put_tag_count(e, 0);
}

static void put_node_endpoints(const struct encoder *e, const struct kh_fetch_response *r)
{
    struct test_buffer body = {0};
    const struct encoder inner = {&body, e->version, true};

    put_length(&inner, (int64_t)r->node_endpoint_count, 4);
    for (size_t i = 0; i < r->node_endpoint_count; i++) {
        put(&inner, r->node_endpoints[i].node_id, 4);
        put_string(&inner, r->node_endpoints[i].host);
        put(&inner, r->node_endpoints[i].port, 4);
        put_string(&inner, r->node_endpoints[i].rack);
        put_tag_count(&inner, 0);
    }
    put_tag(e, 0, &body);
}

void test_fetch_append(struct test_buffer *out, int version,
                       const struct kh_fetch_response *response)
{
    const struct encoder e = {out, version, version >= 12};
    bool endpoints = version >= 16 && response->node_endpoint_count > 0;

    put(&e, response->throttle_time_ms, 4);
    if (version >= 7) {
        put(&e, response->error_code, 2);
        put(&e, response->session_id, 4);
    }
    put_length(&e, (int64_t)response->response_count, 4);
    for (size_t i = 0; i < response->response_count; i++)
        put_topic(&e, &response->responses[i]);
    put_tag_count(&e, endpoints);
    if (endpoints)
        put_node_endpoints(&e, response);
}
