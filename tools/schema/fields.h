/* How the tables are written: a line a field, in the order of Kafka's schema, with OWNER the
 * library's struct.
 *
 *   I32(generation_id, "generationId", SINCE(1), DEFAULT(-1), IGNORABLE),
 *
 * What follows the name: the versions, then what departs from Kafka's usual: not nullable, default
 * 0 or empty, not tagged, not ignorable. A member of another C type does not compile. */
#ifndef SCHEMA_FIELDS_H
#define SCHEMA_FIELDS_H

#include "schema/schema.h"

#include <stddef.h>

#define VERSIONS_SINCE(from)       (UINT32_MAX << (from))
#define VERSIONS_BETWEEN(from, to) (VERSIONS_SINCE(from) & ~(VERSIONS_SINCE(to) << 1))

#define SINCE(from)                .versions = VERSIONS_SINCE(from)
#define BETWEEN(from, to)          .versions = VERSIONS_BETWEEN(from, to)
#define NULLABLE_SINCE(from)       .nullable = VERSIONS_SINCE(from)
#define NULLABLE_BETWEEN(from, to) .nullable = VERSIONS_BETWEEN(from, to)
#define DEFAULT(number)            .default_number = (number)
#define DEFAULT_NULL               .default_null = true
#define IGNORABLE                  .ignorable = true
#define EITHER_FORM                .either_form = true
#define TAG(number)                .tagged = true, .tag = (number)
#define NEVER_COMPACT              .never_compact = true

#define MEMBER(member)            (((OWNER *)0)->member)
#define OFFSET_OF(c_type, member) _Generic(MEMBER(member), c_type : offsetof(OWNER, member))

#define FIELD(type_, c_type, member, name_, ...)                                                   \
    {                                                                                              \
        .name = (name_), .type = (type_), .offset = OFFSET_OF(c_type, member), __VA_ARGS__         \
    }
#define BOOL(...)   FIELD(SCHEMA_BOOL, bool, __VA_ARGS__)
#define I8(...)     FIELD(SCHEMA_I8, int8_t, __VA_ARGS__)
#define I16(...)    FIELD(SCHEMA_I16, int16_t, __VA_ARGS__)
#define I32(...)    FIELD(SCHEMA_I32, int32_t, __VA_ARGS__)
#define I64(...)    FIELD(SCHEMA_I64, int64_t, __VA_ARGS__)
#define UUID(...)   FIELD(SCHEMA_UUID, struct kh_uuid, __VA_ARGS__)
#define STRING(...) FIELD(SCHEMA_STRING, struct kh_string, __VA_ARGS__)
#define BYTES(...)  FIELD(SCHEMA_BYTES, struct kh_bytes, __VA_ARGS__)

#define STRUCT(schema_, c_type, member, name_, ...)                                                \
    {                                                                                              \
        .name = (name_), .type = SCHEMA_STRUCT, .schema = &(schema_),                              \
        .offset = OFFSET_OF(c_type, member), __VA_ARGS__                                           \
    }

#define OPTIONAL(schema_, c_type, member, name_, ...)                                              \
    {                                                                                              \
        .name = (name_), .type = SCHEMA_OPTIONAL, .schema = &(schema_),                            \
        .offset = OFFSET_OF(c_type, member), __VA_ARGS__                                           \
    }

#define ARRAY(item_type_, member, count, name_, ...)                                               \
    {                                                                                              \
        .name = (name_), .type = SCHEMA_ARRAY, .item_type = (item_type_),                          \
        .offset = offsetof(OWNER, member), .count_offset = OFFSET_OF(size_t, count),               \
        .item_size = sizeof *MEMBER(member), __VA_ARGS__                                           \
    }
#define STRUCTS(schema_, member, count, name_, ...)                                                \
    ARRAY(SCHEMA_STRUCT, member, count, name_, .schema = &(schema_), __VA_ARGS__)
#define I8S(...)     ARRAY(SCHEMA_I8, __VA_ARGS__)
#define I32S(...)    ARRAY(SCHEMA_I32, __VA_ARGS__)
#define STRINGS(...) ARRAY(SCHEMA_STRING, __VA_ARGS__)

#define FIELDS(array) .fields = (array), .field_count = sizeof(array) / sizeof *(array)
#define NESTED(fields_)                                                                            \
    {                                                                                              \
        FIELDS(fields_), .size = sizeof(OWNER)                                                     \
    }
#define MESSAGE(name_, key_, kind_, oldest_, newest_, first_flexible_, fields_)                    \
    {                                                                                              \
        .name = (name_), .key = (key_), .kind = (kind_), .oldest = (oldest_), .newest = (newest_), \
        .first_flexible = (first_flexible_), FIELDS(fields_), .size = sizeof(OWNER)                \
    }
/* "flexibleVersions": "none" */
#define NEVER_FLEXIBLE INT16_MAX

#endif
