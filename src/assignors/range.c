#include "assignors/range.h"

#include "base/status.h"

#include <stdlib.h>

/* One topic while its partitions are given out. */
struct topic_state {
    const struct kh_assignor_topic *topic;
    uint32_t *consumers; /* members that subscribe to it, in member order */
    size_t consumer_count;
    size_t *assigned; /* partitions given so far, by consumer */
    uint32_t
        *owners; /* by partition: the consumer's place in `consumers` plus one; 0: nobody yet */
    size_t first_unassigned;
    size_t quota; /* everybody's share */
    size_t extra; /* how many may still get one more than that */
    bool wants_racks;
};

struct range {
    const struct kh_assignor_input *input;
    struct kh_arena *arena;
    struct topic_state *topics;
};

static int compare_topics(const void *name, const void *topic)
{
    return kh_string_compare(*(const struct kh_string *)name,
                             ((const struct kh_assignor_topic *)topic)->name);
}

/* NULL for a topic that does not exist: it is passed over, as Java does. */
static struct topic_state *find_topic(struct range *range, struct kh_string name)
{
    const struct kh_assignor_input *input = range->input;
    const struct kh_assignor_topic *topic =
        input->topic_count == 0
            ? NULL
            : bsearch(&name, input->topics, input->topic_count, sizeof *topic, compare_topics);
    return topic == NULL ? NULL : &range->topics[topic - input->topics];
}

/* Calls `visit` for each topic of each member, members in order. */
static void each_subscription(struct range *range, const uint32_t *order,
                              void (*visit)(struct topic_state *state, uint32_t member))
{
    for (size_t i = 0; i < range->input->member_count; i++) {
        const struct kh_consumer_subscription *subscription =
            &range->input->members[order[i]].subscription;
        for (size_t t = 0; t < subscription->topic_count; t++) {
            struct topic_state *state = find_topic(range, subscription->topics[t]);
            if (state != NULL)
                visit(state, order[i]);
        }
    }
}

static void count_consumer(struct topic_state *state, uint32_t member)
{
    (void)member;
    state->consumer_count++;
}

static void add_consumer(struct topic_state *state, uint32_t member)
{
    if (state->consumer_count > 0 && state->consumers[state->consumer_count - 1] == member)
        return; /* it names the topic twice */
    state->consumers[state->consumer_count++] = member;
}

static int find_consumers(struct range *range)
{
    const struct kh_assignor_input *input = range->input;
    uint32_t *order = kh_arena_alloc(range->arena, input->member_count, sizeof *order);
    range->topics = kh_arena_alloc(range->arena, input->topic_count, sizeof *range->topics);
    if (order == NULL || range->topics == NULL)
        return KOHORT_ENOMEM;
    kh_assignor_member_order(input, order);
    each_subscription(range, order, count_consumer);
    for (size_t t = 0; t < input->topic_count; t++) {
        struct topic_state *state = &range->topics[t];
        state->topic = &input->topics[t];
        state->consumers =
            kh_arena_alloc(range->arena, state->consumer_count, sizeof *state->consumers);
        state->assigned =
            kh_arena_alloc(range->arena, state->consumer_count, sizeof *state->assigned);
        state->owners =
            kh_arena_alloc(range->arena, state->topic->partition_count, sizeof *state->owners);
        if (state->consumers == NULL || state->assigned == NULL || state->owners == NULL)
            return KOHORT_ENOMEM;
        state->consumer_count = 0;
    }
    each_subscription(range, order, add_consumer);
    return 0;
}

static size_t room(const struct topic_state *state, size_t consumer)
{
    size_t most = state->quota + (state->extra > 0 ? 1 : 0);
    return most > state->assigned[consumer] ? most - state->assigned[consumer] : 0;
}

static void give(struct topic_state *state, size_t consumer, size_t partition)
{
    state->owners[partition] = (uint32_t)consumer + 1;
    state->assigned[consumer]++;
    while (state->first_unassigned < state->topic->partition_count &&
           state->owners[state->first_unassigned] != 0)
        state->first_unassigned++;
}

/* Called once a consumer has got all it gets in one go: whoever is above the quota has used up one
 * of the extras. */
static void settle(struct topic_state *state, size_t consumer)
{
    if (state->assigned[consumer] > state->quota)
        state->extra--;
}

static struct kh_string rack_of(const struct range *range, const struct topic_state *state,
                                size_t consumer)
{
    struct kh_string rack = range->input->members[state->consumers[consumer]].subscription.rack;
    return rack.size == 0 ? (struct kh_string){NULL, 0} : rack; /* "" is Java's "no rack" */
}

static bool partition_in_rack(const struct kh_assignor_topic *topic, size_t partition,
                              struct kh_string rack)
{
    for (size_t i = 0; i < topic->rack_counts[partition]; i++)
        if (kh_string_equal(topic->racks[partition][i], rack))
            return true;
    return false;
}

/* A member without a rack matches everywhere. */
static bool racks_match(const struct range *range, const struct topic_state *state, size_t consumer,
                        size_t partition)
{
    struct kh_string rack = rack_of(range, state, consumer);
    return rack.data == NULL ||
           (state->topic->racks != NULL && partition_in_rack(state->topic, partition, rack));
}

/* Whether every partition has replicas in the same racks: then all partitions are equally near to
 * everybody. */
static bool racks_are_the_same(const struct kh_assignor_topic *topic)
{
    for (size_t p = 1; p < topic->partition_count; p++) {
        for (size_t i = 0; i < topic->rack_counts[p]; i++)
            if (topic->racks[p][i].data != NULL && !partition_in_rack(topic, 0, topic->racks[p][i]))
                return false;
        for (size_t i = 0; i < topic->rack_counts[0]; i++)
            if (topic->racks[0][i].data != NULL && !partition_in_rack(topic, p, topic->racks[0][i]))
                return false;
    }
    return true;
}

static bool consumer_in_rack(const struct range *range, const struct topic_state *state,
                             struct kh_string rack)
{
    for (size_t c = 0; c < state->consumer_count; c++)
        if (kh_string_equal(rack_of(range, state, c), rack))
            return true;
    return false;
}

/* AbstractPartitionAssignor.useRackAwareAssignment: some consumer is in some replica's rack, and
 * racks make a difference. */
static bool wants_racks(const struct range *range, const struct topic_state *state)
{
    const struct kh_assignor_topic *topic = state->topic;
    if (topic->racks == NULL || racks_are_the_same(topic))
        return false;
    struct kh_string last = {NULL, 0}; /* neighbours often share racks: ask once */
    for (size_t p = 0; p < topic->partition_count; p++)
        for (size_t i = 0; i < topic->rack_counts[p]; i++) {
            struct kh_string rack = topic->racks[p][i];
            if (rack.data == NULL || kh_string_equal(rack, last))
                continue;
            if (consumer_in_rack(range, state, rack))
                return true;
            last = rack;
        }
    return false;
}

/* Ranges: each consumer takes the first partitions that are free (and near, when only_near). */
static void assign_ranges(const struct range *range, struct topic_state *state, bool only_near)
{
    for (size_t c = 0; c < state->consumer_count; c++) {
        size_t left = room(state, c), given = 0;
        for (size_t p = state->first_unassigned; p < state->topic->partition_count; p++) {
            if (given == left)
                break;
            if (state->owners[p] != 0 || (only_near && !racks_match(range, state, c, p)))
                continue;
            give(state, c, p);
            given++;
        }
        if (given > 0)
            settle(state, c);
    }
}

/* Topics of as many partitions, with the same subscribers, are kept together: partition p of all of
 * them goes to one consumer, the first in order that is near all of them and has room in all. */
static bool is_copartitioned(const struct topic_state *a, const struct topic_state *b)
{
    return a->topic->partition_count == b->topic->partition_count &&
           a->consumer_count == b->consumer_count &&
           (a->consumer_count == 0 ||
            memcmp(a->consumers, b->consumers, a->consumer_count * sizeof *a->consumers) == 0);
}

static bool fits_all(const struct range *range, struct topic_state *const *group, size_t count,
                     size_t consumer, size_t partition)
{
    for (size_t i = 0; i < count; i++)
        if (room(group[i], consumer) == 0 || !racks_match(range, group[i], consumer, partition))
            return false;
    return true;
}

static void assign_together(const struct range *range, struct topic_state *const *group,
                            size_t count)
{
    for (size_t p = 0; p < group[0]->topic->partition_count; p++)
        for (size_t c = 0; c < group[0]->consumer_count; c++) {
            if (!fits_all(range, group, count, c, p))
                continue;
            for (size_t i = 0; i < count; i++) {
                give(group[i], c, p);
                settle(group[i], c);
            }
            break;
        }
}

static int assign_near(const struct range *range)
{
    size_t topic_count = range->input->topic_count;
    bool *grouped = kh_arena_alloc(range->arena, topic_count, sizeof *grouped);
    struct topic_state **group = kh_arena_alloc(range->arena, topic_count, sizeof(void *));
    if (grouped == NULL || group == NULL)
        return KOHORT_ENOMEM;
    for (size_t t = 0; t < topic_count; t++) {
        if (grouped[t])
            continue;
        size_t count = 0;
        for (size_t u = t; u < topic_count; u++)
            if (!grouped[u] && is_copartitioned(&range->topics[t], &range->topics[u])) {
                grouped[u] = true;
                group[count++] = &range->topics[u];
            }
        if (count > 1)
            assign_together(range, group, count);
        else if (group[0]->wants_racks)
            assign_ranges(range, group[0], true);
    }
    return 0;
}

/* By topic, then partition: the order in which Java sorts a member's list. */
static int collect(const struct range *range, struct kh_assignor_result *results)
{
    for (size_t m = 0; m < range->input->member_count; m++)
        results[m] = (struct kh_assignor_result){NULL, 0};
    for (size_t t = 0; t < range->input->topic_count; t++)
        for (size_t c = 0; c < range->topics[t].consumer_count; c++)
            results[range->topics[t].consumers[c]].count += range->topics[t].assigned[c];
    for (size_t m = 0; m < range->input->member_count; m++) {
        results[m].partitions =
            kh_arena_alloc(range->arena, results[m].count, sizeof *results[m].partitions);
        if (results[m].partitions == NULL)
            return KOHORT_ENOMEM;
        results[m].count = 0;
    }
    for (size_t t = 0; t < range->input->topic_count; t++) {
        const struct topic_state *state = &range->topics[t];
        for (size_t p = 0; p < state->topic->partition_count; p++) {
            if (state->owners[p] == 0)
                continue; /* nobody subscribes to this topic */
            struct kh_assignor_result *result = &results[state->consumers[state->owners[p] - 1]];
            result->partitions[result->count++] =
                (struct kh_assignor_partition){(uint32_t)t, (int32_t)p};
        }
    }
    return 0;
}

static int range_assign(const struct kh_assignor_input *input, struct kh_arena *arena,
                        struct kh_assignor_result *results)
{
    struct range range = {.input = input, .arena = arena};
    if (find_consumers(&range) != 0)
        return KOHORT_ENOMEM;
    bool any_wants_racks = false;
    for (size_t t = 0; t < input->topic_count; t++) {
        struct topic_state *state = &range.topics[t];
        if (state->consumer_count == 0)
            continue;
        state->quota = state->topic->partition_count / state->consumer_count;
        state->extra = state->topic->partition_count % state->consumer_count;
        state->wants_racks = wants_racks(&range, state);
        any_wants_racks = any_wants_racks || state->wants_racks;
    }
    if (any_wants_racks && assign_near(&range) != 0)
        return KOHORT_ENOMEM;
    for (size_t t = 0; t < input->topic_count; t++)
        assign_ranges(&range, &range.topics[t], false);
    return collect(&range, results);
}

const struct kh_assignor kh_assignor_range = {
    .name = "range",
    .java_name = "org.apache.kafka.clients.consumer.RangeAssignor",
    .mode = KH_REBALANCE_EAGER,
    .assign = range_assign,
};
