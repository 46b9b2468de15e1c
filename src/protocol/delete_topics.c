#include "protocol/delete_topics.h"

static void write_topic(struct kh_writer *w, const struct kh_delete_topics_request_topic *topic)
{
    kh_write_nullable_string(w, topic->name);
    kh_write_uuid(w, &topic->topic_id);
    kh_write_tags(w);
}

void kh_delete_topics_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_delete_topics_request *req = request;

    if (version >= 6) { /* KIP-516: by name or by id */
        kh_write_array(w, req->topic_count);
        for (size_t i = 0; i < req->topic_count; i++)
            write_topic(w, &req->topics[i]);
    } else {
        kh_write_string_array(w, req->topic_names, req->topic_name_count);
    }
    kh_write_i32(w, req->timeout_ms);
    kh_write_tags(w);
}

enum { TOPIC_MIN = 4 };

static void read_topic(struct kh_reader *r, int version,
                       struct kh_delete_topics_response_topic *topic)
{
    topic->name = version >= 6 ? kh_read_nullable_string(r) : kh_read_string(r);
    if (version >= 6) /* KIP-516 */
        topic->topic_id = kh_read_uuid(r);
    topic->error_code = kh_read_i16(r);
    if (version >= 5) /* KIP-599 */
        topic->error_message = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

void kh_delete_topics_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_delete_topics_response *res = response;

    *res = (struct kh_delete_topics_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->response_count = kh_read_array(r, TOPIC_MIN, sizeof *res->responses, &res->responses);
    for (size_t i = 0; i < res->response_count && kh_read_ok(r); i++)
        read_topic(r, version, &res->responses[i]);
    kh_skip_tags(r);
}
