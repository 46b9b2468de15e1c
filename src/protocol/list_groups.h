/* ListGroups (16), v0-v5: the groups that one broker coordinates. Source:
 * ListGroupsRequest.json, ListGroupsResponse.json. */
#ifndef KH_PROTOCOL_LIST_GROUPS_H
#define KH_PROTOCOL_LIST_GROUPS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_list_groups_request {
    const struct kh_string *states_filter; /* v4+ (KIP-518); empty: all states */
    size_t states_filter_count;
    const struct kh_string *types_filter; /* v5+ (KIP-848); empty: all types */
    size_t types_filter_count;
};

struct kh_list_groups_response_group {
    struct kh_string group_id;
    struct kh_string protocol_type;
    struct kh_string group_state; /* v4+ (KIP-518) */
    struct kh_string group_type;  /* v5+ (KIP-848); "classic", "consumer", … */
};

struct kh_list_groups_response {
    int32_t throttle_time_ms; /* v1+ */
    int16_t error_code;
    struct kh_list_groups_response_group *groups;
    size_t group_count;
};

void kh_list_groups_request_encode(struct kh_writer *w, int version, const void *request);
void kh_list_groups_response_decode(struct kh_reader *r, int version, void *response);

#endif
