#include "support/json_difference.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct comparison {
    struct json_difference *difference;
    size_t path_size;
};

/* Returns the path's size before, to go back to. */
__attribute__((format(printf, 2, 3))) static size_t descend(struct comparison *c,
                                                            const char *format, ...)
{
    size_t parent = c->path_size, room = sizeof c->difference->path - parent;
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(c->difference->path + parent, room, format, arguments);
    va_end(arguments);
    if (size > 0 && (size_t)size < room)
        c->path_size += (size_t)size;
    return parent;
}

static void ascend(struct comparison *c, size_t parent)
{
    c->path_size = parent;
    c->difference->path[parent] = '\0';
}

/* What a value looks like, cut where it gets long. */
static void show(char *out, size_t size, const json_t *value)
{
    if (value == NULL) {
        snprintf(out, size, "nothing");
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (text == NULL) /* jansson prints UTF-8 only */
        snprintf(out, size, "text that is not UTF-8");
    else
        snprintf(out, size, strlen(text) > 120 ? "%.120s..." : "%.120s", text);
    free(text);
}

static bool differ(struct comparison *c, json_t *here, json_t *expected)
{
    struct json_difference *d = c->difference;
    char one[160], other[160];

    show(one, sizeof one, here);
    show(other, sizeof other, expected);
    snprintf(d->text, sizeof d->text, "%s: %s here, %s expected",
             d->path[0] == '\0' ? "the value" : d->path, one, other);
    return true;
}

static bool compare(struct comparison *c, json_t *here, json_t *expected);

static bool compare_objects(struct comparison *c, json_t *here, json_t *expected)
{
    json_t *both[] = {expected, here};
    const char *key;
    json_t *value;

    for (size_t i = 0; i < 2; i++) { /* once for the values, once for what is only here */
        json_object_foreach(both[i], key, value)
        {
            size_t parent = descend(c, c->path_size == 0 ? "%s" : ".%s", key);
            if (i == 0 ? compare(c, json_object_get(here, key), value)
                       : json_object_get(expected, key) == NULL && differ(c, value, NULL))
                return true;
            ascend(c, parent);
        }
    }
    return false;
}

static bool compare_arrays(struct comparison *c, json_t *here, json_t *expected)
{
    size_t count = json_array_size(here), expected_count = json_array_size(expected);

    for (size_t i = 0; i < count || i < expected_count; i++) {
        size_t parent = descend(c, "[%zu]", i);
        if (compare(c, json_array_get(here, i), json_array_get(expected, i)))
            return true;
        ascend(c, parent);
    }
    return false;
}

static bool compare(struct comparison *c, json_t *here, json_t *expected)
{
    if (json_is_object(here) && json_is_object(expected))
        return compare_objects(c, here, expected);
    if (json_is_array(here) && json_is_array(expected))
        return compare_arrays(c, here, expected);
    return !json_equal(here, expected) && differ(c, here, expected);
}

bool json_differs(json_t *here, json_t *expected, struct json_difference *ret)
{
    struct comparison c = {.difference = ret};

    *ret = (struct json_difference){{0}, {0}};
    return compare(&c, here, expected);
}
