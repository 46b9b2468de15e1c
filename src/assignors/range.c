#include "assignors/range.h"

#include "assignors/topic_classes.h"
#include "base/status.h"

/* One topic while its partitions are given out. */
struct topic_state {
    uint32_t first, partition_count;
    uint32_t *consumers; /* ranks of those that subscribe to it */
    uint32_t consumer_count;
    uint32_t *assigned; /* partitions given so far, by consumer */
    uint32_t *owners;   /* by partition: a rank */
    uint32_t first_unassigned;
    uint32_t quota; /* everybody's share */
    uint32_t extra; /* how many may still get one more than that */
    bool wants_racks;
    uint32_t next_of_class; /* the next topic with the same consumers, or KH_NONE */
};

struct range {
    const struct kh_interned *group;
    struct kh_arena *arena;
    struct kh_shares *shares;
    struct topic_state *topics;
    /* Scratch. By rack, one more for members that do not say where they are: where the next
     * partition that is free and near may be; or how many partitions are near. */
    uint32_t *by_rack;
};

/* Lists of topics with the same consumers, each rising. */
static int link_classes(struct range *range, const struct kh_interests *interests)
{
    uint32_t *classes;
    if (kh_topic_classes(range->group, interests, range->arena, &classes) != 0)
        return KOHORT_ENOMEM;
    for (uint32_t t = range->group->topic_count; t-- > 0;) {
        struct topic_state *first = &range->topics[classes[t]];
        if (classes[t] == t)
            continue;
        range->topics[t].next_of_class = first->next_of_class;
        first->next_of_class = t;
    }
    return 0;
}

static int find_consumers(struct range *range)
{
    const struct kh_interned *group = range->group;
    struct kh_interests interests;
    range->topics = kh_arena_alloc(range->arena, group->topic_count, sizeof *range->topics);
    if (range->topics == NULL || kh_interests_init(&interests, group, range->arena) != 0)
        return KOHORT_ENOMEM;
    uint32_t *assigned = kh_arena_alloc(range->arena, interests.pair_count, sizeof *assigned);
    if (assigned == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t t = 0; t < group->topic_count; t++) {
        uint32_t first = interests.topic_first[t];
        range->topics[t] = (struct topic_state){
            .first = group->first[t],
            .partition_count = group->first[t + 1] - group->first[t],
            .consumers = &interests.member_of[first],
            .consumer_count = interests.topic_first[t + 1] - first,
            .assigned = &assigned[first],
            .owners = &range->shares->owners[group->first[t]],
            .next_of_class = KH_NONE,
        };
    }
    return group->member_racks == NULL ? 0 : link_classes(range, &interests);
}

static uint32_t room(const struct topic_state *state, uint32_t consumer)
{
    uint32_t most = state->quota + (state->extra > 0 ? 1 : 0);
    return most > state->assigned[consumer] ? most - state->assigned[consumer] : 0;
}

static void give(const struct range *range, struct topic_state *state, uint32_t consumer,
                 uint32_t partition)
{
    state->owners[partition] = state->consumers[consumer];
    state->assigned[consumer]++;
    range->shares->loads[state->consumers[consumer]]++;
    while (state->first_unassigned < state->partition_count &&
           state->owners[state->first_unassigned] != KH_NONE)
        state->first_unassigned++;
}

/* Called once a consumer has got all it gets in one go: whoever is above the quota has used up one
 * of the extras. */
static void settle(struct topic_state *state, uint32_t consumer)
{
    if (state->assigned[consumer] > state->quota)
        state->extra--;
}

static bool racks_match(const struct range *range, const struct topic_state *state,
                        uint32_t consumer, uint32_t partition)
{
    return kh_interned_near(range->group, state->consumers[consumer], state->first + partition);
}

static bool wants_racks(const struct range *range, const struct topic_state *state, bool *racks)
{
    const struct kh_interned *group = range->group;
    if (group->member_racks == NULL)
        return false;
    memset(racks, 0, group->rack_count * sizeof *racks);
    for (uint32_t c = 0; c < state->consumer_count; c++)
        if (group->member_racks[state->consumers[c]] != KH_NONE)
            racks[group->member_racks[state->consumers[c]]] = true;
    return kh_interned_racks_matter(group, racks, state->first,
                                    state->first + state->partition_count);
}

static uint32_t rack_of(const struct range *range, const struct topic_state *state,
                        uint32_t consumer)
{
    uint32_t rack = range->group->member_racks[state->consumers[consumer]];
    return rack == KH_NONE ? range->group->rack_count : rack;
}

/* Ranges: each consumer takes the first partitions that are free. */
static void assign_ranges(const struct range *range, struct topic_state *state)
{
    for (uint32_t c = 0; c < state->consumer_count; c++) {
        uint32_t given = room(state, c);
        for (uint32_t left = given; left > 0 && state->first_unassigned < state->partition_count;
             left--)
            give(range, state, c, state->first_unassigned);
        if (given > 0)
            settle(state, c);
    }
}

/* The same of those that are free and near. What one consumer passes over is of no use to the next
 * one in its rack either. */
static void assign_near_ranges(const struct range *range, struct topic_state *state)
{
    memset(range->by_rack, 0, (range->group->rack_count + (size_t)1) * sizeof *range->by_rack);
    for (uint32_t c = 0; c < state->consumer_count; c++) {
        uint32_t left = room(state, c), given = 0;
        uint32_t *p = &range->by_rack[rack_of(range, state, c)];
        for (; given < left && *p < state->partition_count; ++*p) {
            if (state->owners[*p] != KH_NONE || !racks_match(range, state, c, *p))
                continue;
            give(range, state, c, *p);
            given++;
        }
        if (given > 0)
            settle(state, c);
    }
}

/* Counts in how many of the topics the partition has a replica in each rack. */
static void count_near(const struct range *range, struct topic_state *const *group, uint32_t count,
                       uint32_t partition)
{
    const struct kh_interned *names = range->group;
    memset(range->by_rack, 0, names->rack_count * sizeof *range->by_rack);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t p = group[i]->first + partition;
        for (uint32_t at = names->rack_first[p]; at < names->rack_first[p + 1]; at++)
            range->by_rack[names->racks[at]]++;
    }
    range->by_rack[names->rack_count] = count;
}

/* Topics of as many partitions, with the same subscribers, are kept together: partition p of all of
 * them goes to one consumer, the first in order that is near all of them and has room in all. They
 * are given together, so who has room in one has room in all. */
static void assign_together(const struct range *range, struct topic_state *const *group,
                            uint32_t count)
{
    for (uint32_t p = 0; p < group[0]->partition_count; p++) {
        count_near(range, group, count, p);
        for (uint32_t c = 0; c < group[0]->consumer_count; c++) {
            if (room(group[0], c) == 0 || range->by_rack[rack_of(range, group[0], c)] < count)
                continue;
            for (uint32_t i = 0; i < count; i++) {
                give(range, group[i], c, p);
                settle(group[i], c);
            }
            break;
        }
    }
}

static int assign_near(const struct range *range)
{
    uint32_t topic_count = range->group->topic_count;
    bool *grouped = kh_arena_alloc(range->arena, topic_count, sizeof *grouped);
    struct topic_state **group = kh_arena_alloc(range->arena, topic_count, sizeof(void *));
    if (grouped == NULL || group == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t t = 0; t < topic_count; t++) {
        if (grouped[t])
            continue;
        uint32_t count = 0;
        for (uint32_t u = t; u != KH_NONE; u = range->topics[u].next_of_class)
            if (!grouped[u] &&
                range->topics[u].partition_count == range->topics[t].partition_count) {
                grouped[u] = true;
                group[count++] = &range->topics[u];
            }
        if (count > 1)
            assign_together(range, group, count);
        else if (group[0]->wants_racks)
            assign_near_ranges(range, group[0]);
    }
    return 0;
}

static int range_share(const struct kh_interned *group, struct kh_arena *arena,
                       struct kh_shares *shares)
{
    struct range range = {.group = group, .arena = arena, .shares = shares};
    bool *racks = kh_arena_take(arena, group->rack_count, sizeof *racks);
    range.by_rack = kh_arena_take(arena, (size_t)group->rack_count + 1, sizeof *range.by_rack);
    if (racks == NULL || range.by_rack == NULL || find_consumers(&range) != 0)
        return KOHORT_ENOMEM;
    bool any_wants_racks = false;
    for (uint32_t t = 0; t < group->topic_count; t++) {
        struct topic_state *state = &range.topics[t];
        if (state->consumer_count == 0)
            continue;
        state->quota = state->partition_count / state->consumer_count;
        state->extra = state->partition_count % state->consumer_count;
        state->wants_racks = wants_racks(&range, state, racks);
        any_wants_racks = any_wants_racks || state->wants_racks;
    }
    if (any_wants_racks && assign_near(&range) != 0)
        return KOHORT_ENOMEM;
    for (uint32_t t = 0; t < group->topic_count; t++)
        assign_ranges(&range, &range.topics[t]);
    return 0;
}

const struct kh_assignor kh_assignor_range = {
    .name = "range",
    .java_name = "org.apache.kafka.clients.consumer.RangeAssignor",
    .mode = KH_REBALANCE_EAGER,
    .order = KH_ORDER_STATIC_FIRST,
    .share = range_share,
};
