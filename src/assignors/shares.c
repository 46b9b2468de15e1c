#include "assignors/shares.h"

#include "base/status.h"

int kh_shares_init(struct kh_shares *shares, const struct kh_interned *group,
                   struct kh_arena *arena)
{
    shares->owners = kh_arena_take(arena, group->partition_count, sizeof *shares->owners);
    shares->loads = kh_arena_alloc(arena, group->member_count, sizeof *shares->loads);
    if (shares->owners == NULL || shares->loads == NULL)
        return KOHORT_ENOMEM;
    memset(shares->owners, 0xff, group->partition_count * sizeof *shares->owners);
    return 0;
}

int kh_shares_list(const struct kh_shares *shares, const struct kh_interned *group,
                   struct kh_arena *arena, struct kh_share_lists *ret)
{
    uint32_t *next = kh_arena_take(arena, group->member_count, sizeof *next);
    ret->begins = kh_arena_take(arena, (size_t)group->member_count + 1, sizeof *ret->begins);
    uint32_t count = 0;
    if (next == NULL || ret->begins == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        ret->begins[rank] = next[rank] = count;
        count += shares->loads[rank];
    }
    ret->begins[group->member_count] = count;
    ret->partitions = kh_arena_take(arena, count, sizeof *ret->partitions);
    if (ret->partitions == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t p = 0; p < group->partition_count; p++)
        if (shares->owners[p] != KH_NONE)
            ret->partitions[next[shares->owners[p]]++] = p;
    return 0;
}
