/* Drives the member machine: sends what it asks for, feeds it the answers and the time, and passes
 * on what it decides. No action here steps the machine again; what follows from one waits for the
 * consumer's turn. */
#include "base/check.h"
#include "consumer/consumer.h"

enum { LEAVE_TIMEOUT_MS = 5000 };

static struct kh_lane *coordinator_lane(kohort_consumer *c)
{
    return kh_cluster_lane(c->client->cluster, kh_member_coordinator(c->group.member));
}

/* ---- answers ---- */

static void answered(struct kh_request *request, const struct kh_response *response)
{
    struct kh_group_request *asked = kh_container(request, struct kh_group_request, request);
    kohort_consumer *c = request->arg;
    kh_shared_now(kh_consumer_shared(c));
    /* The machine tries again without a limit; the application must learn why nothing happens. What
     * is fatal it hears from the machine. */
    if (response->status != 0 &&
        kh_verdict_of_status(response->status, response->error) != KH_VERDICT_FATAL)
        kh_event_error(c, NULL, response->error);
    kh_group_event(c, &(struct kh_member_event){.type = asked->answer,
                                                .status = response->status,
                                                .identity = asked->identity,
                                                .sent_ms = response->sent_ms,
                                                .message = response->message,
                                                .frame = response->frame,
                                                .error = response->error});
}

/* Its shared lane is for heartbeats and offsets: connected while JoinGroup is under way, it holds
 * up nothing. */
static void learn_coordinator(kohort_consumer *c,
                              const struct kh_find_coordinator_response_coordinator *found)
{
    kh_cluster_learn_node(c->client->cluster, found->node_id, found->host, found->port);
    struct kh_lane *lane = kh_cluster_lane(c->client->cluster, found->node_id);
    if (found->node_id >= 0 && lane != NULL)
        kh_lane_prepare(lane);
}

static void found(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    if (response->status == 0) {
        const struct kh_find_coordinator_response *message = response->message;
        kh_backoff_reset(&c->group.patience);
        if (message->coordinator_count > 0 && message->coordinators[0].error_code == 0)
            learn_coordinator(c, &message->coordinators[0]);
    }
    answered(request, response);
}

/* ---- requests ---- */

static void init_request(kohort_consumer *c, struct kh_group_request *ask, enum kh_api api,
                         const void *message, enum kh_member_event_type answer)
{
    if (!kh_check(ask->request.lane == NULL))
        kh_request_cancel(&ask->request);
    *ask = (struct kh_group_request){.request = {.api = api,
                                                 .message = message,
                                                 .version = -1,
                                                 .newest_version = -1,
                                                 .priority = KH_PRIORITY_NORMAL,
                                                 .timeout_ms = c->values.request_timeout_ms,
                                                 .done = answered,
                                                 .arg = c},
                                     .answer = answer,
                                     .identity = kh_member_identity(c->group.member)};
}

/* lane NULL: memory ran out; the machine hears of it in the turn, as of any request that failed. */
static void send_in_lane(struct kh_lane *lane, struct kh_group_request *ask)
{
    if (lane != NULL)
        kh_lane_send(lane, &ask->request);
    else
        ask->unsent = true;
}

static void send_find(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    struct kh_group_request *find = &g->question;
    init_request(c, find, KH_API_FIND_COORDINATOR, kh_member_find_request(g->member),
                 KH_MEMBER_EV_COORDINATOR);
    find->request.done = found;
    find->request.timeout_ms = kh_backoff_next(&g->patience, &kh_consumer_shared(c)->random);
    /* All that a member does waits for it; for metadata that came first with it only an assignor.
     */
    find->request.priority = KH_PRIORITY_COMMIT;
    send_in_lane(kh_cluster_lane(c->client->cluster, -1), find);
}

/* JoinGroup and SyncGroup park at the broker: in the shared lane they would hold up heartbeats
 * (decision 14). */
static struct kh_lane *join_lane(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    int32_t coordinator = kh_member_coordinator(g->member);
    if (g->join_lane != NULL && g->join_lane_node != coordinator) {
        kh_lane_close(g->join_lane);
        g->join_lane = NULL;
    }
    if (g->join_lane == NULL) {
        g->join_lane = kh_lane_open(c->client->cluster, coordinator, KH_LANE_JOIN);
        g->join_lane_node = coordinator;
    }
    return g->join_lane;
}

static void send_join(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    struct kh_group_request *join = &g->question;
    init_request(c, join, KH_API_JOIN_GROUP, kh_member_join_request(g->member),
                 KH_MEMBER_EV_JOINED);
    join->request.timeout_ms = kh_member_join_timeout_ms(g->member) + c->values.join_padding_ms;
    send_in_lane(join_lane(c), join);
}

static void send_sync(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    struct kh_group_request *sync = &g->question;
    init_request(c, sync, KH_API_SYNC_GROUP, kh_member_sync_request(g->member),
                 KH_MEMBER_EV_SYNCED);
    sync->request.timeout_ms = kh_member_join_timeout_ms(g->member) + c->values.join_padding_ms;
    send_in_lane(join_lane(c), sync);
    kh_fetch_prepare(c);
}

static void send_heartbeat(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    struct kh_group_request *heartbeat = &g->heartbeat;
    init_request(c, heartbeat, KH_API_HEARTBEAT, kh_member_heartbeat_request(g->member),
                 KH_MEMBER_EV_HEARTBEAT);
    heartbeat->request.priority = KH_PRIORITY_HEARTBEAT;
    /* A coordinator that is silent for longer is looked for elsewhere while the session still
     * lasts. */
    if (heartbeat->request.timeout_ms > c->values.session_timeout_ms / 2)
        heartbeat->request.timeout_ms = c->values.session_timeout_ms / 2;
    send_in_lane(coordinator_lane(c), heartbeat);
}

static void send_leave(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    struct kh_group_request *leave = &g->question;
    init_request(c, leave, KH_API_LEAVE_GROUP, kh_member_leave_request(g->member),
                 KH_MEMBER_EV_LEFT);
    if (leave->request.timeout_ms > LEAVE_TIMEOUT_MS)
        leave->request.timeout_ms = LEAVE_TIMEOUT_MS;
    send_in_lane(coordinator_lane(c), leave);
}

/* ---- the machine ---- */

static void cancel_requests(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    kh_request_cancel(&g->question.request);
    kh_request_cancel(&g->heartbeat.request);
    g->question.unsent = g->heartbeat.unsent = false;
    kh_group_end_assign(c);
}

static void perform(kohort_consumer *c, const struct kh_member_action *action)
{
    switch (action->type) {
    case KH_MEMBER_ACT_FIND:
        send_find(c);
        break;
    case KH_MEMBER_ACT_JOIN:
        send_join(c);
        break;
    case KH_MEMBER_ACT_ASSIGN:
        kh_group_begin_assign(c);
        break;
    case KH_MEMBER_ACT_WATCH:
        kh_group_begin_watch(c);
        break;
    case KH_MEMBER_ACT_SYNC:
        send_sync(c);
        break;
    case KH_MEMBER_ACT_HEARTBEAT:
        send_heartbeat(c);
        break;
    case KH_MEMBER_ACT_LEAVE:
        send_leave(c);
        break;
    case KH_MEMBER_ACT_CANCEL:
        cancel_requests(c);
        break;
    case KH_MEMBER_ACT_REVOKE:
        kh_revocation_begin(c, action->partitions);
        break;
    case KH_MEMBER_ACT_ADOPT:
        kh_group_tell_assignor(c, action);
        kh_ownership_adopt(c, action->partitions);
        break;
    case KH_MEMBER_ACT_DROP:
        kh_ownership_drop(c, action->partitions);
        break;
    case KH_MEMBER_ACT_LOST:
        kh_ownership_lost(c, action->partitions);
        break;
    case KH_MEMBER_ACT_STATE:
        kh_event_state(c, kh_member_state_name(action->state), action->text);
        break;
    case KH_MEMBER_ACT_FAILED:
        c->started = false;
        kh_commit_cancel(c, action->error);
        kh_event_failed(c, action->error);
        break;
    case KH_MEMBER_ACT_STOPPED:
        c->started = false;
        kh_close_finish(c);
        break;
    }
}

static void tell_unsent(kohort_consumer *c, struct kh_group_request *asked)
{
    if (!asked->unsent)
        return;
    asked->unsent = false;
    kh_group_event(c, &(struct kh_member_event){.type = asked->answer,
                                                .status = KOHORT_ENOMEM,
                                                .identity = asked->identity});
}

void kh_group_tell_unsent(kohort_consumer *c)
{
    tell_unsent(c, &c->group.question);
    tell_unsent(c, &c->group.heartbeat);
}

int kh_group_event(kohort_consumer *c, const struct kh_member_event *event)
{
    struct kh_member_actions actions;
    struct kh_member *member = c->group.member;
    int status = kh_member_step(member, kh_consumer_now(c), event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        perform(c, &actions.items[i]);
    if (kh_member_state(member) != KH_MEMBER_SYNCING)
        kh_group_forget_layout(c);
    kh_client_set_timer(c->client, &c->group.timer, kh_member_deadline(member));
    kh_client_ask_turn(c);
    return status;
}

void kh_group_simple_event(kohort_consumer *c, enum kh_member_event_type type)
{
    kh_group_event(c, &(struct kh_member_event){.type = type});
}

static void timer_due(struct kh_timer *timer, int64_t now_ms)
{
    (void)now_ms;
    kh_group_simple_event(timer->arg, KH_MEMBER_EV_TIME);
}

static void assign_due(struct kh_timer *timer, int64_t now_ms)
{
    (void)now_ms;
    kh_client_ask_turn(timer->arg); /* kh_group_try_assign goes on with what metadata there is. */
}

int kh_group_init(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    const struct kh_option_values *v = &c->values;
    struct kh_member_options options = {
        .group_id = kh_string_of(v->group_id),
        .group_instance_id = kh_consumer_instance_id(c),
        .session_timeout_ms = (int32_t)v->session_timeout_ms,
        .rebalance_timeout_ms = (int32_t)v->max_poll_interval_ms,
        .heartbeat_interval_ms = (int32_t)v->heartbeat_interval_ms,
        .join_heartbeat_interval_ms = (int32_t)v->join_heartbeat_interval_ms,
        .drain_timeout_ms = (int32_t)v->drain_timeout_ms,
        .retry_backoff_ms = v->retry_backoff_ms,
        .retry_backoff_max_ms = v->retry_backoff_max_ms,
        .assignors = c->assignors,
        .assignor_count = c->assignor_count,
        .rack = kh_string_of(*v->client_rack == '\0' ? NULL : v->client_rack),
    };
    kh_backoff_init(&g->patience, KH_LANE_ANY_PATIENCE_MS, v->request_timeout_ms);
    kh_timer_init(&g->timer, timer_due, c);
    kh_timer_init(&g->assign, assign_due, c);
    struct kh_shared *shared = kh_consumer_shared(c);
    return kh_member_new(&g->member, shared->heap, &shared->random, &shared->log, &options);
}

void kh_group_stop_requests(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    cancel_requests(c);
    kh_client_set_timer(c->client, &g->timer, KH_NEVER);
    kh_group_close_join_lane(c);
    kh_group_forget_layout(c);
}

void kh_group_close_join_lane(kohort_consumer *c)
{
    if (c->group.join_lane != NULL)
        kh_lane_close(c->group.join_lane);
    c->group.join_lane = NULL;
}

void kh_group_close_idle_lane(kohort_consumer *c)
{
    enum kh_member_state state = kh_member_state(c->group.member);
    if (state != KH_MEMBER_JOINING && state != KH_MEMBER_SYNCING)
        kh_group_close_join_lane(c);
}

void kh_group_free(kohort_consumer *c)
{
    if (c->group.member == NULL)
        return;
    kh_group_stop_requests(c);
    kh_member_free(c->group.member);
    c->group.member = NULL;
}
