/* HeartbeatRequest.json, HeartbeatResponse.json. */
#include "protocol/heartbeat.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_heartbeat_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    I32(generation_id, "generationId", SINCE(0)),
    STRING(member_id, "memberId", SINCE(0)),
    STRING(group_instance_id, "groupInstanceId", SINCE(3), NULLABLE_SINCE(3), DEFAULT_NULL),
};
const struct schema schema_heartbeat_request =
    MESSAGE("HeartbeatRequest", 12, SCHEMA_REQUEST, 0, 4, 4, request_fields);
#undef OWNER

#define OWNER struct kh_heartbeat_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
};
const struct schema schema_heartbeat_response =
    MESSAGE("HeartbeatResponse", 12, SCHEMA_RESPONSE, 0, 4, 4, response_fields);
#undef OWNER
