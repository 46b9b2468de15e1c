/* OffsetForLeaderEpoch (23), v2-v4: where an epoch of a leader ends (KIP-101): has the log been
 * truncated below what was read? Source: OffsetForLeaderEpochRequest.json,
 * OffsetForLeaderEpochResponse.json. */
#ifndef KH_PROTOCOL_OFFSET_FOR_LEADER_EPOCH_H
#define KH_PROTOCOL_OFFSET_FOR_LEADER_EPOCH_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_offset_for_leader_epoch_request_partition {
    int32_t partition;
    int32_t current_leader_epoch; /* who we think leads (KIP-320); -1: not known */
    int32_t leader_epoch;         /* the epoch in question */
};

#define KH_OFFSET_FOR_LEADER_EPOCH_REQUEST_PARTITION_DEFAULTS                                      \
    ((struct kh_offset_for_leader_epoch_request_partition){.current_leader_epoch = -1})

struct kh_offset_for_leader_epoch_request_topic {
    struct kh_string topic;
    const struct kh_offset_for_leader_epoch_request_partition *partitions;
    size_t partition_count;
};

struct kh_offset_for_leader_epoch_request {
    int32_t replica_id; /* v3+ (KIP-392); -1: a consumer; -2: one that may see beyond the high
                           watermark */
    const struct kh_offset_for_leader_epoch_request_topic *topics;
    size_t topic_count;
};

#define KH_OFFSET_FOR_LEADER_EPOCH_REQUEST_DEFAULTS                                                \
    ((struct kh_offset_for_leader_epoch_request){.replica_id = -2})

struct kh_offset_for_leader_epoch_response_partition {
    int16_t error_code;
    int32_t partition;
    int32_t leader_epoch; /* the largest that is not above the one in question; -1: none */
    int64_t end_offset;   /* where it ends; -1: not known */
};

struct kh_offset_for_leader_epoch_response_topic {
    struct kh_string topic;
    struct kh_offset_for_leader_epoch_response_partition *partitions;
    size_t partition_count;
};

struct kh_offset_for_leader_epoch_response {
    int32_t throttle_time_ms;
    struct kh_offset_for_leader_epoch_response_topic *topics;
    size_t topic_count;
};

void kh_offset_for_leader_epoch_request_encode(struct kh_writer *w, int version,
                                               const void *request);
void kh_offset_for_leader_epoch_response_decode(struct kh_reader *r, int version, void *response);

#endif
