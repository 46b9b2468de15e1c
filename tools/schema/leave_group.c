/* LeaveGroupRequest.json, LeaveGroupResponse.json. */
#include "protocol/leave_group.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_leave_group_request_member
static const struct schema_field request_member_fields[] = {
    STRING(member_id, "memberId", SINCE(3)),
    STRING(group_instance_id, "groupInstanceId", SINCE(3), NULLABLE_SINCE(3), DEFAULT_NULL),
    STRING(reason, "reason", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL, IGNORABLE),
};
static const struct schema request_member = NESTED(request_member_fields);
#undef OWNER

#define OWNER struct kh_leave_group_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    STRING(member_id, "memberId", BETWEEN(0, 2), EITHER_FORM),
    STRUCTS(request_member, members, member_count, "members", SINCE(3), EITHER_FORM),
};
const struct schema schema_leave_group_request =
    MESSAGE("LeaveGroupRequest", 13, SCHEMA_REQUEST, 0, 5, 4, request_fields);
#undef OWNER

#define OWNER struct kh_leave_group_response_member
static const struct schema_field response_member_fields[] = {
    STRING(member_id, "memberId", SINCE(3)),
    STRING(group_instance_id, "groupInstanceId", SINCE(3), NULLABLE_SINCE(3)),
    I16(error_code, "errorCode", SINCE(3)),
};
static const struct schema response_member = NESTED(response_member_fields);
#undef OWNER

#define OWNER struct kh_leave_group_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
    STRUCTS(response_member, members, member_count, "members", SINCE(3)),
};
const struct schema schema_leave_group_response =
    MESSAGE("LeaveGroupResponse", 13, SCHEMA_RESPONSE, 0, 5, 4, response_fields);
#undef OWNER
