/* ListOffsets (2), v1-v11: the offset at a time, or at either end of a partition.
 * Source: ListOffsetsRequest.json, ListOffsetsResponse.json. */
#ifndef KH_PROTOCOL_LIST_OFFSETS_H
#define KH_PROTOCOL_LIST_OFFSETS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

/* Timestamps with a meaning (ListOffsetsRequest.java). */
#define KH_LIST_OFFSETS_LATEST   INT64_C(-1)
#define KH_LIST_OFFSETS_EARLIEST INT64_C(-2)

struct kh_list_offsets_request_partition {
    int32_t partition_index;
    int32_t current_leader_epoch; /* v4+ (KIP-320); -1: not known */
    int64_t timestamp;            /* ms since 1970, or KH_LIST_OFFSETS_… */
};

#define KH_LIST_OFFSETS_REQUEST_PARTITION_DEFAULTS                                                 \
    ((struct kh_list_offsets_request_partition){.current_leader_epoch = -1})

struct kh_list_offsets_request_topic {
    struct kh_string name;
    const struct kh_list_offsets_request_partition *partitions;
    size_t partition_count;
};

struct kh_list_offsets_request {
    int32_t replica_id;     /* -1: a consumer */
    int8_t isolation_level; /* v2+ (KIP-98): 0 read_uncommitted, 1 read_committed (latest is the
                               last stable offset) */
    const struct kh_list_offsets_request_topic *topics;
    size_t topic_count;
    int32_t timeout_ms; /* v10+ (KIP-1075): for offsets that lie in remote storage */
};

#define KH_LIST_OFFSETS_REQUEST_DEFAULTS ((struct kh_list_offsets_request){.replica_id = -1})

struct kh_list_offsets_response_partition {
    int32_t partition_index;
    int16_t error_code;
    int64_t timestamp;    /* of the record at the offset; -1: none */
    int64_t offset;       /* -1: none found */
    int32_t leader_epoch; /* v4+ (KIP-320); -1: not known */
};

struct kh_list_offsets_response_topic {
    struct kh_string name;
    struct kh_list_offsets_response_partition *partitions;
    size_t partition_count;
};

struct kh_list_offsets_response {
    int32_t throttle_time_ms; /* v2+ */
    struct kh_list_offsets_response_topic *topics;
    size_t topic_count;
};

void kh_list_offsets_request_encode(struct kh_writer *w, int version, const void *request);
void kh_list_offsets_response_decode(struct kh_reader *r, int version, void *response);

#endif
