/* Evening out. Loads that no chain of moves can improve are as even as subscriptions allow, for
 * every measure of evenness: the layouts are the bases of a polymatroid, and there a local minimum
 * is the global one. Chains are found by the layer, from all who have more than some threshold to
 * all who have less, as a flow (Dinic): one search for each would walk over everything as often as
 * there are partitions. When no more can flow, those that the rest of the excess reaches have
 * nothing to give to the others any more, and each side is evened out by itself. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

struct flow {
    struct kh_sticky_lists *lists;
    struct kh_sticky *s;
    bool free_only;
    uint32_t *members;   /* sides lie together */
    uint32_t *side;      /* by member: where its side begins in `members` */
    uint32_t begin, end; /* the side at hand */
    uint32_t threshold;
    uint32_t *subscribers; /* by place in pair_of: the pair's member, without going there */
    /* By member: its pairs that have partitions; some may have none any more. */
    uint32_t *held, *held_next; /* held_next by pair, whose bit in `is_held` is set */
    bool *is_held;
    /* One search. `stamp` counts them: what bears an older one was not seen. */
    uint32_t stamp;
    uint32_t *member_stamp, *member_layer, *member_cursor; /* cursor: a held pair, or KH_NONE */
    uint32_t *topic_stamp, *topic_layer, *topic_cursor;    /* cursor: a place in pair_of */
    uint32_t *queue;
    uint32_t *path; /* by layer: the pair that is given from, then the one that is given to */
};

/* ---- what is held ---- */

static void note_held(struct flow *f, uint32_t pair)
{
    if (f->is_held[pair])
        return;
    uint32_t member = f->lists->interests.member_of[pair];
    f->is_held[pair] = true;
    f->held_next[pair] = f->held[member];
    f->held[member] = pair;
}

static bool can_give(const struct flow *f, uint32_t pair)
{
    return f->lists->away[pair] != KH_NONE || (!f->free_only && f->lists->home[pair] != KH_NONE);
}

static void drop_empty(struct flow *f, uint32_t member)
{
    for (uint32_t *at = &f->held[member]; *at != KH_NONE;) {
        uint32_t pair = *at;
        if (f->lists->away[pair] != KH_NONE || f->lists->home[pair] != KH_NONE) {
            at = &f->held_next[pair];
        } else {
            *at = f->held_next[pair];
            f->is_held[pair] = false;
        }
    }
}

/* ---- layers ---- */

static void see(struct flow *f, uint32_t member, uint32_t layer, uint32_t *count)
{
    drop_empty(f, member);
    f->member_stamp[member] = f->stamp;
    f->member_layer[member] = layer;
    f->member_cursor[member] = f->held[member];
    f->queue[(*count)++] = member;
}

static void see_subscribers(struct flow *f, uint32_t topic, uint32_t layer, uint32_t *count)
{
    const uint32_t *first = f->lists->interests.topic_first;
    f->topic_stamp[topic] = f->stamp;
    f->topic_layer[topic] = layer;
    f->topic_cursor[topic] = first[topic];
    for (uint32_t i = first[topic]; i < first[topic + 1]; i++) {
        uint32_t member = f->subscribers[i];
        if (f->member_stamp[member] != f->stamp && f->side[member] == f->begin)
            see(f, member, layer + 1, count);
    }
}

/* From all who have too many. True: somebody who has too few was reached, and the layers end with
 * the first of them; false: all that was reached is in the queue, and nothing can flow. */
static bool layer_members(struct flow *f, uint32_t *ret_count)
{
    uint32_t count = 0, last = KH_NONE;
    f->stamp++;
    for (uint32_t i = f->begin; i < f->end; i++)
        if (f->s->loads[f->members[i]] > f->threshold)
            see(f, f->members[i], 0, &count);
    for (uint32_t head = 0; head < count; head++) {
        uint32_t member = f->queue[head], layer = f->member_layer[member];
        if (layer > last && last != KH_NONE)
            break;
        if (f->s->loads[member] < f->threshold)
            last = layer;
        for (uint32_t pair = f->held[member]; pair != KH_NONE && last == KH_NONE;
             pair = f->held_next[pair]) {
            uint32_t topic = f->lists->interests.topic_of[pair];
            if (f->topic_stamp[topic] != f->stamp && can_give(f, pair))
                see_subscribers(f, topic, layer, &count);
        }
    }
    *ret_count = count;
    return last != KH_NONE;
}

/* ---- flowing ---- */

/* The next one in the next layer that a partition of the pair can go to, as a pair; or KH_NONE. */
static uint32_t next_taker(struct flow *f, uint32_t pair, uint32_t layer)
{
    const struct kh_interests *interests = &f->lists->interests;
    uint32_t topic = interests->topic_of[pair];
    if (f->topic_stamp[topic] != f->stamp || f->topic_layer[topic] != layer)
        return KH_NONE;
    uint32_t at = f->topic_cursor[topic], end = interests->topic_first[topic + 1];
    while (at < end && (f->member_stamp[f->subscribers[at]] != f->stamp ||
                        f->member_layer[f->subscribers[at]] != layer + 1))
        at++;
    f->topic_cursor[topic] = at;
    return at < end ? interests->pair_of[at] : KH_NONE;
}

/* Puts the next step from this member on the path; false: nothing more leads on from it. */
static bool step_on(struct flow *f, uint32_t member, uint32_t layer)
{
    for (uint32_t *at = &f->member_cursor[member]; *at != KH_NONE; *at = f->held_next[*at]) {
        uint32_t to = can_give(f, *at) ? next_taker(f, *at, layer) : KH_NONE;
        if (to == KH_NONE)
            continue;
        f->path[2 * layer] = *at;
        f->path[2 * layer + 1] = to;
        return true;
    }
    return false;
}

static void move_along(struct flow *f, uint32_t layers)
{
    struct kh_sticky_lists *lists = f->lists;
    for (uint32_t layer = 0; layer < layers; layer++) {
        uint32_t from = f->path[2 * layer], to = f->path[2 * layer + 1];
        uint32_t *head = lists->away[from] != KH_NONE ? &lists->away[from] : &lists->home[from];
        uint32_t partition = *head;
        *head = lists->next[partition];
        kh_sticky_put(lists, to, partition);
        note_held(f, to);
    }
}

/* One partition from this member to one who has too few. False: there is no way. */
static bool send_one(struct flow *f, uint32_t source)
{
    const struct kh_interests *interests = &f->lists->interests;
    uint32_t member = source, layer = 0;
    while (f->s->loads[member] >= f->threshold || layer == 0) {
        if (step_on(f, member, layer)) {
            member = interests->member_of[f->path[2 * layer + 1]];
            layer++;
            continue;
        }
        if (layer == 0)
            return false;
        layer--; /* a dead end: the topic that led there looks at the next */
        f->topic_cursor[interests->topic_of[f->path[2 * layer]]]++;
        member = interests->member_of[f->path[2 * layer]];
    }
    move_along(f, layer);
    f->s->loads[source]--;
    f->s->loads[member]++;
    return true;
}

/* Until nothing can flow. How many are in the queue: those that what is left of the excess reaches.
 */
static uint32_t flow(struct flow *f)
{
    uint32_t count;
    while (layer_members(f, &count)) {
        for (uint32_t i = f->begin; i < f->end; i++)
            while (f->s->loads[f->members[i]] > f->threshold && send_one(f, f->members[i]))
                continue;
    }
    return count;
}

/* ---- sides ---- */

/* False: nobody has two more than another. */
static bool choose_threshold(struct flow *f)
{
    uint64_t sum = 0;
    uint32_t least = UINT32_MAX, most = 0, count = f->end - f->begin;
    for (uint32_t i = f->begin; i < f->end; i++) {
        uint32_t load = f->s->loads[f->members[i]];
        sum += load;
        least = load < least ? load : least;
        most = load > most ? load : most;
    }
    if (count == 0 || most - least < 2)
        return false;
    uint32_t average = (uint32_t)((sum + count - 1) / count);
    f->threshold = most > average ? average : average - 1;
    return true;
}

/* The reached ones come first. Returns where the others begin. */
static uint32_t split(struct flow *f, uint32_t reached)
{
    uint32_t middle = f->begin + reached, from = f->begin, to = middle;
    if (middle == f->begin || middle == f->end)
        return middle;
    for (; from < middle; from++) {
        if (f->member_stamp[f->members[from]] == f->stamp)
            continue;
        while (f->member_stamp[f->members[to]] != f->stamp)
            to++;
        uint32_t other = f->members[from];
        f->members[from] = f->members[to];
        f->members[to] = other;
    }
    for (uint32_t i = middle; i < f->end; i++)
        f->side[f->members[i]] = middle;
    return middle;
}

/* A side is the members behind `begin` that share it. Those that are done are passed over. */
static void even_out(struct flow *f)
{
    uint32_t count = f->end;
    for (f->begin = 0; f->begin < count;) {
        f->end = f->begin;
        while (f->end < count && f->side[f->members[f->end]] == f->begin)
            f->end++;
        if (!choose_threshold(f)) {
            f->begin = f->end;
            continue;
        }
        (void)split(f, flow(f));
    }
    f->end = count;
}

static void start(struct flow *f, bool free_only)
{
    const struct kh_interests *interests = &f->lists->interests;
    f->free_only = free_only;
    f->end = 0;
    for (uint32_t rank = 0; rank < f->s->group->member_count; rank++) {
        f->side[rank] = 0;
        if (interests->member_first[rank] < interests->member_first[rank + 1])
            f->members[f->end++] = rank;
    }
}

int kh_sticky_even_out(struct kh_sticky_lists *lists)
{
    struct kh_arena *arena = lists->s->arena;
    size_t members = lists->s->group->member_count, topics = lists->s->group->topic_count;
    size_t pairs = lists->interests.pair_count;
    struct flow f = {.lists = lists, .s = lists->s};
    uint32_t **of_members[] = {&f.members,      &f.side,          &f.held, &f.member_stamp,
                               &f.member_layer, &f.member_cursor, &f.queue};
    uint32_t **of_topics[] = {&f.topic_stamp, &f.topic_layer, &f.topic_cursor};
    for (size_t i = 0; i < sizeof of_members / sizeof *of_members; i++)
        if ((*of_members[i] = kh_arena_alloc(arena, members, sizeof(uint32_t))) == NULL)
            return KOHORT_ENOMEM;
    for (size_t i = 0; i < sizeof of_topics / sizeof *of_topics; i++)
        if ((*of_topics[i] = kh_arena_alloc(arena, topics, sizeof(uint32_t))) == NULL)
            return KOHORT_ENOMEM;
    f.subscribers = kh_arena_take(arena, pairs, sizeof *f.subscribers);
    f.path = kh_arena_take(arena, 2 * members, sizeof *f.path);
    f.held_next = kh_arena_take(arena, pairs, sizeof *f.held_next);
    f.is_held = kh_arena_alloc(arena, pairs, sizeof *f.is_held);
    if (f.subscribers == NULL || f.path == NULL || f.held_next == NULL || f.is_held == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t i = 0; i < pairs; i++)
        f.subscribers[i] = lists->interests.member_of[lists->interests.pair_of[i]];
    memset(f.held, 0xff, members * sizeof *f.held);
    for (uint32_t pair = 0; pair < pairs; pair++)
        if (lists->home[pair] != KH_NONE || lists->away[pair] != KH_NONE)
            note_held(&f, pair);
    /* First with what costs nothing: where that is enough, as in the round after cooperative
     * members let go, nobody loses anything. */
    start(&f, true);
    even_out(&f);
    start(&f, false);
    even_out(&f);
    return 0;
}
