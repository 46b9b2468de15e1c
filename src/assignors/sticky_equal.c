/* The usual case: all subscribe to the same. Everybody's share is known beforehand, so one pass
 * keeps what fits into it and another hands out the rest; no layout moves less. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

struct sharing {
    struct kh_sticky *s;
    uint32_t *held;   /* by rank: partitions that it could keep */
    uint32_t *quotas; /* by rank */
    uint32_t *marks;  /* by rank: see keep */
    uint32_t *open;   /* ranks that have room */
};

static uint32_t count_held(const struct sharing *sharing)
{
    const struct kh_interned *group = sharing->s->group;
    uint32_t total = 0;
    for (uint32_t i = 0; i < group->everything->count; i++) {
        uint32_t topic = group->everything->topics[i];
        for (uint32_t p = group->first[topic]; p < group->first[topic + 1]; p++) {
            uint32_t holder = kh_sticky_holder(sharing->s, p);
            if (holder != KH_NONE)
                sharing->held[holder]++;
        }
        total += group->first[topic + 1] - group->first[topic];
    }
    return total;
}

/* Everybody gets the same number, some one more: first of all those who hold that many. */
static void set_quotas(struct sharing *sharing)
{
    const struct kh_interned *group = sharing->s->group;
    uint32_t total = count_held(sharing), members = 0;
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        members += kh_interned_subscribes(group, rank);
        if (!kh_interned_subscribes(group, rank))
            sharing->held[rank] = 0;
    }
    uint32_t quota = total / members, extra = total % members;
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        bool one_more = extra > 0 && sharing->held[rank] > quota;
        sharing->quotas[rank] = kh_interned_subscribes(group, rank) ? quota + one_more : 0;
        extra -= one_more;
    }
    for (uint32_t rank = 0; rank < group->member_count && extra > 0; rank++)
        if (kh_interned_subscribes(group, rank) && sharing->quotas[rank] == quota) {
            sharing->quotas[rank]++;
            extra--;
        }
}

/* Who must give some up gives up of every topic alike: of `held` in a row `quota` are kept, evenly
 * spread. */
static void keep(struct sharing *sharing)
{
    struct kh_sticky *s = sharing->s;
    const struct kh_interned *group = s->group;
    for (uint32_t i = 0; i < group->everything->count; i++) {
        uint32_t topic = group->everything->topics[i];
        for (uint32_t p = group->first[topic]; p < group->first[topic + 1]; p++) {
            uint32_t holder = kh_sticky_holder(s, p);
            if (holder == KH_NONE || sharing->held[holder] == 0)
                continue;
            if (sharing->held[holder] > sharing->quotas[holder]) {
                sharing->marks[holder] += sharing->quotas[holder];
                if (sharing->marks[holder] < sharing->held[holder])
                    continue;
                sharing->marks[holder] -= sharing->held[holder];
            }
            s->owners[p] = holder;
            s->loads[holder]++;
        }
    }
}

/* In rounds over those who have room, so that each topic is spread. */
static void hand_out(struct sharing *sharing)
{
    struct kh_sticky *s = sharing->s;
    const struct kh_interned *group = s->group;
    uint32_t *open = sharing->open;
    uint32_t count = 0, at = 0, left = 0; /* of this round; `left` have room after it */
    for (uint32_t rank = 0; rank < group->member_count; rank++)
        if (s->loads[rank] < sharing->quotas[rank])
            open[count++] = rank;
    for (uint32_t i = 0; i < group->everything->count; i++) {
        uint32_t topic = group->everything->topics[i];
        for (uint32_t p = group->first[topic]; p < group->first[topic + 1]; p++) {
            if (s->owners[p] != KH_NONE)
                continue;
            if (at == count) {
                count = left;
                at = left = 0;
            }
            uint32_t rank = open[at++];
            s->owners[p] = rank;
            if (++s->loads[rank] < sharing->quotas[rank])
                open[left++] = rank;
        }
    }
}

int kh_sticky_share_equally(struct kh_sticky *s)
{
    size_t count = s->group->member_count;
    struct sharing sharing = {.s = s,
                              .held = kh_arena_alloc(s->arena, count, sizeof *sharing.held),
                              .quotas = kh_arena_take(s->arena, count, sizeof *sharing.quotas),
                              .marks = kh_arena_alloc(s->arena, count, sizeof *sharing.marks),
                              .open = kh_arena_take(s->arena, count, sizeof *sharing.open)};
    if (sharing.held == NULL || sharing.quotas == NULL || sharing.marks == NULL ||
        sharing.open == NULL)
        return KOHORT_ENOMEM;
    if (s->group->everything == NULL)
        return 0;
    set_quotas(&sharing);
    keep(&sharing);
    hand_out(&sharing);
    return 0;
}
