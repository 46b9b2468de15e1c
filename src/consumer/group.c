/* Drives the member machine: sends what it asks for, feeds it the answers and the time, and passes
 * on what it decides. No action here steps the machine again; what follows from one waits for the
 * consumer's turn. */
#include "consumer/consumer.h"

enum { LEAVE_TIMEOUT_MS = 5000 };

static struct kh_lane *coordinator_lane(kohort_consumer *c)
{
    return kh_cluster_lane(c->client->cluster, kh_member_coordinator(c->group.member));
}

/* ---- answers ---- */

static void answer(kohort_consumer *c, enum kh_member_event_type type,
                   const struct kh_response *response)
{
    kh_shared_now(kh_consumer_shared(c));
    /* The machine tries again without a limit; the application must learn why nothing happens. What
     * is fatal it hears from the machine. */
    if (response->status != 0 &&
        kh_verdict_of_status(response->status, response->error) != KH_VERDICT_FATAL)
        kh_event_error(c, NULL, response->error);
    kh_group_event(c, &(struct kh_member_event){.type = type,
                                                .status = response->status,
                                                .identity = c->group.identities[type],
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

static void find_done(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    if (response->status == 0) {
        const struct kh_find_coordinator_response *found = response->message;
        kh_backoff_reset(&c->group.patience);
        if (found->coordinator_count > 0 && found->coordinators[0].error_code == 0)
            learn_coordinator(c, &found->coordinators[0]);
    }
    answer(c, KH_MEMBER_EV_COORDINATOR, response);
}

static void join_done(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    answer(c, KH_MEMBER_EV_JOINED, response);
}

static void sync_done(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    answer(c, KH_MEMBER_EV_SYNCED, response);
}

static void heartbeat_done(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    answer(c, KH_MEMBER_EV_HEARTBEAT, response);
}

static void leave_done(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    answer(c, KH_MEMBER_EV_LEFT, response);
}

/* ---- requests ---- */

static void init_request(kohort_consumer *c, struct kh_request *request, enum kh_api api,
                         void (*done)(struct kh_request *, const struct kh_response *))
{
    *request = (struct kh_request){.api = api,
                                   .version = -1,
                                   .newest_version = -1,
                                   .priority = KH_PRIORITY_NORMAL,
                                   .timeout_ms = c->values.request_timeout_ms,
                                   .done = done,
                                   .arg = c};
    kh_list_init(&request->node);
}

/* lane NULL: memory ran out; the machine hears of it in the turn, as of any request that failed. */
static void send_in_lane(kohort_consumer *c, struct kh_lane *lane, struct kh_request *request,
                         const void *message, enum kh_member_event_type answer_type)
{
    c->group.identities[answer_type] = kh_member_identity(c->group.member);
    request->message = message;
    if (lane != NULL)
        kh_lane_send(lane, request);
    else
        c->group.unsent |= 1u << answer_type;
}

static void send_find(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    init_request(c, &g->find, KH_API_FIND_COORDINATOR, find_done);
    g->find.timeout_ms = kh_backoff_next(&g->patience, &kh_consumer_shared(c)->random);
    /* All that a member does waits for it; for metadata that came first with it only an assignor.
     */
    g->find.priority = KH_PRIORITY_COMMIT;
    send_in_lane(c, kh_cluster_lane(c->client->cluster, -1), &g->find,
                 kh_member_find_request(g->member), KH_MEMBER_EV_COORDINATOR);
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
    init_request(c, &g->join, KH_API_JOIN_GROUP, join_done);
    g->join.timeout_ms = kh_member_join_timeout_ms(g->member) + c->values.join_padding_ms;
    send_in_lane(c, join_lane(c), &g->join, kh_member_join_request(g->member), KH_MEMBER_EV_JOINED);
}

static void send_sync(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    init_request(c, &g->sync, KH_API_SYNC_GROUP, sync_done);
    g->sync.timeout_ms = kh_member_join_timeout_ms(g->member) + c->values.join_padding_ms;
    send_in_lane(c, join_lane(c), &g->sync, kh_member_sync_request(g->member), KH_MEMBER_EV_SYNCED);
    kh_fetch_prepare(c);
}

static void send_heartbeat(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    init_request(c, &g->heartbeat, KH_API_HEARTBEAT, heartbeat_done);
    g->heartbeat.priority = KH_PRIORITY_HEARTBEAT;
    /* A coordinator that is silent for longer is looked for elsewhere while the session still
     * lasts. */
    if (g->heartbeat.timeout_ms > c->values.session_timeout_ms / 2)
        g->heartbeat.timeout_ms = c->values.session_timeout_ms / 2;
    send_in_lane(c, coordinator_lane(c), &g->heartbeat, kh_member_heartbeat_request(g->member),
                 KH_MEMBER_EV_HEARTBEAT);
}

static void send_leave(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    init_request(c, &g->leave, KH_API_LEAVE_GROUP, leave_done);
    if (g->leave.timeout_ms > LEAVE_TIMEOUT_MS)
        g->leave.timeout_ms = LEAVE_TIMEOUT_MS;
    send_in_lane(c, coordinator_lane(c), &g->leave, kh_member_leave_request(g->member),
                 KH_MEMBER_EV_LEFT);
}

/* ---- the machine ---- */

static void cancel_requests(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    kh_request_cancel(&g->find);
    kh_request_cancel(&g->join);
    kh_request_cancel(&g->sync);
    kh_request_cancel(&g->heartbeat);
    kh_request_cancel(&g->leave);
    g->unsent = 0;
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

void kh_group_tell_unsent(kohort_consumer *c)
{
    struct kh_group *g = &c->group;
    for (int type = 0; g->unsent != 0; type++) {
        if (!(g->unsent & 1u << type))
            continue;
        g->unsent &= ~(1u << type);
        kh_group_event(c, &(struct kh_member_event){.type = (enum kh_member_event_type)type,
                                                    .status = KOHORT_ENOMEM,
                                                    .identity = g->identities[type]});
    }
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
    init_request(c, &g->find, KH_API_FIND_COORDINATOR, find_done);
    init_request(c, &g->join, KH_API_JOIN_GROUP, join_done);
    init_request(c, &g->sync, KH_API_SYNC_GROUP, sync_done);
    init_request(c, &g->heartbeat, KH_API_HEARTBEAT, heartbeat_done);
    init_request(c, &g->leave, KH_API_LEAVE_GROUP, leave_done);
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
