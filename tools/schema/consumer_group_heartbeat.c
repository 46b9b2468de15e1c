/* ConsumerGroupHeartbeatRequest.json, ConsumerGroupHeartbeatResponse.json. */
#include "protocol/consumer_group_heartbeat.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_consumer_group_heartbeat_request_topic
static const struct schema_field request_topic_fields[] = {
    UUID(topic_id, "topicId", SINCE(0)),
    I32S(partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_consumer_group_heartbeat_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    STRING(member_id, "memberId", SINCE(0)),
    I32(member_epoch, "memberEpoch", SINCE(0)),
    STRING(instance_id, "instanceId", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRING(rack_id, "rackId", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    I32(rebalance_timeout_ms, "rebalanceTimeoutMs", SINCE(0), DEFAULT(-1)),
    STRINGS(subscribed_topic_names, subscribed_topic_name_count, "subscribedTopicNames", SINCE(0),
            NULLABLE_SINCE(0)),
    STRING(subscribed_topic_regex, "subscribedTopicRegex", SINCE(1), NULLABLE_SINCE(1),
           DEFAULT_NULL),
    STRING(server_assignor, "serverAssignor", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRUCTS(request_topic, topic_partitions, topic_partition_count, "topicPartitions", SINCE(0),
            NULLABLE_SINCE(0)),
};
const struct schema schema_consumer_group_heartbeat_request =
    MESSAGE("ConsumerGroupHeartbeatRequest", 68, SCHEMA_REQUEST, 0, 1, 0, request_fields);
#undef OWNER

#define OWNER struct kh_consumer_group_heartbeat_response_topic
static const struct schema_field response_topic_fields[] = {
    UUID(topic_id, "topicId", SINCE(0)),
    I32S(partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_consumer_group_heartbeat_response_assignment
static const struct schema_field response_assignment_fields[] = {
    STRUCTS(response_topic, topic_partitions, topic_partition_count, "topicPartitions", SINCE(0)),
};
static const struct schema response_assignment = NESTED(response_assignment_fields);
#undef OWNER

#define OWNER struct kh_consumer_group_heartbeat_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRING(member_id, "memberId", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    I32(member_epoch, "memberEpoch", SINCE(0)),
    I32(heartbeat_interval_ms, "heartbeatIntervalMs", SINCE(0)),
    OPTIONAL(response_assignment, struct kh_consumer_group_heartbeat_response_assignment *,
             assignment, "assignment", SINCE(0), NULLABLE_SINCE(0)),
};
const struct schema schema_consumer_group_heartbeat_response =
    MESSAGE("ConsumerGroupHeartbeatResponse", 68, SCHEMA_RESPONSE, 0, 1, 0, response_fields);
#undef OWNER
