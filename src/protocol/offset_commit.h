/* OffsetCommit (8), v2-v10: a group's progress, kept by its coordinator.
 * Source: OffsetCommitRequest.json, OffsetCommitResponse.json. */
#ifndef KH_PROTOCOL_OFFSET_COMMIT_H
#define KH_PROTOCOL_OFFSET_COMMIT_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_offset_commit_request_partition {
    int32_t partition_index;
    int64_t committed_offset;
    int32_t committed_leader_epoch;      /* v6+ (KIP-320); -1: not known */
    struct kh_string committed_metadata; /* nullable */
};

#define KH_OFFSET_COMMIT_REQUEST_PARTITION_DEFAULTS                                                \
    ((struct kh_offset_commit_request_partition){.committed_leader_epoch = -1})

struct kh_offset_commit_request_topic {
    struct kh_string name;   /* v2-v9 */
    struct kh_uuid topic_id; /* v10+ (KIP-848) */
    const struct kh_offset_commit_request_partition *partitions;
    size_t partition_count;
};

struct kh_offset_commit_request {
    struct kh_string group_id;
    int32_t generation_id_or_member_epoch; /* -1: not as a member */
    struct kh_string member_id;
    struct kh_string group_instance_id; /* v7+ (KIP-345), nullable: a dynamic member */
    int64_t retention_time_ms;          /* v2-v4; -1: as the broker is configured (KIP-211) */
    const struct kh_offset_commit_request_topic *topics;
    size_t topic_count;
};

#define KH_OFFSET_COMMIT_REQUEST_DEFAULTS                                                          \
    ((struct kh_offset_commit_request){                                                            \
        .generation_id_or_member_epoch = -1,                                                       \
        .member_id = KH_STRING(""),                                                                \
        .retention_time_ms = -1,                                                                   \
    })

struct kh_offset_commit_response_partition {
    int32_t partition_index;
    int16_t error_code;
};

struct kh_offset_commit_response_topic {
    struct kh_string name;   /* v2-v9 */
    struct kh_uuid topic_id; /* v10+ */
    struct kh_offset_commit_response_partition *partitions;
    size_t partition_count;
};

struct kh_offset_commit_response {
    int32_t throttle_time_ms; /* v3+ */
    struct kh_offset_commit_response_topic *topics;
    size_t topic_count;
};

void kh_offset_commit_request_encode(struct kh_writer *w, int version, const void *request);
void kh_offset_commit_response_decode(struct kh_reader *r, int version, void *response);

#endif
