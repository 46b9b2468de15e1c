#include "schema/schema.h"

#include "schema/tables.h"

#include <stddef.h>

const struct schema *schema_find(int16_t key, enum schema_kind kind)
{
#define BOTH(api) &schema_##api##_request, &schema_##api##_response,
    static const struct schema *const all[] = {SCHEMA_MAP(BOTH)};
#undef BOTH

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->key == key && all[i]->kind == kind)
            return all[i];
    return NULL;
}

static void set_number(enum schema_type type, int64_t number, void *out)
{
    if (type == SCHEMA_BOOL)
        *(bool *)out = number != 0;
    else if (type == SCHEMA_I8)
        *(int8_t *)out = (int8_t)number;
    else if (type == SCHEMA_I16)
        *(int16_t *)out = (int16_t)number;
    else if (type == SCHEMA_I32)
        *(int32_t *)out = (int32_t)number;
    else if (type == SCHEMA_I64)
        *(int64_t *)out = number;
}

void schema_set_defaults(const struct schema *s, void *out)
{
    static const max_align_t nothing;
    const void *empty = &nothing;

    memset(out, 0, s->size);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct schema_field *field = &s->fields[i];
        char *at = (char *)out + field->offset;

        if (field->type == SCHEMA_STRUCT)
            schema_set_defaults(field->schema, at);
        else if (field->type == SCHEMA_STRING && !field->default_null)
            *(struct kh_string *)at = (struct kh_string){empty, 0};
        else if (field->type == SCHEMA_BYTES && !field->default_null)
            *(struct kh_bytes *)at = (struct kh_bytes){empty, 0};
        else if (field->type == SCHEMA_ARRAY)
            memcpy(at, &empty, sizeof empty);
        else
            set_number(field->type, field->default_number, at);
    }
}

static bool struct_is_default(const struct schema *s, const void *in)
{
    for (size_t i = 0; i < s->field_count; i++)
        if (!schema_is_default(&s->fields[i], in))
            return false;
    return true;
}

bool schema_is_default(const struct schema_field *field, const void *in)
{
    const char *at = (const char *)in + field->offset;

    switch (field->type) {
    case SCHEMA_BOOL:
        return *(const bool *)at == (field->default_number != 0);
    case SCHEMA_I8:
        return *(const int8_t *)at == field->default_number;
    case SCHEMA_I16:
        return *(const int16_t *)at == field->default_number;
    case SCHEMA_I32:
        return *(const int32_t *)at == field->default_number;
    case SCHEMA_I64:
        return *(const int64_t *)at == field->default_number;
    case SCHEMA_UUID:
        return kh_uuid_is_none((const struct kh_uuid *)at);
    case SCHEMA_STRING: {
        const struct kh_string *text = (const struct kh_string *)at;
        return text->data == NULL || (text->size == 0 && !field->default_null);
    }
    case SCHEMA_BYTES: {
        const struct kh_bytes *bytes = (const struct kh_bytes *)at;
        return bytes->data == NULL || (bytes->size == 0 && !field->default_null);
    }
    case SCHEMA_OPTIONAL: {
        const void *optional;
        memcpy(&optional, at, sizeof optional);
        return optional == NULL;
    }
    case SCHEMA_STRUCT:
        return struct_is_default(field->schema, at);
    case SCHEMA_ARRAY:
        return *(const size_t *)((const char *)in + field->count_offset) == 0;
    }
    return false;
}
