/* Kafka's own layouts (layouts.jsonl, made by java/Layouts.java) and ours are the same. */
#include "assignors/range.h"
#include "assignors/roundrobin.h"
#include "support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct kh_string text_of(const json_t *value)
{
    return kh_string_of(json_string_value(value)); /* null: NULL */
}

static struct kh_assignor_topic *read_topics(const json_t *list, struct kh_arena *arena)
{
    size_t count = json_array_size(list);
    struct kh_assignor_topic *topics = kh_arena_alloc(arena, count, sizeof *topics);
    for (size_t t = 0; t < count; t++) {
        const json_t *partitions = json_object_get(json_array_get(list, t), "racks");
        size_t partition_count = json_array_size(partitions);
        const struct kh_string **racks = kh_arena_alloc(arena, partition_count, sizeof *racks);
        size_t *rack_counts = kh_arena_alloc(arena, partition_count, sizeof *rack_counts);
        for (size_t p = 0; p < partition_count; p++) {
            const json_t *names = json_array_get(partitions, p);
            rack_counts[p] = json_array_size(names);
            struct kh_string *copied = kh_arena_alloc(arena, rack_counts[p], sizeof *copied);
            for (size_t i = 0; i < rack_counts[p]; i++)
                copied[i] = text_of(json_array_get(names, i));
            racks[p] = copied;
        }
        topics[t] = (struct kh_assignor_topic){
            .name = text_of(json_object_get(json_array_get(list, t), "name")),
            .partition_count = partition_count,
            .racks = racks,
            .rack_counts = rack_counts};
    }
    return topics;
}

static struct kh_assignor_member *read_members(const json_t *list, struct kh_arena *arena)
{
    size_t count = json_array_size(list);
    struct kh_assignor_member *members = kh_arena_alloc(arena, count, sizeof *members);
    for (size_t m = 0; m < count; m++) {
        const json_t *member = json_array_get(list, m);
        const json_t *names = json_object_get(member, "topics");
        struct kh_assignor_subscription *subscription = &members[m].subscription;
        members[m].id = text_of(json_object_get(member, "id"));
        members[m].instance_id = text_of(json_object_get(member, "instance"));
        subscription->rack = text_of(json_object_get(member, "rack"));
        subscription->topic_count = json_array_size(names);
        subscription->topics =
            kh_arena_alloc(arena, subscription->topic_count, sizeof *subscription->topics);
        for (size_t t = 0; t < subscription->topic_count; t++)
            subscription->topics[t] = text_of(json_array_get(names, t));
    }
    return members;
}

static void compare(const struct kh_assignor *assignor, const json_t *line, int number)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, SIZE_MAX);
    const json_t *layout = json_object_get(line, assignor->name);
    struct kh_assignor_input input = {
        .members = read_members(json_object_get(line, "members"), &arena),
        .member_count = json_array_size(json_object_get(line, "members")),
        .topics = read_topics(json_object_get(line, "topics"), &arena),
        .topic_count = json_array_size(json_object_get(line, "topics"))};
    struct kh_assignor_result *results =
        kh_arena_alloc(&arena, input.member_count, sizeof *results);
    expect_status(kh_assignor_assign(assignor, &input, &arena, results), 0);
    for (size_t m = 0; m < input.member_count; m++) {
        char text[1024] = "";
        size_t used = 0;
        for (size_t i = 0; i < results[m].count; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s-%d", i == 0 ? "" : " ",
                                     input.topics[results[m].partitions[i].topic].name.data,
                                     results[m].partitions[i].partition);
        cr_assert_str_eq(text, json_string_value(json_array_get(layout, m)), "line %d, member %s",
                         number, input.members[m].id.data);
    }
    kh_arena_free(&arena);
}

static void compare_all(const struct kh_assignor *assignor)
{
    FILE *file = fopen(LAYOUTS, "r");
    cr_assert_not_null(file);
    char line[16 * 1024];
    int number = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *parsed = json_loads(line, 0, NULL);
        cr_assert_not_null(parsed, "line %d", number + 1);
        compare(assignor, parsed, ++number);
        json_decref(parsed);
    }
    fclose(file);
    cr_assert_eq(number, 300);
}

KH_TEST(layouts_java, range_gives_those_of_kafkas_own_class)
{
    compare_all(&kh_assignor_range);
}

KH_TEST(layouts_java, roundrobin_gives_those_of_kafkas_own_class)
{
    compare_all(&kh_assignor_roundrobin);
}
