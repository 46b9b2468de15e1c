#include "protocol/metadata.h"

static void write_topic(struct kh_writer *w, int version,
                        const struct kh_metadata_request_topic *topic)
{
    if (version >= 10) { /* KIP-516: topics have ids */
        kh_write_uuid(w, &topic->topic_id);
        kh_write_nullable_string(w, topic->name);
    } else {
        kh_write_string(w, topic->name);
    }
    kh_write_tags(w);
}

void kh_metadata_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_metadata_request *req = request;

    /* v0 has no null, and no way to ask for no topics: an empty array asks for all. */
    kh_write_nullable_array(w, req->topic_count, version >= 1 && req->topics == NULL);
    for (size_t i = 0; i < req->topic_count; i++)
        write_topic(w, version, &req->topics[i]);
    if (version >= 4) /* KIP-204 */
        kh_write_bool(w, req->allow_auto_topic_creation);
    else
        kh_write_unsupported(w, !req->allow_auto_topic_creation, "allow_auto_topic_creation");
    if (version >= 8 && version <= 10) /* KIP-430; moved to DescribeCluster by KIP-700 */
        kh_write_bool(w, req->include_cluster_authorized_operations);
    else
        kh_write_unsupported(w, req->include_cluster_authorized_operations,
                             "include_cluster_authorized_operations");
    if (version >= 8) /* KIP-430 */
        kh_write_bool(w, req->include_topic_authorized_operations);
    else
        kh_write_unsupported(w, req->include_topic_authorized_operations,
                             "include_topic_authorized_operations");
    kh_write_tags(w);
}

enum { BROKER_MIN = 10, TOPIC_MIN = KH_METADATA_TOPIC_MIN, PARTITION_MIN = 18 };

static void read_broker(struct kh_reader *r, int version,
                        struct kh_metadata_response_broker *broker)
{
    broker->node_id = kh_read_i32(r);
    broker->host = kh_read_string(r);
    broker->port = kh_read_i32(r);
    if (version >= 1) /* KIP-36: where the broker stands */
        broker->rack = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

static void read_partition(struct kh_reader *r, int version,
                           struct kh_metadata_response_partition *partition)
{
    partition->error_code = kh_read_i16(r);
    partition->partition_index = kh_read_i32(r);
    partition->leader_id = kh_read_i32(r);
    /* KIP-320: leaders are counted, so that a stale one is known */
    partition->leader_epoch = version >= 7 ? kh_read_i32(r) : -1;
    partition->replica_node_count = kh_read_i32_array(r, &partition->replica_nodes);
    partition->isr_node_count = kh_read_i32_array(r, &partition->isr_nodes);
    if (version >= 5) /* KIP-112: disks that failed */
        partition->offline_replica_count = kh_read_i32_array(r, &partition->offline_replicas);
    kh_skip_tags(r);
}

void kh_metadata_response_decode_topic(struct kh_reader *r, int version,
                                       struct kh_metadata_response_topic *topic)
{
    topic->error_code = kh_read_i16(r);
    topic->name = version >= 12 ? kh_read_nullable_string(r) : kh_read_string(r);
    if (version >= 10) /* KIP-516 */
        topic->topic_id = kh_read_uuid(r);
    if (version >= 1)
        topic->is_internal = kh_read_bool(r);
    topic->partition_count =
        kh_read_array(r, PARTITION_MIN, sizeof *topic->partitions, &topic->partitions);
    for (size_t i = 0; i < topic->partition_count && kh_read_ok(r); i++)
        read_partition(r, version, &topic->partitions[i]);
    topic->topic_authorized_operations = /* KIP-430 */
        version >= 8 ? kh_read_i32(r) : KH_METADATA_NO_OPERATIONS;
    kh_skip_tags(r);
}

/* What stands before the topics. */
static void read_head(struct kh_reader *r, int version, struct kh_metadata_response *res)
{
    *res = (struct kh_metadata_response){0};
    if (version >= 3)
        res->throttle_time_ms = kh_read_i32(r);
    res->broker_count = kh_read_array(r, BROKER_MIN, sizeof *res->brokers, &res->brokers);
    for (size_t i = 0; i < res->broker_count && kh_read_ok(r); i++)
        read_broker(r, version, &res->brokers[i]);
    if (version >= 2) /* KIP-78 */
        res->cluster_id = kh_read_nullable_string(r);
    res->controller_id = version >= 1 ? kh_read_i32(r) : -1;
}

void kh_metadata_response_decode_head(struct kh_reader *r, int version,
                                      struct kh_metadata_response *res)
{
    read_head(r, version, res);
    int64_t count = r->flexible ? (int64_t)kh_read_uvarint(r) - 1 : kh_read_i32(r);
    if (kh_read_ok(r) && count < 0)
        kh_read_fail(r, "there is no list of topics");
    res->topic_count = count < 0 ? 0 : (size_t)count;
}

void kh_metadata_response_decode_tail(struct kh_reader *r, int version,
                                      struct kh_metadata_response *res)
{
    res->cluster_authorized_operations = /* KIP-430, KIP-700 */
        version >= 8 && version <= 10 ? kh_read_i32(r) : KH_METADATA_NO_OPERATIONS;
    if (version >= 13) /* KIP-1102: REBOOTSTRAP_REQUIRED */
        res->error_code = kh_read_i16(r);
    kh_skip_tags(r);
}

void kh_metadata_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_metadata_response *res = response;

    read_head(r, version, res);
    res->topic_count = kh_read_array(r, TOPIC_MIN, sizeof *res->topics, &res->topics);
    for (size_t i = 0; i < res->topic_count && kh_read_ok(r); i++)
        kh_metadata_response_decode_topic(r, version, &res->topics[i]);
    kh_metadata_response_decode_tail(r, version, res);
}
