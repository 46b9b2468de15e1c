/* OffsetCommitRequest.json, OffsetCommitResponse.json. */
#include "protocol/offset_commit.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_offset_commit_request_partition
static const struct schema_field request_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I64(committed_offset, "committedOffset", SINCE(0)),
    I32(committed_leader_epoch, "committedLeaderEpoch", SINCE(6), DEFAULT(-1), IGNORABLE),
    STRING(committed_metadata, "committedMetadata", SINCE(0), NULLABLE_SINCE(0)),
};
static const struct schema request_partition = NESTED(request_partition_fields);
#undef OWNER

#define OWNER struct kh_offset_commit_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", BETWEEN(0, 9), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(10), IGNORABLE),
    STRUCTS(request_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_commit_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", SINCE(0)),
    I32(generation_id_or_member_epoch, "generationIdOrMemberEpoch", SINCE(1), DEFAULT(-1),
        IGNORABLE),
    STRING(member_id, "memberId", SINCE(1), IGNORABLE),
    STRING(group_instance_id, "groupInstanceId", SINCE(7), NULLABLE_SINCE(7), DEFAULT_NULL),
    I64(retention_time_ms, "retentionTimeMs", BETWEEN(2, 4), DEFAULT(-1), IGNORABLE),
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_offset_commit_request =
    MESSAGE("OffsetCommitRequest", 8, SCHEMA_REQUEST, 2, 10, 8, request_fields);
#undef OWNER

#define OWNER struct kh_offset_commit_response_partition
static const struct schema_field response_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_offset_commit_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(name, "name", BETWEEN(0, 9), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(10), IGNORABLE),
    STRUCTS(response_partition, partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_commit_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(3), IGNORABLE),
    STRUCTS(response_topic, topics, topic_count, "topics", SINCE(0)),
};
const struct schema schema_offset_commit_response =
    MESSAGE("OffsetCommitResponse", 8, SCHEMA_RESPONSE, 2, 10, 8, response_fields);
#undef OWNER
