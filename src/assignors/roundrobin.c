#include "assignors/roundrobin.h"

#include "assignors/interests.h"
#include "base/status.h"

/* Where in the topic's list of subscribers the first one at or behind `rank` is; past the end:
 * there is none. */
static uint32_t find_subscriber(const struct kh_interests *interests, size_t topic, uint32_t rank)
{
    uint32_t low = interests->topic_first[topic], high = interests->topic_first[topic + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (interests->member_of[interests->pair_of[middle]] < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Calls `give` for each partition that has a subscriber, in the order of dealing. */
static void deal(const struct kh_assignor_input *input, const struct kh_interests *interests,
                 const uint32_t *order, struct kh_assignor_result *results,
                 void (*give)(struct kh_assignor_result *, uint32_t topic, int32_t partition))
{
    uint32_t turn = 0; /* the rank that is first asked */
    for (size_t t = 0; t < input->topic_count; t++) {
        uint32_t begin = interests->topic_first[t], end = interests->topic_first[t + 1];
        if (begin == end)
            continue;
        uint32_t at = find_subscriber(interests, t, turn);
        for (size_t p = 0; p < input->topics[t].partition_count; p++, at++) {
            at = at == end ? begin : at;
            uint32_t rank = interests->member_of[interests->pair_of[at]];
            give(&results[order[rank]], (uint32_t)t, (int32_t)p);
            turn = rank + 1;
        }
    }
}

static void count_partition(struct kh_assignor_result *result, uint32_t topic, int32_t partition)
{
    (void)topic;
    (void)partition;
    result->count++;
}

static void add_partition(struct kh_assignor_result *result, uint32_t topic, int32_t partition)
{
    result->partitions[result->count++] = (struct kh_assignor_partition){topic, partition};
}

static int roundrobin_assign(const struct kh_assignor_input *input, struct kh_arena *arena,
                             struct kh_assignor_result *results)
{
    struct kh_interests interests;
    struct kh_topic_names names;
    uint32_t *order = kh_arena_alloc(arena, input->member_count, sizeof *order);
    if (order == NULL)
        return KOHORT_ENOMEM;
    kh_assignor_member_order(input, order);
    int status = kh_topic_names_init(&names, input, arena);
    if (status == 0)
        status = kh_interests_init(&interests, input, order, &names, arena);
    kh_topic_names_free(&names);
    if (status != 0)
        return status;
    memset(results, 0, input->member_count * sizeof *results);
    deal(input, &interests, order, results, count_partition);
    for (size_t m = 0; m < input->member_count; m++) {
        results[m].partitions =
            kh_arena_alloc(arena, results[m].count, sizeof *results->partitions);
        if (results[m].partitions == NULL)
            return KOHORT_ENOMEM;
        results[m].count = 0;
    }
    deal(input, &interests, order, results, add_partition);
    return 0;
}

const struct kh_assignor kh_assignor_roundrobin = {
    .name = "roundrobin",
    .java_name = "org.apache.kafka.clients.consumer.RoundRobinAssignor",
    .mode = KH_REBALANCE_EAGER,
    .assign = roundrobin_assign,
};
