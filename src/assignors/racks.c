/* Racks in numbers (KIP-881). Most groups have none: then nothing here costs anything. */
#include "assignors/intern.h"

#include "base/status.h"

struct rack_names {
    struct kh_map map; /* values: the rack's number plus one, as a pointer */
    uint32_t count;
};

/* 0 or KOHORT_ENOMEM. */
static int number_of(struct rack_names *names, struct kh_string name, uint32_t *ret)
{
    void *found = kh_map_get(&names->map, name);
    if (found != NULL) {
        *ret = (uint32_t)(uintptr_t)found - 1;
        return 0;
    }
    *ret = names->count++;
    return kh_map_put(&names->map, name, (void *)(uintptr_t)names->count);
}

static bool is_worth_it(const struct kh_assignor_input *input)
{
    bool members = false, topics = false;
    for (size_t m = 0; m < input->member_count && !members; m++)
        members = input->members[m].subscription.rack.size > 0; /* "" is Java's "no rack" */
    for (size_t t = 0; t < input->topic_count && !topics; t++)
        topics = input->topics[t].racks != NULL;
    return members && topics;
}

static int intern_members(struct kh_interned *group, const struct kh_assignor_input *input,
                          struct rack_names *names)
{
    int status = 0;
    for (uint32_t rank = 0; rank < group->member_count && status == 0; rank++) {
        struct kh_string rack = input->members[group->order[rank]].subscription.rack;
        group->member_racks[rank] = KH_NONE;
        if (rack.size > 0)
            status = number_of(names, rack, &group->member_racks[rank]);
    }
    return status;
}

static size_t count_racks(const struct kh_assignor_input *input)
{
    size_t count = 0;
    for (size_t t = 0; t < input->topic_count; t++)
        for (size_t p = 0; input->topics[t].racks != NULL && p < input->topics[t].partition_count;
             p++)
            count += input->topics[t].rack_counts[p];
    return count;
}

/* Sorted in, each once: replicas are few. */
static uint32_t insert(uint32_t *racks, uint32_t count, uint32_t rack)
{
    uint32_t at = count;
    while (at > 0 && racks[at - 1] > rack)
        at--;
    if (at > 0 && racks[at - 1] == rack)
        return count;
    memmove(&racks[at + 1], &racks[at], (count - at) * sizeof *racks);
    racks[at] = rack;
    return count + 1;
}

static int intern_partitions(struct kh_interned *group, const struct kh_assignor_input *input,
                             struct rack_names *names)
{
    uint32_t used = 0;
    for (uint32_t t = 0; t < group->topic_count; t++) {
        const struct kh_assignor_topic *topic = &input->topics[t];
        for (size_t p = 0; p < topic->partition_count; p++) {
            uint32_t begin = used;
            group->rack_first[group->first[t] + p] = begin;
            for (size_t i = 0; topic->racks != NULL && i < topic->rack_counts[p]; i++) {
                uint32_t rack;
                if (topic->racks[p][i].size <= 0)
                    continue;
                if (number_of(names, topic->racks[p][i], &rack) != 0)
                    return KOHORT_ENOMEM;
                used = begin + insert(&group->racks[begin], used - begin, rack);
            }
        }
    }
    group->rack_first[group->partition_count] = used;
    group->rack_count = names->count;
    return 0;
}

int kh_intern_racks(struct kh_interned *group, const struct kh_assignor_input *input,
                    struct kh_arena *arena)
{
    if (!is_worth_it(input))
        return 0;
    struct rack_names names = {.count = 0};
    group->member_racks = kh_arena_take(arena, group->member_count, sizeof *group->member_racks);
    group->rack_first =
        kh_arena_take(arena, (size_t)group->partition_count + 1, sizeof *group->rack_first);
    group->racks = kh_arena_take(arena, count_racks(input) + 1, sizeof *group->racks);
    if (group->member_racks == NULL || group->rack_first == NULL || group->racks == NULL)
        return KOHORT_ENOMEM;
    kh_map_init(&names.map, arena->heap, 0); /* racks of members that are in the group anyway */
    int status = intern_members(group, input, &names);
    if (status == 0)
        status = intern_partitions(group, input, &names);
    kh_map_free(&names.map);
    return status;
}

bool kh_interned_near(const struct kh_interned *group, uint32_t rank, uint32_t partition)
{
    uint32_t rack = group->member_racks == NULL ? KH_NONE : group->member_racks[rank];
    if (rack == KH_NONE)
        return true;
    for (uint32_t i = group->rack_first[partition]; i < group->rack_first[partition + 1]; i++)
        if (group->racks[i] == rack)
            return true;
    return false;
}

static bool in_same_racks(const struct kh_interned *group, uint32_t a, uint32_t b)
{
    uint32_t count = group->rack_first[a + 1] - group->rack_first[a];
    return count == group->rack_first[b + 1] - group->rack_first[b] &&
           memcmp(&group->racks[group->rack_first[a]], &group->racks[group->rack_first[b]],
                  count * sizeof *group->racks) == 0;
}

bool kh_interned_racks_matter(const struct kh_interned *group, const bool *rack_of_a_subscriber,
                              uint32_t begin, uint32_t end)
{
    bool same = true, met = false;
    for (uint32_t p = begin; p < end && (same || !met); p++) {
        same = same && in_same_racks(group, begin, p);
        for (uint32_t i = group->rack_first[p]; i < group->rack_first[p + 1]; i++)
            met = met || rack_of_a_subscriber[group->racks[i]];
    }
    return met && !same;
}
