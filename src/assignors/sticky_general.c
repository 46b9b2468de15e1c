/* The general case: subscriptions differ. What is held stays for now, what nobody holds goes to the
 * least loaded of those who may have it; sticky_flow.c mends what is uneven then. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

/* Topics with so many subscribers a partition are searched. */
enum { SEARCHED_ABOVE = 16 };

static struct kh_sticky_holding *holding_of(struct kh_sticky_lists *lists, uint32_t topic,
                                            uint32_t pair)
{
    uint32_t *at = &lists->holding_of[pair];
    if (*at == KH_NONE) {
        *at = lists->holding_count++;
        lists->holdings[*at] =
            (struct kh_sticky_holding){.topic = topic,
                                       .member = lists->interests.member_of[pair],
                                       .home = KH_NONE,
                                       .away = KH_NONE,
                                       .next = KH_STICKY_UNLISTED};
    }
    struct kh_sticky_holding *holding = &lists->holdings[*at];
    if (holding->next == KH_STICKY_UNLISTED) {
        holding->next = lists->held[holding->member];
        lists->held[holding->member] = *at;
    }
    return holding;
}

void kh_sticky_put(struct kh_sticky_lists *lists, uint32_t topic, uint32_t pair, uint32_t partition)
{
    struct kh_sticky *s = lists->s;
    struct kh_sticky_holding *holding = holding_of(lists, topic, pair);
    uint32_t *head =
        kh_sticky_holder(s, partition) == holding->member ? &holding->home : &holding->away;
    lists->next[partition] = *head;
    *head = partition;
    s->owners[partition] = holding->member;
}

static void look_at(struct kh_sticky_lists *lists, uint32_t topic)
{
    const struct kh_interests *interests = &lists->interests;
    for (uint32_t i = interests->topic_first[topic]; i < interests->topic_first[topic + 1]; i++)
        lists->pair_by_member[interests->member_of[i]] = i;
    lists->looked_at = topic;
}

uint32_t kh_sticky_pair(struct kh_sticky_lists *lists, uint32_t topic, uint32_t member)
{
    const struct kh_interests *interests = &lists->interests;
    const uint32_t *first = lists->s->group->first;
    if (member == KH_NONE)
        return KH_NONE;
    if (kh_sticky_subscribers(lists, topic) / SEARCHED_ABOVE > first[topic + 1] - first[topic]) {
        uint32_t pair = kh_interests_find(interests, topic, member);
        bool is_there =
            pair < interests->topic_first[topic + 1] && interests->member_of[pair] == member;
        return is_there ? pair : KH_NONE;
    }
    if (lists->looked_at != topic)
        look_at(lists, topic);
    uint32_t pair = lists->pair_by_member[member];
    bool is_there =
        pair >= interests->topic_first[topic] && pair < interests->topic_first[topic + 1];
    return is_there ? pair : KH_NONE;
}

static void keep(struct kh_sticky_lists *lists)
{
    struct kh_sticky *s = lists->s;
    for (uint32_t t = 0; t < s->group->topic_count; t++)
        for (uint32_t p = s->group->first[t + 1]; p-- > s->group->first[t];) {
            uint32_t pair = kh_sticky_pair(lists, t, kh_sticky_holder(s, p));
            if (pair == KH_NONE)
                continue;
            kh_sticky_put(lists, t, pair, p);
            s->loads[s->owners[p]]++;
        }
}

/* Topics by how many subscribe to them: those with the least choice first. A counting sort. */
static int order_topics(struct kh_sticky_lists *lists, uint32_t *topics)
{
    struct kh_sticky *s = lists->s;
    uint32_t *begins = kh_arena_alloc(s->arena, s->group->member_count + 2, sizeof *begins);
    if (begins == NULL)
        return KOHORT_ENOMEM;
    for (size_t t = 0; t < s->group->topic_count; t++)
        begins[kh_sticky_subscribers(lists, t) + 1]++;
    for (size_t i = 1; i < s->group->member_count + 2; i++)
        begins[i] += begins[i - 1];
    for (uint32_t t = 0; t < s->group->topic_count; t++)
        topics[begins[kh_sticky_subscribers(lists, t)]++] = t;
    return 0;
}

/* Scratch of pouring one topic's free partitions over its subscribers. */
struct pouring {
    uint32_t *levels; /* by height above the least load: the first pair there, or KH_NONE */
    uint32_t *next;   /* by place among the subscribers: the next one of that height */
    uint32_t *pool;   /* pairs at or below the water */
};

static uint32_t count_free(const struct kh_sticky *s, uint32_t topic)
{
    uint32_t count = 0;
    for (uint32_t p = s->group->first[topic]; p < s->group->first[topic + 1]; p++)
        count += s->owners[p] == KH_NONE;
    return count;
}

/* Who is higher than the water can rise is left out. */
static void sort_by_load(const struct kh_sticky_lists *lists, uint32_t topic, uint32_t free_count,
                         struct pouring *pouring)
{
    const struct kh_sticky *s = lists->s;
    const uint32_t *members = &lists->interests.member_of[lists->interests.topic_first[topic]];
    uint32_t count = kh_sticky_subscribers(lists, topic), least = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t load = s->loads[members[i]];
        least = load < least ? load : least;
    }
    memset(pouring->levels, 0xff, free_count * sizeof *pouring->levels);
    for (uint32_t i = count; i-- > 0;) {
        uint32_t height = s->loads[members[i]] - least;
        if (height >= free_count)
            continue;
        pouring->next[i] = pouring->levels[height];
        pouring->levels[height] = i;
    }
}

static void pour(struct kh_sticky_lists *lists, uint32_t topic, struct pouring *pouring)
{
    struct kh_sticky *s = lists->s;
    uint32_t begin = lists->interests.topic_first[topic];
    uint32_t free_count = count_free(s, topic), p = s->group->first[topic];
    if (free_count == 0 || kh_sticky_subscribers(lists, topic) == 0)
        return;
    sort_by_load(lists, topic, free_count, pouring);
    uint32_t pool_count = 0;
    for (uint32_t height = 0; free_count > 0; height++) {
        for (uint32_t i = pouring->levels[height]; i != KH_NONE; i = pouring->next[i])
            pouring->pool[pool_count++] = begin + i;
        for (uint32_t i = 0; i < pool_count && free_count > 0; i++, free_count--) {
            while (s->owners[p] != KH_NONE)
                p++;
            kh_sticky_put(lists, topic, pouring->pool[i], p);
            s->loads[lists->interests.member_of[pouring->pool[i]]]++;
        }
    }
}

static int hand_out(struct kh_sticky_lists *lists)
{
    struct kh_sticky *s = lists->s;
    uint32_t most = 0;
    for (size_t t = 0; t < s->group->topic_count; t++)
        if (s->group->first[t + 1] - s->group->first[t] > most)
            most = s->group->first[t + 1] - s->group->first[t];
    struct pouring pouring = {
        .levels = kh_arena_alloc(s->arena, most, sizeof *pouring.levels),
        .next = kh_arena_alloc(s->arena, s->group->member_count, sizeof *pouring.next),
        .pool = kh_arena_alloc(s->arena, s->group->member_count, sizeof *pouring.pool),
    };
    uint32_t *topics = kh_arena_alloc(s->arena, s->group->topic_count, sizeof *topics);
    if (pouring.levels == NULL || pouring.next == NULL || pouring.pool == NULL || topics == NULL ||
        order_topics(lists, topics) != 0)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < s->group->topic_count; i++)
        pour(lists, topics[i], &pouring);
    return 0;
}

int kh_sticky_share(struct kh_sticky *s)
{
    struct kh_sticky_lists lists = {.s = s, .looked_at = KH_NONE};
    if (kh_interests_init(&lists.interests, s->group, s->arena) != 0)
        return KOHORT_ENOMEM;
    size_t pairs = lists.interests.pair_count, members = s->group->member_count;
    lists.holdings = kh_arena_take(s->arena, pairs, sizeof *lists.holdings);
    lists.holding_of = kh_arena_take(s->arena, pairs, sizeof *lists.holding_of);
    lists.held = kh_arena_take(s->arena, members, sizeof *lists.held);
    lists.next = kh_arena_take(s->arena, s->group->partition_count, sizeof *lists.next);
    lists.pair_by_member = kh_arena_take(s->arena, members, sizeof *lists.pair_by_member);
    if (lists.holdings == NULL || lists.holding_of == NULL || lists.held == NULL ||
        lists.next == NULL || lists.pair_by_member == NULL)
        return KOHORT_ENOMEM;
    memset(lists.holding_of, 0xff, pairs * sizeof *lists.holding_of);
    memset(lists.held, 0xff, members * sizeof *lists.held);
    memset(lists.pair_by_member, 0xff, members * sizeof *lists.pair_by_member);
    keep(&lists);
    if (hand_out(&lists) != 0)
        return KOHORT_ENOMEM;
    int status = kh_sticky_even_out(&lists);
    return status != 0 ? status : kh_sticky_take_moves_back(&lists);
}
