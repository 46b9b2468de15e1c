#include "protocol/sasl_authenticate.h"

void kh_sasl_authenticate_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_sasl_authenticate_request *req = request;

    (void)version; /* one layout so far */
    kh_write_bytes(w, req->auth_bytes);
    kh_write_tags(w);
}

void kh_sasl_authenticate_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_sasl_authenticate_response *res = response;

    *res = (struct kh_sasl_authenticate_response){0};
    res->error_code = kh_read_i16(r);
    res->error_message = kh_read_nullable_string(r);
    res->auth_bytes = kh_read_bytes(r);
    if (version >= 1) /* KIP-368: when to authenticate again */
        res->session_lifetime_ms = kh_read_i64(r);
    kh_skip_tags(r);
}
