/* ListGroupsRequest.json, ListGroupsResponse.json. */
#include "protocol/list_groups.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_list_groups_request
static const struct schema_field request_fields[] = {
    STRINGS(states_filter, states_filter_count, "statesFilter", SINCE(4)),
    STRINGS(types_filter, types_filter_count, "typesFilter", SINCE(5)),
};
const struct schema schema_list_groups_request =
    MESSAGE("ListGroupsRequest", 16, SCHEMA_REQUEST, 0, 5, 3, request_fields);
#undef OWNER

#define OWNER struct kh_list_groups_response_group
static const struct schema_field response_group_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    STRING(protocol_type, "protocolType", SINCE(0)),
    STRING(group_state, "groupState", SINCE(4), IGNORABLE),
    STRING(group_type, "groupType", SINCE(5), IGNORABLE),
};
static const struct schema response_group = NESTED(response_group_fields);
#undef OWNER

#define OWNER struct kh_list_groups_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
    STRUCTS(response_group, groups, group_count, "groups", SINCE(0)),
};
const struct schema schema_list_groups_response =
    MESSAGE("ListGroupsResponse", 16, SCHEMA_RESPONSE, 0, 5, 3, response_fields);
#undef OWNER
