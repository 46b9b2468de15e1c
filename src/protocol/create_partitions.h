/* CreatePartitions (37), v0-v3: more partitions for topics (KIP-195); the controller answers.
 * Source: CreatePartitionsRequest.json, CreatePartitionsResponse.json. */
#ifndef KH_PROTOCOL_CREATE_PARTITIONS_H
#define KH_PROTOCOL_CREATE_PARTITIONS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_create_partitions_request_assignment {
    const int32_t *broker_ids;
    size_t broker_id_count;
};

struct kh_create_partitions_request_topic {
    struct kh_string name;
    int32_t count; /* of all partitions, the present ones included */
    const struct kh_create_partitions_request_assignment
        *assignments; /* of the new ones; NULL: the broker places the replicas */
    size_t assignment_count;
};

struct kh_create_partitions_request {
    const struct kh_create_partitions_request_topic *topics;
    size_t topic_count;
    int32_t timeout_ms;
    bool validate_only; /* only say what would happen */
};

struct kh_create_partitions_response_result {
    struct kh_string name;
    int16_t error_code;
    struct kh_string error_message; /* nullable */
};

struct kh_create_partitions_response {
    int32_t throttle_time_ms;
    struct kh_create_partitions_response_result *results;
    size_t result_count;
};

void kh_create_partitions_request_encode(struct kh_writer *w, int version, const void *request);
void kh_create_partitions_response_decode(struct kh_reader *r, int version, void *response);

#endif
