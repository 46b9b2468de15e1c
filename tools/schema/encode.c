#include "schema/schema.h"

struct encoder {
    struct kh_writer *w;
    int version;
};

static void encode_struct(const struct encoder *e, const struct schema *s, const void *in);

static void write_string(struct kh_writer *w, bool nullable, bool never_compact,
                         struct kh_string text)
{
    bool flexible = w->flexible;

    w->flexible = flexible && !never_compact;
    if (nullable)
        kh_write_nullable_string(w, text);
    else
        kh_write_string(w, text);
    w->flexible = flexible;
}

static void encode_optional(const struct encoder *e, const struct schema_field *field,
                            const void *at)
{
    const void *optional;

    memcpy(&optional, at, sizeof optional);
    kh_write_i8(e->w, optional == NULL ? -1 : 1);
    if (optional != NULL)
        encode_struct(e, field->schema, optional);
}

static void encode_value(const struct encoder *e, const struct schema_field *field,
                         enum schema_type type, const void *at)
{
    struct kh_writer *w = e->w;
    /* An array's items are never null. */
    bool nullable = field->type != SCHEMA_ARRAY && schema_in(field->nullable, e->version);

    switch (type) {
    case SCHEMA_BOOL:
        kh_write_bool(w, *(const bool *)at);
        break;
    case SCHEMA_I8:
        kh_write_i8(w, *(const int8_t *)at);
        break;
    case SCHEMA_I16:
        kh_write_i16(w, *(const int16_t *)at);
        break;
    case SCHEMA_I32:
        kh_write_i32(w, *(const int32_t *)at);
        break;
    case SCHEMA_I64:
        kh_write_i64(w, *(const int64_t *)at);
        break;
    case SCHEMA_UUID:
        kh_write_uuid(w, at);
        break;
    case SCHEMA_STRING:
        write_string(w, nullable, field->never_compact, *(const struct kh_string *)at);
        break;
    case SCHEMA_BYTES:
        if (nullable)
            kh_write_nullable_bytes(w, *(const struct kh_bytes *)at);
        else
            kh_write_bytes(w, *(const struct kh_bytes *)at);
        break;
    case SCHEMA_STRUCT:
        encode_struct(e, field->schema, at);
        break;
    case SCHEMA_OPTIONAL:
        encode_optional(e, field, at);
        break;
    case SCHEMA_ARRAY:
        break;
    }
}

static void encode_array(const struct encoder *e, const struct schema_field *field, const void *in)
{
    const char *item;
    size_t count;

    memcpy(&item, (const char *)in + field->offset, sizeof item);
    memcpy(&count, (const char *)in + field->count_offset, sizeof count);
    if (schema_in(field->nullable, e->version))
        kh_write_nullable_array(e->w, count, item == NULL);
    else /* NULL means something of its own where it is nullable at another version */
        kh_write_array(e->w, item == NULL && field->nullable != 0 ? SIZE_MAX : count);
    for (size_t i = 0; i < count && e->w->status == 0; i++, item += field->item_size)
        encode_value(e, field, field->item_type, item);
}

static void encode_field(const struct encoder *e, const struct schema_field *field, const void *in)
{
    if (field->type == SCHEMA_ARRAY)
        encode_array(e, field, in);
    else
        encode_value(e, field, field->type, (const char *)in + field->offset);
}

static bool goes_out_tagged(const struct encoder *e, const struct schema_field *field,
                            const void *in)
{
    return field->tagged && schema_in(field->versions, e->version) && !schema_is_default(field, in);
}

static void encode_tags(const struct encoder *e, const struct schema *s, const void *in)
{
    uint32_t count = 0;

    for (size_t i = 0; i < s->field_count; i++)
        count += goes_out_tagged(e, &s->fields[i], in);
    kh_write_tag_count(e->w, count);
    for (size_t i = 0; i < s->field_count; i++) { /* tables have their tags in rising order */
        if (!goes_out_tagged(e, &s->fields[i], in))
            continue;
        size_t begin = kh_write_tag_begin(e->w, s->fields[i].tag);
        encode_field(e, &s->fields[i], in);
        kh_write_tag_end(e->w, begin);
    }
}

static void encode_struct(const struct encoder *e, const struct schema *s, const void *in)
{
    for (size_t i = 0; i < s->field_count; i++) {
        const struct schema_field *field = &s->fields[i];

        if (!schema_in(field->versions, e->version))
            kh_write_unsupported(
                e->w, !field->ignorable && !field->either_form && !schema_is_default(field, in),
                field->name);
        else if (!field->tagged)
            encode_field(e, field, in);
    }
    encode_tags(e, s, in);
}

int schema_encode(const struct schema *s, int version, struct kh_writer *w, const void *in)
{
    const struct encoder e = {w, version};

    encode_struct(&e, s, in);
    return w->status;
}
