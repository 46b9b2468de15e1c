/* MetadataRequest.json, MetadataResponse.json. */
#include "protocol/metadata.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_metadata_request_topic
static const struct schema_field request_topic_fields[] = {
    UUID(topic_id, "topicId", SINCE(10), IGNORABLE),
    STRING(name, "name", SINCE(0), NULLABLE_SINCE(10)),
};
static const struct schema request_topic = NESTED(request_topic_fields);
#undef OWNER

#define OWNER struct kh_metadata_request
static const struct schema_field request_fields[] = {
    STRUCTS(request_topic, topics, topic_count, "topics", SINCE(0), NULLABLE_SINCE(1)),
    BOOL(allow_auto_topic_creation, "allowAutoTopicCreation", SINCE(4), DEFAULT(true)),
    BOOL(include_cluster_authorized_operations, "includeClusterAuthorizedOperations",
         BETWEEN(8, 10)),
    BOOL(include_topic_authorized_operations, "includeTopicAuthorizedOperations", SINCE(8)),
};
const struct schema schema_metadata_request =
    MESSAGE("MetadataRequest", 3, SCHEMA_REQUEST, 0, 13, 9, request_fields);
#undef OWNER

#define OWNER struct kh_metadata_response_broker
static const struct schema_field response_broker_fields[] = {
    I32(node_id, "nodeId", SINCE(0)),
    STRING(host, "host", SINCE(0)),
    I32(port, "port", SINCE(0)),
    STRING(rack, "rack", SINCE(1), NULLABLE_SINCE(1), DEFAULT_NULL, IGNORABLE),
};
static const struct schema response_broker = NESTED(response_broker_fields);
#undef OWNER

#define OWNER struct kh_metadata_response_partition
static const struct schema_field response_partition_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    I32(partition_index, "partitionIndex", SINCE(0)),
    I32(leader_id, "leaderId", SINCE(0)),
    I32(leader_epoch, "leaderEpoch", SINCE(7), DEFAULT(-1), IGNORABLE),
    I32S(replica_nodes, replica_node_count, "replicaNodes", SINCE(0)),
    I32S(isr_nodes, isr_node_count, "isrNodes", SINCE(0)),
    I32S(offline_replicas, offline_replica_count, "offlineReplicas", SINCE(5), IGNORABLE),
};
static const struct schema response_partition = NESTED(response_partition_fields);
#undef OWNER

#define OWNER struct kh_metadata_response_topic
static const struct schema_field response_topic_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    STRING(name, "name", SINCE(0), NULLABLE_SINCE(12)),
    UUID(topic_id, "topicId", SINCE(10), IGNORABLE),
    BOOL(is_internal, "isInternal", SINCE(1), IGNORABLE),
    STRUCTS(response_partition, partitions, partition_count, "partitions", SINCE(0)),
    I32(topic_authorized_operations, "topicAuthorizedOperations", SINCE(8), DEFAULT(INT32_MIN)),
};
static const struct schema response_topic = NESTED(response_topic_fields);
#undef OWNER

#define OWNER struct kh_metadata_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(3), IGNORABLE),
    STRUCTS(response_broker, brokers, broker_count, "brokers", SINCE(0)),
    STRING(cluster_id, "clusterId", SINCE(2), NULLABLE_SINCE(2), DEFAULT_NULL, IGNORABLE),
    I32(controller_id, "controllerId", SINCE(1), DEFAULT(-1), IGNORABLE),
    STRUCTS(response_topic, topics, topic_count, "topics", SINCE(0)),
    I32(cluster_authorized_operations, "clusterAuthorizedOperations", BETWEEN(8, 10),
        DEFAULT(INT32_MIN)),
    I16(error_code, "errorCode", SINCE(13), IGNORABLE),
};
const struct schema schema_metadata_response =
    MESSAGE("MetadataResponse", 3, SCHEMA_RESPONSE, 0, 13, 9, response_fields);
#undef OWNER
