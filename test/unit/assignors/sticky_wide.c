/* The sticky assignors over groups of more members than a word has bits, and chains of more layers
 * than are kept. */
#include "assignors/shares.h"
#include "assignors/sticky.h"
#include "base/random.h"
#include "support/test.h"

#include <stdio.h>

enum { MEMBERS = 200, TOPICS = 200, PARTITIONS = 8, NOBODY = -1, CASES = 300 };

struct group {
    size_t member_count, topic_count, partition_counts[TOPICS];
    bool subscribes[MEMBERS][TOPICS];
    int holders[TOPICS][PARTITIONS];
};

struct layout {
    int owners[TOPICS][PARTITIONS];
    int loads[MEMBERS];
};

static struct kh_string number_name(struct kh_arena *arena, char kind, size_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%c%03zu", kind, number);
    return kh_arena_string(arena, kh_string_of(text));
}

static void fill_member(const struct group *g, size_t number,
                        const struct kh_assignor_topic *topics, struct kh_arena *arena,
                        struct kh_assignor_member *m)
{
    struct kh_consumer_topic *owned = kh_arena_alloc(arena, TOPICS, sizeof *owned);
    size_t owned_count = 0;
    struct kh_writer w;
    m->id = number_name(arena, 'm', number);
    m->subscription.topics = kh_arena_alloc(arena, TOPICS, sizeof *m->subscription.topics);
    for (size_t t = 0; t < g->topic_count; t++) {
        struct kh_consumer_topic *topic = &owned[owned_count];
        topic->topic = topics[t].name;
        topic->partitions = kh_arena_alloc(arena, PARTITIONS, sizeof *topic->partitions);
        for (size_t p = 0; p < g->partition_counts[t]; p++)
            if (g->holders[t][p] == (int)number)
                topic->partitions[topic->partition_count++] = (int32_t)p;
        owned_count += topic->partition_count > 0;
        if (g->subscribes[number][t])
            m->subscription.topics[m->subscription.topic_count++] = topics[t].name;
    }
    kh_writer_init(&w, test_heap);
    kh_assignor_sticky.write_user_data(&kh_assignor_sticky, arena, &w, owned, owned_count, 1);
    uint8_t *copy = kh_arena_take(arena, w.size, 1);
    memcpy(copy, w.data, w.size);
    m->subscription.user_data = (struct kh_bytes){copy, (int32_t)w.size};
    kh_writer_free(&w);
}

static void run(const struct group *g, struct layout *layout)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, SIZE_MAX);
    struct kh_assignor_member *members = kh_arena_alloc(&arena, MEMBERS, sizeof *members);
    struct kh_assignor_topic *topics = kh_arena_alloc(&arena, TOPICS, sizeof *topics);
    struct kh_assignor_result *results = kh_arena_alloc(&arena, MEMBERS, sizeof *results);
    for (size_t t = 0; t < g->topic_count; t++)
        topics[t] = (struct kh_assignor_topic){.name = number_name(&arena, 't', t),
                                               .partition_count = g->partition_counts[t]};
    for (size_t m = 0; m < g->member_count; m++)
        fill_member(g, m, topics, &arena, &members[m]);
    const struct kh_assignor_input input = {members, g->member_count, topics, g->topic_count};
    expect_status(kh_assignor_assign(&kh_assignor_sticky, &input, &arena, results), 0);
    memset(layout->loads, 0, sizeof layout->loads);
    memset(layout->owners, 0xff, sizeof layout->owners);
    for (size_t m = 0; m < g->member_count; m++)
        for (size_t i = 0; i < results[m].count; i++) {
            struct kh_assignor_partition given = results[m].partitions[i];
            cr_assert(g->subscribes[m][given.topic], "only to who subscribes");
            cr_assert_eq(layout->owners[given.topic][given.partition], NOBODY, "each once");
            layout->owners[given.topic][given.partition] = (int)m;
            layout->loads[m]++;
        }
    kh_arena_free(&arena);
}

/* Who can be given one more by passing partitions on, when `from` gives one up. */
static size_t reach(const struct group *g, const struct layout *layout, size_t from,
                    size_t *reached)
{
    bool seen[MEMBERS] = {false}, topics[TOPICS] = {false};
    size_t count = 1;
    seen[from] = true;
    reached[0] = from;
    for (size_t head = 0; head < count; head++)
        for (size_t t = 0; t < g->topic_count; t++) {
            bool holds = false;
            for (size_t p = 0; p < g->partition_counts[t]; p++)
                holds = holds || layout->owners[t][p] == (int)reached[head];
            for (size_t m = 0; holds && !topics[t] && m < g->member_count; m++)
                if (g->subscribes[m][t] && !seen[m]) {
                    seen[m] = true;
                    reached[count++] = m;
                }
            topics[t] = topics[t] || holds;
        }
    return count;
}

static void judge(const struct group *g, const struct layout *layout)
{
    size_t reached[MEMBERS];
    for (size_t t = 0; t < g->topic_count; t++)
        for (size_t p = 0; p < g->partition_counts[t]; p++)
            cr_assert_neq(layout->owners[t][p], NOBODY);
    for (size_t m = 0; m < g->member_count; m++) {
        size_t count = reach(g, layout, m, reached);
        for (size_t i = 0; i < count; i++)
            cr_assert_leq(layout->loads[m], layout->loads[reached[i]] + 1,
                          "m%zu has two more than m%zu, which a chain leads to", m, reached[i]);
    }
}

/* Each topic has one partition and two subscribers, who stand in a row; only a move of all of them
 * gives the last one something. */
KH_TEST(sticky_wide, a_chain_through_all_members_is_found)
{
    static struct group g;
    static struct layout layout;
    g.member_count = MEMBERS;
    g.topic_count = MEMBERS;
    for (size_t t = 0; t < g.topic_count; t++) {
        g.partition_counts[t] = 1;
        g.subscribes[t][t] = true;
        if (t > 0)
            g.subscribes[t - 1][t] = true;
        g.holders[t][0] = t > 0 ? (int)t - 1 : 0;
    }
    run(&g, &layout);
    for (size_t m = 0; m < g.member_count; m++)
        cr_assert_eq(layout.loads[m], 1, "m%zu has %d", m, layout.loads[m]);
}

static void fill(struct group *g, struct kh_random *random)
{
    memset(g, 0, sizeof *g);
    g->member_count = 40 + kh_random_below(random, MEMBERS - 40);
    g->topic_count = 5 + kh_random_below(random, 55);
    uint64_t one_in = 1 + kh_random_below(random, 20);
    bool nested = kh_random_below(random, 4) == 0;
    for (size_t t = 0; t < g->topic_count; t++) {
        g->partition_counts[t] = 1 + kh_random_below(random, PARTITIONS);
        for (size_t m = 0; m < g->member_count; m++)
            g->subscribes[m][t] = nested ? t * g->member_count <= m * g->topic_count
                                         : kh_random_below(random, one_in) == 0;
        size_t first = kh_random_below(random, g->member_count);
        g->subscribes[first][t] = true;
        for (size_t p = 0; p < g->partition_counts[t]; p++) {
            size_t m = kh_random_below(random, g->member_count);
            g->holders[t][p] = g->subscribes[m][t] ? (int)m : (int)first;
        }
    }
}

KH_TEST(sticky_wide, no_chain_makes_a_layout_more_even)
{
    static struct group g;
    static struct layout layout;
    struct kh_random random;
    kh_random_seed(&random, 1);
    for (int i = 0; i < CASES; i++) {
        fill(&g, &random);
        run(&g, &layout);
        judge(&g, &layout);
    }
}
