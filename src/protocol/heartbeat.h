/* Heartbeat (12), v0-v4: this member is alive; the answer says whether the group rebalances.
 * Source: HeartbeatRequest.json, HeartbeatResponse.json. */
#ifndef KH_PROTOCOL_HEARTBEAT_H
#define KH_PROTOCOL_HEARTBEAT_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_heartbeat_request {
    struct kh_string group_id;
    int32_t generation_id;
    struct kh_string member_id;
    struct kh_string group_instance_id; /* v3+ (KIP-345), nullable: a dynamic member */
};

struct kh_heartbeat_response {
    int32_t throttle_time_ms; /* v1+ */
    int16_t error_code;
};

void kh_heartbeat_request_encode(struct kh_writer *w, int version, const void *request);
void kh_heartbeat_response_decode(struct kh_reader *r, int version, void *response);

#endif
