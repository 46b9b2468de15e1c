#include "protocol/offset_fetch.h"

static void write_topics(struct kh_writer *w, int version,
                         const struct kh_offset_fetch_request_topic *topics, size_t count)
{
    kh_write_nullable_array(w, count, topics == NULL);
    for (size_t i = 0; i < count; i++) {
        if (version <= 9)
            kh_write_string(w, topics[i].name);
        else /* KIP-848: topics by their ids */
            kh_write_uuid(w, &topics[i].topic_id);
        kh_write_i32_array(w, topics[i].partition_indexes, topics[i].partition_index_count);
        kh_write_tags(w);
    }
}

static void write_group(struct kh_writer *w, int version,
                        const struct kh_offset_fetch_request_group *group)
{
    kh_write_string(w, group->group_id);
    if (version >= 9) { /* KIP-848: as a member of a consumer group */
        kh_write_nullable_string(w, group->member_id);
        kh_write_i32(w, group->member_epoch);
    }
    write_topics(w, version, group->topics, group->topic_count);
    kh_write_tags(w);
}

void kh_offset_fetch_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_offset_fetch_request *req = request;

    if (version <= 7) {
        kh_write_string(w, req->group_id);
        kh_write_unsupported(w, version < 2 && req->topics == NULL,
                             "topics"); /* v1 cannot ask for all */
        write_topics(w, version, req->topics, req->topic_count);
    } else { /* KIP-709: several groups at once */
        kh_write_array(w, req->group_count);
        for (size_t i = 0; i < req->group_count; i++)
            write_group(w, version, &req->groups[i]);
    }
    /* KIP-447. Before v7 brokers never wait for transactions; OffsetFetchRequest.Builder drops the
     * wish too. */
    if (version >= 7)
        kh_write_bool(w, req->require_stable);
    kh_write_tags(w);
}

enum { GROUP_MIN = 5, TOPIC_MIN = 3, PARTITION_MIN = 16 };

static void read_partition(struct kh_reader *r, int version,
                           struct kh_offset_fetch_response_partition *partition)
{
    partition->partition_index = kh_read_i32(r);
    partition->committed_offset = kh_read_i64(r);
    partition->committed_leader_epoch = version >= 5 ? kh_read_i32(r) : -1; /* KIP-320 */
    partition->metadata = kh_read_nullable_string(r);
    partition->error_code = kh_read_i16(r);
    kh_skip_tags(r);
}

static void read_topic(struct kh_reader *r, int version,
                       struct kh_offset_fetch_response_topic *topic)
{
    if (version <= 9)
        topic->name = kh_read_string(r);
    else /* KIP-848 */
        topic->topic_id = kh_read_uuid(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, version, &topic->partitions[i]);
    kh_skip_tags(r);
}

static size_t read_topics(struct kh_reader *r, int version,
                          struct kh_offset_fetch_response_topic **topics)
{
    size_t count = kh_read_array(r, TOPIC_MIN, sizeof **topics, topics);
    for (size_t i = 0; i < count && kh_read_ok(r); i++)
        read_topic(r, version, &(*topics)[i]);
    return count;
}

/* v1-v7: one group, in the response itself. */
static void read_single(struct kh_reader *r, int version, struct kh_offset_fetch_response *res)
{
    res->topic_count = read_topics(r, version, &res->topics);
    if (version >= 2)
        res->error_code = kh_read_i16(r);
    res->groups = kh_read_items(r, 1, sizeof *res->groups);
    if (res->groups == NULL)
        return;
    res->group_count = 1;
    res->groups[0] = (struct kh_offset_fetch_response_group){
        .topics = res->topics,
        .topic_count = res->topic_count,
        .error_code = res->error_code,
    };
}

void kh_offset_fetch_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_offset_fetch_response *res = response;

    *res = (struct kh_offset_fetch_response){0};
    if (version >= 3)
        res->throttle_time_ms = kh_read_i32(r);
    if (version <= 7) {
        read_single(r, version, res);
    } else { /* KIP-709 */
        res->group_count = kh_read_array(r, GROUP_MIN, sizeof *res->groups, &res->groups);
        for (size_t i = 0; i < res->group_count && kh_read_ok(r); i++) {
            res->groups[i].group_id = kh_read_string(r);
            res->groups[i].topic_count = read_topics(r, version, &res->groups[i].topics);
            res->groups[i].error_code = kh_read_i16(r);
            kh_skip_tags(r);
        }
    }
    kh_skip_tags(r);
}
