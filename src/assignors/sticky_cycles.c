/* The least cost, exactly, for groups that are small enough: what members have may be exchanged
 * along any cycle of them, and a cycle that costs less than nothing is worth it. Once there is
 * none, no layout as even is better (cycle cancelling in a flow of least cost; that one member may
 * have one more instead of another is an edge too). A move costs as much as a partition that is far
 * from its member, and a little more: where both could be had, moves are few. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

/* Of one search; and of all together: for large groups what came before must do. */
enum { SEARCH_MAX = 400000, ALL_MAX = 8000000 };
enum { FAR = 64, MOVE = FAR + 1, NO_EDGE = INT16_MAX };

struct cycles {
    struct kh_sticky *s;
    struct kh_interests interests;
    uint32_t members;
    /* By member giving, then taking: what the cheapest gift costs, and which one it is. */
    int16_t *costs;    /* NO_EDGE: there is none */
    uint32_t *gifts;   /* a partition, or KH_NONE: none changes hands, only who has one more */
    int32_t *distance; /* by member */
    uint32_t *previous;
    bool *holds; /* scratch, by partition: its believed holder subscribes to it */
};

static void offer(struct cycles *c, uint32_t from, uint32_t to, int16_t cost, uint32_t gift)
{
    size_t at = (size_t)from * c->members + to;
    if (c->costs[at] <= cost)
        return;
    c->costs[at] = cost;
    c->gifts[at] = gift;
}

static int16_t cost_of(const struct cycles *c, uint32_t p, uint32_t member)
{
    const struct kh_interned *group = c->s->group;
    bool far = c->s->racks != NULL && !kh_interned_near(group, member, p);
    return (int16_t)((c->holds[p] && group->claims[p] != member ? MOVE : 0) + (far ? FAR : 0));
}

static void offer_partition(struct cycles *c, uint32_t topic, uint32_t p)
{
    const struct kh_interests *interests = &c->interests;
    uint32_t owner = c->s->owners[p];
    int16_t now = cost_of(c, p, owner);
    for (uint32_t i = interests->topic_first[topic]; i < interests->topic_first[topic + 1]; i++) {
        uint32_t to = interests->member_of[i];
        if (to != owner)
            offer(c, owner, to, (int16_t)(cost_of(c, p, to) - now), p);
    }
}

/* All subscribers of a topic can be given what one of them has; of what is alike one is enough. */
static void list_edges(struct cycles *c)
{
    const struct kh_interned *group = c->s->group;
    for (size_t i = 0; i < (size_t)c->members * c->members; i++)
        c->costs[i] = NO_EDGE;
    for (uint32_t t = 0; t < group->topic_count; t++)
        for (uint32_t p = group->first[t]; p < group->first[t + 1]; p++)
            if (c->s->owners[p] != KH_NONE)
                offer_partition(c, t, p);
    for (uint32_t a = 0; a < c->members; a++)
        for (uint32_t b = 0; b < c->members; b++)
            if (kh_interned_subscribes(group, a) && kh_interned_subscribes(group, b) &&
                c->s->loads[a] == c->s->loads[b] + 1)
                offer(c, b, a, 0, KH_NONE); /* b gets one from elsewhere, a gives one */
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
                int16_t cost = c->costs[(size_t)a * c->members + b];
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

static void follow(struct cycles *c, uint32_t start)
{
    uint32_t to = start;
    do {
        uint32_t from = c->previous[to];
        size_t edge = (size_t)from * c->members + to;
        if (c->gifts[edge] != KH_NONE) {
            c->s->owners[c->gifts[edge]] = to;
            c->s->loads[from]--;
            c->s->loads[to]++;
        }
        to = from;
    } while (to != start);
}

static uint64_t search_cost(const struct cycles *c)
{
    const struct kh_interned *group = c->s->group;
    const uint32_t *first = c->interests.topic_first;
    uint64_t members = c->members, cost = members * members * members;
    for (uint32_t t = 0; t < group->topic_count; t++)
        cost += (uint64_t)(first[t + 1] - first[t]) * (group->first[t + 1] - group->first[t]);
    return cost;
}

static void note_holders(struct cycles *c)
{
    const struct kh_interned *group = c->s->group;
    for (uint32_t t = 0; t < group->topic_count; t++)
        for (uint32_t p = group->first[t]; p < group->first[t + 1]; p++) {
            uint32_t claim = group->claims[p];
            c->holds[p] = (claim & KH_DISPUTED) == 0 && kh_interned_wants(group, claim, t);
        }
}

int kh_sticky_cancel_cycles(struct kh_sticky *s)
{
    struct kh_arena *arena = s->arena;
    size_t members = s->group->member_count, edges = members * members;
    if (members * edges > SEARCH_MAX)
        return 0;
    struct cycles c = {.s = s, .members = (uint32_t)members};
    if (kh_interests_init(&c.interests, s->group, arena) != 0)
        return KOHORT_ENOMEM;
    uint64_t cost = search_cost(&c);
    if (cost > SEARCH_MAX)
        return 0;
    c.costs = kh_arena_take(arena, edges, sizeof *c.costs);
    c.gifts = kh_arena_take(arena, edges, sizeof *c.gifts);
    c.distance = kh_arena_take(arena, members, sizeof *c.distance);
    c.previous = kh_arena_take(arena, members, sizeof *c.previous);
    c.holds = kh_arena_take(arena, s->group->partition_count, sizeof *c.holds);
    if (c.costs == NULL || c.gifts == NULL || c.distance == NULL || c.previous == NULL ||
        c.holds == NULL)
        return KOHORT_ENOMEM;
    note_holders(&c);
    for (uint64_t spent = 0; spent <= ALL_MAX; spent += cost) {
        list_edges(&c);
        uint32_t start = find_cycle(&c);
        if (start == KH_NONE)
            break;
        follow(&c, start);
    }
    return 0;
}
