/* CreatePartitionsRequest.json, CreatePartitionsResponse.json. */
#include "protocol/create_partitions.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_create_partitions_request_assignment
static const struct schema_field request_assignment_fields[] = {
    I32S(broker_ids, broker_id_count, "brokerIds", SINCE(0)),
};
static const struct schema request_assignment = NESTED(request_assignment_fields);
#undef OWNER

#define OWNER struct kh_create_partitions_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", SINCE(0)),
    I32(count, "count", SINCE(0)),
    STRUCTS(request_assignment, assignments, assignment_count, "assignments", SINCE(0),
            NULLABLE_SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_create_partitions_request
static const struct schema_field request_fields[] = {
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
    I32(timeout_ms, "timeoutMs", SINCE(0)),
    BOOL(validate_only, "validateOnly", SINCE(0)),
};
const struct schema schema_create_partitions_request =
    MESSAGE("CreatePartitionsRequest", 37, SCHEMA_REQUEST, 0, 3, 2, request_fields);
#undef OWNER

#define OWNER struct kh_create_partitions_response_result
static const struct schema_field response_result_fields[] = {
    STRING(name, "name", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
};
static const struct schema response_result = NESTED(response_result_fields);
#undef OWNER

#define OWNER struct kh_create_partitions_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    STRUCTS(response_result, results, result_count, "results", SINCE(0)),
};
const struct schema schema_create_partitions_response =
    MESSAGE("CreatePartitionsResponse", 37, SCHEMA_RESPONSE, 0, 3, 2, response_fields);
#undef OWNER
