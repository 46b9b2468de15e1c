#include "assignors/assignor.h"

#include "assignors/range.h"
#include "assignors/roundrobin.h"
#include "assignors/shares.h"
#include "assignors/sticky.h"
#include "base/status.h"

const struct kh_assignor *kh_assignor_find(struct kh_string name)
{
    static const struct kh_assignor *const all[] = {&kh_assignor_range, &kh_assignor_roundrobin,
                                                    &kh_assignor_sticky,
                                                    &kh_assignor_cooperative_sticky};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (kh_string_equal(name, kh_string_of(all[i]->name)) ||
            kh_string_equal(name, kh_string_of(all[i]->java_name)))
            return all[i];
    return NULL;
}

/* Back to the input's order and numbers. */
static int collect(const struct kh_interned *group, const struct kh_shares *shares,
                   struct kh_arena *arena, struct kh_assignor_result *results)
{
    struct kh_share_lists lists;
    if (kh_shares_list(shares, group, arena, &lists) != 0)
        return KOHORT_ENOMEM;
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        struct kh_assignor_result *result = &results[group->order[rank]];
        *result = (struct kh_assignor_result){
            .partitions = kh_arena_take(arena, shares->loads[rank], sizeof *result->partitions),
            .count = shares->loads[rank]};
        if (result->partitions == NULL)
            return KOHORT_ENOMEM;
        uint32_t topic = 0;
        for (size_t i = 0; i < result->count; i++) {
            uint32_t p = lists.partitions[lists.begins[rank] + i];
            while (p >= group->first[topic + 1])
                topic++;
            result->partitions[i] =
                (struct kh_assignor_partition){topic, (int32_t)(p - group->first[topic])};
        }
    }
    return 0;
}

int kh_assignor_assign(const struct kh_assignor *assignor, const struct kh_assignor_input *input,
                       struct kh_arena *arena, struct kh_assignor_result *results)
{
    struct kh_interned group;
    struct kh_shares shares;
    int status = kh_intern(assignor, input, arena, &group);
    if (status == 0)
        status = kh_shares_init(&shares, &group, arena);
    if (status == 0)
        status = assignor->share(&group, arena, &shares);
    return status != 0 ? status : collect(&group, &shares, arena, results);
}
