/* Base64 as JSON strings, in the two forms that Kafka's JsonConverters use. */
#ifndef SCHEMA_BASE64_H
#define SCHEMA_BASE64_H

#include "base/bytes.h"

#include <jansson.h>

/* The standard alphabet, padded; null as null. */
json_t *base64_json(struct kh_bytes bytes);
/* The alphabet for URLs, without padding: how Kafka writes a Uuid. */
json_t *base64_json_uuid(const struct kh_uuid *id);

#endif
