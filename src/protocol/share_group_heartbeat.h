/* ShareGroupHeartbeat (76), v1: a member of a share group (KIP-932) joins, lives, and hears
 * what it may read. Source: ShareGroupHeartbeatRequest.json, ShareGroupHeartbeatResponse.json. */
#ifndef KH_PROTOCOL_SHARE_GROUP_HEARTBEAT_H
#define KH_PROTOCOL_SHARE_GROUP_HEARTBEAT_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_share_group_heartbeat_request {
    struct kh_string group_id;
    struct kh_string member_id;
    int32_t member_epoch;                           /* 0: join, -1: leave */
    struct kh_string rack_id;                       /* nullable: none, or as told before */
    const struct kh_string *subscribed_topic_names; /* NULL: as told before */
    size_t subscribed_topic_name_count;
};

struct kh_share_group_heartbeat_response_topic {
    struct kh_uuid topic_id;
    int32_t *partitions;
    size_t partition_count;
};

struct kh_share_group_heartbeat_response_assignment {
    struct kh_share_group_heartbeat_response_topic *topic_partitions;
    size_t topic_partition_count;
};

struct kh_share_group_heartbeat_response {
    int32_t throttle_time_ms;
    int16_t error_code;
    struct kh_string error_message; /* nullable */
    struct kh_string member_id;     /* nullable */
    int32_t member_epoch;
    int32_t heartbeat_interval_ms;
    struct kh_share_group_heartbeat_response_assignment *assignment; /* NULL: as told before */
};

void kh_share_group_heartbeat_request_encode(struct kh_writer *w, int version, const void *request);
void kh_share_group_heartbeat_response_decode(struct kh_reader *r, int version, void *response);

#endif
