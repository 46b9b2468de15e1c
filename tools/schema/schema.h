/* Kafka's messages as tables: a second reading of Kafka's schemas, independent of the library's
 * codecs. One engine reads and writes every message in both directions by its table, so tests, the
 * simulated broker and `kohort decode` can do what the library does not: decode requests and encode
 * responses. Tables: one file an API, made from the message schemas of kafka-clients 4.4.0
 * (common/message). JSON is a matter of schema_json.h. */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H

#include "protocol/reader.h"
#include "protocol/writer.h"

enum schema_type {
    SCHEMA_BOOL,
    SCHEMA_I8,
    SCHEMA_I16,
    SCHEMA_I32,
    SCHEMA_I64,
    SCHEMA_UUID,
    SCHEMA_STRING,
    SCHEMA_BYTES, /* and records, which are the same on the wire */
    SCHEMA_STRUCT,
    SCHEMA_OPTIONAL, /* a struct that may be null: a pointer to it, after a byte on the wire */
    SCHEMA_ARRAY,
};

/* A field of a message, and where it lies in the library's struct. */
struct schema_field {
    const char *name; /* as Kafka's JsonConverter spells it: "groupId" */
    enum schema_type type, item_type;
    uint32_t versions, nullable; /* a bit for each version */
    size_t offset;
    size_t count_offset, item_size; /* of an array */
    const struct schema *schema;    /* of a struct, optional or an array's too */
    int64_t default_number;
    bool default_null;
    bool ignorable;   /* dropped, not refused, at a version that lacks it */
    bool either_form; /* so too, but not by Kafka: kohort's structs carry the forms of all versions
                         at once, and each version writes its own */
    bool tagged;      /* at all of its versions */
    uint32_t tag;
    bool never_compact;
};

enum schema_kind { SCHEMA_REQUEST, SCHEMA_RESPONSE };

/* A message, or a struct within one. */
struct schema {
    const char *name; /* of a message, as Kafka spells it: "JoinGroupRequest" */
    const struct schema_field *fields;
    size_t field_count, size; /* of the C struct */
    int oldest, newest, first_flexible;
    int16_t key;
    enum schema_kind kind;
};

/* The message of an API; NULL when it has no table. */
const struct schema *schema_find(int16_t key, enum schema_kind kind);

/* Not in schema_find. The response header's struct is schema_response_header. Subscription and
 * assignment: without the version that goes before them. */
extern const struct schema schema_request_header, schema_response_header;
extern const struct schema schema_consumer_subscription, schema_consumer_assignment;

struct schema_response_header {
    int32_t correlation_id;
};

static inline bool schema_flexible(const struct schema *s, int version)
{
    return version >= s->first_flexible;
}

static inline bool schema_in(uint32_t versions, int version)
{
    return (versions >> version & 1) != 0;
}

/* Sets all of the struct to Kafka's defaults: texts and bytes empty, or null; arrays empty. */
void schema_set_defaults(const struct schema *s, void *out);
/* Whether the field of the struct at `in` has its default. A text, bytes or array whose C pointer
 * is NULL was not set, and counts as its default. */
bool schema_is_default(const struct schema_field *field, const void *in);

/* Reads one message; the reader must be flexible when the version is. Everything that the version
 * lacks has its default. Views point into the reader's bytes, arrays come from its arena. Whether
 * bytes are left is the caller's to ask. The reader's status. */
int schema_decode(const struct schema *s, int version, struct kh_reader *r, void *out);

/* Where a field lies that was read. Of an array: its count; the items come after it. */
struct schema_place {
    const char *path; /* "topics[1].name" */
    size_t begin, end;
    enum schema_type type;
    bool nullable;
};
struct schema_trace {
    void (*field)(void *arg, const struct schema_place *place);
    void *arg;
};
int schema_decode_traced(const struct schema *s, int version, struct kh_reader *r, void *out,
                         const struct schema_trace *trace);

/* Writes one message; the writer must be flexible when the version is. As in Kafka's classes, a
 * field that the version lacks must have its default or be ignorable (KOHORT_EVERSION), and null
 * must be allowed where there is one (KOHORT_EINVAL). The writer's status. */
int schema_encode(const struct schema *s, int version, struct kh_writer *w, const void *in);

#endif
