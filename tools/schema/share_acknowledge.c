/* ShareAcknowledgeRequest.json, ShareAcknowledgeResponse.json. */
#include "protocol/share_acknowledge.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_share_acknowledge_request_acknowledgement_batch
static const struct schema_field request_acknowledgement_batch_fields[] = {
    I64(first_offset, "firstOffset", SINCE(0)),
    I64(last_offset, "lastOffset", SINCE(0)),
    I8S(acknowledge_types, acknowledge_type_count, "acknowledgeTypes", SINCE(0)),
};
static const struct schema request_acknowledgement_batch =
    NESTED(request_acknowledgement_batch_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_request_partition
static const struct schema_field request_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    STRUCTS(request_acknowledgement_batch, acknowledgement_batches, acknowledgement_batch_count,
            "acknowledgementBatches", SINCE(0)),
};
static const struct schema request_partition = NESTED(request_partition_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_request_topic
static const struct schema_field request_topic_fields[] = {
    UUID(topic_id, "topicId", SINCE(0)),
    STRUCTS(request_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRING(member_id, "memberId", SINCE(0), NULLABLE_SINCE(0)),
    I32(share_session_epoch, "shareSessionEpoch", SINCE(0)),
    BOOL(is_renew_ack, "isRenewAck", SINCE(2)),
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_share_acknowledge_request =
    MESSAGE("ShareAcknowledgeRequest", 79, SCHEMA_REQUEST, 1, 2, 0, request_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_response_current_leader
static const struct schema_field response_current_leader_fields[] = {
    I32(leader_id, "leaderId", SINCE(0)),
    I32(leader_epoch, "leaderEpoch", SINCE(0)),
};
static const struct schema response_current_leader = NESTED(response_current_leader_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_response_partition
static const struct schema_field response_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRUCT(response_current_leader, struct kh_share_acknowledge_response_current_leader,
           current_leader, "currentLeader", SINCE(0)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_response_topic
static const struct schema_field response_topic_fields[] = {
    UUID(topic_id, "topicId", SINCE(0)),
    STRUCTS(response_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_response_node_endpoint
static const struct schema_field response_node_endpoint_fields[] = {
    I32(node_id, "nodeId", SINCE(0)),
    STRING(host, "host", SINCE(0)),
    I32(port, "port", SINCE(0)),
    STRING(rack, "rack", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
};
static const struct schema response_node_endpoint = NESTED(response_node_endpoint_fields);
#undef OWNER

#define OWNER struct kh_share_acknowledge_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    I32(acquisition_lock_timeout_ms, "acquisitionLockTimeoutMs", SINCE(2), IGNORABLE),
    STRUCTS(response_topic, responses, response_count, "responses", SINCE(0)),
    STRUCTS(response_node_endpoint, node_endpoints, node_endpoint_count, "nodeEndpoints", SINCE(0)),
};
const struct schema schema_share_acknowledge_response =
    MESSAGE("ShareAcknowledgeResponse", 79, SCHEMA_RESPONSE, 1, 2, 0, response_fields);
#undef OWNER
