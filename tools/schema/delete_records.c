/* DeleteRecordsRequest.json, DeleteRecordsResponse.json. */
#include "protocol/delete_records.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_delete_records_request_partition
static const struct schema_field request_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I64(offset, "offset", SINCE(0)),
};
static const struct schema request_partition = NESTED(request_partition_fields);
#undef OWNER

#define OWNER struct kh_delete_records_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", SINCE(0)),
    STRUCTS(request_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_delete_records_request
static const struct schema_field request_fields[] = {
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
    I32(timeout_ms, "timeoutMs", SINCE(0)),
};
const struct schema schema_delete_records_request =
    MESSAGE("DeleteRecordsRequest", 21, SCHEMA_REQUEST, 0, 2, 2, request_fields);
#undef OWNER

#define OWNER struct kh_delete_records_response_partition
static const struct schema_field response_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I64(low_watermark, "lowWatermark", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_delete_records_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(name, "name", SINCE(0)),
    STRUCTS(response_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_delete_records_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    STRUCTS(response_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_delete_records_response =
    MESSAGE("DeleteRecordsResponse", 21, SCHEMA_RESPONSE, 0, 2, 2, response_fields);
#undef OWNER
