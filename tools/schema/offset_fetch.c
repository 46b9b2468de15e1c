/* OffsetFetchRequest.json, OffsetFetchResponse.json. */
#include "protocol/offset_fetch.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_offset_fetch_request_topic
static const struct schema_field request_topic_fields[] = {
    STRING(name, "name", BETWEEN(0, 7)),
    I32S(partition_indexes, partition_index_count, "partitionIndexes", BETWEEN(0, 7)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_request_topic
static const struct schema_field request_group_topic_fields[] = {
    STRING(name, "name", BETWEEN(8, 9), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(10), IGNORABLE),
    I32S(partition_indexes, partition_index_count, "partitionIndexes", SINCE(8)),
};
static const struct schema request_group_topic = NESTED(request_group_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_request_group
static const struct schema_field request_group_fields[] = {
    STRING(group_id, "groupId", SINCE(8)),
    STRING(member_id, "memberId", SINCE(9), NULLABLE_SINCE(9), DEFAULT_NULL, IGNORABLE),
    I32(member_epoch, "memberEpoch", SINCE(9), DEFAULT(-1), IGNORABLE),
    STRUCTS(request_group_topic, topics, topic_count, "topics", SINCE(8), NULLABLE_SINCE(8)),
};
static const struct schema request_group = NESTED(request_group_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_request
static const struct schema_field request_fields[] = {
    STRING(group_id, "groupId", BETWEEN(0, 7), EITHER_FORM),
    STRUCTS(request_topic, topics, topic_count, "topics", BETWEEN(0, 7), NULLABLE_BETWEEN(2, 7),
            EITHER_FORM),
    STRUCTS(request_group, groups, group_count, "groups", SINCE(8), EITHER_FORM),
    BOOL(require_stable, "requireStable", SINCE(7), EITHER_FORM),
};
const struct schema schema_offset_fetch_request =
    MESSAGE("OffsetFetchRequest", 9, SCHEMA_REQUEST, 1, 10, 6, request_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_response_partition
static const struct schema_field response_partition_fields[] = {
    I32(partition_index, "partitionIndex", BETWEEN(0, 7)),
    I64(committed_offset, "committedOffset", BETWEEN(0, 7)),
    I32(committed_leader_epoch, "committedLeaderEpoch", BETWEEN(5, 7), DEFAULT(-1), IGNORABLE),
    STRING(metadata, "metadata", BETWEEN(0, 7), NULLABLE_BETWEEN(0, 7)),
    I16(error_code, "errorCode", BETWEEN(0, 7)),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_response_topic
static const struct schema_field response_topic_fields[] = {
    STRING(name, "name", BETWEEN(0, 7)),
    STRUCTS(response_partition, partitions, partition_count, "partitions", BETWEEN(0, 7)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_response_partition
static const struct schema_field response_group_partition_fields[] = {
    I32(partition_index, "partitionIndex", SINCE(8)),
    I64(committed_offset, "committedOffset", SINCE(8)),
    I32(committed_leader_epoch, "committedLeaderEpoch", SINCE(8), DEFAULT(-1), IGNORABLE),
    STRING(metadata, "metadata", SINCE(8), NULLABLE_SINCE(8)),
    I16(error_code, "errorCode", SINCE(8)),
};
static const struct schema response_group_partition = NESTED(response_group_partition_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_response_topic
static const struct schema_field response_group_topic_fields[] = {
    STRING(name, "name", BETWEEN(8, 9), IGNORABLE),
    UUID(topic_id, "topicId", SINCE(10), IGNORABLE),
    STRUCTS(response_group_partition, partitions, partition_count, "partitions", SINCE(8)),
};
static const struct schema response_group_topic = NESTED(response_group_topic_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_response_group
static const struct schema_field response_group_fields[] = {
    STRING(group_id, "groupId", SINCE(8)),
    STRUCTS(response_group_topic, topics, topic_count, "topics", SINCE(8)),
    I16(error_code, "errorCode", SINCE(8)),
};
static const struct schema response_group = NESTED(response_group_fields);
#undef OWNER

#define OWNER struct kh_offset_fetch_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(3), IGNORABLE),
    STRUCTS(response_topic, topics, topic_count, "topics", BETWEEN(0, 7), EITHER_FORM),
    I16(error_code, "errorCode", BETWEEN(2, 7), IGNORABLE),
    STRUCTS(response_group, groups, group_count, "groups", SINCE(8), EITHER_FORM),
};
const struct schema schema_offset_fetch_response =
    MESSAGE("OffsetFetchResponse", 9, SCHEMA_RESPONSE, 1, 10, 6, response_fields);
#undef OWNER
