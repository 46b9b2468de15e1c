#include "protocol/delete_records.h"

static void write_partition(struct kh_writer *w,
                            const struct kh_delete_records_request_partition *partition)
{
    kh_write_i32(w, partition->partition_index);
    kh_write_i64(w, partition->offset);
    kh_write_tags(w);
}

static void write_topic(struct kh_writer *w, const struct kh_delete_records_request_topic *topic)
{
    kh_write_string(w, topic->name);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++)
        write_partition(w, &topic->partitions[i]);
    kh_write_tags(w);
}

void kh_delete_records_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_delete_records_request *req = request;

    (void)version; /* one layout so far */
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, &req->topics[i]);
    kh_write_i32(w, req->timeout_ms);
    kh_write_tags(w);
}

enum { TOPIC_MIN = 3, PARTITION_MIN = 14 };

static void read_partition(struct kh_reader *r,
                           struct kh_delete_records_response_partition *partition)
{
    partition->partition_index = kh_read_i32(r);
    partition->low_watermark = kh_read_i64(r);
    partition->error_code = kh_read_i16(r);
    kh_skip_tags(r);
}

static void read_topic(struct kh_reader *r, struct kh_delete_records_response_topic *topic)
{
    topic->name = kh_read_string(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, &topic->partitions[i]);
    kh_skip_tags(r);
}

void kh_delete_records_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_delete_records_response *res = response;

    (void)version; /* one layout so far */
    *res = (struct kh_delete_records_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->topic_count = kh_read_array(r, TOPIC_MIN, sizeof *res->topics, &res->topics);
    for (size_t i = 0; i < res->topic_count && kh_read_ok(r); i++)
        read_topic(r, &res->topics[i]);
    kh_skip_tags(r);
}
