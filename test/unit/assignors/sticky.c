/* The sticky assignors over random groups, judged by a second, slow reading of the rules. */
#include "assignors/sticky.h"
#include "base/random.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { MEMBERS = 10, TOPICS = 5, PARTITIONS = 12, NOBODY = -1, CASES = 100000 };

/* What each member subscribes to and claims, and what it is given. */
struct group {
    size_t member_count, topic_count, partition_counts[TOPICS];
    bool subscribes[MEMBERS][TOPICS], claims[MEMBERS][TOPICS][PARTITIONS];
    int32_t generations[MEMBERS];
    bool racked; /* and where they are; 0: a member does not say */
    int member_racks[MEMBERS], partition_racks[TOPICS][PARTITIONS];
    int numbers[MEMBERS]; /* in their ids: the order JoinGroup lists them in is not theirs */
};

struct layout {
    int owners[TOPICS][PARTITIONS];
    int loads[MEMBERS];
};

/* ---- from a group to an assignor's input and back ---- */

static const struct kh_string racks[] = {{"", 0}, {"r1", 2}, {"r2", 2}, {"r3", 2}};
enum { RACKS = 4 };

static const char *const topic_names[TOPICS] = {"t0", "t1", "t2", "t3", "t4"};

/* What is written to a writer, in the arena. */
static struct kh_bytes keep_bytes(struct kh_writer *w, struct kh_arena *arena)
{
    uint8_t *copy = kh_arena_alloc(arena, w->size, 1);
    if (w->size > 0)
        memcpy(copy, w->data, w->size);
    struct kh_bytes bytes = {copy, (int32_t)w->size};
    kh_writer_free(w);
    return bytes;
}

static void fill_member(const struct group *g, size_t number, const struct kh_assignor *assignor,
                        struct kh_arena *arena, struct kh_assignor_member *m)
{
    struct kh_assignor_subscription *s = &m->subscription;
    struct kh_consumer_topic owned[TOPICS];
    size_t owned_count = 0;
    char id[16];
    snprintf(id, sizeof id, "m%02d", g->numbers[number]);
    m->id = kh_arena_string(arena, kh_string_of(id));
    s->topics = kh_arena_alloc(arena, TOPICS, sizeof *s->topics);
    s->generation = g->generations[number];
    s->rack = racks[g->racked ? g->member_racks[number] : 0];
    for (size_t t = 0; t < g->topic_count; t++) {
        struct kh_consumer_topic *topic = &owned[owned_count];
        topic->topic = kh_string_of(topic_names[t]);
        topic->partition_count = 0;
        topic->partitions = kh_arena_alloc(arena, PARTITIONS, sizeof *topic->partitions);
        for (size_t p = 0; p < PARTITIONS; p++)
            if (g->claims[number][t][p])
                topic->partitions[topic->partition_count++] = (int32_t)p;
        owned_count += topic->partition_count > 0;
        if (g->subscribes[number][t])
            s->topics[s->topic_count++] = kh_string_of(topic_names[t]);
    }
    struct kh_writer w;
    kh_writer_init(&w, test_heap);
    if (assignor == &kh_assignor_sticky) {
        assignor->write_user_data(assignor, NULL, &w, owned, owned_count, s->generation);
        s->user_data = keep_bytes(&w, arena);
    } else {
        kh_consumer_topics_write(&w, owned, owned_count);
        s->owned = keep_bytes(&w, arena);
    }
}

/* Two replicas in racks of a kind, next to each other. */
static void fill_racks(const struct group *g, size_t t, struct kh_arena *arena,
                       struct kh_assignor_topic *topic)
{
    const struct kh_string **names = kh_arena_alloc(arena, PARTITIONS, sizeof *names);
    size_t *counts = kh_arena_alloc(arena, PARTITIONS, sizeof *counts);
    for (size_t p = 0; p < PARTITIONS; p++) {
        names[p] = &racks[g->partition_racks[t][p]];
        counts[p] = g->partition_racks[t][p] == RACKS - 1 ? 1 : 2;
    }
    topic->racks = names;
    topic->rack_counts = counts;
}

static void run(const struct group *g, const struct kh_assignor *assignor, struct layout *layout)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, SIZE_MAX);
    struct kh_assignor_member members[MEMBERS] = {0};
    struct kh_assignor_topic topics[TOPICS];
    struct kh_assignor_result results[MEMBERS];
    for (size_t t = 0; t < g->topic_count; t++)
        topics[t] = (struct kh_assignor_topic){.name = kh_string_of(topic_names[t]),
                                               .partition_count = g->partition_counts[t]};
    for (size_t t = 0; g->racked && t < g->topic_count; t++)
        fill_racks(g, t, &arena, &topics[t]);
    for (size_t m = 0; m < g->member_count; m++)
        fill_member(g, m, assignor, &arena, &members[m]);
    const struct kh_assignor_input input = {members, g->member_count, topics, g->topic_count};
    expect_status(kh_assignor_assign(assignor, &input, &arena, results), 0);
    memset(layout->loads, 0, sizeof layout->loads);
    memset(layout->owners, 0xff, sizeof layout->owners);
    for (size_t m = 0; m < g->member_count; m++)
        for (size_t i = 0; i < results[m].count; i++) {
            struct kh_assignor_partition given = results[m].partitions[i];
            cr_assert(given.topic < g->topic_count && given.partition >= 0 &&
                      (size_t)given.partition < g->partition_counts[given.topic]);
            cr_assert(g->subscribes[m][given.topic], "only to who subscribes");
            cr_assert_eq(layout->owners[given.topic][given.partition], NOBODY, "each once");
            layout->owners[given.topic][given.partition] = (int)m;
            layout->loads[m]++;
        }
    kh_arena_free(&arena);
}

/* ---- the rules, read once more ---- */

/* Who is believed to hold it: the highest generation, if it is one member alone. */
static int believed(const struct group *g, size_t t, size_t p)
{
    int best = NOBODY;
    bool alone = false;
    for (size_t m = 0; m < g->member_count; m++) {
        if (!g->claims[m][t][p])
            continue;
        if (best == NOBODY || g->generations[m] > g->generations[best]) {
            best = (int)m;
            alone = true;
        } else if (g->generations[m] == g->generations[best]) {
            alone = false;
        }
    }
    return alone ? best : NOBODY;
}

static int holder(const struct group *g, size_t t, size_t p)
{
    int member = believed(g, t, p);
    return member != NOBODY && g->subscribes[member][t] ? member : NOBODY;
}

static bool has_subscriber(const struct group *g, size_t t)
{
    for (size_t m = 0; m < g->member_count; m++)
        if (g->subscribes[m][t])
            return true;
    return false;
}

static int count_moves(const struct group *g, const struct layout *layout)
{
    int moves = 0;
    for (size_t t = 0; t < g->topic_count; t++)
        for (size_t p = 0; p < g->partition_counts[t]; p++)
            moves += holder(g, t, p) != NOBODY && holder(g, t, p) != layout->owners[t][p];
    return moves;
}

/* Java's balance score: the sum of all differences between two members. */
static int score(const struct group *g, const int *loads)
{
    int sum = 0;
    for (size_t a = 0; a < g->member_count; a++)
        for (size_t b = 0; b < a; b++)
            sum += abs(loads[a] - loads[b]);
    return sum;
}

/* Whether a chain of moves from `from` reaches somebody who has two fewer. */
static bool can_improve(const struct group *g, const struct layout *layout, size_t from)
{
    bool reached[MEMBERS] = {false};
    reached[from] = true;
    for (bool more = true; more;) {
        more = false;
        for (size_t t = 0; t < g->topic_count; t++)
            for (size_t p = 0; p < g->partition_counts[t]; p++)
                for (size_t to = 0; to < g->member_count; to++) {
                    int owner = layout->owners[t][p];
                    if (owner == NOBODY || !reached[owner] || reached[to] || !g->subscribes[to][t])
                        continue;
                    if (layout->loads[to] + 2 <= layout->loads[from])
                        return true;
                    reached[to] = more = true;
                }
    }
    return false;
}

static void judge(const struct group *g, const struct layout *layout, int number)
{
    for (size_t t = 0; t < g->topic_count; t++)
        for (size_t p = 0; p < g->partition_counts[t]; p++)
            cr_assert_eq(layout->owners[t][p] != NOBODY, has_subscriber(g, t),
                         "case %d: all is handed out", number);
    for (size_t m = 0; m < g->member_count; m++)
        cr_assert(!can_improve(g, layout, m), "case %d: member %zu has too many", number, m);
}

/* ---- random groups ---- */

static void claim(struct group *g, struct kh_random *random, size_t t, size_t p)
{
    if (kh_random_below(random, 6) == 0)
        return;
    g->claims[kh_random_below(random, g->member_count)][t][p] = true;
    if (kh_random_below(random, 20) == 0)
        g->claims[kh_random_below(random, g->member_count)][t][p] = true;
}

static void make(struct group *g, struct kh_random *random, size_t member_max, size_t topic_max,
                 size_t partition_max)
{
    *g = (struct group){.member_count = kh_random_below(random, member_max) + 1,
                        .topic_count = kh_random_below(random, topic_max) + 1};
    bool equal = kh_random_below(random, 2) == 0, owned = kh_random_below(random, 4) != 0;
    uint64_t sparse = kh_random_below(random, 3) + 1;
    int used = 0;
    for (size_t m = 0; m < g->member_count; m++) {
        used += 1 + (int)kh_random_below(random, 5);
        g->numbers[m] = used;
        g->generations[m] =
            kh_random_below(random, 8) == 0 ? (int32_t)kh_random_below(random, 5) : 4;
        for (size_t t = 0; t < g->topic_count; t++)
            g->subscribes[m][t] = equal || kh_random_below(random, sparse + 1) == 0;
    }
    for (size_t t = 0; t < g->topic_count; t++) {
        g->partition_counts[t] = kh_random_below(random, partition_max + 1);
        for (size_t p = 0; owned && p < PARTITIONS; p++)
            claim(g, random, t, p); /* some of partitions that are no more */
    }
}

static void place_in_racks(struct group *g, struct kh_random *random)
{
    g->racked = true;
    for (size_t m = 0; m < g->member_count; m++)
        g->member_racks[m] = (int)kh_random_below(random, RACKS);
    for (size_t t = 0; t < g->topic_count; t++)
        for (size_t p = 0; p < PARTITIONS; p++)
            g->partition_racks[t][p] = 1 + (int)kh_random_below(random, RACKS - 1);
}

/* The same members, listed in another order. */
static void shuffle(struct group *g, struct kh_random *random, size_t *places)
{
    struct group from = *g;
    for (size_t m = 0; m < g->member_count; m++) {
        size_t other = kh_random_below(random, m + 1);
        places[m] = places[other];
        places[other] = m;
    }
    for (size_t m = 0; m < g->member_count; m++) {
        memcpy(g->subscribes[m], from.subscribes[places[m]], sizeof g->subscribes[m]);
        memcpy(g->claims[m], from.claims[places[m]], sizeof g->claims[m]);
        g->generations[m] = from.generations[places[m]];
        g->member_racks[m] = from.member_racks[places[m]];
        g->numbers[m] = from.numbers[places[m]];
    }
}

KH_TEST(sticky, any_group_is_served_evenly_and_in_whatever_order_it_is_listed)
{
    struct kh_random random;
    kh_random_seed(&random, 54);
    for (int number = 0; number < CASES; number++) {
        struct group g;
        struct layout layout, again;
        size_t places[MEMBERS];
        make(&g, &random, MEMBERS, TOPICS, PARTITIONS);
        if (number % 3 == 0)
            place_in_racks(&g, &random);
        run(&g, &kh_assignor_sticky, &layout);
        judge(&g, &layout, number);
        shuffle(&g, &random, places);
        run(&g, &kh_assignor_sticky, &again);
        for (size_t t = 0; t < g.topic_count; t++)
            for (size_t p = 0; p < g.partition_counts[t]; p++) {
                int owner = again.owners[t][p];
                cr_assert_eq(layout.owners[t][p], owner == NOBODY ? NOBODY : (int)places[owner]);
            }
    }
}

/* ---- brute force ---- */

struct best {
    int score, cost;
};

static bool is_near(const struct group *g, size_t m, size_t t, size_t p)
{
    int rack = g->member_racks[m], first = g->partition_racks[t][p];
    return rack == 0 || rack == first || (rack == first + 1 && first < RACKS - 1);
}

/* KIP-881: not where all partitions are in the same racks, or no member is in one of those. */
static bool racks_matter(const struct group *g)
{
    int seen = -1;
    bool same = true, met = false;
    for (size_t t = 0; t < g->topic_count; t++)
        for (size_t p = 0; p < g->partition_counts[t]; p++) {
            same = same && (seen < 0 || seen == g->partition_racks[t][p]);
            seen = g->partition_racks[t][p];
            for (size_t m = 0; m < g->member_count; m++)
                met = met || (g->member_racks[m] > 0 && is_near(g, m, t, p));
        }
    return g->racked && met && !same;
}

/* A move costs a little more than a partition that is far from its member. */
static int cost(const struct group *g, const struct layout *layout)
{
    int far = 0;
    for (size_t t = 0; t < g->topic_count && racks_matter(g); t++)
        for (size_t p = 0; p < g->partition_counts[t]; p++)
            far +=
                layout->owners[t][p] != NOBODY && !is_near(g, (size_t)layout->owners[t][p], t, p);
    return 65 * count_moves(g, layout) + 64 * far;
}

/* All layouts of partitions from (t, p) on. */
static void try_all(const struct group *g, struct layout *layout, size_t t, size_t p,
                    struct best *best)
{
    while (t < g->topic_count && (p == g->partition_counts[t] || !has_subscriber(g, t))) {
        t++;
        p = 0;
    }
    if (t == g->topic_count) {
        struct best this = {score(g, layout->loads), cost(g, layout)};
        if (this.score < best->score || (this.score == best->score && this.cost < best->cost))
            *best = this;
        return;
    }
    for (size_t m = 0; m < g->member_count; m++) {
        if (!g->subscribes[m][t])
            continue;
        layout->owners[t][p] = (int)m;
        layout->loads[m]++;
        try_all(g, layout, t, p + 1, best);
        layout->loads[m]--;
    }
}

KH_TEST(sticky, no_layout_is_more_even_or_moves_less_or_is_nearer)
{
    struct kh_random random;
    kh_random_seed(&random, 55);
    for (int number = 0; number < 20000; number++) {
        struct group g;
        struct layout layout, tried = {0};
        struct best best = {INT32_MAX, INT32_MAX};
        make(&g, &random, 4, 3, 3);
        if (number % 2 == 0)
            place_in_racks(&g, &random);
        run(&g, &kh_assignor_sticky, &layout);
        memset(tried.owners, 0xff, sizeof tried.owners);
        try_all(&g, &tried, 0, 0, &best);
        cr_assert_eq(score(&g, layout.loads), best.score, "case %d", number);
        cr_assert_eq(cost(&g, &layout), best.cost, "case %d", number);
    }
}

/* ---- cooperative-sticky ---- */

/* All take what they are given, and let go of what they are not. */
static void adopt(struct group *g, const struct layout *layout)
{
    memset(g->claims, 0, sizeof g->claims);
    for (size_t t = 0; t < g->topic_count; t++)
        for (size_t p = 0; p < g->partition_counts[t]; p++)
            if (layout->owners[t][p] != NOBODY)
                g->claims[layout->owners[t][p]][t][p] = true;
    for (size_t m = 0; m < g->member_count; m++)
        g->generations[m] = 9;
}

KH_TEST(cooperative_sticky, nothing_is_given_before_it_is_let_go_and_the_second_round_settles)
{
    struct kh_random random;
    kh_random_seed(&random, 429);
    for (int number = 0; number < CASES / 4; number++) {
        struct group g;
        struct layout first, second, third;
        make(&g, &random, MEMBERS, TOPICS, PARTITIONS);
        run(&g, &kh_assignor_cooperative_sticky, &first);
        for (size_t t = 0; t < g.topic_count; t++)
            for (size_t p = 0; p < g.partition_counts[t]; p++)
                for (size_t m = 0; m < g.member_count; m++)
                    cr_assert(!g.claims[m][t][p] || first.owners[t][p] == NOBODY ||
                                  first.owners[t][p] == (int)m ||
                                  believed(&g, t, p) == first.owners[t][p],
                              "case %d: member %zu still claims it", number, m);
        adopt(&g, &first);
        run(&g, &kh_assignor_cooperative_sticky, &second);
        judge(&g, &second, number);
        cr_assert_eq(count_moves(&g, &second), 0, "case %d: nothing moves twice", number);
        adopt(&g, &second);
        run(&g, &kh_assignor_cooperative_sticky, &third);
        cr_assert_eq(memcmp(&second, &third, sizeof second), 0, "case %d: it stays", number);
    }
}
