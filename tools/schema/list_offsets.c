/* ListOffsetsRequest.json, ListOffsetsResponse.json. */
#include "protocol/list_offsets.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_list_offsets_request_partition
static const struct schema_field request_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I32(current_leader_epoch, "currentLeaderEpoch", SINCE(4), DEFAULT(-1), IGNORABLE),
    I64(timestamp, "timestamp", SINCE(0)),
};
static const struct schema request_partition = NESTED(request_partition_fields);
#undef OWNER

#define OWNER struct kh_list_offsets_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", SINCE(0)),
    STRUCTS(request_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_list_offsets_request
static const struct schema_field request_fields[] = {
    I32(replica_id, "replicaId", SINCE(0)),
    I8(isolation_level, "isolationLevel", SINCE(2)),
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
    I32(timeout_ms, "timeoutMs", SINCE(10), IGNORABLE),
};
const struct schema schema_list_offsets_request =
    MESSAGE("ListOffsetsRequest", 2, SCHEMA_REQUEST, 1, 11, 6, request_fields);
#undef OWNER

#define OWNER struct kh_list_offsets_response_partition
static const struct schema_field response_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    I64(timestamp, "timestamp", SINCE(1), DEFAULT(-1)),
    I64(offset, "offset", SINCE(1), DEFAULT(-1)),
    I32(leader_epoch, "leaderEpoch", SINCE(4), DEFAULT(-1)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_list_offsets_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(name, "name", SINCE(0)),
    STRUCTS(response_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_list_offsets_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(2), IGNORABLE),
    STRUCTS(response_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_list_offsets_response =
    MESSAGE("ListOffsetsResponse", 2, SCHEMA_RESPONSE, 1, 11, 6, response_fields);
#undef OWNER
