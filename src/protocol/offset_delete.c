#include "protocol/offset_delete.h"

static void write_partition(struct kh_writer *w,
                            const struct kh_offset_delete_request_partition *partition)
{
    kh_write_i32(w, partition->partition_index);
}

static void write_topic(struct kh_writer *w, const struct kh_offset_delete_request_topic *topic)
{
    kh_write_string(w, topic->name);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++)
        write_partition(w, &topic->partitions[i]);
}

void kh_offset_delete_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_offset_delete_request *req = request;

    (void)version; /* one layout so far */
    kh_write_string(w, req->group_id);
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, &req->topics[i]);
}

enum { TOPIC_MIN = 6, PARTITION_MIN = 6 };

static void read_partition(struct kh_reader *r,
                           struct kh_offset_delete_response_partition *partition)
{
    partition->partition_index = kh_read_i32(r);
    partition->error_code = kh_read_i16(r);
}

static void read_topic(struct kh_reader *r, struct kh_offset_delete_response_topic *topic)
{
    topic->name = kh_read_string(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, &topic->partitions[i]);
}

void kh_offset_delete_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_offset_delete_response *res = response;

    (void)version; /* one layout so far */
    *res = (struct kh_offset_delete_response){0};
    res->error_code = kh_read_i16(r);
    res->throttle_time_ms = kh_read_i32(r);
    res->topic_count = kh_read_array(r, TOPIC_MIN, sizeof *res->topics, &res->topics);
    for (size_t i = 0; i < res->topic_count && kh_read_ok(r); i++)
        read_topic(r, &res->topics[i]);
}
