/* Messages as JSON, exactly as Kafka's JsonConverter classes write them, but for records: those are
 * base64 of the real bytes (test/golden/README.md). */
#ifndef TEST_SUPPORT_SCHEMA_SCHEMA_JSON_H
#define TEST_SUPPORT_SCHEMA_SCHEMA_JSON_H

#include "support/schema/schema.h"

#include <jansson.h>

/* The fields that the version has; tagged ones only when they differ from their defaults. */
json_t *schema_to_json(const struct schema *s, int version, const void *in);

/* Where two values first differ. `text` says it whole: "topics[1].name: "a" here, "b" expected". */
struct json_difference {
    char path[192];
    char text[640];
};
/* False when they are equal. Order counts in arrays, not among an object's fields. */
bool json_differs(json_t *here, json_t *expected, struct json_difference *ret);

#endif
