/* JoinGroupRequest.json, JoinGroupResponse.json. */
#include "protocol/join_group.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_join_group_request_protocol
static const struct schema_field request_protocol_fields[] = {
    STRING(name, "name", SINCE(0)),
    BYTES(metadata, "metadata", SINCE(0)),
};
static const struct schema request_protocol = NESTED(request_protocol_fields);
#undef OWNER

#define OWNER struct kh_join_group_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    I32(session_timeout_ms, "sessionTimeoutMs", SINCE(0)),
    I32(rebalance_timeout_ms, "rebalanceTimeoutMs", SINCE(1), DEFAULT(-1), IGNORABLE),
    STRING(member_id, "memberId", SINCE(0)),
    STRING(group_instance_id, "groupInstanceId", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL),
    STRING(protocol_type, "protocolType", SINCE(0)),
    STRUCTS(request_protocol, protocols, protocol_count, "protocols", SINCE(0)),
    STRING(reason, "reason", SINCE(8), NULLABLE_SINCE(8), DEFAULT_NULL, IGNORABLE),
};
const struct schema schema_join_group_request =
    MESSAGE("JoinGroupRequest", 11, SCHEMA_REQUEST, 0, 9, 6, request_fields);
#undef OWNER

#define OWNER struct kh_join_group_response_member
static const struct schema_field response_member_fields[] = {
    STRING(member_id, "memberId", SINCE(0)),
    STRING(group_instance_id, "groupInstanceId", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL,
           IGNORABLE),
    BYTES(metadata, "metadata", SINCE(0)),
};
static const struct schema response_member = NESTED(response_member_fields);
#undef OWNER

#define OWNER struct kh_join_group_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(2), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
    I32(generation_id, "generationId", SINCE(0), DEFAULT(-1)),
    STRING(protocol_type, "protocolType", SINCE(7), NULLABLE_SINCE(7), DEFAULT_NULL, IGNORABLE),
    STRING(protocol_name, "protocolName", SINCE(0), NULLABLE_SINCE(7)),
    STRING(leader, "leader", SINCE(0)),
    BOOL(skip_assignment, "skipAssignment", SINCE(9)),
    STRING(member_id, "memberId", SINCE(0)),
    STRUCTS(response_member, members, member_count, "members", SINCE(0)),
};
const struct schema schema_join_group_response =
    MESSAGE("JoinGroupResponse", 11, SCHEMA_RESPONSE, 0, 9, 6, response_fields);
#undef OWNER
