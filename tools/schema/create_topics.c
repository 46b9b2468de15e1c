/* CreateTopicsRequest.json, CreateTopicsResponse.json. */
#include "protocol/create_topics.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_create_topics_request_assignment
static const struct schema_field request_assignment_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I32S(broker_ids, broker_id_count, "brokerIds", SINCE(0)),
};
static const struct schema request_assignment = NESTED(request_assignment_fields);
#undef OWNER

#define OWNER struct kh_create_topics_request_config
static const struct schema_field request_config_fields[] = {
    STRING(name, "name", SINCE(0)),
    STRING(value, "value", SINCE(0), NULLABLE_SINCE(0)),
};
static const struct schema request_config = NESTED(request_config_fields);
#undef OWNER

#define OWNER struct kh_create_topics_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", SINCE(0)),
    I32(num_partitions, "numPartitions", SINCE(0)),
    I16(replication_factor, "replicationFactor", SINCE(0)),
    STRUCTS(request_assignment, assignments, assignment_count, "assignments", SINCE(0)),
    STRUCTS(request_config, configs, config_count, "configs", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_create_topics_request
static const struct schema_field request_fields[] = {
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
    I32(timeout_ms, "timeoutMs", SINCE(0), DEFAULT(60000)),
    BOOL(validate_only, "validateOnly", SINCE(1)),
};
const struct schema schema_create_topics_request =
    MESSAGE("CreateTopicsRequest", 19, SCHEMA_REQUEST, 2, 7, 5, request_fields);
#undef OWNER

#define OWNER struct kh_create_topics_response_config
static const struct schema_field response_config_fields[] = {
    STRING(name, "name", SINCE(5)),
    STRING(value, "value", SINCE(5), NULLABLE_SINCE(5)),
    BOOL(read_only, "readOnly", SINCE(5)),
    I8(config_source, "configSource", SINCE(5), DEFAULT(-1), IGNORABLE),
    BOOL(is_sensitive, "isSensitive", SINCE(5)),
};
static const struct schema response_config = NESTED(response_config_fields);
#undef OWNER

#define OWNER struct kh_create_topics_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(name, "name", SINCE(0)),
    UUID(topic_id, "topicId", SINCE(7), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(1), NULLABLE_SINCE(1), IGNORABLE),
    I16(topic_config_error_code, "topicConfigErrorCode", SINCE(5), TAG(0), IGNORABLE),
    I32(num_partitions, "numPartitions", SINCE(5), DEFAULT(-1), IGNORABLE),
    I16(replication_factor, "replicationFactor", SINCE(5), DEFAULT(-1), IGNORABLE),
    STRUCTS(response_config, configs, config_count, "configs", SINCE(5), NULLABLE_SINCE(5),
            IGNORABLE),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_create_topics_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(2), IGNORABLE),
    STRUCTS(response_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_create_topics_response =
    MESSAGE("CreateTopicsResponse", 19, SCHEMA_RESPONSE, 2, 7, 5, response_fields);
#undef OWNER
