/* DescribeGroups (15), v0-v6: the state and members of classic groups, from their coordinator.
 * Source: DescribeGroupsRequest.json, DescribeGroupsResponse.json. */
#ifndef KH_PROTOCOL_DESCRIBE_GROUPS_H
#define KH_PROTOCOL_DESCRIBE_GROUPS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_describe_groups_request {
    const struct kh_string *groups;
    size_t group_count;
    bool include_authorized_operations; /* v3+ (KIP-430) */
};

struct kh_describe_groups_response_member {
    struct kh_string member_id;
    struct kh_string group_instance_id; /* v4+ (KIP-345), nullable: a dynamic member */
    struct kh_string client_id;
    struct kh_string client_host;
    struct kh_bytes member_metadata;   /* empty unless stable */
    struct kh_bytes member_assignment; /* empty unless stable */
};

struct kh_describe_groups_response_group {
    int16_t error_code;
    struct kh_string error_message; /* v6+ (KIP-1043), nullable */
    struct kh_string group_id;
    struct kh_string group_state; /* "Stable", "PreparingRebalance", …; "Dead": there is none */
    struct kh_string protocol_type;
    struct kh_string protocol_data; /* the assignor's name; empty unless stable */
    struct kh_describe_groups_response_member *members;
    size_t member_count;
    int32_t authorized_operations; /* v3+ (KIP-430); INT32_MIN: not asked for */
};

struct kh_describe_groups_response {
    int32_t throttle_time_ms; /* v1+ */
    struct kh_describe_groups_response_group *groups;
    size_t group_count;
};

void kh_describe_groups_request_encode(struct kh_writer *w, int version, const void *request);
void kh_describe_groups_response_decode(struct kh_reader *r, int version, void *response);

#endif
