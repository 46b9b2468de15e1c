/* SyncGroupRequest.json, SyncGroupResponse.json. */
#include "protocol/sync_group.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_sync_group_request_assignment
static const struct schema_field request_assignment_fields[] = {
    STRING(member_id, "memberId", SINCE(0)),
    BYTES(assignment, "assignment", SINCE(0)),
};
static const struct schema request_assignment = NESTED(request_assignment_fields);
#undef OWNER

#define OWNER struct kh_sync_group_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    I32(generation_id, "generationId", SINCE(0)),
    STRING(member_id, "memberId", SINCE(0)),
    STRING(group_instance_id, "groupInstanceId", SINCE(3), NULLABLE_SINCE(3), DEFAULT_NULL),
    STRING(protocol_type, "protocolType", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL, IGNORABLE),
    STRING(protocol_name, "protocolName", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL, IGNORABLE),
    STRUCTS(request_assignment, assignments, assignment_count, "assignments", SINCE(0)),
};
const struct schema schema_sync_group_request =
    MESSAGE("SyncGroupRequest", 14, SCHEMA_REQUEST, 0, 5, 4, request_fields);
#undef OWNER

#define OWNER struct kh_sync_group_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(protocol_type, "protocolType", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL, IGNORABLE),
    STRING(protocol_name, "protocolName", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL, IGNORABLE),
    BYTES(assignment, "assignment", SINCE(0)),
};
const struct schema schema_sync_group_response =
    MESSAGE("SyncGroupResponse", 14, SCHEMA_RESPONSE, 0, 5, 4, response_fields);
#undef OWNER
