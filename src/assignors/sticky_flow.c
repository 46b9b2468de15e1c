/* Evening out. Loads that no chain of moves can improve are as even as subscriptions allow, for
 * every measure of evenness: the layouts are the bases of a polymatroid, and there a local minimum
 * is the global one. Chains are found by the layer, from all who have more than some threshold to
 * all who have less, as a flow (Dinic): one search for each would walk over everything as often as
 * there are partitions. When no more can flow, those that the rest of the excess reaches have
 * nothing to give to the others any more, and each side is evened out by itself. */
#include "assignors/sticky_internal.h"

#include "assignors/subscriber_masks.h"
#include "assignors/topic_classes.h"
#include "base/status.h"

enum { LAYERS_KEPT = 64 };

struct flow {
    struct kh_sticky_lists *lists;
    struct kh_sticky *s;
    bool free_only;
    uint32_t *members;   /* sides lie together */
    uint32_t *side;      /* by member: where its side begins in `members` */
    uint32_t begin, end; /* the side at hand */
    uint32_t threshold;
    struct kh_subscriber_masks masks;
    uint32_t *classes; /* by topic: what can be given to the same members is looked at once */
    size_t words;      /* of a set of ranks */
    /* One search. `stamp` counts them: what bears an older one was not seen. */
    uint32_t stamp;
    uint64_t *unseen; /* ranks of the side at hand that no layer has yet */
    /* By layer: who was unseen when it was complete, that is, who is in no layer before the next.
     * What lies deeper has the last one's: that says less, and is no lie. */
    uint64_t *beyond;
    uint32_t *member_layer, *member_cursor; /* cursor: a holding, or KH_NONE */
    uint32_t *class_stamp, *class_layer;
    /* By class: the word of its subscribers that is looked at, and which of them are left. */
    uint32_t *class_cursor;
    uint64_t *class_left;
    uint32_t *queue;
    uint32_t *path; /* by layer: the holding that is given from, then the pair that is given to */
};

/* ---- what is held ---- */

static bool can_give(const struct flow *f, const struct kh_sticky_holding *holding)
{
    return holding->away != KH_NONE || (!f->free_only && holding->home != KH_NONE);
}

static void drop_empty(struct flow *f, uint32_t member)
{
    for (uint32_t *at = &f->lists->held[member]; *at != KH_NONE;) {
        struct kh_sticky_holding *holding = &f->lists->holdings[*at];
        if (holding->away != KH_NONE || holding->home != KH_NONE) {
            at = &holding->next;
        } else {
            *at = holding->next;
            holding->next = KH_STICKY_UNLISTED;
        }
    }
}

/* ---- layers ---- */

static void see(struct flow *f, uint32_t member, uint32_t layer, uint32_t *count)
{
    drop_empty(f, member);
    f->member_layer[member] = layer;
    f->member_cursor[member] = f->lists->held[member];
    f->queue[(*count)++] = member;
}

static uint64_t *beyond(const struct flow *f, uint32_t layer)
{
    return &f->beyond[(layer < LAYERS_KEPT ? layer : LAYERS_KEPT - 1) * f->words];
}

static void complete_layer(struct flow *f, uint32_t layer)
{
    if (layer < LAYERS_KEPT)
        memcpy(&f->beyond[layer * f->words], f->unseen, f->words * sizeof *f->unseen);
}

static void see_subscribers(struct flow *f, uint32_t class, uint32_t layer, uint32_t *count)
{
    const struct kh_subscriber_masks *masks = &f->masks;
    f->class_stamp[class] = f->stamp;
    f->class_layer[class] = layer;
    f->class_cursor[class] = masks->begins[class];
    f->class_left[class] = masks->words[masks->begins[class]].bits;
    for (uint32_t i = masks->begins[class]; i < masks->begins[class + 1]; i++) {
        uint32_t word = masks->words[i].word;
        uint64_t fresh = masks->words[i].bits & f->unseen[word];
        f->unseen[word] ^= fresh;
        for (; fresh != 0; fresh &= fresh - 1)
            see(f, word * KH_RANKS_A_WORD + (uint32_t)__builtin_ctzll(fresh), layer + 1, count);
    }
}

/* All who have too many. How many there are. */
static uint32_t see_sources(struct flow *f)
{
    uint32_t count = 0;
    memset(f->unseen, 0, f->words * sizeof *f->unseen);
    for (uint32_t i = f->begin; i < f->end; i++) {
        uint32_t member = f->members[i];
        if (f->s->loads[member] > f->threshold)
            see(f, member, 0, &count);
        else
            f->unseen[member / KH_RANKS_A_WORD] |= kh_rank_bit(member);
    }
    complete_layer(f, 0);
    return count;
}

/* From all who have too many. True: somebody who has too few was reached, and the layers end with
 * the first of them; false: all that was reached is in the queue, and nothing can flow. */
static bool layer_members(struct flow *f, uint32_t *ret_count)
{
    uint32_t count = see_sources(f), complete = 0, last = KH_NONE;
    f->stamp++;
    for (uint32_t head = 0; head < count; head++) {
        uint32_t member = f->queue[head], layer = f->member_layer[member];
        if (layer > last && last != KH_NONE)
            break;
        if (layer > complete)
            complete_layer(f, complete = layer);
        if (f->s->loads[member] < f->threshold)
            last = layer;
        uint32_t at = last == KH_NONE ? f->lists->held[member] : KH_NONE;
        for (; at != KH_NONE; at = f->lists->holdings[at].next) {
            const struct kh_sticky_holding *holding = &f->lists->holdings[at];
            uint32_t class = f->classes[holding->topic];
            if (f->class_stamp[class] != f->stamp && can_give(f, holding))
                see_subscribers(f, class, layer, &count);
        }
    }
    *ret_count = count;
    return last != KH_NONE;
}

/* ---- flowing ---- */

/* The next one in the next layer that a partition of the class can go to, as a place among its
 * subscribers; or KH_NONE. */
static uint32_t next_taker(struct flow *f, uint32_t class, uint32_t layer)
{
    uint32_t end = f->masks.begins[class + 1];
    const uint64_t *later = beyond(f, layer);
    if (f->class_stamp[class] != f->stamp || f->class_layer[class] != layer)
        return KH_NONE;
    uint32_t at = f->class_cursor[class];
    uint64_t left = f->class_left[class];
    for (; at < end; left = ++at < end ? f->masks.words[at].bits : 0) {
        const struct kh_subscriber_word *w = &f->masks.words[at];
        for (left &= later[w->word]; left != 0; left &= left - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(left);
            if (f->member_layer[w->word * KH_RANKS_A_WORD + bit] != layer + 1)
                continue;
            f->class_cursor[class] = at;
            f->class_left[class] = left;
            uint64_t before = w->bits & (((uint64_t)1 << bit) - 1);
            return w->pair - f->lists->interests.topic_first[class] +
                   (uint32_t)__builtin_popcountll(before);
        }
    }
    f->class_cursor[class] = at;
    return KH_NONE;
}

/* Puts the next step from this member on the path; false: nothing more leads on from it. */
static bool step_on(struct flow *f, uint32_t member, uint32_t layer)
{
    uint32_t *at = &f->member_cursor[member];
    for (; *at != KH_NONE; *at = f->lists->holdings[*at].next) {
        const struct kh_sticky_holding *holding = &f->lists->holdings[*at];
        uint32_t class = f->classes[holding->topic];
        uint32_t place = can_give(f, holding) ? next_taker(f, class, layer) : KH_NONE;
        if (place == KH_NONE)
            continue;
        f->path[2 * layer] = *at;
        f->path[2 * layer + 1] = f->lists->interests.topic_first[holding->topic] + place;
        return true;
    }
    return false;
}

/* Back from who leads nowhere, and is not tried again. Who was before. */
static uint32_t step_back(struct flow *f, uint32_t layer)
{
    uint32_t dead_end = f->lists->interests.member_of[f->path[2 * layer + 1]];
    beyond(f, layer)[dead_end / KH_RANKS_A_WORD] &= ~kh_rank_bit(dead_end);
    return f->lists->holdings[f->path[2 * layer]].member;
}

static void move_along(struct flow *f, uint32_t layers)
{
    struct kh_sticky_lists *lists = f->lists;
    for (uint32_t layer = 0; layer < layers; layer++) {
        struct kh_sticky_holding *from = &lists->holdings[f->path[2 * layer]];
        uint32_t *head = from->away != KH_NONE ? &from->away : &from->home;
        uint32_t partition = *head;
        *head = lists->next[partition];
        kh_sticky_put(lists, from->topic, f->path[2 * layer + 1], partition);
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
        member = step_back(f, --layer);
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

static bool is_seen(const struct flow *f, uint32_t member)
{
    return (f->unseen[member / KH_RANKS_A_WORD] & kh_rank_bit(member)) == 0;
}

/* The reached ones come first. Returns where the others begin. */
static uint32_t split(struct flow *f, uint32_t reached)
{
    uint32_t middle = f->begin + reached, from = f->begin, to = middle;
    if (middle == f->begin || middle == f->end)
        return middle;
    for (; from < middle; from++) {
        if (is_seen(f, f->members[from]))
            continue;
        while (!is_seen(f, f->members[to]))
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
    f->free_only = free_only;
    f->end = 0;
    for (uint32_t rank = 0; rank < f->s->group->member_count; rank++) {
        f->side[rank] = 0;
        if (kh_interned_subscribes(f->s->group, rank))
            f->members[f->end++] = rank;
    }
}

static int allocate(struct flow *f, struct kh_arena *arena)
{
    size_t members = f->s->group->member_count, topics = f->s->group->topic_count;
    uint32_t **of_members[] = {&f->members, &f->side, &f->member_layer, &f->member_cursor,
                               &f->queue};
    uint32_t **of_topics[] = {&f->class_stamp, &f->class_layer, &f->class_cursor};
    for (size_t i = 0; i < sizeof of_members / sizeof *of_members; i++)
        if ((*of_members[i] = kh_arena_alloc(arena, members, sizeof(uint32_t))) == NULL)
            return KOHORT_ENOMEM;
    for (size_t i = 0; i < sizeof of_topics / sizeof *of_topics; i++)
        if ((*of_topics[i] = kh_arena_alloc(arena, topics, sizeof(uint32_t))) == NULL)
            return KOHORT_ENOMEM;
    f->words = kh_rank_words(members);
    f->unseen = kh_arena_take(arena, f->words, sizeof *f->unseen);
    f->beyond = kh_arena_take(arena, LAYERS_KEPT * f->words, sizeof *f->beyond);
    f->class_left = kh_arena_take(arena, topics, sizeof *f->class_left);
    f->path = kh_arena_take(arena, 2 * members, sizeof *f->path);
    return f->unseen == NULL || f->beyond == NULL || f->class_left == NULL || f->path == NULL
               ? KOHORT_ENOMEM
               : 0;
}

int kh_sticky_even_out(struct kh_sticky_lists *lists)
{
    struct kh_arena *arena = lists->s->arena;
    struct flow f = {.lists = lists, .s = lists->s};
    if (allocate(&f, arena) != 0 ||
        kh_topic_classes(f.s->group, &lists->interests, arena, &f.classes) != 0 ||
        kh_subscriber_masks_init(&f.masks, f.s->group, &lists->interests, f.classes, arena) != 0)
        return KOHORT_ENOMEM;
    /* First with what costs nothing: where that is enough, as in the round after cooperative
     * members let go, nobody loses anything. */
    start(&f, true);
    even_out(&f);
    start(&f, false);
    even_out(&f);
    return 0;
}
