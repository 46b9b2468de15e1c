/* ShareGroupDescribe (77), v1: the state and members of share groups (KIP-932), from their
 * coordinator. Source: ShareGroupDescribeRequest.json, ShareGroupDescribeResponse.json. */
#ifndef KH_PROTOCOL_SHARE_GROUP_DESCRIBE_H
#define KH_PROTOCOL_SHARE_GROUP_DESCRIBE_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_share_group_describe_request {
    const struct kh_string *group_ids;
    size_t group_id_count;
    bool include_authorized_operations;
};

struct kh_share_group_describe_response_topic {
    struct kh_uuid topic_id;
    struct kh_string topic_name;
    int32_t *partitions;
    size_t partition_count;
};

struct kh_share_group_describe_response_assignment {
    struct kh_share_group_describe_response_topic *topic_partitions;
    size_t topic_partition_count;
};

struct kh_share_group_describe_response_member {
    struct kh_string member_id;
    struct kh_string rack_id; /* nullable */
    int32_t member_epoch;
    struct kh_string client_id;
    struct kh_string client_host;
    struct kh_string *subscribed_topic_names;
    size_t subscribed_topic_name_count;
    struct kh_share_group_describe_response_assignment assignment; /* what it has */
};

struct kh_share_group_describe_response_group {
    int16_t error_code;
    struct kh_string error_message; /* nullable */
    struct kh_string group_id;
    struct kh_string group_state; /* "Empty", "Stable", "Dead" */
    int32_t group_epoch;
    int32_t assignment_epoch; /* of the group's target assignment */
    struct kh_string assignor_name;
    struct kh_share_group_describe_response_member *members;
    size_t member_count;
    int32_t authorized_operations; /* INT32_MIN: not asked for */
};

struct kh_share_group_describe_response {
    int32_t throttle_time_ms;
    struct kh_share_group_describe_response_group *groups;
    size_t group_count;
};

void kh_share_group_describe_request_encode(struct kh_writer *w, int version, const void *request);
void kh_share_group_describe_response_decode(struct kh_reader *r, int version, void *response);

#endif
