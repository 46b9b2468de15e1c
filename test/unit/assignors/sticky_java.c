/* Kafka's own StickyAssignor served these groups (sticky.jsonl, made by java/StickyOutcomes.java).
 * We are never less even. Where we are as even we never move more, and moves and partitions that
 * are far from their members are together never more either. What members keep is given up for
 * racks only where that brings more than it costs; Java gives up more, and all groups together have
 * FAR_PERCENT of its partitions far from their members. */
#include "assignors/sticky.h"
#include "support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { GENERATION = 7, LINES = 2400, FAR_PERCENT = 113 };

static struct kh_string text_of(const json_t *value)
{
    return kh_string_of(json_string_value(value));
}

static struct kh_consumer_topic *read_held(const json_t *list, struct kh_arena *arena)
{
    struct kh_consumer_topic *held = kh_arena_alloc(arena, json_array_size(list), sizeof *held);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *numbers = json_object_get(json_array_get(list, i), "partitions");
        held[i].topic = text_of(json_object_get(json_array_get(list, i), "topic"));
        held[i].partition_count = json_array_size(numbers);
        held[i].partitions =
            kh_arena_alloc(arena, held[i].partition_count, sizeof *held[i].partitions);
        for (size_t p = 0; p < held[i].partition_count; p++)
            held[i].partitions[p] = (int32_t)json_integer_value(json_array_get(numbers, p));
    }
    return held;
}

static struct kh_assignor_member *read_members(const json_t *list, struct kh_arena *arena)
{
    struct kh_assignor_member *members =
        kh_arena_alloc(arena, json_array_size(list), sizeof *members);
    for (size_t m = 0; m < json_array_size(list); m++) {
        const json_t *member = json_array_get(list, m);
        const json_t *names = json_object_get(member, "topics");
        struct kh_assignor_subscription *s = &members[m].subscription;
        members[m].id = text_of(json_object_get(member, "id"));
        s->rack = text_of(json_object_get(member, "rack"));
        s->topic_count = json_array_size(names);
        s->topics = kh_arena_alloc(arena, s->topic_count, sizeof *s->topics);
        for (size_t t = 0; t < s->topic_count; t++)
            s->topics[t] = text_of(json_array_get(names, t));
        const json_t *held = json_object_get(member, "held");
        struct kh_writer w;
        kh_writer_init(&w, test_heap);
        kh_assignor_sticky.write_user_data(&kh_assignor_sticky, NULL, &w, read_held(held, arena),
                                           json_array_size(held), GENERATION);
        uint8_t *bytes = kh_arena_alloc(arena, w.size, 1);
        memcpy(bytes, w.data, w.size);
        s->user_data = (struct kh_bytes){bytes, (int32_t)w.size};
        kh_writer_free(&w);
    }
    return members;
}

/* "racks": by topic and partition, lists of numbers; none at all where racks are not known. */
static void read_racks(const json_t *partitions, struct kh_assignor_topic *topic,
                       struct kh_arena *arena)
{
    static const struct kh_string names[] = {{"r0", 2}, {"r1", 2}, {"r2", 2}};
    const struct kh_string **racks = kh_arena_alloc(arena, topic->partition_count, sizeof *racks);
    size_t *counts = kh_arena_alloc(arena, topic->partition_count, sizeof *counts);
    for (size_t p = 0; p < topic->partition_count; p++) {
        const json_t *numbers = json_array_get(partitions, p);
        counts[p] = json_array_size(numbers);
        struct kh_string *copied = kh_arena_alloc(arena, counts[p], sizeof *copied);
        for (size_t i = 0; i < counts[p]; i++)
            copied[i] = names[json_integer_value(json_array_get(numbers, i))];
        racks[p] = copied;
    }
    topic->racks = racks;
    topic->rack_counts = counts;
}

static struct kh_assignor_topic *read_topics(const json_t *list, const json_t *racks,
                                             struct kh_arena *arena)
{
    struct kh_assignor_topic *topics = kh_arena_alloc(arena, json_array_size(list), sizeof *topics);
    for (size_t t = 0; t < json_array_size(list); t++) {
        char name[24];
        snprintf(name, sizeof name, "t%02zu", t);
        topics[t].name = kh_arena_string(arena, kh_string_of(name));
        topics[t].partition_count = (size_t)json_integer_value(json_array_get(list, t));
        if (json_array_size(racks) > 0)
            read_racks(json_array_get(racks, t), &topics[t], arena);
    }
    return topics;
}

static int score(const struct kh_assignor_result *results, size_t count)
{
    int sum = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < a; b++)
            sum += abs((int)results[a].count - (int)results[b].count);
    return sum;
}

static bool is_given(const struct kh_assignor_input *input, const struct kh_assignor_result *result,
                     struct kh_string topic, int32_t partition)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->partitions[i].partition == partition &&
            kh_string_equal(input->topics[result->partitions[i].topic].name, topic))
            return true;
    return false;
}

static bool subscribes(const struct kh_assignor_subscription *s, struct kh_string topic)
{
    for (size_t t = 0; t < s->topic_count; t++)
        if (kh_string_equal(s->topics[t], topic))
            return true;
    return false;
}

static int count_moves(const json_t *members, const struct kh_assignor_input *input,
                       const struct kh_assignor_result *results, struct kh_arena *arena)
{
    int moves = 0;
    for (size_t m = 0; m < input->member_count; m++) {
        const json_t *list = json_object_get(json_array_get(members, m), "held");
        const struct kh_consumer_topic *held = read_held(list, arena);
        for (size_t i = 0; i < json_array_size(list); i++)
            for (size_t p = 0; p < held[i].partition_count; p++)
                moves += subscribes(&input->members[m].subscription, held[i].topic) &&
                         !is_given(input, &results[m], held[i].topic, held[i].partitions[p]);
    }
    return moves;
}

static bool is_near(const struct kh_assignor_topic *topic, int32_t partition, struct kh_string rack)
{
    for (size_t i = 0; i < topic->rack_counts[partition]; i++)
        if (kh_string_equal(topic->racks[partition][i], rack))
            return true;
    return false;
}

static int count_far(const struct kh_assignor_input *input,
                     const struct kh_assignor_result *results)
{
    int far = 0;
    for (size_t m = 0; m < input->member_count; m++)
        for (size_t i = 0; i < results[m].count; i++) {
            const struct kh_assignor_topic *topic = &input->topics[results[m].partitions[i].topic];
            struct kh_string rack = input->members[m].subscription.rack;
            far += topic->racks != NULL && rack.size > 0 &&
                   !is_near(topic, results[m].partitions[i].partition, rack);
        }
    return far;
}

struct tally {
    int lines, as_even, far, java_far;
};

static void compare(const json_t *line, int number, struct tally *tally)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, SIZE_MAX);
    const json_t *members = json_object_get(line, "members"),
                 *topics = json_object_get(line, "topics");
    const struct kh_assignor_input input = {
        read_members(members, &arena), json_array_size(members),
        read_topics(topics, json_object_get(line, "racks"), &arena), json_array_size(topics)};
    struct kh_assignor_result *results =
        kh_arena_alloc(&arena, input.member_count, sizeof *results);
    expect_status(kh_assignor_assign(&kh_assignor_sticky, &input, &arena, results), 0);
    int java_score = (int)json_integer_value(json_object_get(line, "score"));
    int java_moves = (int)json_integer_value(json_object_get(line, "moves"));
    int java_far = (int)json_integer_value(json_object_get(line, "far"));
    int our_score = score(results, input.member_count), far = count_far(&input, results);
    int moves = count_moves(members, &input, results, &arena);
    cr_assert_leq(our_score, java_score, "line %d: score %d, Java %d", number, our_score,
                  java_score);
    if (our_score == java_score) {
        tally->as_even++;
        tally->far += far;
        tally->java_far += java_far;
        cr_assert_leq(moves, java_moves, "line %d", number);
        cr_assert_leq(moves + far, java_moves + java_far, "line %d", number);
    }
    tally->lines++;
    kh_arena_free(&arena);
}

KH_TEST(sticky_java, is_never_more_even_than_we_are)
{
    FILE *file = fopen(OUTCOMES, "r");
    cr_assert_not_null(file);
    char line[32 * 1024];
    struct tally tally = {0};
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *parsed = json_loads(line, 0, NULL);
        cr_assert_not_null(parsed, "line %d", tally.lines + 1);
        compare(parsed, tally.lines + 1, &tally);
        json_decref(parsed);
    }
    fclose(file);
    cr_assert_eq(tally.lines, LINES);
    cr_assert_leq(tally.far * 100, tally.java_far * FAR_PERCENT, "far: %d, Java %d", tally.far,
                  tally.java_far);
}
