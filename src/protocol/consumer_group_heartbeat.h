/* ConsumerGroupHeartbeat (68), v0-v1: a member of a consumer group (KIP-848) joins, lives,
 * tells what it owns and hears what it is to own. Source: ConsumerGroupHeartbeatRequest.json,
 * ConsumerGroupHeartbeatResponse.json. */
#ifndef KH_PROTOCOL_CONSUMER_GROUP_HEARTBEAT_H
#define KH_PROTOCOL_CONSUMER_GROUP_HEARTBEAT_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_consumer_group_heartbeat_request_topic {
    struct kh_uuid topic_id;
    const int32_t *partitions;
    size_t partition_count;
};

struct kh_consumer_group_heartbeat_request {
    struct kh_string group_id;
    struct kh_string member_id;
    int32_t member_epoch;         /* 0: join, -1: leave, -2: a static member goes and comes back */
    struct kh_string instance_id; /* nullable: a dynamic member, or as told before */
    struct kh_string rack_id;     /* nullable: none, or as told before */
    int32_t rebalance_timeout_ms; /* -1: as told before */
    const struct kh_string *subscribed_topic_names; /* NULL: as told before */
    size_t subscribed_topic_name_count;
    struct kh_string subscribed_topic_regex; /* v1+ (KIP-848), nullable: as told before */
    struct kh_string server_assignor;        /* nullable: the broker's choice, or as told before */
    const struct kh_consumer_group_heartbeat_request_topic
        *topic_partitions; /* what the member owns; NULL: as told before */
    size_t topic_partition_count;
};

#define KH_CONSUMER_GROUP_HEARTBEAT_REQUEST_DEFAULTS                                               \
    ((struct kh_consumer_group_heartbeat_request){.rebalance_timeout_ms = -1})

struct kh_consumer_group_heartbeat_response_topic {
    struct kh_uuid topic_id;
    int32_t *partitions;
    size_t partition_count;
};

struct kh_consumer_group_heartbeat_response_assignment {
    struct kh_consumer_group_heartbeat_response_topic *topic_partitions;
    size_t topic_partition_count;
};

struct kh_consumer_group_heartbeat_response {
    int32_t throttle_time_ms;
    int16_t error_code;
    struct kh_string error_message; /* nullable */
    struct kh_string member_id;     /* nullable */
    int32_t member_epoch;
    int32_t heartbeat_interval_ms;
    struct kh_consumer_group_heartbeat_response_assignment *assignment; /* NULL: as told before */
};

void kh_consumer_group_heartbeat_request_encode(struct kh_writer *w, int version,
                                                const void *request);
void kh_consumer_group_heartbeat_response_decode(struct kh_reader *r, int version, void *response);

#endif
