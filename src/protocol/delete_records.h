/* DeleteRecords (21), v0-v2: all records before an offset go (KIP-107); the leaders answer.
 * Source: DeleteRecordsRequest.json, DeleteRecordsResponse.json. */
#ifndef KH_PROTOCOL_DELETE_RECORDS_H
#define KH_PROTOCOL_DELETE_RECORDS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_delete_records_request_partition {
    int32_t partition_index;
    int64_t offset; /* -1: the high watermark */
};

struct kh_delete_records_request_topic {
    struct kh_string name;
    const struct kh_delete_records_request_partition *partitions;
    size_t partition_count;
};

struct kh_delete_records_request {
    const struct kh_delete_records_request_topic *topics;
    size_t topic_count;
    int32_t timeout_ms;
};

struct kh_delete_records_response_partition {
    int32_t partition_index;
    int64_t low_watermark; /* the lowest offset that is left; -1 after an error */
    int16_t error_code;
};

struct kh_delete_records_response_topic {
    struct kh_string name;
    struct kh_delete_records_response_partition *partitions;
    size_t partition_count;
};

struct kh_delete_records_response {
    int32_t throttle_time_ms;
    struct kh_delete_records_response_topic *topics;
    size_t topic_count;
};

void kh_delete_records_request_encode(struct kh_writer *w, int version, const void *request);
void kh_delete_records_response_decode(struct kh_reader *r, int version, void *response);

#endif
