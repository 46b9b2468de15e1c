/* SaslAuthenticate (36), v0-v2: one token of a SASL exchange, and the broker's. Source:
 * SaslAuthenticateRequest.json, SaslAuthenticateResponse.json. */
#ifndef KH_PROTOCOL_SASL_AUTHENTICATE_H
#define KH_PROTOCOL_SASL_AUTHENTICATE_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_sasl_authenticate_request {
    struct kh_bytes auth_bytes;
};

struct kh_sasl_authenticate_response {
    int16_t error_code;
    struct kh_string error_message; /* nullable */
    struct kh_bytes auth_bytes;
    int64_t session_lifetime_ms; /* v1+ (KIP-368); 0: no end */
};

void kh_sasl_authenticate_request_encode(struct kh_writer *w, int version, const void *request);
void kh_sasl_authenticate_response_decode(struct kh_reader *r, int version, void *response);

#endif
