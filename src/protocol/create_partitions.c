#include "protocol/create_partitions.h"

static void write_assignment(struct kh_writer *w,
                             const struct kh_create_partitions_request_assignment *assignment)
{
    kh_write_i32_array(w, assignment->broker_ids, assignment->broker_id_count);
    kh_write_tags(w);
}

static void write_topic(struct kh_writer *w, const struct kh_create_partitions_request_topic *topic)
{
    kh_write_string(w, topic->name);
    kh_write_i32(w, topic->count);
    kh_write_nullable_array(w, topic->assignment_count, topic->assignments == NULL);
    for (size_t i = 0; i < topic->assignment_count; i++)
        write_assignment(w, &topic->assignments[i]);
    kh_write_tags(w);
}

void kh_create_partitions_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_create_partitions_request *req = request;

    (void)version; /* one layout so far */
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, &req->topics[i]);
    kh_write_i32(w, req->timeout_ms);
    kh_write_bool(w, req->validate_only);
    kh_write_tags(w);
}

enum { RESULT_MIN = 5 };

static void read_result(struct kh_reader *r, struct kh_create_partitions_response_result *result)
{
    result->name = kh_read_string(r);
    result->error_code = kh_read_i16(r);
    result->error_message = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

void kh_create_partitions_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_create_partitions_response *res = response;

    (void)version; /* one layout so far */
    *res = (struct kh_create_partitions_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->result_count = kh_read_array(r, RESULT_MIN, sizeof *res->results, &res->results);
    for (size_t i = 0; i < res->result_count && kh_read_ok(r); i++)
        read_result(r, &res->results[i]);
    kh_skip_tags(r);
}
