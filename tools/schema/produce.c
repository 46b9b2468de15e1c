/* ProduceRequest.json, ProduceResponse.json. */
#include "protocol/produce.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_produce_request_partition
static const struct schema_field request_partition_fields[] = {
    I32(index, "index", SINCE(0)),
    BYTES(records, "records", SINCE(0), NULLABLE_SINCE(0)),
};
static const struct schema request_partition = NESTED(request_partition_fields);
#undef OWNER

#define OWNER struct kh_produce_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", BETWEEN(0, 12), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(13), IGNORABLE),
    STRUCTS(request_partition, partition_data, partition_count, "partitionData", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_produce_request
static const struct schema_field request_fields[] = {
    STRING(transactional_id, "transactionalId", SINCE(3), NULLABLE_SINCE(3), DEFAULT_NULL),
    I16(acks, "acks", SINCE(0)),
    I32(timeout_ms, "timeoutMs", SINCE(0)),
    STRUCTS(request_topic, topic_data, topic_count, "topicData", SINCE(0)),
};
const struct schema schema_produce_request =
    MESSAGE("ProduceRequest", 0, SCHEMA_REQUEST, 3, 13, 9, request_fields);
#undef OWNER

#define OWNER struct kh_produce_response_record_error
static const struct schema_field response_record_error_fields[] = {
    I32(batch_index, "batchIndex", SINCE(8)),
    STRING(batch_index_error_message, "batchIndexErrorMessage", SINCE(8), NULLABLE_SINCE(8),
           DEFAULT_NULL),
};
static const struct schema response_record_error = NESTED(response_record_error_fields);
#undef OWNER

#define OWNER struct kh_produce_response_current_leader
static const struct schema_field response_current_leader_fields[] = {
    I32(leader_id, "leaderId", SINCE(10), DEFAULT(-1)),
    I32(leader_epoch, "leaderEpoch", SINCE(10), DEFAULT(-1)),
};
static const struct schema response_current_leader = NESTED(response_current_leader_fields);
#undef OWNER

#define OWNER struct kh_produce_response_partition
static const struct schema_field response_partition_fields[] = {
    I32(index, "index", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    I64(base_offset, "baseOffset", SINCE(0)),
    I64(log_append_time_ms, "logAppendTimeMs", SINCE(2), DEFAULT(-1), IGNORABLE),
    I64(log_start_offset, "logStartOffset", SINCE(5), DEFAULT(-1), IGNORABLE),
    STRUCTS(response_record_error, record_errors, record_error_count, "recordErrors", SINCE(8),
            IGNORABLE),
    STRING(error_message, "errorMessage", SINCE(8), NULLABLE_SINCE(8), DEFAULT_NULL, IGNORABLE),
    STRUCT(response_current_leader, struct kh_produce_response_current_leader, current_leader,
           "currentLeader", SINCE(10), TAG(0)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_produce_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(name, "name", BETWEEN(0, 12), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(13), IGNORABLE),
    STRUCTS(response_partition, partition_responses, partition_count, "partitionResponses",
            SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_produce_response_node_endpoint
static const struct schema_field response_node_endpoint_fields[] = {
    I32(node_id, "nodeId", SINCE(10)),
    STRING(host, "host", SINCE(10)),
    I32(port, "port", SINCE(10)),
    STRING(rack, "rack", SINCE(10), NULLABLE_SINCE(10), DEFAULT_NULL),
};
static const struct schema response_node_endpoint = NESTED(response_node_endpoint_fields);
#undef OWNER

#define OWNER struct kh_produce_response
static const struct schema_field response_fields[] = {
    STRUCTS(response_topic, responses, response_count, "responses", SINCE(0)),
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    STRUCTS(response_node_endpoint, node_endpoints, node_endpoint_count, "nodeEndpoints", SINCE(10),
            TAG(0)),
};
const struct schema schema_produce_response =
    MESSAGE("ProduceResponse", 0, SCHEMA_RESPONSE, 3, 13, 9, response_fields);
#undef OWNER
