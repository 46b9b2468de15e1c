/* The leader's turn: reads what the members sent, waits until metadata is known for their topics,
 * runs the assignor, hands the layout to the machine. What the other members' clients sent bounds
 * what it may cost. */
#include "consumer/consumer.h"

#include "base/limits.h"
#include "consumer/assign_job.h"
#include "consumer/assign_topics.h"

enum { ASSIGN_METADATA_WAIT_MS = 5000 };

static void begin(kohort_consumer *c, bool only_watches)
{
    kh_group_end_assign(c); /* a watch may still wait for its metadata */
    c->group.assigning = true;
    c->group.only_watches = only_watches;
    c->group.assigns_as = kh_member_identity(c->group.member);
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
    drop_job(&c->group.handed_in);
}

/* ---- step by step ---- */

/* Without memory nobody watches until the next rebalance; the layout is not ours to make. */
static void finish_watch(kohort_consumer *c)
{
    kh_group_end_assign(c);
    kh_watch_snapshot(c);
}

static void finish(kohort_consumer *c, int status)
{
    struct kh_assign_job *job = c->group.job;
    if (c->group.only_watches) {
        finish_watch(c);
        return;
    }
    struct kh_member_event event = {
        .type = KH_MEMBER_EV_ASSIGNED, .identity = c->group.assigns_as, .status = status};
    c->group.job = NULL;
    kh_group_end_assign(c);
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
    int status = kh_watch_begin(c, group->topics, group->topic_count);
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
    if (g->job->topics == NULL && !kh_watch_known(c) && g->assign.due_ms != KH_NEVER)
        return;
    kh_client_set_timer(c->client, &g->assign, KH_NEVER);
    if (g->only_watches) {
        finish_watch(c);
        return;
    }
    if (g->job->topics == NULL)
        kh_watch_snapshot(c); /* what changes from here on, the assignor does not see */
    status = kh_assign_topics_list(c, g->job);
    if (status < 0)
        finish(c, status);
    else if (status == KH_ASSIGN_TOPICS_LISTED)
        kh_assign_job_assign(g->job);
    else
        kh_client_ask_turn(c);
}

void kh_group_try_assign(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    if (g->handed_in != NULL && kh_assign_job_shrink(g->handed_in))
        kh_client_ask_turn(c);
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
