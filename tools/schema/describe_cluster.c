/* DescribeClusterRequest.json, DescribeClusterResponse.json. */
#include "protocol/describe_cluster.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_describe_cluster_request
static const struct schema_field request_fields[] = {
    BOOL(include_cluster_authorized_operations, "includeClusterAuthorizedOperations", SINCE(0)),
    I8(endpoint_type, "endpointType", SINCE(1), DEFAULT(1)),
    BOOL(include_fenced_brokers, "includeFencedBrokers", SINCE(2)),
};
const struct schema schema_describe_cluster_request =
    MESSAGE("DescribeClusterRequest", 60, SCHEMA_REQUEST, 0, 2, 0, request_fields);
#undef OWNER

#define OWNER struct kh_describe_cluster_response_broker
static const struct schema_field response_broker_fields[] = {
    I32(broker_id, "brokerId", SINCE(0)),
    STRING(host, "host", SINCE(0)),
    I32(port, "port", SINCE(0)),
    STRING(rack, "rack", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    BOOL(is_fenced, "isFenced", SINCE(2)),
};
static const struct schema response_broker = NESTED(response_broker_fields);
#undef OWNER

#define OWNER struct kh_describe_cluster_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    I8(endpoint_type, "endpointType", SINCE(1), DEFAULT(1)),
    STRING(cluster_id, "clusterId", SINCE(0)),
    I32(controller_id, "controllerId", SINCE(0), DEFAULT(-1)),
    STRUCTS(response_broker, brokers, broker_count, "brokers", SINCE(0)),
    I32(cluster_authorized_operations, "clusterAuthorizedOperations", SINCE(0), DEFAULT(INT32_MIN)),
};
const struct schema schema_describe_cluster_response =
    MESSAGE("DescribeClusterResponse", 60, SCHEMA_RESPONSE, 0, 2, 0, response_fields);
#undef OWNER
