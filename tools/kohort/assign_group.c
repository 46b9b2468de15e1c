#include "assign_group.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int fail(struct assign_group *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int fail(struct assign_group *g, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(g->wrong, sizeof g->wrong, format, arguments);
    va_end(arguments);
    return -1;
}

static void *need(struct assign_group *g, size_t count, size_t size)
{
    void *memory = kh_arena_alloc(&g->arena, count, size);
    if (memory == NULL)
        abort();
    return memory;
}

static struct kh_string text_of(const json_t *value)
{
    const char *text = json_string_value(value);
    return (struct kh_string){text, text == NULL ? 0 : (int32_t)json_string_length(value)};
}

/* ---- topics ---- */

static int compare_topics(const void *a, const void *b)
{
    return kh_string_compare(((const struct kh_assignor_topic *)a)->name,
                             ((const struct kh_assignor_topic *)b)->name);
}

/* "topics": {"name": 12} or {"name": [["a", "b"], …]}: how many partitions, or the racks of each.
 */
static int read_topic(struct assign_group *g, const char *name, const json_t *value,
                      struct kh_assignor_topic *topic)
{
    topic->name = kh_string_of(name);
    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0 || json_integer_value(value) > 10000000)
            return fail(g, "topic \"%s\": the number of partitions must be 0 to 10,000,000", name);
        topic->partition_count = (size_t)json_integer_value(value);
        return 0;
    }
    if (!json_is_array(value))
        return fail(g, "topic \"%s\": a number of partitions, or a list of each one's racks", name);
    topic->partition_count = json_array_size(value);
    const struct kh_string **racks = need(g, topic->partition_count, sizeof *racks);
    size_t *counts = need(g, topic->partition_count, sizeof *counts);
    for (size_t p = 0; p < topic->partition_count; p++) {
        const json_t *list = json_array_get(value, p);
        struct kh_string *names = need(g, json_array_size(list), sizeof *names);
        if (!json_is_array(list))
            return fail(g, "topic \"%s\": the racks of partition %zu are no list", name, p);
        counts[p] = json_array_size(list);
        for (size_t i = 0; i < counts[p]; i++)
            names[i] = text_of(json_array_get(list, i));
        racks[p] = names;
    }
    topic->racks = racks;
    topic->rack_counts = counts;
    g->has_racks = true;
    return 0;
}

static int read_topics(struct assign_group *g, json_t *object)
{
    struct kh_assignor_topic *topics = need(g, json_object_size(object), sizeof *topics);
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return fail(g, "\"topics\" must be an object: names, and how many partitions each has");
    json_object_foreach(object, name, value)
    {
        if (read_topic(g, name, value, &topics[g->input.topic_count++]) != 0)
            return -1;
    }
    if (g->input.topic_count > 1)
        qsort(topics, g->input.topic_count, sizeof *topics, compare_topics);
    g->input.topics = topics;
    return 0;
}

/* ---- members ---- */

static int read_owned(struct assign_group *g, json_t *owned, struct kh_assignor_member *member)
{
    struct kh_assignor_subscription *s = &member->subscription;
    struct kh_consumer_topic *topics = need(g, json_object_size(owned), sizeof *topics);
    size_t count = 0;
    const char *name;
    json_t *numbers;
    json_object_foreach(owned, name, numbers)
    {
        struct kh_consumer_topic *topic = &topics[count++];
        if (!json_is_array(numbers))
            return fail(g, "member \"%.*s\": what it owns of \"%s\" is no list of numbers",
                        member->id.size, member->id.data, name);
        topic->topic = kh_string_of(name);
        topic->partition_count = json_array_size(numbers);
        topic->partitions = need(g, topic->partition_count, sizeof *topic->partitions);
        for (size_t i = 0; i < topic->partition_count; i++)
            topic->partitions[i] = (int32_t)json_integer_value(json_array_get(numbers, i));
    }
    struct kh_writer w;
    kh_writer_init(&w, &g->heap);
    if (g->assignor->claims == KH_CLAIMS_IN_USER_DATA)
        g->assignor->write_user_data(g->assignor, &g->arena, &w, topics, count,
                                     s->generation < 0 ? 0 : s->generation);
    else
        kh_consumer_topics_write(&w, topics, count);
    uint8_t *bytes = need(g, w.size, 1);
    if (w.size > 0)
        memcpy(bytes, w.data, w.size);
    struct kh_bytes *where =
        g->assignor->claims == KH_CLAIMS_IN_USER_DATA ? &s->user_data : &s->owned;
    *where = (struct kh_bytes){bytes, (int32_t)w.size};
    int status = w.status;
    kh_writer_free(&w);
    return status == 0 ? 0 : fail(g, "a name is too long");
}

static int read_member(struct assign_group *g, json_t *value, struct kh_assignor_member *member)
{
    json_t *topics = json_object_get(value, "topics"), *owned = json_object_get(value, "owned");
    json_t *generation = json_object_get(value, "generation");
    struct kh_assignor_subscription *s = &member->subscription;
    member->id = text_of(json_object_get(value, "id"));
    member->instance_id = text_of(json_object_get(value, "instance"));
    s->rack = text_of(json_object_get(value, "rack"));
    s->generation = json_is_integer(generation) ? (int32_t)json_integer_value(generation) : 0;
    if (member->id.data == NULL)
        return fail(g, "a member has no \"id\"");
    if (!json_is_array(topics))
        return fail(g, "member \"%s\" has no list of \"topics\"", member->id.data);
    s->topic_count = json_array_size(topics);
    s->topics = need(g, s->topic_count, sizeof *s->topics);
    for (size_t i = 0; i < s->topic_count; i++) {
        s->topics[i] = text_of(json_array_get(topics, i));
        if (s->topics[i].data == NULL)
            return fail(g, "member \"%s\": a topic is no text", member->id.data);
    }
    if (owned != NULL && !json_is_object(owned))
        return fail(g, "member \"%s\": \"owned\" must be an object: topics, and lists of numbers",
                    member->id.data);
    return owned == NULL ? 0 : read_owned(g, owned, member);
}

static int read_members(struct assign_group *g, json_t *list)
{
    struct kh_assignor_member *members = need(g, json_array_size(list), sizeof *members);
    size_t index;
    json_t *value;
    if (!json_is_array(list) || json_array_size(list) == 0)
        return fail(g, "\"members\" must be a list of one or more");
    g->input.members = members;
    g->input.member_count = json_array_size(list);
    json_array_foreach(list, index, value)
    {
        if (read_member(g, value, &members[index]) != 0)
            return -1;
        for (size_t i = 0; i < index; i++)
            if (kh_string_equal(members[i].id, members[index].id))
                return fail(g, "member \"%s\" is there twice", members[i].id.data);
    }
    return 0;
}

int assign_group_read(struct assign_group *g, FILE *from, const char *assignor)
{
    json_error_t error;
    *g = (struct assign_group){.assignor = kh_assignor_find(kh_string_of(assignor))};
    kh_heap_init(&g->heap);
    kh_arena_init(&g->arena, &g->heap, SIZE_MAX);
    if (g->assignor == NULL)
        return fail(g, "there is no assignor \"%s\": range, roundrobin, sticky, cooperative-sticky",
                    assignor);
    g->json = json_loadf(from, JSON_REJECT_DUPLICATES, &error);
    if (g->json == NULL)
        return fail(g, "line %d: %s", error.line, error.text);
    if (read_topics(g, json_object_get(g->json, "topics")) != 0)
        return -1;
    return read_members(g, json_object_get(g->json, "members"));
}

/* ---- what came of it ---- */

static bool is_given(const struct assign_group *g, size_t member, const char *topic, int64_t number)
{
    const struct kh_assignor_result *result = &g->results[member];
    for (size_t i = 0; i < result->count; i++)
        if (result->partitions[i].partition == number &&
            kh_string_equal(g->input.topics[result->partitions[i].topic].name, kh_string_of(topic)))
            return true;
    return false;
}

static int64_t partitions_of(const struct assign_group *g, const char *topic)
{
    const struct kh_assignor_topic key = {.name = kh_string_of(topic)};
    const struct kh_assignor_topic *found =
        bsearch(&key, g->input.topics, g->input.topic_count, sizeof key, compare_topics);
    return found == NULL ? 0 : (int64_t)found->partition_count;
}

static void count_moves(struct assign_group *g, size_t member, json_t *owned)
{
    const char *topic;
    json_t *numbers, *number;
    size_t index;
    json_object_foreach(owned, topic, numbers)
    {
        int64_t count = partitions_of(g, topic);
        json_array_foreach(numbers, index, number) g->moves[member] +=
            json_integer_value(number) < count &&
            !is_given(g, member, topic, json_integer_value(number));
    }
    g->move_count += g->moves[member];
}

static bool is_far(const struct assign_group *g, size_t member, struct kh_assignor_partition p)
{
    const struct kh_assignor_topic *topic = &g->input.topics[p.topic];
    struct kh_string rack = g->input.members[member].subscription.rack;
    if (rack.size == 0 || topic->racks == NULL)
        return false;
    for (size_t i = 0; i < topic->rack_counts[p.partition]; i++)
        if (kh_string_equal(topic->racks[p.partition][i], rack))
            return false;
    return true;
}

int assign_group_run(struct assign_group *g)
{
    g->results = need(g, g->input.member_count, sizeof *g->results);
    g->moves = need(g, g->input.member_count, sizeof *g->moves);
    if (kh_assignor_assign(g->assignor, &g->input, &g->arena, g->results) != 0)
        return fail(g, "out of memory");
    for (size_t t = 0; t < g->input.topic_count; t++)
        g->unassigned_count += g->input.topics[t].partition_count;
    json_t *members = json_object_get(g->json, "members");
    for (size_t m = 0; m < g->input.member_count; m++) {
        g->unassigned_count -= g->results[m].count;
        count_moves(g, m, json_object_get(json_array_get(members, m), "owned"));
        for (size_t i = 0; i < g->results[m].count; i++)
            g->far_count += is_far(g, m, g->results[m].partitions[i]);
    }
    return 0;
}

void assign_group_free(struct assign_group *g)
{
    kh_arena_free(&g->arena);
    json_decref(g->json);
}
