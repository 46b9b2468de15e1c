/* FetchRequest.json, FetchResponse.json. */
#include "protocol/fetch.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_fetch_request_replica_state
static const struct schema_field request_replica_state_fields[] = {
    I32(replica_id, "replicaId", SINCE(15), DEFAULT(-1)),
    I64(replica_epoch, "replicaEpoch", SINCE(15), DEFAULT(-1)),
};
static const struct schema request_replica_state = NESTED(request_replica_state_fields);
#undef OWNER

#define OWNER struct kh_fetch_request_partition
static const struct schema_field request_partition_fields[] = {
    I32(partition, "partition", SINCE(0)),
    I32(current_leader_epoch, "currentLeaderEpoch", SINCE(9), DEFAULT(-1), IGNORABLE),
    I64(fetch_offset, "fetchOffset", SINCE(0)),
    I32(last_fetched_epoch, "lastFetchedEpoch", SINCE(12), DEFAULT(-1)),
    I64(log_start_offset, "logStartOffset", SINCE(5), DEFAULT(-1), IGNORABLE),
    I32(partition_max_bytes, "partitionMaxBytes", SINCE(0)),
    UUID(replica_directory_id, "replicaDirectoryId", SINCE(17), TAG(0), IGNORABLE),
    I64(high_watermark, "highWatermark", SINCE(18), DEFAULT(INT64_MAX), TAG(1), IGNORABLE),
};
static const struct schema request_partition = NESTED(request_partition_fields);
#undef OWNER

#define OWNER struct kh_fetch_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(topic, "topic", BETWEEN(0, 12), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(13), IGNORABLE),
    STRUCTS(request_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_fetch_request_forgotten_topic
static const struct schema_field request_forgotten_topic_fields[] = {
    STRING(topic, "topic", BETWEEN(7, 12), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(13), IGNORABLE),
    I32S(partitions, partition_count, "partitions", SINCE(7)),
};
static const struct schema request_forgotten_topic = NESTED(request_forgotten_topic_fields);
#undef OWNER

#define OWNER struct kh_fetch_request
static const struct schema_field request_fields[] = {
    STRING(cluster_id, "clusterId", SINCE(12), NULLABLE_SINCE(12), DEFAULT_NULL, TAG(0), IGNORABLE),
    I32(replica_id, "replicaId", BETWEEN(0, 14), DEFAULT(-1)),
    STRUCT(request_replica_state, struct kh_fetch_request_replica_state, replica_state,
           "replicaState", SINCE(15), TAG(1)),
    I32(max_wait_ms, "maxWaitMs", SINCE(0)),
    I32(min_bytes, "minBytes", SINCE(0)),
    I32(max_bytes, "maxBytes", SINCE(3), DEFAULT(INT32_MAX), IGNORABLE),
    I8(isolation_level, "isolationLevel", SINCE(4), IGNORABLE),
    I32(session_id, "sessionId", SINCE(7), IGNORABLE),
    I32(session_epoch, "sessionEpoch", SINCE(7), DEFAULT(-1), IGNORABLE),
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
    STRUCTS(request_forgotten_topic, forgotten_topics_data, forgotten_topic_count,
            "forgottenTopicsData", SINCE(7)),
    STRING(rack_id, "rackId", SINCE(11), IGNORABLE),
};
const struct schema schema_fetch_request =
    MESSAGE("FetchRequest", 1, SCHEMA_REQUEST, 4, 18, 12, request_fields);
#undef OWNER

#define OWNER struct kh_fetch_response_diverging_epoch
static const struct schema_field response_diverging_epoch_fields[] = {
    I32(epoch, "epoch", SINCE(12), DEFAULT(-1)),
    I64(end_offset, "endOffset", SINCE(12), DEFAULT(-1)),
};
static const struct schema response_diverging_epoch = NESTED(response_diverging_epoch_fields);
#undef OWNER

#define OWNER struct kh_fetch_response_current_leader
static const struct schema_field response_current_leader_fields[] = {
    I32(leader_id, "leaderId", SINCE(12), DEFAULT(-1)),
    I32(leader_epoch, "leaderEpoch", SINCE(12), DEFAULT(-1)),
};
static const struct schema response_current_leader = NESTED(response_current_leader_fields);
#undef OWNER

#define OWNER struct kh_fetch_response_snapshot_id
static const struct schema_field response_snapshot_id_fields[] = {
    I64(end_offset, "endOffset", SINCE(0), DEFAULT(-1)),
    I32(epoch, "epoch", SINCE(0), DEFAULT(-1)),
};
static const struct schema response_snapshot_id = NESTED(response_snapshot_id_fields);
#undef OWNER

#define OWNER struct kh_fetch_response_aborted_transaction
static const struct schema_field response_aborted_transaction_fields[] = {
    I64(producer_id, "producerId", SINCE(4)),
    I64(first_offset, "firstOffset", SINCE(4)),
};
static const struct schema response_aborted_transaction =
    NESTED(response_aborted_transaction_fields);
#undef OWNER

#define OWNER struct kh_fetch_response_partition
static const struct schema_field response_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    I64(high_watermark, "highWatermark", SINCE(0)),
    I64(last_stable_offset, "lastStableOffset", SINCE(4), DEFAULT(-1), IGNORABLE),
    I64(log_start_offset, "logStartOffset", SINCE(5), DEFAULT(-1), IGNORABLE),
    STRUCT(response_diverging_epoch, struct kh_fetch_response_diverging_epoch, diverging_epoch,
           "divergingEpoch", SINCE(12), TAG(0)),
    STRUCT(response_current_leader, struct kh_fetch_response_current_leader, current_leader,
           "currentLeader", SINCE(12), TAG(1)),
    STRUCT(response_snapshot_id, struct kh_fetch_response_snapshot_id, snapshot_id, "snapshotId",
           SINCE(12), TAG(2)),
    STRUCTS(response_aborted_transaction, aborted_transactions, aborted_transaction_count,
            "abortedTransactions", SINCE(4), NULLABLE_SINCE(4), IGNORABLE),
    I32(preferred_read_replica, "preferredReadReplica", SINCE(11), DEFAULT(-1)),
    BYTES(records, "records", SINCE(0), NULLABLE_SINCE(0)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_fetch_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(topic, "topic", BETWEEN(0, 12), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(13), IGNORABLE),
    STRUCTS(response_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_fetch_response_node_endpoint
static const struct schema_field response_node_endpoint_fields[] = {
    I32(node_id, "nodeId", SINCE(16)),
    STRING(host, "host", SINCE(16)),
    I32(port, "port", SINCE(16)),
    STRING(rack, "rack", SINCE(16), NULLABLE_SINCE(16), DEFAULT_NULL),
};
static const struct schema response_node_endpoint = NESTED(response_node_endpoint_fields);
#undef OWNER

#define OWNER struct kh_fetch_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    I16(error_code, "errorCode", SINCE(7), IGNORABLE),
    I32(session_id, "sessionId", SINCE(7)),
    STRUCTS(response_topic, responses, response_count, "responses", SINCE(0)),
    STRUCTS(response_node_endpoint, node_endpoints, node_endpoint_count, "nodeEndpoints", SINCE(16),
            TAG(0)),
};
const struct schema schema_fetch_response =
    MESSAGE("FetchResponse", 1, SCHEMA_RESPONSE, 4, 18, 12, response_fields);
#undef OWNER
