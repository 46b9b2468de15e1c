/* The leader's turn: waits until metadata is known for the topics of all members, runs the
 * assignor, hands the layout to the machine. What the other members' clients sent bounds what it
 * may cost. */
#include "consumer/consumer.h"

#include "base/limits.h"
#include "coordinator/assign.h"

enum { ASSIGN_METADATA_WAIT_MS = 5000 };

void kh_group_begin_assign(kohort_consumer *c)
{
    c->group.assigning = true;
    c->group.identities[KH_MEMBER_EV_ASSIGNED] = kh_member_identity(c->group.member);
    c->group.watching = false;
    kh_client_set_timer(c->client, &c->group.assign, kh_consumer_now(c) + ASSIGN_METADATA_WAIT_MS);
    kh_client_ask_turn(c);
}

void kh_group_end_assign(kohort_consumer *c)
{
    c->group.assigning = false;
    kh_client_set_timer(c->client, &c->group.assign, KH_NEVER);
}

/* Topics that exist, with their partition counts and racks. */
static int list_topics(kohort_consumer *c, struct kh_arena *arena,
                       const struct kh_assign_group *group, struct kh_assignor_topic **ret_topics,
                       size_t *ret_count)
{
    struct kh_assignor_topic *topics =
        kh_arena_alloc(arena, group->topic_count + 1, sizeof *topics);
    if (topics == NULL)
        return KOHORT_ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < group->topic_count; i++) {
        int64_t partitions = kh_subscription_partitions(c, group->topics[i]);
        if (partitions > 0)
            topics[count++] = (struct kh_assignor_topic){.name = group->topics[i],
                                                         .partition_count = (size_t)partitions};
    }
    *ret_topics = topics;
    *ret_count = count;
    return 0;
}

static void finish(kohort_consumer *c, int status, const struct kh_bytes *assignments,
                   const kohort_error *error)
{
    kh_group_end_assign(c);
    kh_subscription_snapshot(c);
    kh_group_event(c,
                   &(struct kh_member_event){.type = KH_MEMBER_EV_ASSIGNED,
                                             .identity = c->group.identities[KH_MEMBER_EV_ASSIGNED],
                                             .status = status,
                                             .assignments = assignments,
                                             .error = status == 0 ? NULL : error});
}

static void assign(kohort_consumer *c, struct kh_arena *arena, const struct kh_assign_group *group)
{
    kohort_error error;
    struct kh_assignor_topic *topics;
    size_t topic_count;
    struct kh_bytes *assignments =
        kh_arena_alloc(arena, group->member_count + 1, sizeof *assignments);
    kh_error_init(&error, KOHORT_ENOMEM);
    int status =
        assignments == NULL ? KOHORT_ENOMEM : list_topics(c, arena, group, &topics, &topic_count);
    if (status == 0)
        status = kh_assign_run(kh_member_assignor(c->group.member), arena, group, topics,
                               topic_count, assignments, &error);
    finish(c, status, assignments, &error);
}

void kh_group_try_assign(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    const struct kh_join_group_response_member *members;
    struct kh_assign_group group;
    struct kh_arena arena;
    kohort_error error;
    if (!g->assigning)
        return;
    kh_arena_init(&arena, kh_consumer_heap(c), KH_LIMIT_ARENAS);
    size_t count = kh_member_joined(g->member, &members);
    kh_error_init(&error, KOHORT_ENOMEM);
    int status = kh_assign_read(&arena, members, count, 0, &group, &error);
    if (status == 0 && !g->watching) {
        status = kh_subscription_watch(c, group.topics, group.topic_count);
        g->watching = status == 0;
    }
    if (status != 0)
        finish(c, status, NULL, &error);
    else if (kh_subscription_known(c) || g->assign.due_ms == KH_NEVER)
        assign(c, &arena, &group);
    kh_arena_free(&arena);
}
