/* LeaveGroup (13), v0-v5: members go, without the group waiting for their session to end.
 * Source: LeaveGroupRequest.json, LeaveGroupResponse.json. */
#ifndef KH_PROTOCOL_LEAVE_GROUP_H
#define KH_PROTOCOL_LEAVE_GROUP_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_leave_group_request_member {
    struct kh_string member_id;
    struct kh_string group_instance_id; /* nullable: a dynamic member */
    struct kh_string reason;            /* v5+ (KIP-800), nullable */
};

/* v3 replaced the member by a list of members (KIP-345). Who leaves does not know the version yet,
 * and gives both: each version writes its own. */
struct kh_leave_group_request {
    struct kh_string group_id;
    struct kh_string member_id;                          /* v0-v2 */
    const struct kh_leave_group_request_member *members; /* v3+ */
    size_t member_count;
};

struct kh_leave_group_response_member {
    struct kh_string member_id;
    struct kh_string group_instance_id; /* nullable */
    int16_t error_code;
};

struct kh_leave_group_response {
    int32_t throttle_time_ms; /* v1+ */
    int16_t error_code;
    struct kh_leave_group_response_member *members; /* v3+ */
    size_t member_count;
};

void kh_leave_group_request_encode(struct kh_writer *w, int version, const void *request);
void kh_leave_group_response_decode(struct kh_reader *r, int version, void *response);

#endif
