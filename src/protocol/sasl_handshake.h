/* SaslHandshake (17), v0-v1: which SASL mechanism is to be used. At v0 bare tokens follow; at
 * v1 they go in SaslAuthenticate (KIP-152). Source: SaslHandshakeRequest.json,
 * SaslHandshakeResponse.json. */
#ifndef KH_PROTOCOL_SASL_HANDSHAKE_H
#define KH_PROTOCOL_SASL_HANDSHAKE_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_sasl_handshake_request {
    struct kh_string mechanism;
};

struct kh_sasl_handshake_response {
    int16_t error_code;
    struct kh_string *mechanisms; /* those that the broker has on */
    size_t mechanism_count;
};

void kh_sasl_handshake_request_encode(struct kh_writer *w, int version, const void *request);
void kh_sasl_handshake_response_decode(struct kh_reader *r, int version, void *response);

#endif
