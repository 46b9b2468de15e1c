/* DescribeGroupsRequest.json, DescribeGroupsResponse.json. */
#include "protocol/describe_groups.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_describe_groups_request
static const struct schema_field request_fields[] = {
    STRINGS(groups, group_count, "groups", SINCE(0)),
    BOOL(include_authorized_operations, "includeAuthorizedOperations", SINCE(3)),
};
const struct schema schema_describe_groups_request =
    MESSAGE("DescribeGroupsRequest", 15, SCHEMA_REQUEST, 0, 6, 5, request_fields);
#undef OWNER

#define OWNER struct kh_describe_groups_response_member
static const struct schema_field response_member_fields[] = {
    STRING(member_id, "memberId", SINCE(0)),
    STRING(group_instance_id, "groupInstanceId", SINCE(4), NULLABLE_SINCE(4), DEFAULT_NULL,
           IGNORABLE),
    STRING(client_id, "clientId", SINCE(0)),
    STRING(client_host, "clientHost", SINCE(0)),
    BYTES(member_metadata, "memberMetadata", SINCE(0)),
    BYTES(member_assignment, "memberAssignment", SINCE(0)),
};
static const struct schema response_member = NESTED(response_member_fields);
#undef OWNER

#define OWNER struct kh_describe_groups_response_group
static const struct schema_field response_group_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(6), NULLABLE_SINCE(6), DEFAULT_NULL),
    STRING(group_id, "groupId", SINCE(0)),
    STRING(group_state, "groupState", SINCE(0)),
    STRING(protocol_type, "protocolType", SINCE(0)),
    STRING(protocol_data, "protocolData", SINCE(0)),
    STRUCTS(response_member, members, member_count, "members", SINCE(0)),
    I32(authorized_operations, "authorizedOperations", SINCE(3), DEFAULT(INT32_MIN)),
};
static const struct schema response_group = NESTED(response_group_fields);
#undef OWNER

#define OWNER struct kh_describe_groups_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    STRUCTS(response_group, groups, group_count, "groups", SINCE(0)),
};
const struct schema schema_describe_groups_response =
    MESSAGE("DescribeGroupsResponse", 15, SCHEMA_RESPONSE, 0, 6, 5, response_fields);
#undef OWNER
