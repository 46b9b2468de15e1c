/* FindCoordinatorRequest.json, FindCoordinatorResponse.json. */
#include "protocol/find_coordinator.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_find_coordinator_request
static const struct schema_field request_fields[] = {
    STRING(key, "key", BETWEEN(0, 3), EITHER_FORM),
    I8(key_type, "keyType", SINCE(1)),
    STRINGS(coordinator_keys, coordinator_key_count, "coordinatorKeys", SINCE(4), EITHER_FORM),
};
const struct schema schema_find_coordinator_request =
    MESSAGE("FindCoordinatorRequest", 10, SCHEMA_REQUEST, 0, 6, 3, request_fields);
#undef OWNER

#define OWNER struct kh_find_coordinator_response_coordinator
static const struct schema_field response_coordinator_fields[] = {
    STRING(key, "key", SINCE(4)),
    I32(node_id, "nodeId", SINCE(4)),
    STRING(host, "host", SINCE(4)),
    I32(port, "port", SINCE(4)),
    I16(error_code, "errorCode", SINCE(4)),
    STRING(error_message, "errorMessage", SINCE(4), NULLABLE_SINCE(4), IGNORABLE),
};
static const struct schema response_coordinator = NESTED(response_coordinator_fields);
#undef OWNER

#define OWNER struct kh_find_coordinator_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    I16(error_code, "errorCode", BETWEEN(0, 3), EITHER_FORM),
    STRING(error_message, "errorMessage", BETWEEN(1, 3), NULLABLE_BETWEEN(1, 3), IGNORABLE),
    I32(node_id, "nodeId", BETWEEN(0, 3), EITHER_FORM),
    STRING(host, "host", BETWEEN(0, 3), EITHER_FORM),
    I32(port, "port", BETWEEN(0, 3), EITHER_FORM),
    STRUCTS(response_coordinator, coordinators, coordinator_count, "coordinators", SINCE(4),
            EITHER_FORM),
};
const struct schema schema_find_coordinator_response =
    MESSAGE("FindCoordinatorResponse", 10, SCHEMA_RESPONSE, 0, 6, 3, response_fields);
#undef OWNER
