/* ShareAcknowledge (79), v1-v2: what a member of a share group (KIP-932) has done with the
 * records it acquired. Source: ShareAcknowledgeRequest.json, ShareAcknowledgeResponse.json. */
#ifndef KH_PROTOCOL_SHARE_ACKNOWLEDGE_H
#define KH_PROTOCOL_SHARE_ACKNOWLEDGE_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_share_acknowledge_request_acknowledgement_batch {
    int64_t first_offset;
    int64_t last_offset;
    const int8_t *acknowledge_types; /* one for all or each offset: 0 gap, 1 accept, 2 release, 3
                                        reject, 4 renew (v2+) */
    size_t acknowledge_type_count;
};

struct kh_share_acknowledge_request_partition {
    int32_t partition_index;
    const struct kh_share_acknowledge_request_acknowledgement_batch *acknowledgement_batches;
    size_t acknowledgement_batch_count;
};

struct kh_share_acknowledge_request_topic {
    struct kh_uuid topic_id;
    const struct kh_share_acknowledge_request_partition *partitions;
    size_t partition_count;
};

struct kh_share_acknowledge_request {
    struct kh_string group_id;   /* nullable */
    struct kh_string member_id;  /* nullable */
    int32_t share_session_epoch; /* 0: open, -1: close */
    bool is_renew_ack; /* v2+ (KIP-1222); the acknowledgements hold locks a while longer */
    const struct kh_share_acknowledge_request_topic *topics;
    size_t topic_count;
};

struct kh_share_acknowledge_response_current_leader {
    int32_t leader_id;
    int32_t leader_epoch;
};

struct kh_share_acknowledge_response_partition {
    int32_t partition_index;
    int16_t error_code;
    struct kh_string error_message; /* nullable */
    struct kh_share_acknowledge_response_current_leader
        current_leader; /* after NOT_LEADER_OR_FOLLOWER */
};

struct kh_share_acknowledge_response_topic {
    struct kh_uuid topic_id;
    struct kh_share_acknowledge_response_partition *partitions;
    size_t partition_count;
};

struct kh_share_acknowledge_response_node_endpoint {
    int32_t node_id;
    struct kh_string host;
    int32_t port;
    struct kh_string rack; /* nullable */
};

struct kh_share_acknowledge_response {
    int32_t throttle_time_ms;
    int16_t error_code;
    struct kh_string error_message;      /* nullable */
    int32_t acquisition_lock_timeout_ms; /* v2+ (KIP-1222); how long renewed locks last */
    struct kh_share_acknowledge_response_topic *responses;
    size_t response_count;
    struct kh_share_acknowledge_response_node_endpoint
        *node_endpoints; /* of the leaders named above */
    size_t node_endpoint_count;
};

void kh_share_acknowledge_request_encode(struct kh_writer *w, int version, const void *request);
void kh_share_acknowledge_response_decode(struct kh_reader *r, int version, void *response);

#endif
