#include "assignors/interests.h"

#include "base/status.h"

static int allocate(struct kh_interests *interests, const struct kh_interned *group,
                    uint32_t **next, struct kh_arena *arena)
{
    uint64_t pairs = 0;
    for (uint32_t rank = 0; rank < group->member_count; rank++)
        pairs += group->sets[rank]->count;
    if (pairs >= KH_DISPUTED)
        return KOHORT_ENOMEM;
    *next = kh_arena_take(arena, group->topic_count, sizeof **next);
    *interests = (struct kh_interests){
        .pair_count = (uint32_t)pairs,
        .topic_first =
            kh_arena_alloc(arena, (size_t)group->topic_count + 1, sizeof *interests->topic_first),
        .member_of = kh_arena_take(arena, pairs, sizeof *interests->member_of),
    };
    return *next == NULL || interests->topic_first == NULL || interests->member_of == NULL
               ? KOHORT_ENOMEM
               : 0;
}

int kh_interests_init(struct kh_interests *interests, const struct kh_interned *group,
                      struct kh_arena *arena)
{
    uint32_t *next;
    if (allocate(interests, group, &next, arena) != 0)
        return KOHORT_ENOMEM;
    for (uint32_t rank = 0; rank < group->member_count; rank++)
        for (uint32_t i = 0; i < group->sets[rank]->count; i++)
            interests->topic_first[group->sets[rank]->topics[i] + 1]++;
    for (uint32_t t = 0; t < group->topic_count; t++) {
        interests->topic_first[t + 1] += interests->topic_first[t];
        next[t] = interests->topic_first[t];
    }
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        const struct kh_topic_set *set = group->sets[rank];
        for (uint32_t i = 0; i < set->count; i++)
            interests->member_of[next[set->topics[i]]++] = rank;
    }
    return 0;
}
