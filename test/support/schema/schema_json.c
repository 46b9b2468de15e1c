#include "support/schema/schema_json.h"

#include "support/schema/base64.h"

/* A text that is not UTF-8 stays as it is: the comparison will say so. */
static json_t *string_to_json(const struct kh_string *text)
{
    return text->data == NULL ? json_null() : json_stringn_nocheck(text->data, (size_t)text->size);
}

static json_t *optional_to_json(const struct schema *s, int version, const void *at)
{
    const void *optional;

    memcpy(&optional, at, sizeof optional);
    return optional == NULL ? json_null() : schema_to_json(s, version, optional);
}

static json_t *value_to_json(const struct schema_field *field, enum schema_type type, int version,
                             const void *at)
{
    switch (type) {
    case SCHEMA_BOOL:
        return json_boolean(*(const bool *)at);
    case SCHEMA_I8:
        return json_integer(*(const int8_t *)at);
    case SCHEMA_I16:
        return json_integer(*(const int16_t *)at);
    case SCHEMA_I32:
        return json_integer(*(const int32_t *)at);
    case SCHEMA_I64:
        return json_integer(*(const int64_t *)at);
    case SCHEMA_UUID:
        return base64_json_uuid(at);
    case SCHEMA_STRING:
        return string_to_json(at);
    case SCHEMA_BYTES:
        return base64_json(*(const struct kh_bytes *)at);
    case SCHEMA_STRUCT:
        return schema_to_json(field->schema, version, at);
    case SCHEMA_OPTIONAL:
        return optional_to_json(field->schema, version, at);
    case SCHEMA_ARRAY:
        break;
    }
    return NULL;
}

static json_t *array_to_json(const struct schema_field *field, int version, const void *in)
{
    const char *item;
    size_t count;

    memcpy(&item, (const char *)in + field->offset, sizeof item);
    memcpy(&count, (const char *)in + field->count_offset, sizeof count);
    if (item == NULL)
        return json_null();
    json_t *json = json_array();
    for (size_t i = 0; i < count; i++, item += field->item_size)
        json_array_append_new(json, value_to_json(field, field->item_type, version, item));
    return json;
}

json_t *schema_to_json(const struct schema *s, int version, const void *in)
{
    json_t *json = json_object();

    for (size_t i = 0; i < s->field_count; i++) {
        const struct schema_field *field = &s->fields[i];
        const char *at = (const char *)in + field->offset;

        if (!schema_in(field->versions, version) || (field->tagged && schema_is_default(field, in)))
            continue;
        json_object_set_new(json, field->name,
                            field->type == SCHEMA_ARRAY
                                ? array_to_json(field, version, in)
                                : value_to_json(field, field->type, version, at));
    }
    return json;
}
