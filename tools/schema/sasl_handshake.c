/* SaslHandshakeRequest.json, SaslHandshakeResponse.json. */
#include "protocol/sasl_handshake.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_sasl_handshake_request
static const struct schema_field request_fields[] = {
    STRING(mechanism, "mechanism", SINCE(0)),
};
const struct schema schema_sasl_handshake_request =
    MESSAGE("SaslHandshakeRequest", 17, SCHEMA_REQUEST, 0, 1, NEVER_FLEXIBLE, request_fields);
#undef OWNER

#define OWNER struct kh_sasl_handshake_response
static const struct schema_field response_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    STRINGS(mechanisms, mechanism_count, "mechanisms", SINCE(0)),
};
const struct schema schema_sasl_handshake_response =
    MESSAGE("SaslHandshakeResponse", 17, SCHEMA_RESPONSE, 0, 1, NEVER_FLEXIBLE, response_fields);
#undef OWNER
