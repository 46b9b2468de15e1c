/* Evening out. Loads that no chain of moves can improve are as even as subscriptions allow, for
 * every measure of evenness: the layouts are the bases of a polymatroid, and there a local minimum
 * is the global one. Each step takes from the most loaded member and gives to the least loaded that
 * a chain from it reaches, which never overshoots (steepest descent on an M-convex function). A
 * member from which nothing better is reached is finished with all that it reaches, so steps that
 * fail cost no more than one walk over all pairs together. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

enum { RETURN_ROUNDS = 4 };

struct moves {
    struct kh_sticky_lists *lists;
    struct kh_sticky *s;
    /* Members that are not finished: a heap, the most loaded first. */
    uint32_t *heap, *place; /* by place: a member; by member: its place */
    uint32_t heap_count;
    bool *finished;           /* by member */
    uint32_t least, at_least; /* the least load of who is not finished; how many have it */
    /* One search. */
    uint32_t search;                    /* counts them */
    uint32_t *member_seen, *topic_seen; /* the search that saw it last */
    uint32_t *given_from, *given_to;    /* by member: the pairs between which it is given one */
    uint32_t *queue, queue_count;       /* members in the order they were reached */
    uint32_t *deferred, deferred_count; /* pairs that only pass on at the cost of a move */
    uint32_t *cursors;                  /* by topic: where to look first, among its subscribers */
    uint32_t found;                     /* the best member so far, or KH_NONE */
    /* What the member taken back from failed to reach: see take_back. */
    uint32_t *stuck, *stuck_load;
};

/* ---- the heap ---- */

static void set_place(struct moves *m, uint32_t place, uint32_t member)
{
    m->heap[place] = member;
    m->place[member] = place;
}

static void sift_down(struct moves *m, uint32_t place)
{
    uint32_t member = m->heap[place];
    for (uint32_t child; (child = 2 * place + 1) < m->heap_count; place = child) {
        if (child + 1 < m->heap_count &&
            m->s->loads[m->heap[child + 1]] > m->s->loads[m->heap[child]])
            child++;
        if (m->s->loads[m->heap[child]] <= m->s->loads[member])
            break;
        set_place(m, place, m->heap[child]);
    }
    set_place(m, place, member);
}

static void sift_up(struct moves *m, uint32_t place)
{
    uint32_t member = m->heap[place];
    for (uint32_t parent; place > 0; place = parent) {
        parent = (place - 1) / 2;
        if (m->s->loads[m->heap[parent]] >= m->s->loads[member])
            break;
        set_place(m, place, m->heap[parent]);
    }
    set_place(m, place, member);
}

static void remove_top(struct moves *m)
{
    m->heap_count--;
    if (m->heap_count == 0)
        return;
    set_place(m, 0, m->heap[m->heap_count]);
    sift_down(m, 0);
}

static void find_least(struct moves *m)
{
    m->least = UINT32_MAX;
    m->at_least = 0;
    for (uint32_t i = 0; i < m->heap_count; i++) {
        uint32_t member = m->heap[i], load = m->s->loads[member];
        if (m->finished[member] || load > m->least)
            continue;
        m->at_least = load < m->least ? 1 : m->at_least + 1;
        m->least = load;
    }
}

/* ---- chains ---- */

/* A partition of `pair` can go to any subscriber of its topic. True: a better one cannot be. */
static bool reach(struct moves *m, uint32_t pair, uint32_t limit, uint32_t wanted)
{
    const struct kh_interests *interests = &m->lists->interests;
    uint32_t topic = interests->topic_of[pair], first = interests->topic_first[topic];
    uint32_t count = kh_sticky_subscribers(m->lists, topic);
    m->topic_seen[topic] = m->search;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = m->cursors[topic] + i;
        uint32_t to = interests->pair_of[first + (at < count ? at : at - count)];
        uint32_t member = interests->member_of[to], load = m->s->loads[member];
        if (m->member_seen[member] == m->search || m->finished[member])
            continue;
        m->member_seen[member] = m->search;
        m->given_from[member] = pair;
        m->given_to[member] = to;
        m->queue[m->queue_count++] = member;
        if (member == wanted ||
            (load < limit && (m->found == KH_NONE || load < m->s->loads[m->found])))
            m->found = member;
        if (m->found == member && (member == wanted || load == m->least)) {
            m->cursors[topic] = at < count ? at : at - count;
            return true;
        }
    }
    return false;
}

/* Who can be given one more by a chain of moves that starts at `from`, those first that need fewer
 * members to let go of what they held before (none, when `free_only`). Finds `wanted`, or the least
 * loaded below `limit`, or KH_NONE. */
static void find_chain(struct moves *m, uint32_t from, uint32_t limit, uint32_t wanted,
                       bool free_only)
{
    const struct kh_interests *interests = &m->lists->interests;
    uint32_t head = 0, deferred_head = 0;
    m->search++;
    m->found = KH_NONE;
    m->queue[0] = from;
    m->queue_count = 1;
    m->deferred_count = 0;
    m->member_seen[from] = m->search;
    do {
        while (head < m->queue_count) {
            uint32_t member = m->queue[head++];
            for (uint32_t pair = interests->member_first[member];
                 pair < interests->member_first[member + 1]; pair++) {
                if (m->topic_seen[interests->topic_of[pair]] == m->search)
                    continue;
                if (m->lists->away[pair] != KH_NONE) {
                    if (reach(m, pair, limit, wanted))
                        return;
                } else if (m->lists->home[pair] != KH_NONE && !free_only) {
                    m->deferred[m->deferred_count++] = pair;
                }
            }
        }
        for (uint32_t end = m->deferred_count; deferred_head < end; deferred_head++) {
            uint32_t pair = m->deferred[deferred_head];
            if (m->topic_seen[interests->topic_of[pair]] != m->search &&
                reach(m, pair, limit, wanted))
                return;
        }
    } while (head < m->queue_count);
}

static void move_along(struct moves *m, uint32_t from, uint32_t to)
{
    while (to != from) {
        uint32_t pair = m->given_from[to];
        uint32_t *head =
            m->lists->away[pair] != KH_NONE ? &m->lists->away[pair] : &m->lists->home[pair];
        uint32_t partition = *head;
        *head = m->lists->next[partition];
        kh_sticky_put(m->lists, m->given_to[to], partition);
        to = m->lists->interests.member_of[pair];
    }
}

/* ---- evening out ---- */

static void finish(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        m->at_least -= !m->finished[m->queue[i]] && m->s->loads[m->queue[i]] == m->least;
        m->finished[m->queue[i]] = true;
    }
}

static void fill_heap(struct moves *m)
{
    const uint32_t *first = m->lists->interests.member_first;
    m->heap_count = 0;
    for (uint32_t rank = 0; rank < m->s->group->member_count; rank++) {
        m->finished[rank] = false;
        if (first[rank] == first[rank + 1])
            continue;
        m->heap_count++;
        set_place(m, m->heap_count - 1, rank);
    }
    for (uint32_t place = m->heap_count / 2; place-- > 0;)
        sift_down(m, place);
}

static void even_out(struct moves *m, bool free_only)
{
    uint32_t *loads = m->s->loads;
    fill_heap(m);
    find_least(m);
    while (m->heap_count > 0) {
        uint32_t most = m->heap[0];
        if (m->at_least == 0)
            find_least(m);
        if (m->finished[most]) {
            remove_top(m);
            continue;
        }
        if (loads[most] < m->least + 2)
            return;
        find_chain(m, most, loads[most] - 1, KH_NONE, free_only);
        if (m->found == KH_NONE) {
            finish(m);
            continue;
        }
        move_along(m, most, m->found);
        m->at_least -= loads[m->found] == m->least;
        loads[m->found]++;
        sift_up(m, m->place[m->found]);
        loads[most]--;
        m->at_least += loads[most] == m->least;
        sift_down(m, m->place[most]);
    }
}

/* ---- taking back ---- */

static void unlink_away(struct kh_sticky_lists *lists, uint32_t pair, uint32_t partition)
{
    uint32_t *at = &lists->away[pair];
    while (*at != partition)
        at = &lists->next[*at];
    *at = lists->next[partition];
}

/* `partition` was moved from its holder's pair `home` to the pair `away`. It returns when that
 * leaves loads as even: at once to a holder that has fewer, or in exchange for something that the
 * holder can pass on for nothing, to whoever it is that then has no more than the other had. */
static bool take_back(struct moves *m, uint32_t partition, uint32_t home, uint32_t away)
{
    uint32_t *loads = m->s->loads;
    uint32_t holder = m->lists->interests.member_of[home],
             other = m->lists->interests.member_of[away];
    if (loads[other] <= loads[holder]) {
        /* What a failed search reached holds nothing less loaded; it is not searched again. */
        if (m->stuck[holder] != 0 && m->stuck[holder] != m->stuck[other] &&
            m->stuck_load[holder] >= loads[other])
            return false;
        unlink_away(m->lists, away, partition);
        find_chain(m, holder, loads[other], other, true);
        if (m->found == KH_NONE) {
            kh_sticky_put(m->lists, away, partition);
            for (uint32_t i = 0; i < m->queue_count; i++) {
                m->stuck[m->queue[i]] = m->search;
                m->stuck_load[m->queue[i]] = loads[other];
            }
            return false;
        }
        move_along(m, holder, m->found);
        loads[m->found]++;
    } else {
        unlink_away(m->lists, away, partition);
        loads[holder]++;
    }
    loads[other]--;
    kh_sticky_put(m->lists, home, partition);
    return true;
}

static void take_moves_back(struct moves *m)
{
    struct kh_sticky *s = m->s;
    bool more = true;
    memset(m->finished, 0, s->group->member_count * sizeof *m->finished);
    m->least = KH_NONE; /* no member has so much: the search does not end early */
    for (int round = 0; round < RETURN_ROUNDS && more; round++) {
        more = false;
        memset(m->stuck, 0, s->group->member_count * sizeof *m->stuck);
        for (uint32_t t = 0; t < s->group->topic_count; t++) {
            kh_sticky_look_at(m->lists, t);
            for (uint32_t p = s->group->first[t]; p < s->group->first[t + 1]; p++) {
                uint32_t holder = kh_sticky_holder(s, p);
                if (s->owners[p] == holder || s->owners[p] == KH_NONE)
                    continue;
                uint32_t home = kh_sticky_pair(m->lists, t, holder);
                if (home != KH_NONE)
                    more |= take_back(m, p, home, kh_sticky_pair(m->lists, t, s->owners[p]));
            }
        }
    }
}

static int allocate(struct moves *m, struct kh_arena *arena, size_t members, size_t topics,
                    size_t pairs)
{
    uint32_t **of_members[] = {&m->heap,     &m->place, &m->member_seen, &m->given_from,
                               &m->given_to, &m->queue, &m->stuck,       &m->stuck_load};
    for (size_t i = 0; i < sizeof of_members / sizeof *of_members; i++)
        if ((*of_members[i] = kh_arena_alloc(arena, members, sizeof(uint32_t))) == NULL)
            return KOHORT_ENOMEM;
    m->topic_seen = kh_arena_alloc(arena, topics, sizeof *m->topic_seen);
    m->cursors = kh_arena_alloc(arena, topics, sizeof *m->cursors);
    m->deferred = kh_arena_alloc(arena, pairs, sizeof *m->deferred);
    m->finished = kh_arena_alloc(arena, members, sizeof *m->finished);
    return m->topic_seen == NULL || m->cursors == NULL || m->deferred == NULL || m->finished == NULL
               ? KOHORT_ENOMEM
               : 0;
}

int kh_sticky_balance(struct kh_sticky_lists *lists)
{
    struct kh_sticky *s = lists->s;
    struct moves m = {.lists = lists, .s = s};
    if (allocate(&m, s->arena, s->group->member_count, s->group->topic_count,
                 lists->interests.pair_count) != 0)
        return KOHORT_ENOMEM;
    /* First with what costs nothing: where that is enough, as in the round after cooperative
     * members let go, nobody loses anything. */
    even_out(&m, true);
    even_out(&m, false);
    take_moves_back(&m);
    return 0;
}
