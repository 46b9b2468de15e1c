/* DeleteTopicsRequest.json, DeleteTopicsResponse.json. */
#include "protocol/delete_topics.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_delete_topics_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", SINCE(6), NULLABLE_SINCE(6), DEFAULT_NULL),
    UUID(topic_id, "topicId", SINCE(6)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_delete_topics_request
static const struct schema_field request_fields[] = {
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(6), EITHER_FORM),
    STRINGS(topic_names, topic_name_count, "topicNames", BETWEEN(0, 5), IGNORABLE),
    I32(timeout_ms, "timeoutMs", SINCE(0)),
};
const struct schema schema_delete_topics_request =
    MESSAGE("DeleteTopicsRequest", 20, SCHEMA_REQUEST, 1, 6, 4, request_fields);
#undef OWNER

#define OWNER struct kh_delete_topics_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(name, "name", SINCE(0), NULLABLE_SINCE(6)),
    UUID(topic_id, "topicId", SINCE(6), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL, IGNORABLE),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_delete_topics_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    STRUCTS(response_topic, responses, response_count, "responses", SINCE(0)),
};
const struct schema schema_delete_topics_response =
    MESSAGE("DeleteTopicsResponse", 20, SCHEMA_RESPONSE, 1, 6, 4, response_fields);
#undef OWNER
