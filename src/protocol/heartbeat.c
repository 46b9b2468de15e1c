#include "protocol/heartbeat.h"

void kh_heartbeat_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_heartbeat_request *req = request;

    kh_write_string(w, req->group_id);
    kh_write_i32(w, req->generation_id);
    kh_write_string(w, req->member_id);
    if (version >= 3) /* KIP-345: static membership */
        kh_write_nullable_string(w, req->group_instance_id);
    else
        kh_write_unsupported(w, req->group_instance_id.data != NULL, "group.instance.id");
    kh_write_tags(w);
}

void kh_heartbeat_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_heartbeat_response *res = response;

    *res = (struct kh_heartbeat_response){0};
    if (version >= 1)
        res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    kh_skip_tags(r);
}
