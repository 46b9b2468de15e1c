#include "assignors/sticky.h"

#include "assignors/sticky_internal.h"
#include "base/status.h"

/* KIP-429: nobody is given what another one has not let go of. Equal claims of two are no exception
 * for either of them. */
static void withhold(struct kh_sticky *s)
{
    const uint32_t *claims = s->group->claims;
    for (uint32_t p = 0; p < s->group->partition_count; p++) {
        if (s->owners[p] == KH_NONE || claims[p] == KH_NONE || claims[p] == s->owners[p])
            continue;
        s->loads[s->owners[p]]--;
        s->owners[p] = KH_NONE;
    }
}

/* 0 or KOHORT_ENOMEM. */
static int look_at_racks(struct kh_sticky *s)
{
    const struct kh_interned *group = s->group;
    if (group->member_racks == NULL)
        return 0;
    bool *racks = kh_arena_alloc(s->arena, group->rack_count, sizeof *racks);
    if (racks == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t rank = 0; rank < group->member_count; rank++)
        if (group->member_racks[rank] != KH_NONE)
            racks[group->member_racks[rank]] = true;
    if (kh_interned_racks_matter(group, racks, 0, group->partition_count))
        s->racks = racks;
    return 0;
}

static int share(const struct kh_interned *group, struct kh_arena *arena, struct kh_shares *shares)
{
    struct kh_sticky s = {
        .group = group, .arena = arena, .owners = shares->owners, .loads = shares->loads};
    int status = look_at_racks(&s);
    if (status == 0)
        status = group->equal ? kh_sticky_share_equally(&s) : kh_sticky_share(&s);
    if (status == 0 && s.racks != NULL)
        status = kh_sticky_bring_near(&s);
    if (status == 0 && (s.racks != NULL || !group->equal))
        status = kh_sticky_cancel_cycles(&s);
    if (status == 0 && group->cooperative)
        withhold(&s);
    return status;
}

/* StickyAssignor.java, v1 of its user data. Before the first assignment there is none. */
static void sticky_write_user_data(const struct kh_assignor *self, struct kh_arena *arena,
                                   struct kh_writer *w, const struct kh_consumer_topic *assigned,
                                   size_t topic_count, int32_t generation)
{
    (void)self;
    (void)arena;
    if (generation < 0)
        return;
    kh_consumer_topics_write(w, assigned, topic_count);
    kh_write_i32(w, generation);
}

/* CooperativeStickyAssignor.java: always there, for readers of subscriptions before v2. */
static void cooperative_write_user_data(const struct kh_assignor *self, struct kh_arena *arena,
                                        struct kh_writer *w,
                                        const struct kh_consumer_topic *assigned,
                                        size_t topic_count, int32_t generation)
{
    (void)self;
    (void)arena;
    (void)assigned;
    (void)topic_count;
    kh_write_i32(w, generation);
}

const struct kh_assignor kh_assignor_sticky = {
    .name = "sticky",
    .java_name = "org.apache.kafka.clients.consumer.StickyAssignor",
    .mode = KH_REBALANCE_EAGER,
    .claims = KH_CLAIMS_IN_USER_DATA,
    .share = share,
    .write_user_data = sticky_write_user_data,
};

const struct kh_assignor kh_assignor_cooperative_sticky = {
    .name = "cooperative-sticky",
    .java_name = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    .mode = KH_REBALANCE_COOPERATIVE,
    .claims = KH_CLAIMS_IN_SUBSCRIPTION,
    .share = share,
    .write_user_data = cooperative_write_user_data,
};
