#include "protocol/offset_for_leader_epoch.h"

static void write_partition(struct kh_writer *w,
                            const struct kh_offset_for_leader_epoch_request_partition *partition)
{
    kh_write_i32(w, partition->partition);
    kh_write_i32(w, partition->current_leader_epoch);
    kh_write_i32(w, partition->leader_epoch);
    kh_write_tags(w);
}

static void write_topic(struct kh_writer *w,
                        const struct kh_offset_for_leader_epoch_request_topic *topic)
{
    kh_write_string(w, topic->topic);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++)
        write_partition(w, &topic->partitions[i]);
    kh_write_tags(w);
}

void kh_offset_for_leader_epoch_request_encode(struct kh_writer *w, int version,
                                               const void *request)
{
    const struct kh_offset_for_leader_epoch_request *req = request;

    if (version >= 3) /* KIP-392: a follower may answer a consumer */
        kh_write_i32(w, req->replica_id);
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, &req->topics[i]);
    kh_write_tags(w);
}

enum { TOPIC_MIN = 3, PARTITION_MIN = 18 };

static void read_partition(struct kh_reader *r,
                           struct kh_offset_for_leader_epoch_response_partition *partition)
{
    partition->error_code = kh_read_i16(r);
    partition->partition = kh_read_i32(r);
    partition->leader_epoch = kh_read_i32(r);
    partition->end_offset = kh_read_i64(r);
    kh_skip_tags(r);
}

static void read_topic(struct kh_reader *r, struct kh_offset_for_leader_epoch_response_topic *topic)
{
    topic->topic = kh_read_string(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, &topic->partitions[i]);
    kh_skip_tags(r);
}

void kh_offset_for_leader_epoch_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_offset_for_leader_epoch_response *res = response;

    (void)version; /* one layout so far */
    *res = (struct kh_offset_for_leader_epoch_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->topic_count = kh_read_array(r, TOPIC_MIN, sizeof *res->topics, &res->topics);
    for (size_t i = 0; i < res->topic_count && kh_read_ok(r); i++)
        read_topic(r, &res->topics[i]);
    kh_skip_tags(r);
}
