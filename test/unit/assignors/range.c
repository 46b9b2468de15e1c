#include "assignors/range.h"
#include "base/random.h"
#include "support/test.h"

#include <stdio.h>

/* A group in a few words: each member "id" or "id@rack" or "id#instance", then its topics. */
enum { MEMBERS = 8, TOPICS = 8, LINE = 1024 };

struct group {
    struct kh_arena arena;
    struct kh_assignor_member members[MEMBERS];
    struct kh_string subscribed[MEMBERS][TOPICS];
    struct kh_assignor_topic topics[TOPICS];
    struct kh_assignor_input input;
    char layout[LINE];
};

static void begin(struct group *g)
{
    memset(g, 0, sizeof *g);
    kh_arena_init(&g->arena, test_heap, SIZE_MAX);
    g->input.members = g->members;
    g->input.topics = g->topics;
}

/* Topics must be added in the order of their names. */
static struct kh_assignor_topic *topic(struct group *g, const char *name, size_t partition_count)
{
    struct kh_assignor_topic *t = &g->topics[g->input.topic_count++];
    *t = (struct kh_assignor_topic){.name = kh_string_of(name), .partition_count = partition_count};
    return t;
}

static struct kh_assignor_member *member(struct group *g, const char *id)
{
    struct kh_assignor_member *m = &g->members[g->input.member_count];
    m->id = kh_string_of(id);
    m->subscription.topics = g->subscribed[g->input.member_count++];
    return m;
}

static void subscribe(struct kh_assignor_member *m, const char *name)
{
    m->subscription.topics[m->subscription.topic_count++] = kh_string_of(name);
}

/* "a: t-0 t-1 | b: t-2", members in the order they were added. */
static const char *layout(struct group *g)
{
    struct kh_assignor_result results[MEMBERS];
    expect_status(kh_assignor_assign(&kh_assignor_range, &g->input, &g->arena, results), 0);
    size_t used = 0;
    for (size_t m = 0; m < g->input.member_count; m++) {
        used += (size_t)snprintf(g->layout + used, LINE - used, "%s%s:", m == 0 ? "" : " | ",
                                 g->members[m].id.data);
        for (size_t i = 0; i < results[m].count; i++)
            used += (size_t)snprintf(g->layout + used, LINE - used, " %s-%d",
                                     g->topics[results[m].partitions[i].topic].name.data,
                                     results[m].partitions[i].partition);
    }
    kh_arena_free(&g->arena);
    return g->layout;
}

KH_TEST(range, the_first_members_get_one_more_of_each_topic)
{
    struct group g;
    begin(&g);
    topic(&g, "t0", 3);
    topic(&g, "t1", 3);
    for (int i = 0; i < 2; i++) {
        struct kh_assignor_member *m = member(&g, i == 0 ? "c0" : "c1");
        subscribe(m, "t0");
        subscribe(m, "t1");
    }
    cr_assert_str_eq(layout(&g), "c0: t0-0 t0-1 t1-0 t1-1 | c1: t0-2 t1-2");
}

KH_TEST(range, members_are_ordered_by_id_however_joingroup_lists_them)
{
    struct group g;
    begin(&g);
    topic(&g, "t", 5);
    subscribe(member(&g, "c"), "t");
    subscribe(member(&g, "a"), "t");
    subscribe(member(&g, "b"), "t");
    cr_assert_str_eq(layout(&g), "c: t-4 | a: t-0 t-1 | b: t-2 t-3");
}

KH_TEST(range, static_members_come_first_by_instance_id)
{
    struct group g;
    begin(&g);
    topic(&g, "t", 4);
    subscribe(member(&g, "a"), "t");
    struct kh_assignor_member *y = member(&g, "z1");
    y->instance_id = KH_STRING("y");
    subscribe(y, "t");
    struct kh_assignor_member *x = member(&g, "z2");
    x->instance_id = KH_STRING("x");
    subscribe(x, "t");
    cr_assert_str_eq(layout(&g), "a: t-3 | z1: t-2 | z2: t-0 t-1");
}

KH_TEST(range, mixed_subscriptions_share_only_what_each_subscribes)
{
    struct group g;
    begin(&g);
    topic(&g, "t0", 3);
    topic(&g, "t1", 2);
    topic(&g, "t2", 1);
    struct kh_assignor_member *a = member(&g, "a");
    subscribe(a, "t1");
    subscribe(a, "t0");
    subscribe(a, "t0"); /* named twice: counts once */
    struct kh_assignor_member *b = member(&g, "b");
    subscribe(b, "t1");
    subscribe(b, "missing");
    cr_assert_str_eq(layout(&g), "a: t0-0 t0-1 t0-2 t1-0 | b: t1-1", "t2 is nobody's");
}

KH_TEST(range, more_members_than_partitions_leave_the_last_ones_idle)
{
    struct group g;
    begin(&g);
    topic(&g, "t", 2);
    subscribe(member(&g, "a"), "t");
    subscribe(member(&g, "b"), "t");
    subscribe(member(&g, "c"), "t");
    cr_assert_str_eq(layout(&g), "a: t-0 | b: t-1 | c:");
}

KH_TEST(range, without_topics_or_members_there_is_nothing_to_do)
{
    struct group g;
    begin(&g);
    cr_assert_str_eq(layout(&g), "");
    begin(&g);
    subscribe(member(&g, "a"), "t");
    cr_assert_str_eq(layout(&g), "a:");
}

/* ---- racks (KIP-881) ---- */

static const struct kh_string rack_names[] = {{"r0", 2}, {"r1", 2}, {"r2", 2}};

/* Partition p has its only replica in rack p mod 3. */
static void spread_over_racks(struct group *g, struct kh_assignor_topic *t)
{
    const struct kh_string **racks = kh_arena_alloc(&g->arena, t->partition_count, sizeof *racks);
    size_t *counts = kh_arena_alloc(&g->arena, t->partition_count, sizeof *counts);
    for (size_t p = 0; p < t->partition_count; p++) {
        racks[p] = &rack_names[p % 3];
        counts[p] = 1;
    }
    t->racks = racks;
    t->rack_counts = counts;
}

static struct kh_assignor_member *member_in(struct group *g, const char *id, const char *rack)
{
    struct kh_assignor_member *m = member(g, id);
    m->subscription.rack = kh_string_of(rack);
    return m;
}

KH_TEST(range, racks_bring_members_near_their_partitions)
{
    struct group g;
    begin(&g);
    spread_over_racks(&g, topic(&g, "t", 6));
    subscribe(member_in(&g, "a", "r2"), "t");
    subscribe(member_in(&g, "b", "r1"), "t");
    subscribe(member_in(&g, "c", "r0"), "t");
    cr_assert_str_eq(layout(&g), "a: t-2 t-5 | b: t-1 t-4 | c: t-0 t-3");
}

KH_TEST(range, balance_comes_before_racks)
{
    struct group g;
    begin(&g);
    spread_over_racks(&g, topic(&g, "t", 6));
    subscribe(member_in(&g, "a", "r0"), "t");
    subscribe(member_in(&g, "b", "r0"), "t");
    subscribe(member_in(&g, "c", ""), "t"); /* no rack: anything is near */
    cr_assert_str_eq(layout(&g), "a: t-0 t-3 | b: t-4 t-5 | c: t-1 t-2");
}

KH_TEST(range, copartitioned_topics_stay_together_in_their_rack)
{
    struct group g;
    begin(&g);
    spread_over_racks(&g, topic(&g, "t0", 3));
    spread_over_racks(&g, topic(&g, "t1", 3));
    for (int i = 0; i < 3; i++) {
        static const char *const ids[] = {"a", "b", "c"}, *const racks[] = {"r1", "r2", "r0"};
        struct kh_assignor_member *m = member_in(&g, ids[i], racks[i]);
        subscribe(m, "t0");
        subscribe(m, "t1");
    }
    cr_assert_str_eq(layout(&g), "a: t0-1 t1-1 | b: t0-2 t1-2 | c: t0-0 t1-0");
}

KH_TEST(range, racks_that_are_the_same_everywhere_change_nothing)
{
    struct group g;
    begin(&g);
    struct kh_assignor_topic *t = topic(&g, "t", 4);
    const struct kh_string *racks[4] = {rack_names, rack_names, rack_names, rack_names};
    const size_t counts[4] = {2, 2, 2, 2};
    t->racks = racks;
    t->rack_counts = counts;
    subscribe(member_in(&g, "a", "r1"), "t");
    subscribe(member_in(&g, "b", "r0"), "t");
    cr_assert_str_eq(layout(&g), "a: t-0 t-1 | b: t-2 t-3");
}

/* ---- whatever the group ---- */

static void random_group(struct group *g, struct kh_random *random)
{
    static char ids[MEMBERS][8];
    static const char *const names[TOPICS] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"};
    size_t topic_count = kh_random_below(random, TOPICS) + 1;
    for (size_t t = 0; t < topic_count; t++) {
        struct kh_assignor_topic *added = topic(g, names[t], kh_random_below(random, 20));
        if (kh_random_below(random, 2) == 0)
            spread_over_racks(g, added);
    }
    size_t member_count = kh_random_below(random, MEMBERS) + 1;
    for (size_t m = 0; m < member_count; m++) {
        snprintf(ids[m], sizeof ids[m], "m%d", (int)kh_random_below(random, 90) * 10 + (int)m);
        struct kh_assignor_member *added = member(g, ids[m]);
        if (kh_random_below(random, 2) == 0)
            added->subscription.rack = rack_names[kh_random_below(random, 3)];
        for (size_t t = 0; t < topic_count; t++)
            if (kh_random_below(random, 3) != 0)
                subscribe(added, names[t]);
    }
}

static bool subscribes(const struct kh_assignor_member *m, struct kh_string name)
{
    for (size_t t = 0; t < m->subscription.topic_count; t++)
        if (kh_string_equal(m->subscription.topics[t], name))
            return true;
    return false;
}

static void check_topic(const struct group *g, const struct kh_assignor_result *results, uint32_t t)
{
    size_t owners[32] = {0}, subscribers = 0, least = SIZE_MAX, most = 0, given = 0;
    for (size_t m = 0; m < g->input.member_count; m++) {
        size_t count = 0;
        for (size_t i = 0; i < results[m].count; i++)
            if (results[m].partitions[i].topic == t) {
                owners[results[m].partitions[i].partition]++;
                count++;
            }
        if (!subscribes(&g->members[m], g->topics[t].name)) {
            cr_assert_eq(count, 0, "only to who subscribes");
            continue;
        }
        subscribers++;
        given += count;
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    if (subscribers == 0)
        return;
    cr_assert_eq(given, g->topics[t].partition_count);
    for (size_t p = 0; p < g->topics[t].partition_count; p++)
        cr_assert_eq(owners[p], 1, "each partition has one owner");
    cr_assert_leq(most - least, 1, "racks never cost balance");
}

KH_TEST(range, any_group_gets_each_partition_once_and_evenly)
{
    struct kh_random random;
    kh_random_seed(&random, 3);
    for (int round = 0; round < 2000; round++) {
        struct group g;
        begin(&g);
        random_group(&g, &random);
        struct kh_assignor_result results[MEMBERS];
        expect_status(kh_assignor_assign(&kh_assignor_range, &g.input, &g.arena, results), 0);
        for (uint32_t t = 0; t < g.input.topic_count; t++)
            check_topic(&g, results, t);
        kh_arena_free(&g.arena);
    }
}

KH_TEST(range, each_failing_allocation_is_reported)
{
    struct kh_arena tiny;
    struct group g;
    begin(&g);
    topic(&g, "t0", 300);
    topic(&g, "t1", 300);
    subscribe(member(&g, "a"), "t0");
    subscribe(member(&g, "b"), "t0");
    spread_over_racks(&g, &g.topics[0]);
    g.members[0].subscription.rack = rack_names[1];
    size_t limit = 0;
    for (int status = KOHORT_ENOMEM; status != 0; limit += 8) {
        struct kh_assignor_result results[MEMBERS];
        kh_arena_init(&tiny, test_heap, limit);
        status = kh_assignor_assign(&kh_assignor_range, &g.input, &tiny, results);
        cr_assert(status == 0 || status == KOHORT_ENOMEM);
        kh_arena_free(&tiny);
    }
    cr_assert_gt(limit, 300 * sizeof(uint32_t));
    kh_arena_free(&g.arena);
}
