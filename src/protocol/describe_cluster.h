/* DescribeCluster (60), v0-v2: the brokers, and who is the controller (KIP-700). Source:
 * DescribeClusterRequest.json, DescribeClusterResponse.json. */
#ifndef KH_PROTOCOL_DESCRIBE_CLUSTER_H
#define KH_PROTOCOL_DESCRIBE_CLUSTER_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_describe_cluster_request {
    bool include_cluster_authorized_operations;
    int8_t endpoint_type;        /* v1+ (KIP-919); 1: brokers, 2: controllers */
    bool include_fenced_brokers; /* v2+ (KIP-1073) */
};

#define KH_DESCRIBE_CLUSTER_REQUEST_DEFAULTS                                                       \
    ((struct kh_describe_cluster_request){.endpoint_type = 1})

struct kh_describe_cluster_response_broker {
    int32_t broker_id;
    struct kh_string host;
    int32_t port;
    struct kh_string rack; /* nullable */
    bool is_fenced;        /* v2+ (KIP-1073) */
};

struct kh_describe_cluster_response {
    int32_t throttle_time_ms;
    int16_t error_code;
    struct kh_string error_message; /* nullable */
    int8_t endpoint_type;           /* v1+ (KIP-919); 1: brokers, 2: controllers */
    struct kh_string cluster_id;
    int32_t controller_id; /* -1: not known */
    struct kh_describe_cluster_response_broker *brokers;
    size_t broker_count;
    int32_t cluster_authorized_operations; /* INT32_MIN: not asked for */
};

void kh_describe_cluster_request_encode(struct kh_writer *w, int version, const void *request);
void kh_describe_cluster_response_decode(struct kh_reader *r, int version, void *response);

#endif
