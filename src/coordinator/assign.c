#include "coordinator/assign.h"

#include "assignors/shares.h"
#include "base/error.h"
#include "base/log.h"
#include "base/map.h"
#include "base/status.h"

#include <stdlib.h>

static int refuse(kohort_error *error, const char *what, struct kh_string member)
{
    char name[256];
    kh_error_init(error, KOHORT_EASSIGNOR);
    kh_error_text(error, "%s (member '%s')", what, kh_printable(name, sizeof name, member));
    return KOHORT_EASSIGNOR;
}

/* ---- what the members sent ---- */

static int compare_names(const void *a, const void *b)
{
    return kh_string_compare(*(const struct kh_string *)a, *(const struct kh_string *)b);
}

/* Members mostly subscribe to the same: lists that are shared are looked at once, names put in
 * order once each. */
static int collect_topics(struct kh_arena *arena, uint32_t seed, struct kh_assign_group *group)
{
    struct kh_map seen;
    const struct kh_string *last = NULL;
    int status = 0;
    kh_map_init(&seen, arena->heap, seed);
    for (size_t i = 0; i < group->member_count && status == 0; i++) {
        struct kh_assignor_subscription *subscription = &group->members[i].subscription;
        if (subscription->topics == last)
            continue;
        last = subscription->topics;
        for (size_t t = 0; t < subscription->topic_count && status == 0; t++)
            if (kh_map_get(&seen, subscription->topics[t]) == NULL)
                status = kh_map_put(&seen, subscription->topics[t], &subscription->topics[t]);
    }
    group->topics = status == 0 ? kh_arena_take(arena, seen.count, sizeof *group->topics) : NULL;
    group->topic_count = 0;
    if (group->topics != NULL)
        kh_map_each (&seen, index)
            group->topics[group->topic_count++] = seen.items[index].key;
    kh_map_free(&seen);
    if (group->topics == NULL)
        return KOHORT_ENOMEM;
    if (group->topic_count > 1)
        qsort(group->topics, group->topic_count, sizeof *group->topics, compare_names);
    return 0;
}

int kh_assign_read(struct kh_arena *arena, const struct kh_join_group_response_member *members,
                   size_t member_count, uint32_t seed, struct kh_assign_group *ret,
                   kohort_error *error)
{
    struct kh_assign_group group = {.member_count = member_count};
    group.members = kh_arena_alloc(arena, member_count, sizeof *group.members);
    struct kh_consumer_subscription_view views[2];
    if (group.members == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < member_count; i++) {
        struct kh_assignor_member *member = &group.members[i];
        member->id = members[i].member_id;
        member->instance_id = members[i].group_instance_id;
        struct kh_reader r;
        kh_reader_init(&r, members[i].metadata.data, (size_t)members[i].metadata.size, false,
                       arena);
        kh_consumer_subscription_view(&r, i == 0 ? NULL : &views[(i - 1) % 2], &views[i % 2]);
        if (!kh_read_ok(&r))
            return r.status == KOHORT_ENOMEM
                       ? KOHORT_ENOMEM
                       : refuse(error, "a member's subscription cannot be read", member->id);
        const struct kh_consumer_subscription_view *view = &views[i % 2];
        member->subscription =
            (struct kh_assignor_subscription){view->topics, view->topic_count, view->user_data,
                                              view->owned,  view->generation,  view->rack};
    }
    if (collect_topics(arena, seed, &group) != 0)
        return KOHORT_ENOMEM;
    *ret = group;
    return 0;
}

/* ---- the application's layout ---- */

/* NULL: nothing is wrong with it, and it is in `shares` now. */
static const char *take(const struct kh_interned *group, struct kh_shares *shares, uint32_t rank,
                        struct kh_assignor_partition given)
{
    if (given.topic >= group->topic_count)
        return "it gives a topic that does not exist";
    uint32_t first = group->first[given.topic];
    if ((uint32_t)given.partition >= group->first[given.topic + 1] - first)
        return "it gives a partition that does not exist";
    if (!kh_interned_wants(group, rank, given.topic))
        return "it gives a topic to a member that does not subscribe to it";
    uint32_t p = first + (uint32_t)given.partition;
    if (shares->owners[p] != KH_NONE)
        return "it gives a partition twice";
    /* KIP-429: two members would have it until the old one hears of it. */
    if (group->cooperative && group->claims[p] != KH_NONE && group->claims[p] != rank)
        return "it gives a partition that another member has not let go of";
    shares->owners[p] = rank;
    shares->loads[rank]++;
    return NULL;
}

static int take_layout(const struct kh_assignor_input *input, const struct kh_interned *group,
                       const struct kh_assignor_result *results, struct kh_shares *shares,
                       kohort_error *error)
{
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        const struct kh_assignor_result *result = &results[group->order[rank]];
        for (size_t i = 0; i < result->count; i++) {
            const char *wrong = take(group, shares, rank, result->partitions[i]);
            if (wrong != NULL)
                return refuse(error, wrong, input->members[group->order[rank]].id);
        }
    }
    return 0;
}

/* ---- all of it ---- */

static int share(const struct kh_assignor *assignor, const struct kh_assignor_input *input,
                 const struct kh_interned *group, struct kh_arena *arena,
                 struct kh_assignor_result *results, struct kh_shares *shares, kohort_error *error)
{
    if (assignor->share != NULL)
        return assignor->share(group, arena, shares);
    kh_error_init(error, KOHORT_EASSIGNOR);
    int status = assignor->assign(assignor, input, arena, results, error);
    return status != 0 ? status : take_layout(input, group, results, shares, error);
}

int kh_assign_run(const struct kh_assignor *assignor, struct kh_arena *arena,
                  const struct kh_assign_group *group, const struct kh_assignor_topic *topics,
                  size_t topic_count, struct kh_sync_group_layout *ret, kohort_error *error)
{
    const struct kh_assignor_input input = {.members = group->members,
                                            .member_count = group->member_count,
                                            .topics = topics,
                                            .topic_count = topic_count};
    struct kh_assignor_result *results =
        kh_arena_alloc(arena, group->member_count, sizeof *results);
    struct kh_interned interned;
    struct kh_shares shares;
    int status = results == NULL ? KOHORT_ENOMEM : kh_intern(assignor, &input, arena, &interned);
    if (status == 0)
        status = kh_shares_init(&shares, &interned, arena);
    if (status == 0)
        status = share(assignor, &input, &interned, arena, results, &shares, error);
    if (status == 0)
        status = kh_assign_encode(&input, &interned, &shares, results, arena, ret);
    return status;
}
