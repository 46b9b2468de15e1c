/* The leader's turn: reads what the members sent, waits until metadata is known for their topics,
 * runs the assignor, hands the layout to the machine. What the other members' clients sent bounds
 * what it may cost. */
#include "consumer/consumer.h"

#include "base/limits.h"
#include "consumer/assign_job.h"

enum { ASSIGN_METADATA_WAIT_MS = 5000 };

static void begin(kohort_consumer *c, bool only_watches)
{
    kh_group_end_assign(c); /* a watch may still wait for its metadata */
    c->group.assigning = true;
    c->group.only_watches = only_watches;
    c->group.identities[KH_MEMBER_EV_ASSIGNED] = kh_member_identity(c->group.member);
    c->group.watching = false;
    kh_client_set_timer(c->client, &c->group.assign, kh_consumer_now(c) + ASSIGN_METADATA_WAIT_MS);
    kh_client_ask_turn(c);
}

void kh_group_begin_assign(kohort_consumer *c)
{
    begin(c, false);
}

void kh_group_begin_watch(kohort_consumer *c)
{
    begin(c, true);
}

static void drop_job(struct kh_assign_job **job)
{
    if (*job != NULL)
        kh_assign_job_drop(*job);
    *job = NULL;
}

void kh_group_end_assign(kohort_consumer *c)
{
    c->group.assigning = false;
    drop_job(&c->group.job);
    kh_client_set_timer(c->client, &c->group.assign, KH_NEVER);
}

void kh_group_forget_layout(kohort_consumer *c)
{
    if (c->group.handed_in == NULL)
        return;
    kh_request_cancel(&c->group.sync); /* it may not be sent yet, and points there */
    drop_job(&c->group.handed_in);
}

/* ---- topics ---- */

static bool some_member_has_a_rack(const struct kh_assign_group *group)
{
    for (size_t i = 0; i < group->member_count; i++)
        if (group->members[i].subscription.rack.size > 0)
            return true;
    return false;
}

/* KIP-881: where the replicas of each partition are, as far as brokers say. Copied, since metadata
 * may change while the assignor runs. */
static int list_racks(kohort_consumer *c, struct kh_arena *arena, struct kh_assignor_topic *topic)
{
    const struct kh_cluster *cluster = c->client->cluster;
    const struct kh_topic_metadata *metadata = kh_cluster_topic(cluster, topic->name);
    const struct kh_string **racks = kh_arena_take(arena, topic->partition_count, sizeof *racks);
    size_t *counts = kh_arena_take(arena, topic->partition_count, sizeof *counts);
    if (racks == NULL || counts == NULL)
        return KOHORT_ENOMEM;
    for (size_t p = 0; p < topic->partition_count; p++) {
        const struct kh_partition_metadata *partition = &metadata->partitions[p];
        struct kh_string *names = kh_arena_take(arena, partition->replica_count, sizeof *names);
        if (names == NULL)
            return KOHORT_ENOMEM;
        counts[p] = 0;
        racks[p] = names;
        for (size_t i = 0; i < partition->replica_count; i++) {
            const struct kh_node *node = kh_cluster_node(cluster, partition->replicas[i]);
            if (node == NULL || node->rack == NULL)
                continue;
            names[counts[p]] = kh_arena_string(arena, kh_string_of(node->rack));
            if (names[counts[p]++].data == NULL)
                return KOHORT_ENOMEM;
        }
    }
    topic->racks = racks;
    topic->rack_counts = counts;
    return 0;
}

/* Topics that exist, with their partition counts and racks. */
static int list_topics(kohort_consumer *c, struct kh_assign_job *job)
{
    const struct kh_assign_group *group = &job->group;
    struct kh_arena *arena = &job->topics_arena;
    bool racks = some_member_has_a_rack(group);
    int status = 0;
    job->topics = kh_arena_alloc(arena, group->topic_count + 1, sizeof *job->topics);
    if (job->topics == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < group->topic_count && status == 0; i++) {
        int64_t partitions = kh_subscription_partitions(c, group->topics[i]);
        if (partitions <= 0)
            continue;
        struct kh_assignor_topic *topic = &job->topics[job->topic_count++];
        topic->name = group->topics[i];
        topic->partition_count = (size_t)partitions;
        job->partition_count += topic->partition_count;
        if (racks)
            status = list_racks(c, arena, topic);
    }
    return status;
}

/* ---- step by step ---- */

/* Without memory nobody watches until the next rebalance; the layout is not ours to make. */
static void finish_watch(kohort_consumer *c)
{
    kh_group_end_assign(c);
    kh_subscription_snapshot(c);
}

static void finish(kohort_consumer *c, int status)
{
    struct kh_assign_job *job = c->group.job;
    if (c->group.only_watches) {
        finish_watch(c);
        return;
    }
    struct kh_member_event event = {.type = KH_MEMBER_EV_ASSIGNED,
                                    .identity = c->group.identities[KH_MEMBER_EV_ASSIGNED],
                                    .status = status};
    c->group.job = NULL;
    kh_group_end_assign(c);
    kh_subscription_snapshot(c);
    if (job != NULL) {
        event.layout = &job->layout;
        event.error = status == KOHORT_EASSIGNOR ? &job->error : NULL;
        /* The application hears of it: who else could mend its assignor? */
        if (status == KOHORT_EASSIGNOR)
            kh_event_error(c, NULL, &job->error);
    }
    kh_group_forget_layout(c);
    c->group.handed_in = job;
    kh_group_event(c, &event);
}

static int watch(kohort_consumer *c, const struct kh_assign_group *group)
{
    if (c->group.watching)
        return 0;
    int status = kh_subscription_watch(c, group->topics, group->topic_count);
    c->group.watching = status == 0;
    return status;
}

/* What is known once the members' subscriptions have been read. */
static void go_on(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    int status = watch(c, &g->job->group);
    if (status != 0) {
        finish(c, status);
        return;
    }
    if (!kh_subscription_known(c) && g->assign.due_ms != KH_NEVER)
        return;
    kh_client_set_timer(c->client, &g->assign, KH_NEVER);
    status = list_topics(c, g->job);
    if (status != 0)
        finish(c, status);
    else
        kh_assign_job_assign(g->job);
}

void kh_group_try_assign(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    if (!g->assigning)
        return;
    if (g->job == NULL)
        g->job = kh_assign_job_new(c);
    if (g->job == NULL)
        finish(c, KOHORT_ENOMEM);
    else if (!g->job->running && !g->job->assigning && g->job->status == 0)
        go_on(c);
    if (g->job != NULL && !g->job->running && (g->job->assigning || g->job->status != 0))
        finish(c, g->job->status);
}

/* ---- the assignor hears what came of it ---- */

void kh_group_tell_assignor(kohort_consumer *c, const struct kh_member_action *action)
{
    const struct kh_assignor *assignor = kh_member_assignor(c->group.member);
    const struct kh_partition_list *list = action->partitions;
    struct kh_arena arena;
    struct kh_consumer_topic *topics;
    size_t count;
    if (assignor == NULL || assignor->on_assignment == NULL)
        return;
    kh_arena_init(&arena, kh_consumer_heap(c), KH_LIMIT_ARENAS);
    if (kh_partition_list_topics(list, &arena, &topics, &count) == 0)
        assignor->on_assignment(assignor, &arena, topics, count, action->user_data,
                                kohort_consumer_generation(c));
    kh_arena_free(&arena);
}
