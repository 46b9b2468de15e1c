/* Fetch (1), v4-v18: records. Requests are written here; responses are read as they arrive
 * (fetch_stream.h), into the parts declared here. Source: FetchRequest.json, FetchResponse.json. */
#ifndef KH_PROTOCOL_FETCH_H
#define KH_PROTOCOL_FETCH_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_fetch_request_partition {
    int32_t partition;
    int32_t current_leader_epoch; /* v9+ (KIP-320); -1: not known */
    int64_t fetch_offset;
    int32_t last_fetched_epoch; /* v12+ (KIP-595); -1: none, as consumers have it */
    int64_t log_start_offset;   /* v5+; -1: a consumer */
    int32_t partition_max_bytes;
    struct kh_uuid replica_directory_id; /* v17+ (KIP-853), tagged; followers only */
    int64_t high_watermark;              /* v18+ (KIP-1166), tagged; INT64_MAX: not a follower */
};

#define KH_FETCH_REQUEST_PARTITION_DEFAULTS                                                        \
    ((struct kh_fetch_request_partition){                                                          \
        .current_leader_epoch = -1,                                                                \
        .last_fetched_epoch = -1,                                                                  \
        .log_start_offset = -1,                                                                    \
        .high_watermark = INT64_MAX,                                                               \
    })

struct kh_fetch_request_topic {
    struct kh_string topic;  /* v4-v12 */
    struct kh_uuid topic_id; /* v13+ (KIP-516) */
    const struct kh_fetch_request_partition *partitions;
    size_t partition_count;
};

struct kh_fetch_request_forgotten_topic {
    struct kh_string topic;  /* v7-v12 */
    struct kh_uuid topic_id; /* v13+ */
    const int32_t *partitions;
    size_t partition_count;
};

struct kh_fetch_request_replica_state {
    int32_t replica_id;
    int64_t replica_epoch;
};

struct kh_fetch_request {
    struct kh_string cluster_id; /* v12+, tagged, nullable; between controllers only */
    int32_t replica_id;          /* v4-v14; -1: a consumer */
    /* v15+ (KIP-903), tagged; -1, -1: a consumer */
    struct kh_fetch_request_replica_state replica_state;
    int32_t max_wait_ms;
    int32_t min_bytes;
    int32_t max_bytes;      /* one batch may go beyond (KIP-74) */
    int8_t isolation_level; /* 0 read_uncommitted, 1 read_committed */
    int32_t session_id;     /* v7+ (KIP-227) */
    int32_t session_epoch;  /* v7+; -1: no session */
    const struct kh_fetch_request_topic *topics;
    size_t topic_count;
    const struct kh_fetch_request_forgotten_topic *forgotten_topics_data; /* v7+ */
    size_t forgotten_topic_count;
    struct kh_string rack_id; /* v11+ (KIP-392); empty: none */
};

#define KH_FETCH_REQUEST_DEFAULTS                                                                  \
    ((struct kh_fetch_request){                                                                    \
        .replica_id = -1,                                                                          \
        .replica_state = {.replica_id = -1, .replica_epoch = -1},                                  \
        .max_bytes = INT32_MAX,                                                                    \
        .session_epoch = -1,                                                                       \
        .rack_id = KH_STRING(""),                                                                  \
    })

struct kh_fetch_response_diverging_epoch {
    int32_t epoch;
    int64_t end_offset;
};

struct kh_fetch_response_current_leader {
    int32_t leader_id;
    int32_t leader_epoch;
};

struct kh_fetch_response_snapshot_id {
    int64_t end_offset;
    int32_t epoch;
};

struct kh_fetch_response_aborted_transaction {
    int64_t producer_id;
    int64_t first_offset;
};

struct kh_fetch_response_partition {
    int32_t partition_index;
    int16_t error_code;
    int64_t high_watermark;
    int64_t last_stable_offset; /* -1: not known */
    int64_t log_start_offset;   /* v5+; -1: not known */
    /* v12+, tagged; all -1: not told. KIP-595, KIP-951 and KIP-630 in this order. */
    struct kh_fetch_response_diverging_epoch diverging_epoch;
    struct kh_fetch_response_current_leader current_leader;
    struct kh_fetch_response_snapshot_id snapshot_id;
    struct kh_fetch_response_aborted_transaction *aborted_transactions; /* nullable */
    size_t aborted_transaction_count;
    int32_t preferred_read_replica; /* v11+ (KIP-392); -1: none */
    struct kh_bytes records;        /* nullable; whole batches, the last may be cut short */
};

#define KH_FETCH_RESPONSE_PARTITION_DEFAULTS                                                       \
    ((struct kh_fetch_response_partition){                                                         \
        .last_stable_offset = -1,                                                                  \
        .log_start_offset = -1,                                                                    \
        .diverging_epoch = {.epoch = -1, .end_offset = -1},                                        \
        .current_leader = {.leader_id = -1, .leader_epoch = -1},                                   \
        .snapshot_id = {.end_offset = -1, .epoch = -1},                                            \
        .preferred_read_replica = -1,                                                              \
    })

struct kh_fetch_response_topic {
    struct kh_string topic;  /* v4-v12 */
    struct kh_uuid topic_id; /* v13+ */
    struct kh_fetch_response_partition *partitions;
    size_t partition_count;
};

struct kh_fetch_response_node_endpoint {
    int32_t node_id;
    struct kh_string host;
    int32_t port;
    struct kh_string rack; /* nullable */
};

struct kh_fetch_response {
    int32_t throttle_time_ms;
    int16_t error_code; /* v7+ */
    int32_t session_id; /* v7+; 0: none */
    struct kh_fetch_response_topic *responses;
    size_t response_count;
    struct kh_fetch_response_node_endpoint *node_endpoints; /* v16+ (KIP-951), tagged */
    size_t node_endpoint_count;
};

void kh_fetch_request_encode(struct kh_writer *w, int version, const void *request);

#endif
