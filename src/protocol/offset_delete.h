/* OffsetDelete (47), v0: committed offsets of partitions that are to go (KIP-496). Source:
 * OffsetDeleteRequest.json, OffsetDeleteResponse.json. */
#ifndef KH_PROTOCOL_OFFSET_DELETE_H
#define KH_PROTOCOL_OFFSET_DELETE_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_offset_delete_request_partition {
    int32_t partition_index;
};

struct kh_offset_delete_request_topic {
    struct kh_string name;
    const struct kh_offset_delete_request_partition *partitions;
    size_t partition_count;
};

struct kh_offset_delete_request {
    struct kh_string group_id;
    const struct kh_offset_delete_request_topic *topics;
    size_t topic_count;
};

struct kh_offset_delete_response_partition {
    int32_t partition_index;
    int16_t error_code;
};

struct kh_offset_delete_response_topic {
    struct kh_string name;
    struct kh_offset_delete_response_partition *partitions;
    size_t partition_count;
};

struct kh_offset_delete_response {
    int16_t error_code;
    int32_t throttle_time_ms;
    struct kh_offset_delete_response_topic *topics;
    size_t topic_count;
};

void kh_offset_delete_request_encode(struct kh_writer *w, int version, const void *request);
void kh_offset_delete_response_decode(struct kh_reader *r, int version, void *response);

#endif
