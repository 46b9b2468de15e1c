/* Taking back moves that evenness did not need: at once, or in exchange for something that the
 * holder can pass on for nothing, along a chain of such. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

/* It is worth only so much: subscribers looked at, all searches together. */
enum { ROUNDS = 4, STEPS = 1000000 };

struct returns {
    struct kh_sticky_lists *lists;
    struct kh_sticky *s;
    uint64_t steps;
    /* One search. */
    uint32_t search;                    /* counts them */
    uint32_t *member_seen, *topic_seen; /* the search that saw it last */
    uint32_t *given_from, *given_to;    /* by member: the holding and the pair between which it is
                                         * given one */
    uint32_t *queue, queue_count;       /* members in the order they were reached */
    uint32_t found;                     /* the best member so far, or KH_NONE */
    /* By member: the search that reached it and failed to find one less loaded; see take_back. */
    uint32_t *stuck, *stuck_load;
};

/* A partition of this holding can go to any subscriber of its topic. */
static void reach(struct returns *r, uint32_t holding, uint32_t limit)
{
    const struct kh_interests *interests = &r->lists->interests;
    uint32_t topic = r->lists->holdings[holding].topic;
    r->topic_seen[topic] = r->search;
    r->steps += kh_sticky_subscribers(r->lists, topic);
    for (uint32_t to = interests->topic_first[topic]; to < interests->topic_first[topic + 1];
         to++) {
        uint32_t member = interests->member_of[to], load = r->s->loads[member];
        if (r->member_seen[member] == r->search)
            continue;
        r->member_seen[member] = r->search;
        r->given_from[member] = holding;
        r->given_to[member] = to;
        r->queue[r->queue_count++] = member;
        if (load < limit && (r->found == KH_NONE || load < r->s->loads[r->found]))
            r->found = member;
    }
}

/* Who can be given one more by a chain of moves that starts at `from` and takes nothing from its
 * holder. Finds `wanted`, or the least loaded below `limit`, or KH_NONE. */
static void find_chain(struct returns *r, uint32_t from, uint32_t limit, uint32_t wanted)
{
    r->search++;
    r->found = KH_NONE;
    r->queue[0] = from;
    r->queue_count = 1;
    r->member_seen[from] = r->search;
    for (uint32_t head = 0; head < r->queue_count; head++) {
        for (uint32_t at = r->lists->held[r->queue[head]]; at != KH_NONE;
             at = r->lists->holdings[at].next, r->steps++)
            if (r->lists->holdings[at].away != KH_NONE &&
                r->topic_seen[r->lists->holdings[at].topic] != r->search)
                reach(r, at, limit);
        if (r->member_seen[wanted] == r->search) {
            r->found = wanted;
            return;
        }
    }
}

static void move_along(struct returns *r, uint32_t from, uint32_t to)
{
    while (to != from) {
        struct kh_sticky_holding *holding = &r->lists->holdings[r->given_from[to]];
        uint32_t partition = holding->away;
        holding->away = r->lists->next[partition];
        kh_sticky_put(r->lists, holding->topic, r->given_to[to], partition);
        to = holding->member;
    }
}

static void unlink_away(struct kh_sticky_lists *lists, uint32_t pair, uint32_t partition)
{
    uint32_t *at = &lists->holdings[lists->holding_of[pair]].away;
    while (*at != partition)
        at = &lists->next[*at];
    *at = lists->next[partition];
}

/* `partition` was moved from its holder's pair `home` to the pair `away`. It returns when that
 * leaves loads as even: at once to a holder that has fewer, or in exchange for something that the
 * holder can pass on for nothing, to whoever it is that then has no more than the other had. */
static bool take_back(struct returns *r, uint32_t topic, uint32_t partition, uint32_t home,
                      uint32_t away)
{
    uint32_t *loads = r->s->loads;
    uint32_t holder = r->lists->interests.member_of[home],
             other = r->lists->interests.member_of[away];
    if (loads[other] <= loads[holder]) {
        /* What a failed search reached holds nothing less loaded; it is not searched again. */
        if (r->stuck[holder] != 0 && r->stuck[holder] != r->stuck[other] &&
            r->stuck_load[holder] >= loads[other])
            return false;
        unlink_away(r->lists, away, partition);
        find_chain(r, holder, loads[other], other);
        if (r->found == KH_NONE) {
            kh_sticky_put(r->lists, topic, away, partition);
            for (uint32_t i = 0; i < r->queue_count; i++) {
                r->stuck[r->queue[i]] = r->search;
                r->stuck_load[r->queue[i]] = loads[other];
            }
            return false;
        }
        move_along(r, holder, r->found);
        loads[r->found]++;
    } else {
        unlink_away(r->lists, away, partition);
        loads[holder]++;
    }
    loads[other]--;
    kh_sticky_put(r->lists, topic, home, partition);
    return true;
}

/* True: something was taken back, and more may be. */
static bool take_round(struct returns *r)
{
    struct kh_sticky *s = r->s;
    bool more = false;
    memset(r->stuck, 0, s->group->member_count * sizeof *r->stuck);
    for (uint32_t t = 0; t < s->group->topic_count; t++) {
        for (uint32_t p = s->group->first[t]; p < s->group->first[t + 1]; p++) {
            uint32_t holder = kh_sticky_holder(s, p);
            if (r->steps > STEPS)
                return false;
            if (s->owners[p] == holder || s->owners[p] == KH_NONE)
                continue;
            uint32_t home = kh_sticky_pair(r->lists, t, holder);
            if (home != KH_NONE)
                more |= take_back(r, t, p, home, kh_sticky_pair(r->lists, t, s->owners[p]));
        }
    }
    return more;
}

int kh_sticky_take_moves_back(struct kh_sticky_lists *lists)
{
    struct kh_arena *arena = lists->s->arena;
    struct returns r = {.lists = lists, .s = lists->s};
    size_t members = lists->s->group->member_count;
    uint32_t **of_members[] = {&r.member_seen, &r.given_from, &r.given_to,
                               &r.queue,       &r.stuck,      &r.stuck_load};
    for (size_t i = 0; i < sizeof of_members / sizeof *of_members; i++)
        if ((*of_members[i] = kh_arena_alloc(arena, members, sizeof(uint32_t))) == NULL)
            return KOHORT_ENOMEM;
    r.topic_seen = kh_arena_alloc(arena, lists->s->group->topic_count, sizeof *r.topic_seen);
    if (r.topic_seen == NULL)
        return KOHORT_ENOMEM;
    bool more = true;
    for (int round = 0; round < ROUNDS && more; round++)
        more = take_round(&r);
    return 0;
}
