#include "protocol/leave_group.h"

void kh_leave_group_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_leave_group_request *req = request;

    kh_write_string(w, req->group_id);
    if (version <= 2)
        kh_write_string(w, req->member_id);
    if (version >= 3) { /* KIP-345: several members at once */
        kh_write_array(w, req->member_count);
        for (size_t i = 0; i < req->member_count; i++) {
            kh_write_string(w, req->members[i].member_id);
            kh_write_nullable_string(w, req->members[i].group_instance_id);
            if (version >= 5) /* KIP-800: why, for the broker's log */
                kh_write_nullable_string(w, req->members[i].reason);
            kh_write_tags(w);
        }
    }
    kh_write_tags(w);
}

enum { MEMBER_MIN = 5 };

static void read_member(struct kh_reader *r, struct kh_leave_group_response_member *member)
{
    member->member_id = kh_read_string(r);
    member->group_instance_id = kh_read_nullable_string(r);
    member->error_code = kh_read_i16(r);
    kh_skip_tags(r);
}

void kh_leave_group_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_leave_group_response *res = response;

    *res = (struct kh_leave_group_response){0};
    if (version >= 1)
        res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    if (version >= 3) /* KIP-345 */
        res->member_count = kh_read_array(r, MEMBER_MIN, sizeof *res->members, &res->members);
    for (size_t i = 0; i < res->member_count && kh_read_ok(r); i++)
        read_member(r, &res->members[i]);
    kh_skip_tags(r);
}
