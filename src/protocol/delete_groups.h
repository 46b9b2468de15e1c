/* DeleteGroups (42), v0-v3: empty groups that are to go (KIP-229); their coordinator answers.
 * Source: DeleteGroupsRequest.json, DeleteGroupsResponse.json. */
#ifndef KH_PROTOCOL_DELETE_GROUPS_H
#define KH_PROTOCOL_DELETE_GROUPS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_delete_groups_request {
    const struct kh_string *groups_names;
    size_t group_name_count;
};

struct kh_delete_groups_response_result {
    struct kh_string group_id;
    int16_t error_code;
    struct kh_string error_message; /* v3+, nullable */
};

struct kh_delete_groups_response {
    int32_t throttle_time_ms;
    struct kh_delete_groups_response_result *results;
    size_t result_count;
};

void kh_delete_groups_request_encode(struct kh_writer *w, int version, const void *request);
void kh_delete_groups_response_decode(struct kh_reader *r, int version, void *response);

#endif
