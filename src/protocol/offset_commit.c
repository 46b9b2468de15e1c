#include "protocol/offset_commit.h"

static void write_partition(struct kh_writer *w, int version,
                            const struct kh_offset_commit_request_partition *partition)
{
    kh_write_i32(w, partition->partition_index);
    kh_write_i64(w, partition->committed_offset);
    if (version >= 6) /* KIP-320: who led when this was read */
        kh_write_i32(w, partition->committed_leader_epoch);
    kh_write_nullable_string(w, partition->committed_metadata);
    kh_write_tags(w);
}

static void write_topic(struct kh_writer *w, int version,
                        const struct kh_offset_commit_request_topic *topic)
{
    if (version <= 9)
        kh_write_string(w, topic->name);
    else /* KIP-848: topics by their ids */
        kh_write_uuid(w, &topic->topic_id);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++)
        write_partition(w, version, &topic->partitions[i]);
    kh_write_tags(w);
}

void kh_offset_commit_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_offset_commit_request *req = request;

    kh_write_string(w, req->group_id);
    kh_write_i32(w, req->generation_id_or_member_epoch);
    kh_write_string(w, req->member_id);
    if (version >= 7) /* KIP-345: static membership */
        kh_write_nullable_string(w, req->group_instance_id);
    else
        kh_write_unsupported(w, req->group_instance_id.data != NULL, "group.instance.id");
    if (version <= 4) /* KIP-211 left it to the broker */
        kh_write_i64(w, req->retention_time_ms);
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, version, &req->topics[i]);
    kh_write_tags(w);
}

enum { TOPIC_MIN = 3, PARTITION_MIN = 6 };

static void read_topic(struct kh_reader *r, int version,
                       struct kh_offset_commit_response_topic *topic)
{
    if (version <= 9)
        topic->name = kh_read_string(r);
    else /* KIP-848 */
        topic->topic_id = kh_read_uuid(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++) {
        topic->partitions[i].partition_index = kh_read_i32(r);
        topic->partitions[i].error_code = kh_read_i16(r);
        kh_skip_tags(r);
    }
    kh_skip_tags(r);
}

void kh_offset_commit_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_offset_commit_response *res = response;

    *res = (struct kh_offset_commit_response){0};
    if (version >= 3)
        res->throttle_time_ms = kh_read_i32(r);
    res->topic_count = kh_read_array(r, TOPIC_MIN, sizeof *res->topics, &res->topics);
    for (size_t i = 0; i < res->topic_count && kh_read_ok(r); i++)
        read_topic(r, version, &res->topics[i]);
    kh_skip_tags(r);
}
