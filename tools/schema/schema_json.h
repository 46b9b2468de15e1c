/* Messages as JSON, exactly as Kafka's JsonConverter classes write them, but for records: those are
 * base64 of the real bytes (test/golden/README.md). */
#ifndef SCHEMA_SCHEMA_JSON_H
#define SCHEMA_SCHEMA_JSON_H

#include "schema/schema.h"

#include <jansson.h>

/* The fields that the version has; tagged ones only when they differ from their defaults. A text
 * that is not UTF-8 becomes {"notUtf8": base64}. */
json_t *schema_to_json(const struct schema *s, int version, const void *in);

/* The same with bytes, records among them, as `show` has them. */
typedef json_t *schema_show_bytes(void *arg, const struct schema_field *field,
                                  struct kh_bytes bytes);
json_t *schema_to_json_showing(const struct schema *s, int version, const void *in,
                               schema_show_bytes *show, void *arg);

#endif
