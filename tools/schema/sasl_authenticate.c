/* SaslAuthenticateRequest.json, SaslAuthenticateResponse.json. */
#include "protocol/sasl_authenticate.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_sasl_authenticate_request
static const struct schema_field request_fields[] = {
    BYTES(auth_bytes, "authBytes", SINCE(0)),
};
const struct schema schema_sasl_authenticate_request =
    MESSAGE("SaslAuthenticateRequest", 36, SCHEMA_REQUEST, 0, 2, 2, request_fields);
#undef OWNER

#define OWNER struct kh_sasl_authenticate_response
static const struct schema_field response_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0)),
    BYTES(auth_bytes, "authBytes", SINCE(0)),
    I64(session_lifetime_ms, "sessionLifetimeMs", SINCE(1), IGNORABLE),
};
const struct schema schema_sasl_authenticate_response =
    MESSAGE("SaslAuthenticateResponse", 36, SCHEMA_RESPONSE, 0, 2, 2, response_fields);
#undef OWNER
