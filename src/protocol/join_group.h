/* JoinGroup (11), v0-v9: become a member, or stay one in a new generation. Answered when all have
 * joined. Source: JoinGroupRequest.json, JoinGroupResponse.json. */
#ifndef KH_PROTOCOL_JOIN_GROUP_H
#define KH_PROTOCOL_JOIN_GROUP_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_join_group_request_protocol {
    struct kh_string name;    /* the assignor's */
    struct kh_bytes metadata; /* an encoded kh_consumer_subscription */
};

struct kh_join_group_request {
    struct kh_string group_id;
    int32_t session_timeout_ms;
    int32_t rebalance_timeout_ms; /* v1+ (KIP-62); before, the session timeout serves for both */
    struct kh_string member_id;   /* empty: none yet */
    struct kh_string group_instance_id; /* v5+ (KIP-345), nullable: a dynamic member */
    struct kh_string protocol_type;     /* "consumer" */
    const struct kh_join_group_request_protocol *protocols;
    size_t protocol_count;
    struct kh_string reason; /* v8+ (KIP-800), nullable */
};

struct kh_join_group_response_member {
    struct kh_string member_id;
    struct kh_string group_instance_id; /* v5+, nullable */
    struct kh_bytes metadata;
};

struct kh_join_group_response {
    int32_t throttle_time_ms; /* v2+ */
    int16_t error_code;
    int32_t generation_id;          /* -1: none */
    struct kh_string protocol_type; /* v7+ (KIP-559), nullable */
    struct kh_string protocol_name; /* nullable at v7+ */
    struct kh_string leader;        /* member id */
    bool skip_assignment; /* v9+ (KIP-814): the leader is static and came back; the group keeps its
                             layout */
    struct kh_string member_id;
    struct kh_join_group_response_member *members; /* empty unless we are the leader */
    size_t member_count;
};

void kh_join_group_request_encode(struct kh_writer *w, int version, const void *request);
void kh_join_group_response_decode(struct kh_reader *r, int version, void *response);

#endif
