/* Produce (0), v3-v13: batches of records for partitions, each at its leader. Source:
 * ProduceRequest.json, ProduceResponse.json. */
#ifndef KH_PROTOCOL_PRODUCE_H
#define KH_PROTOCOL_PRODUCE_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_produce_request_partition {
    int32_t index;
    struct kh_bytes records; /* nullable: one batch of magic 2 */
};

struct kh_produce_request_topic {
    struct kh_string name;   /* v3-v12 */
    struct kh_uuid topic_id; /* v13+ (KIP-516) */
    const struct kh_produce_request_partition *partition_data;
    size_t partition_count;
};

struct kh_produce_request {
    struct kh_string transactional_id; /* nullable: not in a transaction */
    int16_t acks; /* 0: no answer comes; 1: the leader has it; -1: all in-sync replicas have it */
    int32_t timeout_ms;
    const struct kh_produce_request_topic *topic_data;
    size_t topic_count;
};

struct kh_produce_response_record_error {
    int32_t batch_index;                        /* of the record in its batch */
    struct kh_string batch_index_error_message; /* nullable */
};

struct kh_produce_response_current_leader {
    int32_t leader_id;
    int32_t leader_epoch;
};

struct kh_produce_response_partition {
    int32_t index;
    int16_t error_code;
    int64_t base_offset;        /* -1: nothing was appended */
    int64_t log_append_time_ms; /* -1: the time is the record's own */
    int64_t log_start_offset;   /* v5+ (KIP-107); -1: not known */
    struct kh_produce_response_record_error
        *record_errors; /* v8+ (KIP-467); which records were refused */
    size_t record_error_count;
    struct kh_string error_message; /* v8+ (KIP-467), nullable */
    struct kh_produce_response_current_leader
        current_leader; /* v10+ (KIP-951), tagged; -1, -1: not told */
};

struct kh_produce_response_topic {
    struct kh_string name;   /* v3-v12 */
    struct kh_uuid topic_id; /* v13+ (KIP-516) */
    struct kh_produce_response_partition *partition_responses;
    size_t partition_count;
};

struct kh_produce_response_node_endpoint {
    int32_t node_id;
    struct kh_string host;
    int32_t port;
    struct kh_string rack; /* nullable */
};

struct kh_produce_response {
    struct kh_produce_response_topic *responses;
    size_t response_count;
    int32_t throttle_time_ms;
    struct kh_produce_response_node_endpoint *node_endpoints; /* v10+ (KIP-951), tagged */
    size_t node_endpoint_count;
};

void kh_produce_request_encode(struct kh_writer *w, int version, const void *request);
void kh_produce_response_decode(struct kh_reader *r, int version, void *response);

#endif
