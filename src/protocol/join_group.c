#include "protocol/join_group.h"

void kh_join_group_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_join_group_request *req = request;

    kh_write_string(w, req->group_id);
    kh_write_i32(w, req->session_timeout_ms);
    if (version >= 1) /* KIP-62: how long a member may take to rejoin */
        kh_write_i32(w, req->rebalance_timeout_ms);
    kh_write_string(w, req->member_id);
    if (version >= 5) /* KIP-345: static membership */
        kh_write_nullable_string(w, req->group_instance_id);
    else
        kh_write_unsupported(w, req->group_instance_id.data != NULL, "group.instance.id");
    kh_write_string(w, req->protocol_type);
    kh_write_array(w, req->protocol_count);
    for (size_t i = 0; i < req->protocol_count; i++) {
        kh_write_string(w, req->protocols[i].name);
        kh_write_bytes(w, req->protocols[i].metadata);
        kh_write_tags(w);
    }
    if (version >= 8) /* KIP-800: why we (re)join, for the broker's log */
        kh_write_nullable_string(w, req->reason);
    kh_write_tags(w);
}

enum { MEMBER_MIN = 4 };

static void read_member(struct kh_reader *r, int version,
                        struct kh_join_group_response_member *member)
{
    member->member_id = kh_read_string(r);
    if (version >= 5) /* KIP-345: static membership */
        member->group_instance_id = kh_read_nullable_string(r);
    member->metadata = kh_read_bytes(r);
    kh_skip_tags(r);
}

void kh_join_group_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_join_group_response *res = response;

    *res = (struct kh_join_group_response){0};
    if (version >= 2)
        res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    res->generation_id = kh_read_i32(r);
    if (version >= 7) /* KIP-559: which protocol the group runs */
        res->protocol_type = kh_read_nullable_string(r);
    res->protocol_name = version >= 7 ? kh_read_nullable_string(r) : kh_read_string(r);
    res->leader = kh_read_string(r);
    if (version >= 9) /* KIP-814: a static leader that comes back does not assign again */
        res->skip_assignment = kh_read_bool(r);
    res->member_id = kh_read_string(r);
    res->member_count = kh_read_array(r, MEMBER_MIN, sizeof *res->members, &res->members);
    for (size_t i = 0; i < res->member_count && kh_read_ok(r); i++)
        read_member(r, version, &res->members[i]);
    kh_skip_tags(r);
}
