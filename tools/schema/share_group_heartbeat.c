/* ShareGroupHeartbeatRequest.json, ShareGroupHeartbeatResponse.json. */
#include "protocol/share_group_heartbeat.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_share_group_heartbeat_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    STRING(member_id, "memberId", SINCE(0)),
    I32(member_epoch, "memberEpoch", SINCE(0)),
    STRING(rack_id, "rackId", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRINGS(subscribed_topic_names, subscribed_topic_name_count, "subscribedTopicNames", SINCE(0),
            NULLABLE_SINCE(0)),
};
const struct schema schema_share_group_heartbeat_request =
    MESSAGE("ShareGroupHeartbeatRequest", 76, SCHEMA_REQUEST, 1, 1, 0, request_fields);
#undef OWNER

#define OWNER struct kh_share_group_heartbeat_response_topic
static const struct schema_field response_topic_fields[] = {
    UUID(topic_id, "topicId", SINCE(0)),
    I32S(partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_share_group_heartbeat_response_assignment
static const struct schema_field response_assignment_fields[] = {
    STRUCTS(response_topic, topic_partitions, topic_partition_count, "topicPartitions", SINCE(0)),
};
static const struct schema response_assignment = NESTED(response_assignment_fields);
#undef OWNER

#define OWNER struct kh_share_group_heartbeat_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRING(member_id, "memberId", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    I32(member_epoch, "memberEpoch", SINCE(0)),
    I32(heartbeat_interval_ms, "heartbeatIntervalMs", SINCE(0)),
    OPTIONAL(response_assignment, struct kh_share_group_heartbeat_response_assignment *, assignment,
             "assignment", SINCE(0), NULLABLE_SINCE(0)),
};
const struct schema schema_share_group_heartbeat_response =
    MESSAGE("ShareGroupHeartbeatResponse", 76, SCHEMA_RESPONSE, 1, 1, 0, response_fields);
#undef OWNER
