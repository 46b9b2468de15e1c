#include "protocol/sasl_handshake.h"

void kh_sasl_handshake_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_sasl_handshake_request *req = request;

    (void)version; /* one layout so far */
    kh_write_string(w, req->mechanism);
}

void kh_sasl_handshake_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_sasl_handshake_response *res = response;

    (void)version; /* one layout so far */
    *res = (struct kh_sasl_handshake_response){0};
    res->error_code = kh_read_i16(r);
    res->mechanism_count = kh_read_string_array(r, &res->mechanisms);
}
