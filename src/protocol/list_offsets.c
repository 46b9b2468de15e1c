#include "protocol/list_offsets.h"

static void write_topic(struct kh_writer *w, int version,
                        const struct kh_list_offsets_request_topic *topic)
{
    kh_write_string(w, topic->name);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++) {
        kh_write_i32(w, topic->partitions[i].partition_index);
        if (version >= 4) /* KIP-320: a leader that knows better refuses */
            kh_write_i32(w, topic->partitions[i].current_leader_epoch);
        kh_write_i64(w, topic->partitions[i].timestamp);
        kh_write_tags(w);
    }
    kh_write_tags(w);
}

void kh_list_offsets_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_list_offsets_request *req = request;

    kh_write_i32(w, req->replica_id);
    if (version >= 2) /* KIP-98: transactions */
        kh_write_i8(w, req->isolation_level);
    else
        kh_write_unsupported(w, req->isolation_level != 0, "isolation_level");
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, version, &req->topics[i]);
    if (version >= 10) /* KIP-1075: remote storage may take long */
        kh_write_i32(w, req->timeout_ms);
    kh_write_tags(w);
}

enum { TOPIC_MIN = 3, PARTITION_MIN = 22 };

static void read_partition(struct kh_reader *r, int version,
                           struct kh_list_offsets_response_partition *partition)
{
    partition->partition_index = kh_read_i32(r);
    partition->error_code = kh_read_i16(r);
    partition->timestamp = kh_read_i64(r);
    partition->offset = kh_read_i64(r);
    partition->leader_epoch = version >= 4 ? kh_read_i32(r) : -1; /* KIP-320 */
    kh_skip_tags(r);
}

static void read_topic(struct kh_reader *r, int version,
                       struct kh_list_offsets_response_topic *topic)
{
    topic->name = kh_read_string(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, version, &topic->partitions[i]);
    kh_skip_tags(r);
}

void kh_list_offsets_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_list_offsets_response *res = response;

    *res = (struct kh_list_offsets_response){0};
    if (version >= 2)
        res->throttle_time_ms = kh_read_i32(r);
    res->topic_count = kh_read_array(r, TOPIC_MIN, sizeof *res->topics, &res->topics);
    for (size_t i = 0; i < res->topic_count && kh_read_ok(r); i++)
        read_topic(r, version, &res->topics[i]);
    kh_skip_tags(r);
}
