#include "protocol/describe_groups.h"

void kh_describe_groups_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_describe_groups_request *req = request;

    kh_write_string_array(w, req->groups, req->group_count);
    if (version >= 3) /* KIP-430: what the asker may do */
        kh_write_bool(w, req->include_authorized_operations);
    else
        kh_write_unsupported(w, req->include_authorized_operations,
                             "include_authorized_operations");
    kh_write_tags(w);
}

enum { GROUP_MIN = 12, MEMBER_MIN = 7 };

static void read_member(struct kh_reader *r, int version,
                        struct kh_describe_groups_response_member *member)
{
    member->member_id = kh_read_string(r);
    if (version >= 4) /* KIP-345: static membership */
        member->group_instance_id = kh_read_nullable_string(r);
    member->client_id = kh_read_string(r);
    member->client_host = kh_read_string(r);
    member->member_metadata = kh_read_bytes(r);
    member->member_assignment = kh_read_bytes(r);
    kh_skip_tags(r);
}

static void read_group(struct kh_reader *r, int version,
                       struct kh_describe_groups_response_group *group)
{
    group->error_code = kh_read_i16(r);
    if (version >= 6) /* KIP-1043: a group that is not there is an error */
        group->error_message = kh_read_nullable_string(r);
    group->group_id = kh_read_string(r);
    group->group_state = kh_read_string(r);
    group->protocol_type = kh_read_string(r);
    group->protocol_data = kh_read_string(r);
    group->member_count = kh_read_array(r, MEMBER_MIN, sizeof *group->members, &group->members);
    for (size_t i = 0; i < group->member_count && kh_read_ok(r); i++)
        read_member(r, version, &group->members[i]);
    group->authorized_operations = version >= 3 ? kh_read_i32(r) : INT32_MIN; /* KIP-430 */
    kh_skip_tags(r);
}

void kh_describe_groups_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_describe_groups_response *res = response;

    *res = (struct kh_describe_groups_response){0};
    if (version >= 1)
        res->throttle_time_ms = kh_read_i32(r);
    res->group_count = kh_read_array(r, GROUP_MIN, sizeof *res->groups, &res->groups);
    for (size_t i = 0; i < res->group_count && kh_read_ok(r); i++)
        read_group(r, version, &res->groups[i]);
    kh_skip_tags(r);
}
