/* Fewest moves, exactly, for groups that are small enough: who has how many may be exchanged along
 * any cycle of members, and a cycle that brings home more than it takes away is worth it. Once
 * there is none, no layout as even moves less (cycle cancelling in a flow of least cost; that one
 * member may have one more instead of another is an edge too). */
#include "assignors/sticky_internal.h"

#include "base/status.h"

/* Members times edges, which one search costs, and searches: for large groups sticky_return.c must
 * do. */
enum { SEARCH_MAX = 400000, ROUNDS = 64 };

struct cycles {
    struct kh_sticky_lists *lists;
    struct kh_sticky *s;
    uint32_t members;
    /* By member giving, then taking: what the cheapest gift costs, and which one it is. */
    int8_t *costs;     /* NO_EDGE: there is none */
    uint32_t *gifts;   /* a partition, or KH_NONE: none changes hands, only who has one more */
    uint32_t *takers;  /* the pair that takes it */
    int32_t *distance; /* by member */
    uint32_t *previous;
};

enum { NO_EDGE = 2 };

static void offer(struct cycles *c, uint32_t from, uint32_t to, int8_t cost, uint32_t gift,
                  uint32_t taker)
{
    size_t at = (size_t)from * c->members + to;
    if (c->costs[at] <= cost)
        return;
    c->costs[at] = cost;
    c->gifts[at] = gift;
    c->takers[at] = taker;
}

static void offer_partition(struct cycles *c, uint32_t topic, uint32_t p)
{
    const struct kh_interests *interests = &c->lists->interests;
    uint32_t owner = c->s->owners[p], holder = kh_sticky_holder(c->s, p);
    for (uint32_t i = interests->topic_first[topic]; i < interests->topic_first[topic + 1]; i++) {
        uint32_t pair = interests->pair_of[i], to = interests->member_of[pair];
        if (to != owner)
            offer(c, owner, to, (int8_t)((owner == holder) - (to == holder)), p, pair);
    }
}

/* All subscribers of a topic can be given what one of them has; of what is alike one is enough. */
static void list_edges(struct cycles *c)
{
    const struct kh_interned *group = c->s->group;
    memset(c->costs, NO_EDGE, (size_t)c->members * c->members);
    for (uint32_t t = 0; t < group->topic_count; t++)
        for (uint32_t p = group->first[t]; p < group->first[t + 1]; p++)
            if (c->s->owners[p] != KH_NONE)
                offer_partition(c, t, p);
    for (uint32_t a = 0; a < c->members; a++)
        for (uint32_t b = 0; b < c->members; b++)
            if (kh_interned_subscribes(group, a) && kh_interned_subscribes(group, b) &&
                c->s->loads[a] == c->s->loads[b] + 1)
                offer(c, b, a, 0, KH_NONE, KH_NONE); /* b gets one from elsewhere, a gives one */
}

/* Bellman and Ford: a member on a cycle that gains something, or KH_NONE. */
static uint32_t find_cycle(struct cycles *c)
{
    uint32_t changed = 0;
    for (uint32_t m = 0; m < c->members; m++) {
        c->distance[m] = 0;
        c->previous[m] = KH_NONE;
    }
    for (uint32_t round = 0; round <= c->members && changed != KH_NONE; round++) {
        changed = KH_NONE;
        for (uint32_t a = 0; a < c->members; a++)
            for (uint32_t b = 0; b < c->members; b++) {
                int8_t cost = c->costs[(size_t)a * c->members + b];
                if (cost == NO_EDGE || c->distance[a] + cost >= c->distance[b])
                    continue;
                c->distance[b] = c->distance[a] + cost;
                c->previous[b] = a;
                changed = b;
            }
    }
    for (uint32_t steps = 0; changed != KH_NONE && steps < c->members; steps++)
        changed = c->previous[changed]; /* from what hangs on a cycle into it */
    return changed;
}

static void unlink_partition(struct cycles *c, uint32_t p, uint32_t topic)
{
    kh_sticky_look_at(c->lists, topic);
    uint32_t pair = kh_sticky_pair(c->lists, topic, c->s->owners[p]);
    uint32_t *at = kh_sticky_holder(c->s, p) == c->s->owners[p] ? &c->lists->home[pair]
                                                                : &c->lists->away[pair];
    while (*at != p)
        at = &c->lists->next[*at];
    *at = c->lists->next[p];
}

static void follow(struct cycles *c, uint32_t start)
{
    uint32_t to = start;
    do {
        uint32_t from = c->previous[to];
        size_t edge = (size_t)from * c->members + to;
        if (c->gifts[edge] != KH_NONE) {
            uint32_t pair = c->takers[edge];
            unlink_partition(c, c->gifts[edge], c->lists->interests.topic_of[pair]);
            kh_sticky_put(c->lists, pair, c->gifts[edge]);
            c->s->loads[from]--;
            c->s->loads[to]++;
        }
        to = from;
    } while (to != start);
}

static bool is_small(const struct kh_sticky_lists *lists)
{
    uint64_t members = lists->s->group->member_count, edges = members * members;
    for (uint32_t t = 0; t < lists->s->group->topic_count; t++)
        edges += (uint64_t)kh_sticky_subscribers(lists, t) *
                 (lists->s->group->first[t + 1] - lists->s->group->first[t]);
    return members * members * members <= SEARCH_MAX && edges <= SEARCH_MAX;
}

int kh_sticky_cancel_cycles(struct kh_sticky_lists *lists)
{
    if (!is_small(lists))
        return 0;
    size_t members = lists->s->group->member_count, edges = members * members;
    struct kh_arena *arena = lists->s->arena;
    struct cycles c = {
        .lists = lists,
        .s = lists->s,
        .members = (uint32_t)members,
        .costs = kh_arena_take(arena, edges, sizeof *c.costs),
        .gifts = kh_arena_take(arena, edges, sizeof *c.gifts),
        .takers = kh_arena_take(arena, edges, sizeof *c.takers),
        .distance = kh_arena_take(arena, members, sizeof *c.distance),
        .previous = kh_arena_take(arena, members, sizeof *c.previous),
    };
    if (c.costs == NULL || c.gifts == NULL || c.takers == NULL || c.distance == NULL ||
        c.previous == NULL)
        return KOHORT_ENOMEM;
    for (int round = 0; round < ROUNDS; round++) {
        list_edges(&c);
        uint32_t start = find_cycle(&c);
        if (start == KH_NONE)
            break;
        follow(&c, start);
    }
    return 0;
}
