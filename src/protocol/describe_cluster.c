#include "protocol/describe_cluster.h"

void kh_describe_cluster_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_describe_cluster_request *req = request;

    kh_write_bool(w, req->include_cluster_authorized_operations);
    if (version >= 1) /* KIP-919: controllers can be asked too */
        kh_write_i8(w, req->endpoint_type);
    else
        kh_write_unsupported(w, req->endpoint_type != 1, "endpoint_type");
    if (version >= 2) /* KIP-1073: those that do not serve as well */
        kh_write_bool(w, req->include_fenced_brokers);
    else
        kh_write_unsupported(w, req->include_fenced_brokers, "include_fenced_brokers");
    kh_write_tags(w);
}

enum { BROKER_MIN = 11 };

static void read_broker(struct kh_reader *r, int version,
                        struct kh_describe_cluster_response_broker *broker)
{
    broker->broker_id = kh_read_i32(r);
    broker->host = kh_read_string(r);
    broker->port = kh_read_i32(r);
    broker->rack = kh_read_nullable_string(r);
    if (version >= 2) /* KIP-1073 */
        broker->is_fenced = kh_read_bool(r);
    kh_skip_tags(r);
}

void kh_describe_cluster_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_describe_cluster_response *res = response;

    *res = (struct kh_describe_cluster_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    res->error_message = kh_read_nullable_string(r);
    res->endpoint_type =
        version >= 1 ? kh_read_i8(r) : 1; /* KIP-919: controllers can be asked too */
    res->cluster_id = kh_read_string(r);
    res->controller_id = kh_read_i32(r);
    res->broker_count = kh_read_array(r, BROKER_MIN, sizeof *res->brokers, &res->brokers);
    for (size_t i = 0; i < res->broker_count && kh_read_ok(r); i++)
        read_broker(r, version, &res->brokers[i]);
    res->cluster_authorized_operations = kh_read_i32(r);
    kh_skip_tags(r);
}
