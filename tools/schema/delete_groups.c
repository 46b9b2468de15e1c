/* DeleteGroupsRequest.json, DeleteGroupsResponse.json. */
#include "protocol/delete_groups.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_delete_groups_request
static const struct schema_field request_fields[] = {
    STRINGS(groups_names, group_name_count, "groupsNames", SINCE(0)),
};
const struct schema schema_delete_groups_request =
    MESSAGE("DeleteGroupsRequest", 42, SCHEMA_REQUEST, 0, 3, 2, request_fields);
#undef OWNER

#define OWNER struct kh_delete_groups_response_result
static const struct schema_field response_result_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(3), NULLABLE_SINCE(3), DEFAULT_NULL, IGNORABLE),
};
static const struct schema response_result = NESTED(response_result_fields);
#undef OWNER

#define OWNER struct kh_delete_groups_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    STRUCTS(response_result, results, result_count, "results", SINCE(0)),
};
const struct schema schema_delete_groups_response =
    MESSAGE("DeleteGroupsResponse", 42, SCHEMA_RESPONSE, 0, 3, 2, response_fields);
#undef OWNER
