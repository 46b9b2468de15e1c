/* RequestHeader.json, ResponseHeader.json. */
#include "protocol/header.h"

#include "schema/fields.h"

#define OWNER struct kh_request_header
static const struct schema_field request_fields[] = {
    I16(api_key, "requestApiKey", SINCE(0)),
    I16(api_version, "requestApiVersion", SINCE(0)),
    I32(correlation_id, "correlationId", SINCE(0)),
    /* "flexibleVersions": "none": a broker reads it before it knows whether it knows the version */
    STRING(client_id, "clientId", SINCE(1), NULLABLE_SINCE(1), NEVER_COMPACT),
};
const struct schema schema_request_header =
    MESSAGE("RequestHeader", -1, SCHEMA_REQUEST, 1, 2, 2, request_fields);
#undef OWNER

#define OWNER struct schema_response_header
static const struct schema_field response_fields[] = {
    I32(correlation_id, "correlationId", SINCE(0)),
};
const struct schema schema_response_header =
    MESSAGE("ResponseHeader", -1, SCHEMA_RESPONSE, 0, 1, 1, response_fields);
#undef OWNER
