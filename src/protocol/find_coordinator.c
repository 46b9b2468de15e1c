#include "protocol/find_coordinator.h"

void kh_find_coordinator_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_find_coordinator_request *req = request;

    if (version <= 3)
        kh_write_string(w, req->key);
    if (version >= 1) /* KIP-98: coordinators of transactions too */
        kh_write_i8(w, req->key_type);
    else
        kh_write_unsupported(w, req->key_type != KH_COORDINATOR_GROUP, "key_type");
    if (version >= 4) /* KIP-699: several keys at once */
        kh_write_string_array(w, req->coordinator_keys, req->coordinator_key_count);
    kh_write_tags(w);
}

enum { COORDINATOR_MIN = 14 };

static void read_coordinator(struct kh_reader *r,
                             struct kh_find_coordinator_response_coordinator *coordinator)
{
    coordinator->key = kh_read_string(r);
    coordinator->node_id = kh_read_i32(r);
    coordinator->host = kh_read_string(r);
    coordinator->port = kh_read_i32(r);
    coordinator->error_code = kh_read_i16(r);
    coordinator->error_message = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

/* v0-v3: one coordinator, in the response itself. */
static void read_single(struct kh_reader *r, int version, struct kh_find_coordinator_response *res)
{
    res->error_code = kh_read_i16(r);
    if (version >= 1)
        res->error_message = kh_read_nullable_string(r);
    res->node_id = kh_read_i32(r);
    res->host = kh_read_string(r);
    res->port = kh_read_i32(r);
    res->coordinators = kh_read_items(r, 1, sizeof *res->coordinators);
    if (res->coordinators == NULL)
        return;
    res->coordinator_count = 1;
    res->coordinators[0] = (struct kh_find_coordinator_response_coordinator){
        .node_id = res->node_id,
        .host = res->host,
        .port = res->port,
        .error_code = res->error_code,
        .error_message = res->error_message,
    };
}

void kh_find_coordinator_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_find_coordinator_response *res = response;

    *res = (struct kh_find_coordinator_response){0};
    if (version >= 1)
        res->throttle_time_ms = kh_read_i32(r);
    if (version <= 3) {
        read_single(r, version, res);
    } else { /* KIP-699 */
        res->coordinator_count =
            kh_read_array(r, COORDINATOR_MIN, sizeof *res->coordinators, &res->coordinators);
        for (size_t i = 0; i < res->coordinator_count && kh_read_ok(r); i++)
            read_coordinator(r, &res->coordinators[i]);
    }
    kh_skip_tags(r);
}
