#include "protocol/create_topics.h"

static void write_assignment(struct kh_writer *w,
                             const struct kh_create_topics_request_assignment *assignment)
{
    kh_write_i32(w, assignment->partition_index);
    kh_write_i32_array(w, assignment->broker_ids, assignment->broker_id_count);
    kh_write_tags(w);
}

static void write_config(struct kh_writer *w, const struct kh_create_topics_request_config *config)
{
    kh_write_string(w, config->name);
    kh_write_nullable_string(w, config->value);
    kh_write_tags(w);
}

static void write_topic(struct kh_writer *w, const struct kh_create_topics_request_topic *topic)
{
    kh_write_string(w, topic->name);
    kh_write_i32(w, topic->num_partitions);
    kh_write_i16(w, topic->replication_factor);
    kh_write_array(w, topic->assignment_count);
    for (size_t i = 0; i < topic->assignment_count; i++)
        write_assignment(w, &topic->assignments[i]);
    kh_write_array(w, topic->config_count);
    for (size_t i = 0; i < topic->config_count; i++)
        write_config(w, &topic->configs[i]);
    kh_write_tags(w);
}

void kh_create_topics_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_create_topics_request *req = request;

    (void)version; /* one layout so far */
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, &req->topics[i]);
    kh_write_i32(w, req->timeout_ms);
    kh_write_bool(w, req->validate_only);
    kh_write_tags(w);
}

enum { TOPIC_MIN = 6, CONFIG_MIN = 6 };

static void read_config(struct kh_reader *r, struct kh_create_topics_response_config *config)
{
    config->name = kh_read_string(r);
    config->value = kh_read_nullable_string(r);
    config->read_only = kh_read_bool(r);
    config->config_source = kh_read_i8(r);
    config->is_sensitive = kh_read_bool(r);
    kh_skip_tags(r);
}

static void read_topic(struct kh_reader *r, int version,
                       struct kh_create_topics_response_topic *topic)
{
    topic->name = kh_read_string(r);
    if (version >= 7) /* KIP-516: topics have ids */
        topic->topic_id = kh_read_uuid(r);
    topic->error_code = kh_read_i16(r);
    topic->error_message = kh_read_nullable_string(r);
    topic->num_partitions = topic->replication_factor = -1;
    if (version >= 5) { /* KIP-525: what came out of the defaults */
        topic->num_partitions = kh_read_i32(r);
        topic->replication_factor = kh_read_i16(r);
        topic->config_count =
            kh_read_nullable_array(r, CONFIG_MIN, sizeof *topic->configs, &topic->configs);
        for (size_t i = 0; i < topic->config_count && kh_read_ok(r); i++)
            read_config(r, &topic->configs[i]);
    }
    for (struct kh_tags tags = kh_read_tags(r); kh_next_tag(r, &tags);) {
        switch (tags.tag) {
        case 0: /* KIP-525 */
            topic->topic_config_error_code = kh_read_i16(r);
            break;
        default:
            kh_skip_tag(r, &tags);
        }
    }
}

void kh_create_topics_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_create_topics_response *res = response;

    *res = (struct kh_create_topics_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->topic_count = kh_read_array(r, TOPIC_MIN, sizeof *res->topics, &res->topics);
    for (size_t i = 0; i < res->topic_count && kh_read_ok(r); i++)
        read_topic(r, version, &res->topics[i]);
    kh_skip_tags(r);
}
