#include "schema/schema.h"

#include <stdio.h>

struct decoder {
    struct kh_reader *r;
    int version;
    const struct schema_trace *trace;
    char path[192];
    size_t path_size;
};

static void decode_struct(struct decoder *d, const struct schema *s, void *out);

/* Paths cost more than the reading: they are made for a trace only. Returns what to go back to. */
static size_t descend(struct decoder *d, const char *name, size_t index)
{
    size_t parent = d->path_size, room = sizeof d->path - parent;
    int size = 0;

    if (d->trace == NULL)
        return parent;
    if (name == NULL)
        size = snprintf(d->path + parent, room, "[%zu]", index);
    else
        size = snprintf(d->path + parent, room, parent == 0 ? "%s" : ".%s", name);
    if (size > 0 && (size_t)size < room)
        d->path_size += (size_t)size;
    return parent;
}

static void ascend(struct decoder *d, size_t parent)
{
    d->path_size = parent;
    d->path[parent] = '\0';
}

static void tell(struct decoder *d, size_t begin, enum schema_type type, bool nullable)
{
    const struct schema_place place = {d->path, begin, kh_read_offset(d->r), type, nullable};

    if (d->trace != NULL && kh_read_ok(d->r))
        d->trace->field(d->trace->arg, &place);
}

static struct kh_string read_string(struct kh_reader *r, bool nullable, bool never_compact)
{
    bool flexible = r->flexible;
    struct kh_string text;

    r->flexible = flexible && !never_compact;
    text = nullable ? kh_read_nullable_string(r) : kh_read_string(r);
    r->flexible = flexible;
    return text;
}

/* The struct is the arena's. */
static void decode_optional(struct decoder *d, const struct schema_field *field, void *at)
{
    void *optional = NULL;

    if (kh_read_i8(d->r) >= 0)
        optional = kh_read_items(d->r, 1, field->schema->size);
    if (optional != NULL)
        decode_struct(d, field->schema, optional);
    memcpy(at, &optional, sizeof optional);
}

static void decode_value(struct decoder *d, const struct schema_field *field, enum schema_type type,
                         void *at)
{
    struct kh_reader *r = d->r;
    size_t begin = kh_read_offset(r);
    /* An array's items are never null. */
    bool nullable = field->type != SCHEMA_ARRAY && schema_in(field->nullable, d->version);

    switch (type) {
    case SCHEMA_BOOL:
        *(bool *)at = kh_read_bool(r);
        break;
    case SCHEMA_I8:
        *(int8_t *)at = kh_read_i8(r);
        break;
    case SCHEMA_I16:
        *(int16_t *)at = kh_read_i16(r);
        break;
    case SCHEMA_I32:
        *(int32_t *)at = kh_read_i32(r);
        break;
    case SCHEMA_I64:
        *(int64_t *)at = kh_read_i64(r);
        break;
    case SCHEMA_UUID:
        *(struct kh_uuid *)at = kh_read_uuid(r);
        break;
    case SCHEMA_STRING:
        *(struct kh_string *)at = read_string(r, nullable, field->never_compact);
        break;
    case SCHEMA_BYTES:
        *(struct kh_bytes *)at =
            schema_in(field->nullable, d->version) ? kh_read_nullable_bytes(r) : kh_read_bytes(r);
        break;
    case SCHEMA_STRUCT:
        decode_struct(d, field->schema, at);
        return;
    case SCHEMA_OPTIONAL:
        decode_optional(d, field, at);
        return;
    case SCHEMA_ARRAY:
        return;
    }
    tell(d, begin, type, nullable);
}

static void decode_array(struct decoder *d, const struct schema_field *field, void *out)
{
    void *items = (char *)out + field->offset;
    size_t begin = kh_read_offset(d->r);
    bool nullable = schema_in(field->nullable, d->version);
    size_t count = nullable ? kh_read_nullable_array(d->r, 1, field->item_size, items)
                            : kh_read_array(d->r, 1, field->item_size, items);
    char *item;

    tell(d, begin, SCHEMA_ARRAY, nullable);
    memcpy((char *)out + field->count_offset, &count, sizeof count);
    memcpy(&item, items, sizeof item);
    for (size_t i = 0; i < count && kh_read_ok(d->r); i++, item += field->item_size) {
        size_t parent = descend(d, NULL, i);
        decode_value(d, field, field->item_type, item);
        ascend(d, parent);
    }
}

static void decode_field(struct decoder *d, const struct schema_field *field, void *out)
{
    size_t parent = descend(d, field->name, 0);

    if (field->type == SCHEMA_ARRAY)
        decode_array(d, field, out);
    else
        decode_value(d, field, field->type, (char *)out + field->offset);
    ascend(d, parent);
}

static const struct schema_field *find_tagged(const struct schema *s, int version, uint32_t tag)
{
    for (size_t i = 0; i < s->field_count; i++)
        if (s->fields[i].tagged && s->fields[i].tag == tag &&
            schema_in(s->fields[i].versions, version))
            return &s->fields[i];
    return NULL;
}

static void decode_struct(struct decoder *d, const struct schema *s, void *out)
{
    schema_set_defaults(s, out);
    for (size_t i = 0; i < s->field_count; i++)
        if (!s->fields[i].tagged && schema_in(s->fields[i].versions, d->version))
            decode_field(d, &s->fields[i], out);
    for (struct kh_tags tags = kh_read_tags(d->r); kh_next_tag(d->r, &tags);) {
        const struct schema_field *field = find_tagged(s, d->version, tags.tag);

        if (field != NULL)
            decode_field(d, field, out);
        else
            kh_skip_tag(d->r, &tags);
    }
}

int schema_decode_traced(const struct schema *s, int version, struct kh_reader *r, void *out,
                         const struct schema_trace *trace)
{
    struct decoder d = {.r = r, .version = version, .trace = trace};

    decode_struct(&d, s, out);
    return r->status;
}

int schema_decode(const struct schema *s, int version, struct kh_reader *r, void *out)
{
    return schema_decode_traced(s, version, r, out, NULL);
}
