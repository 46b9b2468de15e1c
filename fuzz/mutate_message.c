#include "mutate_message.h"

#include "base/limits.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 300, MOST_ITEMS = 200 };

struct mutation {
    struct kh_random random;
    struct kh_arena arena;
    int version;
};

static bool one_in(struct mutation *m, uint64_t n)
{
    return kh_random_below(&m->random, n) == 0;
}

/* One near an end of a range, or any at all. */
static int64_t some_number(struct mutation *m)
{
    static const int64_t telling[] = {
        0, -1, 1, 2, INT8_MAX, INT16_MAX, INT16_MIN, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};

    if (one_in(m, 3))
        return (int64_t)kh_random_next(&m->random);
    return telling[kh_random_below(&m->random, sizeof telling / sizeof *telling)];
}

static struct kh_bytes some_bytes(struct mutation *m, bool nullable)
{
    size_t size = one_in(m, 2) ? 0 : (size_t)kh_random_below(&m->random, LONGEST);
    uint8_t *bytes = kh_arena_alloc(&m->arena, size, 1);

    if (bytes == NULL || (nullable && one_in(m, 3)))
        return (struct kh_bytes){NULL, 0};
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)kh_random_next(&m->random);
    return (struct kh_bytes){bytes, (int32_t)size};
}

static void mutate_struct(struct mutation *m, const struct schema *s, void *message);

static void mutate_optional(struct mutation *m, const struct schema_field *field, void *at)
{
    void *optional;

    memcpy(&optional, at, sizeof optional);
    if (optional == NULL || one_in(m, 4)) {
        bool gone = optional != NULL;
        optional = gone ? NULL : kh_arena_alloc(&m->arena, 1, field->schema->size);
        if (optional != NULL)
            schema_set_defaults(field->schema, optional);
    } else {
        mutate_struct(m, field->schema, optional);
    }
    memcpy(at, &optional, sizeof optional);
}

static void mutate_value(struct mutation *m, const struct schema_field *field,
                         enum schema_type type, void *at)
{
    bool nullable = field->type != SCHEMA_ARRAY && schema_in(field->nullable, m->version);

    switch (type) {
    case SCHEMA_BOOL:
        *(bool *)at = !*(bool *)at;
        break;
    case SCHEMA_I8:
        *(int8_t *)at = (int8_t)some_number(m);
        break;
    case SCHEMA_I16:
        *(int16_t *)at = (int16_t)some_number(m);
        break;
    case SCHEMA_I32:
        *(int32_t *)at = (int32_t)some_number(m);
        break;
    case SCHEMA_I64:
        *(int64_t *)at = some_number(m);
        break;
    case SCHEMA_UUID:
        *(uint8_t *)at ^= (uint8_t)some_number(m);
        break;
    case SCHEMA_STRING: {
        struct kh_bytes bytes = some_bytes(m, nullable);
        *(struct kh_string *)at = (struct kh_string){(const char *)bytes.data, bytes.size};
        break;
    }
    case SCHEMA_BYTES:
        *(struct kh_bytes *)at = some_bytes(m, nullable);
        break;
    case SCHEMA_STRUCT:
        mutate_struct(m, field->schema, at);
        break;
    case SCHEMA_OPTIONAL:
        mutate_optional(m, field, at);
        break;
    case SCHEMA_ARRAY:
        break;
    }
}

/* One item more, a copy of another where there is one; the first of all has its defaults. */
static char *add_item(struct mutation *m, const struct schema_field *field, const char *items,
                      size_t count)
{
    size_t size = field->item_size;
    char *more = kh_arena_alloc(&m->arena, count + 1, size);

    if (more == NULL)
        return NULL;
    if (count > 0) {
        memcpy(more, items, count * size);
        memcpy(more + count * size, more + kh_random_below(&m->random, count) * size, size);
    } else if (field->item_type == SCHEMA_STRUCT) {
        schema_set_defaults(field->schema, more);
    } else {
        mutate_value(m, field, field->item_type, more);
    }
    return more;
}

static void mutate_array(struct mutation *m, const struct schema_field *field, char *message)
{
    char *items;
    size_t count;

    memcpy(&items, message + field->offset, sizeof items);
    memcpy(&count, message + field->count_offset, sizeof count);
    if (count > 0 && !one_in(m, 3)) {
        char *item = items + kh_random_below(&m->random, count) * field->item_size;
        mutate_value(m, field, field->item_type, item);
    } else if (count > 0 && (count >= MOST_ITEMS || one_in(m, 2))) {
        count--;
    } else {
        char *more = add_item(m, field, items, count);
        items = more == NULL ? items : more;
        count += more != NULL;
    }
    memcpy(message + field->offset, &items, sizeof items);
    memcpy(message + field->count_offset, &count, sizeof count);
}

static void mutate_struct(struct mutation *m, const struct schema *s, void *message)
{
    const struct schema_field *field = NULL;
    uint64_t seen = 0;

    for (size_t i = 0; i < s->field_count; i++)
        if (schema_in(s->fields[i].versions, m->version) && one_in(m, ++seen))
            field = &s->fields[i];
    if (field != NULL && field->type == SCHEMA_ARRAY)
        mutate_array(m, field, message);
    else if (field != NULL)
        mutate_value(m, field, field->type, (char *)message + field->offset);
}

size_t mutate_message(const struct schema *s, int version, uint8_t *data, size_t size,
                      size_t max_size, uint64_t seed)
{
    struct mutation m = {.version = version};
    struct kh_heap heap;
    struct kh_reader r;
    struct kh_writer w;
    void *message = calloc(1, s->size);

    kh_heap_init(&heap);
    kh_random_seed(&m.random, seed);
    kh_arena_init(&m.arena, &heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, data, size, schema_flexible(s, version), &m.arena);
    if (message == NULL)
        abort();
    if (schema_decode(s, version, &r, message) != 0)
        schema_set_defaults(s, message);
    mutate_struct(&m, s, message);
    kh_writer_init(&w, &heap);
    w.flexible = schema_flexible(s, version);
    if (schema_encode(s, version, &w, message) == 0 && w.size <= max_size) {
        memcpy(data, w.data, w.size);
        size = w.size;
    }
    kh_writer_free(&w);
    kh_arena_free(&m.arena);
    free(message);
    return size;
}
