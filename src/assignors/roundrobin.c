#include "assignors/roundrobin.h"

#include "assignors/interests.h"
#include "base/status.h"

static int roundrobin_share(const struct kh_interned *group, struct kh_arena *arena,
                            struct kh_shares *shares)
{
    struct kh_interests interests;
    if (kh_interests_init(&interests, group, arena) != 0)
        return KOHORT_ENOMEM;
    uint32_t turn = 0; /* the rank that is first asked */
    for (uint32_t t = 0; t < group->topic_count; t++) {
        uint32_t begin = interests.topic_first[t], end = interests.topic_first[t + 1];
        if (begin == end)
            continue;
        uint32_t at = kh_interests_find(&interests, t, turn);
        for (uint32_t p = group->first[t]; p < group->first[t + 1]; p++, at++) {
            at = at == end ? begin : at;
            uint32_t rank = interests.member_of[at];
            shares->owners[p] = rank;
            shares->loads[rank]++;
            turn = rank + 1;
        }
    }
    return 0;
}

const struct kh_assignor kh_assignor_roundrobin = {
    .name = "roundrobin",
    .java_name = "org.apache.kafka.clients.consumer.RoundRobinAssignor",
    .mode = KH_REBALANCE_EAGER,
    .order = KH_ORDER_STATIC_FIRST,
    .share = roundrobin_share,
};
