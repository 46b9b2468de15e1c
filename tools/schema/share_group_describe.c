/* ShareGroupDescribeRequest.json, ShareGroupDescribeResponse.json. */
#include "protocol/share_group_describe.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_share_group_describe_request
static const struct schema_field request_fields[] = {
    STRINGS(group_ids, group_id_count, "groupIds", SINCE(0)),
    BOOL(include_authorized_operations, "includeAuthorizedOperations", SINCE(0)),
};
const struct schema schema_share_group_describe_request =
    MESSAGE("ShareGroupDescribeRequest", 77, SCHEMA_REQUEST, 1, 1, 0, request_fields);
#undef OWNER

#define OWNER struct kh_share_group_describe_response_topic
static const struct schema_field response_topic_fields[] = {
    UUID(topic_id, "topicId", SINCE(0)),
    STRING(topic_name, "topicName", SINCE(0)),
    I32S(partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_share_group_describe_response_assignment
static const struct schema_field response_assignment_fields[] = {
    STRUCTS(response_topic, topic_partitions, topic_partition_count, "topicPartitions", SINCE(0)),
};
static const struct schema response_assignment = NESTED(response_assignment_fields);
#undef OWNER

#define OWNER struct kh_share_group_describe_response_member
static const struct schema_field response_member_fields[] = {
    STRING(member_id, "memberId", SINCE(0)),
    STRING(rack_id, "rackId", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    I32(member_epoch, "memberEpoch", SINCE(0)),
    STRING(client_id, "clientId", SINCE(0)),
    STRING(client_host, "clientHost", SINCE(0)),
    STRINGS(subscribed_topic_names, subscribed_topic_name_count, "subscribedTopicNames", SINCE(0)),
    STRUCT(response_assignment, struct kh_share_group_describe_response_assignment, assignment,
           "assignment", SINCE(0)),
};
static const struct schema response_member = NESTED(response_member_fields);
#undef OWNER

#define OWNER struct kh_share_group_describe_response_group
static const struct schema_field response_group_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRING(group_id, "groupId", SINCE(0)),
    STRING(group_state, "groupState", SINCE(0)),
    I32(group_epoch, "groupEpoch", SINCE(0)),
    I32(assignment_epoch, "assignmentEpoch", SINCE(0)),
    STRING(assignor_name, "assignorName", SINCE(0)),
    STRUCTS(response_member, members, member_count, "members", SINCE(0)),
    I32(authorized_operations, "authorizedOperations", SINCE(0), DEFAULT(INT32_MIN)),
};
static const struct schema response_group = NESTED(response_group_fields);
#undef OWNER

#define OWNER struct kh_share_group_describe_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    STRUCTS(response_group, groups, group_count, "groups", SINCE(0)),
};
const struct schema schema_share_group_describe_response =
    MESSAGE("ShareGroupDescribeResponse", 77, SCHEMA_RESPONSE, 1, 1, 0, response_fields);
#undef OWNER
