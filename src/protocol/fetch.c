#include "protocol/fetch.h"

/* Tagged fields go out when they differ from their defaults: a consumer sends none of these. */
static void write_partition_tags(struct kh_writer *w, int version,
                                 const struct kh_fetch_request_partition *partition)
{
    bool has_directory = version >= 17 && !kh_uuid_is_none(&partition->replica_directory_id);
    bool has_high_watermark = version >= 18 && partition->high_watermark != INT64_MAX;

    kh_write_tag_count(w, (uint32_t)has_directory + has_high_watermark);
    if (has_directory) { /* KIP-853 */
        size_t tag = kh_write_tag_begin(w, 0);
        kh_write_uuid(w, &partition->replica_directory_id);
        kh_write_tag_end(w, tag);
    }
    if (has_high_watermark) { /* KIP-1166 */
        size_t tag = kh_write_tag_begin(w, 1);
        kh_write_i64(w, partition->high_watermark);
        kh_write_tag_end(w, tag);
    }
}

static void write_partition(struct kh_writer *w, int version,
                            const struct kh_fetch_request_partition *partition)
{
    kh_write_i32(w, partition->partition);
    if (version >= 9) /* KIP-320: a leader that knows better refuses */
        kh_write_i32(w, partition->current_leader_epoch);
    kh_write_i64(w, partition->fetch_offset);
    if (version >= 12) /* KIP-595: the broker looks for divergence */
        kh_write_i32(w, partition->last_fetched_epoch);
    else
        kh_write_unsupported(w, partition->last_fetched_epoch != -1, "last_fetched_epoch");
    if (version >= 5) /* KIP-107 */
        kh_write_i64(w, partition->log_start_offset);
    kh_write_i32(w, partition->partition_max_bytes);
    write_partition_tags(w, version, partition);
}

/* KIP-516: ids instead of names. */
static void write_topic_name_or_id(struct kh_writer *w, int version, struct kh_string topic,
                                   const struct kh_uuid *topic_id)
{
    if (version <= 12)
        kh_write_string(w, topic);
    else
        kh_write_uuid(w, topic_id);
}

static void write_topic(struct kh_writer *w, int version,
                        const struct kh_fetch_request_topic *topic)
{
    write_topic_name_or_id(w, version, topic->topic, &topic->topic_id);
    kh_write_array(w, topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++)
        write_partition(w, version, &topic->partitions[i]);
    kh_write_tags(w);
}

static void write_forgotten_topic(struct kh_writer *w, int version,
                                  const struct kh_fetch_request_forgotten_topic *topic)
{
    write_topic_name_or_id(w, version, topic->topic, &topic->topic_id);
    kh_write_i32_array(w, topic->partitions, topic->partition_count);
    kh_write_tags(w);
}

static void write_request_tags(struct kh_writer *w, int version, const struct kh_fetch_request *req)
{
    bool is_follower =
        req->replica_state.replica_id != -1 || req->replica_state.replica_epoch != -1;
    bool has_cluster_id = version >= 12 && req->cluster_id.data != NULL;
    bool has_replica_state = version >= 15 && is_follower;

    kh_write_unsupported(w, version < 15 && is_follower, "replica_id");
    kh_write_tag_count(w, (uint32_t)has_cluster_id + has_replica_state);
    if (has_cluster_id) { /* KIP-595 */
        size_t tag = kh_write_tag_begin(w, 0);
        kh_write_nullable_string(w, req->cluster_id);
        kh_write_tag_end(w, tag);
    }
    if (has_replica_state) { /* KIP-903 */
        size_t tag = kh_write_tag_begin(w, 1);
        kh_write_i32(w, req->replica_state.replica_id);
        kh_write_i64(w, req->replica_state.replica_epoch);
        kh_write_tags(w);
        kh_write_tag_end(w, tag);
    }
}

void kh_fetch_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_fetch_request *req = request;

    if (version <= 14)
        kh_write_i32(w, req->replica_id);
    else /* KIP-903: in replica_state */
        kh_write_unsupported(w, req->replica_id != -1, "replica_id");
    kh_write_i32(w, req->max_wait_ms);
    kh_write_i32(w, req->min_bytes);
    kh_write_i32(w, req->max_bytes);
    kh_write_i8(w, req->isolation_level);
    if (version >= 7) { /* KIP-227: sessions */
        kh_write_i32(w, req->session_id);
        kh_write_i32(w, req->session_epoch);
    }
    kh_write_array(w, req->topic_count);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, version, &req->topics[i]);
    if (version >= 7) { /* KIP-227 */
        kh_write_array(w, req->forgotten_topic_count);
        for (size_t i = 0; i < req->forgotten_topic_count; i++)
            write_forgotten_topic(w, version, &req->forgotten_topics_data[i]);
    } else {
        kh_write_unsupported(w, req->forgotten_topic_count != 0, "forgotten_topics_data");
    }
    if (version >= 11) /* KIP-392: a replica nearby may answer */
        kh_write_string(w, req->rack_id);
    write_request_tags(w, version, req);
}
