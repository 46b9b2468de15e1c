#include "protocol/list_groups.h"

void kh_list_groups_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_list_groups_request *req = request;

    if (version >= 4) /* KIP-518: groups of these states only */
        kh_write_string_array(w, req->states_filter, req->states_filter_count);
    else
        kh_write_unsupported(w, req->states_filter_count != 0, "states_filter");
    if (version >= 5) /* KIP-848: groups of these types only */
        kh_write_string_array(w, req->types_filter, req->types_filter_count);
    else
        kh_write_unsupported(w, req->types_filter_count != 0, "types_filter");
    kh_write_tags(w);
}

enum { GROUP_MIN = 3 };

static void read_group(struct kh_reader *r, int version,
                       struct kh_list_groups_response_group *group)
{
    group->group_id = kh_read_string(r);
    group->protocol_type = kh_read_string(r);
    if (version >= 4) /* KIP-518 */
        group->group_state = kh_read_string(r);
    if (version >= 5) /* KIP-848 */
        group->group_type = kh_read_string(r);
    kh_skip_tags(r);
}

void kh_list_groups_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_list_groups_response *res = response;

    *res = (struct kh_list_groups_response){0};
    if (version >= 1)
        res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    res->group_count = kh_read_array(r, GROUP_MIN, sizeof *res->groups, &res->groups);
    for (size_t i = 0; i < res->group_count && kh_read_ok(r); i++)
        read_group(r, version, &res->groups[i]);
    kh_skip_tags(r);
}
