#include "protocol/sync_group.h"

void kh_sync_group_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_sync_group_request *req = request;

    kh_write_string(w, req->group_id);
    kh_write_i32(w, req->generation_id);
    kh_write_string(w, req->member_id);
    if (version >= 3) /* KIP-345: static membership */
        kh_write_nullable_string(w, req->group_instance_id);
    else
        kh_write_unsupported(w, req->group_instance_id.data != NULL, "group.instance.id");
    if (version >= 5) { /* KIP-559: for the broker to compare with what the group runs */
        kh_write_nullable_string(w, req->protocol_type);
        kh_write_nullable_string(w, req->protocol_name);
    }
    if (w->flexible && req->encoded.data != NULL) {
        kh_write_tail(w, req->encoded);
        return;
    }
    kh_write_array(w, req->assignment_count);
    for (size_t i = 0; i < req->assignment_count; i++) {
        kh_write_string(w, req->assignments[i].member_id);
        kh_write_bytes(w, req->assignments[i].assignment);
        kh_write_tags(w);
    }
    kh_write_tags(w);
}

void kh_sync_group_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_sync_group_response *res = response;

    *res = (struct kh_sync_group_response){0};
    if (version >= 1)
        res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    if (version >= 5) { /* KIP-559 */
        res->protocol_type = kh_read_nullable_string(r);
        res->protocol_name = kh_read_nullable_string(r);
    }
    res->assignment = kh_read_bytes(r);
    kh_skip_tags(r);
}
