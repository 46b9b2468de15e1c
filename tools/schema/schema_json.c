#include "schema/schema_json.h"

#include "schema/base64.h"

struct shower {
    int version;
    schema_show_bytes *bytes;
    void *arg;
};

static json_t *struct_to_json(const struct shower *shower, const struct schema *s, const void *in);

static json_t *string_to_json(const struct kh_string *text)
{
    if (text->data == NULL)
        return json_null();
    json_t *json = json_stringn(text->data, (size_t)text->size);
    if (json == NULL)
        json = json_pack("{s:o}", "notUtf8",
                         base64_json((struct kh_bytes){(const uint8_t *)text->data, text->size}));
    return json;
}

static json_t *optional_to_json(const struct shower *shower, const struct schema *s, const void *at)
{
    const void *optional;

    memcpy(&optional, at, sizeof optional);
    return optional == NULL ? json_null() : struct_to_json(shower, s, optional);
}

static json_t *value_to_json(const struct shower *shower, const struct schema_field *field,
                             enum schema_type type, const void *at)
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
        return shower->bytes(shower->arg, field, *(const struct kh_bytes *)at);
    case SCHEMA_STRUCT:
        return struct_to_json(shower, field->schema, at);
    case SCHEMA_OPTIONAL:
        return optional_to_json(shower, field->schema, at);
    case SCHEMA_ARRAY:
        break;
    }
    return NULL;
}

static json_t *array_to_json(const struct shower *shower, const struct schema_field *field,
                             const void *in)
{
    const char *item;
    size_t count;

    memcpy(&item, (const char *)in + field->offset, sizeof item);
    memcpy(&count, (const char *)in + field->count_offset, sizeof count);
    if (item == NULL)
        return json_null();
    json_t *json = json_array();
    for (size_t i = 0; i < count; i++, item += field->item_size)
        json_array_append_new(json, value_to_json(shower, field, field->item_type, item));
    return json;
}

static json_t *struct_to_json(const struct shower *shower, const struct schema *s, const void *in)
{
    json_t *json = json_object();

    for (size_t i = 0; i < s->field_count; i++) {
        const struct schema_field *field = &s->fields[i];
        const char *at = (const char *)in + field->offset;

        if (!schema_in(field->versions, shower->version) ||
            (field->tagged && schema_is_default(field, in)))
            continue;
        json_object_set_new(json, field->name,
                            field->type == SCHEMA_ARRAY
                                ? array_to_json(shower, field, in)
                                : value_to_json(shower, field, field->type, at));
    }
    return json;
}

json_t *schema_to_json_showing(const struct schema *s, int version, const void *in,
                               schema_show_bytes *show, void *arg)
{
    const struct shower shower = {version, show, arg};

    return struct_to_json(&shower, s, in);
}

static json_t *show_all(void *arg, const struct schema_field *field, struct kh_bytes bytes)
{
    (void)arg;
    (void)field;
    return base64_json(bytes);
}

json_t *schema_to_json(const struct schema *s, int version, const void *in)
{
    return schema_to_json_showing(s, version, in, show_all, NULL);
}
