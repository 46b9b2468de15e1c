/* OffsetForLeaderEpochRequest.json, OffsetForLeaderEpochResponse.json. */
#include "protocol/offset_for_leader_epoch.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_offset_for_leader_epoch_request_partition
static const struct schema_field request_partition_fields[] = {
    I32(partition, "partition", SINCE(0)),
    I32(current_leader_epoch, "currentLeaderEpoch", SINCE(2), DEFAULT(-1), IGNORABLE),
    I32(leader_epoch, "leaderEpoch", SINCE(0)),
};
static const struct schema request_partition = NESTED(request_partition_fields);
#undef OWNER

#define OWNER struct kh_offset_for_leader_epoch_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(topic, "topic", SINCE(0)),
    STRUCTS(request_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_for_leader_epoch_request
static const struct schema_field request_fields[] = {
    I32(replica_id, "replicaId", SINCE(3), DEFAULT(-2), IGNORABLE),
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_offset_for_leader_epoch_request =
    MESSAGE("OffsetForLeaderEpochRequest", 23, SCHEMA_REQUEST, 2, 4, 4, request_fields);
#undef OWNER

#define OWNER struct kh_offset_for_leader_epoch_response_partition
static const struct schema_field response_partition_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    I32(partition, "partition", SINCE(0)),
    I32(leader_epoch, "leaderEpoch", SINCE(1), DEFAULT(-1), IGNORABLE),
    I64(end_offset, "endOffset", SINCE(0), DEFAULT(-1)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_offset_for_leader_epoch_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(topic, "topic", SINCE(0)),
    STRUCTS(response_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_for_leader_epoch_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(2), IGNORABLE),
    STRUCTS(response_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_offset_for_leader_epoch_response =
    MESSAGE("OffsetForLeaderEpochResponse", 23, SCHEMA_RESPONSE, 2, 4, 4, response_fields);
#undef OWNER
