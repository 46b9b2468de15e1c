/* SyncGroup (14), v0-v5: the leader hands in the layout, every member is given its share.
 * Source: SyncGroupRequest.json, SyncGroupResponse.json. */
#ifndef KH_PROTOCOL_SYNC_GROUP_H
#define KH_PROTOCOL_SYNC_GROUP_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_sync_group_request_assignment {
    struct kh_string member_id;
    struct kh_bytes assignment; /* an encoded kh_consumer_assignment */
};

/* What a leader hands in. */
struct kh_sync_group_layout {
    struct kh_sync_group_request_assignment *assignments;
    size_t count;
    /* The same once more, with all that follows it, as flexible versions (4+) have it: a large
     * layout is encoded where it was made, off the loop. Null: it was not. */
    struct kh_bytes encoded;
};

struct kh_sync_group_request {
    struct kh_string group_id;
    int32_t generation_id;
    struct kh_string member_id;
    struct kh_string group_instance_id; /* v3+ (KIP-345), nullable: a dynamic member */
    struct kh_string protocol_type;     /* v5+ (KIP-559), nullable */
    struct kh_string protocol_name;     /* v5+, nullable */
    const struct kh_sync_group_request_assignment
        *assignments; /* the leader's; empty for all others */
    size_t assignment_count;
    struct kh_bytes encoded; /* as in kh_sync_group_layout */
};

struct kh_sync_group_response {
    int32_t throttle_time_ms; /* v1+ */
    int16_t error_code;
    struct kh_string protocol_type; /* v5+ (KIP-559), nullable */
    struct kh_string protocol_name; /* v5+, nullable */
    struct kh_bytes assignment;     /* an encoded kh_consumer_assignment; empty with an error */
};

void kh_sync_group_request_encode(struct kh_writer *w, int version, const void *request);
void kh_sync_group_response_decode(struct kh_reader *r, int version, void *response);

#endif
