/* OffsetFetch (9), v1-v10: what a group has committed.
 * Source: OffsetFetchRequest.json, OffsetFetchResponse.json. */
#ifndef KH_PROTOCOL_OFFSET_FETCH_H
#define KH_PROTOCOL_OFFSET_FETCH_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_offset_fetch_request_topic {
    struct kh_string name;   /* v1-v9 */
    struct kh_uuid topic_id; /* v10+ (KIP-848) */
    const int32_t *partition_indexes;
    size_t partition_index_count;
};

struct kh_offset_fetch_request_group {
    struct kh_string group_id;
    struct kh_string member_id; /* v9+ (KIP-848), nullable: a classic group */
    int32_t member_epoch;       /* v9+; -1: a classic group */
    const struct kh_offset_fetch_request_topic *topics; /* NULL: all that were committed */
    size_t topic_count;
};

#define KH_OFFSET_FETCH_REQUEST_GROUP_DEFAULTS                                                     \
    ((struct kh_offset_fetch_request_group){.member_epoch = -1})

/* v8 replaced the group by a list of groups (KIP-709). Who asks does not know the version yet, and
 * gives both: each version writes its own. */
struct kh_offset_fetch_request {
    struct kh_string group_id; /* v1-v7 */
    const struct kh_offset_fetch_request_topic
        *topics; /* v1-v7; NULL: all that were committed (v2+) */
    size_t topic_count;
    const struct kh_offset_fetch_request_group *groups; /* v8+ */
    size_t group_count;
    bool require_stable; /* v7+ (KIP-447): UNSTABLE_OFFSET_COMMIT while a transaction has offsets
                            pending */
};

struct kh_offset_fetch_response_partition {
    int32_t partition_index;
    int64_t committed_offset;       /* -1: none */
    int32_t committed_leader_epoch; /* v5+ (KIP-320); -1: not known */
    struct kh_string metadata;      /* nullable */
    int16_t error_code;
};

struct kh_offset_fetch_response_topic {
    struct kh_string name;   /* v1-v9 */
    struct kh_uuid topic_id; /* v10+ */
    struct kh_offset_fetch_response_partition *partitions;
    size_t partition_count;
};

struct kh_offset_fetch_response_group {
    struct kh_string group_id; /* null at v1-v7: the one that was asked for */
    struct kh_offset_fetch_response_topic *topics;
    size_t topic_count;
    int16_t error_code; /* v2+ */
};

struct kh_offset_fetch_response {
    int32_t throttle_time_ms;                      /* v3+ */
    struct kh_offset_fetch_response_topic *topics; /* v1-v7 */
    size_t topic_count;
    int16_t error_code; /* v2-v7 */
    /* v8+. Filled at v1-v7 too, with the one that the fields above tell, so that there is one place
     * to look. */
    struct kh_offset_fetch_response_group *groups;
    size_t group_count;
};

void kh_offset_fetch_request_encode(struct kh_writer *w, int version, const void *request);
void kh_offset_fetch_response_decode(struct kh_reader *r, int version, void *response);

#endif
