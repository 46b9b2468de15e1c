#include "differential/normal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *key, const char *const *keys)
{
    for (size_t i = 0; keys[i] != NULL; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static json_t *numbered(const char *what, size_t number)
{
    char text[64];

    snprintf(text, sizeof text, "<%s %zu>", what, number + 1);
    return json_string(text);
}

/* NULL: it stays as it is. */
static json_t *replacement_of_text(const struct side *side, const char *text)
{
    for (size_t i = 0; i < side->id_count; i++)
        if (strcmp(side->ids[i], text) == 0)
            return numbered("member", i);
    return strcmp(text, side->host) == 0 ? json_string("<host>") : NULL;
}

static json_t *replacement_of_number(const struct side *side, const char *key, json_int_t number)
{
    static const char *const nodes[] = {"nodeId",       "leaderId", "controllerId",
                                        "replicaNodes", "isrNodes", NULL};
    if (is_one_of(key, nodes) && number == side->node_id)
        return json_string("<node>");
    if (strcmp(key, "port") == 0 && number == side->port)
        return json_string("<port>");
    for (size_t i = 0; i < side->session_count && strcmp(key, "sessionId") == 0; i++)
        if (side->sessions[i] == number)
            return numbered("session", i);
    return NULL;
}

static json_t *replacement(const struct side *side, const char *key, const json_t *value)
{
    if (strcmp(key, "throttleTimeMs") == 0)
        return json_string("<throttle>");
    if (strcmp(key, "clusterId") == 0 && json_is_string(value))
        return json_string("<cluster>");
    if (json_is_string(value))
        return replacement_of_text(side, json_string_value(value));
    return json_is_integer(value) ? replacement_of_number(side, key, json_integer_value(value))
                                  : NULL;
}

static const char *sort_key(const json_t *item)
{
    static const char *const keys[] = {"memberId", "name", "key", NULL};

    for (size_t i = 0; keys[i] != NULL; i++)
        if (json_is_string(json_object_get(item, keys[i])))
            return json_string_value(json_object_get(item, keys[i]));
    return "";
}

static int64_t sort_number(const json_t *item)
{
    static const char *const keys[] = {"apiKey", "partitionIndex", NULL};

    for (size_t i = 0; keys[i] != NULL; i++)
        if (json_is_integer(json_object_get(item, keys[i])))
            return json_integer_value(json_object_get(item, keys[i]));
    return 0;
}

static int compare_items(const void *one, const void *other)
{
    const json_t *a = *(json_t *const *)one, *b = *(json_t *const *)other;
    int order = strcmp(sort_key(a), sort_key(b));

    return order != 0 ? order
                      : (sort_number(a) > sort_number(b)) - (sort_number(a) < sort_number(b));
}

/* Kafka's order is that of its hash tables. */
static void sort(json_t *array)
{
    size_t count = json_array_size(array);
    json_t **items = malloc((count + 1) * sizeof *items);

    for (size_t i = 0; i < count; i++)
        items[i] = json_incref(json_array_get(array, i));
    qsort(items, count, sizeof *items, compare_items);
    json_array_clear(array);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, items[i]);
    free(items);
}

static void normalise_value(const struct side *side, enum kh_api api, const char *key,
                            json_t *value);

static void normalise_array(const struct side *side, enum kh_api api, const char *key,
                            json_t *array)
{
    json_t *item, *other;
    size_t i;

    json_array_foreach(array, i, item)
    {
        if ((other = replacement(side, key, item)) != NULL)
            json_array_set_new(array, i, other);
        else
            normalise_value(side, api, key, item);
    }
    if (api != KH_API_FETCH && json_is_object(json_array_get(array, 0)))
        sort(array);
}

static void normalise_value(const struct side *side, enum kh_api api, const char *key,
                            json_t *value)
{
    const char *name;
    json_t *item, *other;

    if (json_is_array(value))
        normalise_array(side, api, key, value);
    if (!json_is_object(value))
        return;
    json_object_foreach(value, name, item)
    {
        if ((other = replacement(side, name, item)) != NULL)
            json_object_set_new(value, name, other);
        else
            normalise_value(side, api, name, item);
    }
}

void normalise(const struct side *side, enum kh_api api, json_t *json)
{
    normalise_value(side, api, "", json);
}
