/* range and roundrobin over random groups, beside a second, slow reading of their rules (Java's
 * RangeAssignor and RoundRobinAssignor): exactly the same without racks; with racks as even, near
 * at least as often. Whatever the order in which members and their topics are listed. */
#include "assignors/range.h"
#include "assignors/roundrobin.h"
#include "base/random.h"
#include "support/test.h"

#include <stdio.h>

enum { MEMBERS = 9, TOPICS = 6, PARTITIONS = 11, RACKS = 4, NOBODY = -1, CASES = 60000 };

struct group {
    size_t member_count, topic_count, partition_counts[TOPICS];
    bool subscribes[MEMBERS][TOPICS];
    int ids[MEMBERS], instances[MEMBERS]; /* instance 0: dynamic */
    bool racked;
    int member_racks[MEMBERS], partition_racks[TOPICS][PARTITIONS]; /* 0: it does not say */
    size_t listed[MEMBERS]; /* by place in JoinGroup: the member */
    size_t topics_from;     /* where each list of topics begins */
};

struct layout {
    int owners[TOPICS][PARTITIONS];
};

/* ---- through the assignor ---- */

static const char *const topic_names[TOPICS] = {"t0", "t1", "t2", "t3", "t4", "t5"};
static const struct kh_string rack_names[RACKS] = {{"", 0}, {"r1", 2}, {"r2", 2}, {"r3", 2}};

static struct kh_string numbered(struct kh_arena *arena, const char *what, int number)
{
    char text[16];
    snprintf(text, sizeof text, "%s%03d", what, number);
    return kh_arena_string(arena, kh_string_of(text));
}

static void fill_member(const struct group *g, size_t m, struct kh_arena *arena,
                        struct kh_assignor_member *member)
{
    struct kh_assignor_subscription *s = &member->subscription;
    member->id = numbered(arena, "m", g->ids[m]);
    if (g->instances[m] > 0)
        member->instance_id = numbered(arena, "i", g->instances[m]);
    s->rack = rack_names[g->racked ? g->member_racks[m] : 0];
    s->topics = kh_arena_alloc(arena, TOPICS, sizeof *s->topics);
    for (size_t i = 0; i < g->topic_count; i++) {
        size_t t = (i + g->topics_from) % g->topic_count;
        if (g->subscribes[m][t])
            s->topics[s->topic_count++] = kh_string_of(topic_names[t]);
    }
}

static void fill_racks(const struct group *g, size_t t, struct kh_arena *arena,
                       struct kh_assignor_topic *topic)
{
    const struct kh_string **lists = kh_arena_alloc(arena, PARTITIONS, sizeof *lists);
    size_t *counts = kh_arena_alloc(arena, PARTITIONS, sizeof *counts);
    for (size_t p = 0; p < PARTITIONS; p++) {
        lists[p] = &rack_names[g->partition_racks[t][p]];
        counts[p] = g->partition_racks[t][p] > 0 ? 1 : 0;
    }
    topic->racks = lists;
    topic->rack_counts = counts;
}

static void run(const struct group *g, const struct kh_assignor *assignor, struct layout *layout)
{
    struct kh_arena arena;
    struct kh_assignor_member members[MEMBERS] = {0};
    struct kh_assignor_topic topics[TOPICS];
    struct kh_assignor_result results[MEMBERS];
    kh_arena_init(&arena, test_heap, SIZE_MAX);
    for (size_t t = 0; t < g->topic_count; t++) {
        topics[t] = (struct kh_assignor_topic){.name = kh_string_of(topic_names[t]),
                                               .partition_count = g->partition_counts[t]};
        if (g->racked)
            fill_racks(g, t, &arena, &topics[t]);
    }
    for (size_t at = 0; at < g->member_count; at++)
        fill_member(g, g->listed[at], &arena, &members[at]);
    const struct kh_assignor_input input = {members, g->member_count, topics, g->topic_count};
    expect_status(kh_assignor_assign(assignor, &input, &arena, results), 0);
    memset(layout->owners, 0xff, sizeof layout->owners);
    for (size_t at = 0; at < g->member_count; at++)
        for (size_t i = 0; i < results[at].count; i++) {
            struct kh_assignor_partition given = results[at].partitions[i];
            cr_assert(given.topic < g->topic_count && given.partition >= 0 &&
                      (size_t)given.partition < g->partition_counts[given.topic]);
            int *owner = &layout->owners[given.topic][given.partition];
            cr_assert_eq(*owner, NOBODY, "each once");
            *owner = (int)g->listed[at];
        }
    kh_arena_free(&arena);
}

/* ---- the rules ---- */

/* Static members first, by instance id; then the others, by member id. */
static void order_members(const struct group *g, size_t *order)
{
    for (size_t i = 0; i < g->member_count; i++) {
        size_t at = i;
        for (; at > 0; at--) {
            size_t before = order[at - 1];
            int a = g->instances[i], b = g->instances[before];
            bool precedes = a > 0 && b > 0   ? a < b
                            : a > 0 || b > 0 ? a > 0
                                             : g->ids[i] < g->ids[before];
            if (!precedes)
                break;
            order[at] = before;
        }
        order[at] = i;
    }
}

static void range_by_rule(const struct group *g, struct layout *layout)
{
    size_t order[MEMBERS];
    order_members(g, order);
    memset(layout->owners, 0xff, sizeof layout->owners);
    for (size_t t = 0; t < g->topic_count; t++) {
        size_t consumers[MEMBERS], count = 0, p = 0;
        for (size_t i = 0; i < g->member_count; i++)
            if (g->subscribes[order[i]][t])
                consumers[count++] = order[i];
        for (size_t c = 0; c < count; c++) {
            size_t share = g->partition_counts[t] / count + (c < g->partition_counts[t] % count);
            for (size_t i = 0; i < share; i++)
                layout->owners[t][p++] = (int)consumers[c];
        }
    }
}

static bool has_subscriber(const struct group *g, size_t t)
{
    for (size_t m = 0; m < g->member_count; m++)
        if (g->subscribes[m][t])
            return true;
    return false;
}

static void roundrobin_by_rule(const struct group *g, struct layout *layout)
{
    size_t order[MEMBERS], turn = 0;
    order_members(g, order);
    memset(layout->owners, 0xff, sizeof layout->owners);
    for (size_t t = 0; t < g->topic_count; t++)
        for (size_t p = 0; p < g->partition_counts[t] && has_subscriber(g, t); p++) {
            while (!g->subscribes[order[turn % g->member_count]][t])
                turn++;
            layout->owners[t][p] = (int)order[turn++ % g->member_count];
        }
}

/* ---- random groups ---- */

static void shuffle(struct group *g, struct kh_random *random)
{
    for (size_t at = 0; at < g->member_count; at++) {
        size_t other = kh_random_below(random, at + 1);
        g->listed[at] = g->listed[other];
        g->listed[other] = at;
    }
    g->topics_from = kh_random_below(random, TOPICS);
}

static void make(struct group *g, struct kh_random *random, bool racked)
{
    *g = (struct group){.member_count = kh_random_below(random, MEMBERS) + 1,
                        .topic_count = kh_random_below(random, TOPICS) + 1,
                        .racked = racked};
    uint64_t sparse = kh_random_below(random, 4) + 1, statics = kh_random_below(random, 3);
    int id = 0, instance = 100;
    for (size_t m = 0; m < g->member_count; m++) {
        g->ids[m] = id += 1 + (int)kh_random_below(random, 4);
        instance -= 1 + (int)kh_random_below(random, 4); /* their order is another one */
        g->instances[m] = kh_random_below(random, 3) < statics ? instance : 0;
        g->member_racks[m] = (int)kh_random_below(random, RACKS);
        for (size_t t = 0; t < g->topic_count; t++)
            g->subscribes[m][t] = kh_random_below(random, sparse) == 0;
    }
    for (size_t t = 0; t < g->topic_count; t++) {
        g->partition_counts[t] = kh_random_below(random, 4) == 0 && t > 0
                                     ? g->partition_counts[t - 1]
                                     : kh_random_below(random, PARTITIONS + 1);
        for (size_t p = 0; p < PARTITIONS; p++)
            g->partition_racks[t][p] = (int)kh_random_below(random, RACKS);
    }
    shuffle(g, random);
}

static void expect_same(const struct layout *a, const struct layout *b, int number)
{
    for (size_t t = 0; t < TOPICS; t++)
        for (size_t p = 0; p < PARTITIONS; p++)
            cr_assert_eq(a->owners[t][p], b->owners[t][p], "case %d: t%zu-%zu", number, t, p);
}

static void check_order(struct group *g, struct kh_random *random,
                        const struct kh_assignor *assignor, const struct layout *layout, int number)
{
    struct layout again;
    shuffle(g, random);
    run(g, assignor, &again);
    expect_same(layout, &again, number);
}

KH_TEST(range, follows_its_rule_in_any_group_and_in_whatever_order_it_is_listed)
{
    struct kh_random random;
    kh_random_seed(&random, 1);
    for (int number = 0; number < CASES; number++) {
        struct group g;
        struct layout layout, wanted;
        make(&g, &random, false);
        run(&g, &kh_assignor_range, &layout);
        range_by_rule(&g, &wanted);
        expect_same(&layout, &wanted, number);
        check_order(&g, &random, &kh_assignor_range, &layout, number);
    }
}

KH_TEST(roundrobin, follows_its_rule_in_any_group_and_in_whatever_order_it_is_listed)
{
    struct kh_random random;
    kh_random_seed(&random, 2);
    for (int number = 0; number < CASES; number++) {
        struct group g;
        struct layout layout, wanted;
        make(&g, &random, number % 4 == 0); /* racks are nothing to it */
        run(&g, &kh_assignor_roundrobin, &layout);
        roundrobin_by_rule(&g, &wanted);
        expect_same(&layout, &wanted, number);
        check_order(&g, &random, &kh_assignor_roundrobin, &layout, number);
    }
}

/* ---- with racks ---- */

static int count_near(const struct group *g, const struct layout *layout, size_t t)
{
    int near = 0;
    for (size_t p = 0; p < g->partition_counts[t]; p++) {
        int owner = layout->owners[t][p];
        near += owner != NOBODY &&
                (g->member_racks[owner] == 0 || g->member_racks[owner] == g->partition_racks[t][p]);
    }
    return near;
}

/* As many as without racks have this many. */
static void expect_as_even(const struct group *g, const struct layout *layout,
                           const struct layout *plain, size_t t, int number)
{
    int with_count[PARTITIONS + 1] = {0};
    for (size_t m = 0; m < g->member_count; m++) {
        int here = 0, there = 0;
        for (size_t p = 0; p < g->partition_counts[t]; p++) {
            here += layout->owners[t][p] == (int)m;
            there += plain->owners[t][p] == (int)m;
        }
        cr_assert(here == 0 || g->subscribes[m][t], "case %d: only to who subscribes", number);
        with_count[here]++;
        with_count[there]--;
    }
    for (int count = 0; count <= PARTITIONS; count++)
        cr_assert_eq(with_count[count], 0, "case %d: t%zu is as even", number, t);
}

KH_TEST(range, with_racks_is_as_even_and_in_whatever_order_it_is_listed)
{
    struct kh_random random;
    int near = 0, plain_near = 0;
    kh_random_seed(&random, 3);
    for (int number = 0; number < CASES; number++) {
        struct group g;
        struct layout layout, plain;
        make(&g, &random, true);
        run(&g, &kh_assignor_range, &layout);
        range_by_rule(&g, &plain);
        for (size_t t = 0; t < g.topic_count; t++) {
            expect_as_even(&g, &layout, &plain, t, number);
            near += count_near(&g, &layout, t);
            plain_near += count_near(&g, &plain, t);
        }
        check_order(&g, &random, &kh_assignor_range, &layout, number);
    }
    cr_assert_gt(near, plain_near + plain_near / 10, "%d and %d", near, plain_near);
}
