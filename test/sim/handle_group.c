/* JoinGroup, SyncGroup, Heartbeat, LeaveGroup at the coordinator. Function names in comments are
 * GroupMetadataManager's. */
#include "base/status.h"
#include "protocol/heartbeat.h"
#include "protocol/leave_group.h"
#include "protocol/sync_group.h"
#include "sim/group.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* GroupCoordinatorConfig.CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS */
enum { NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000, MEMBER_ID_SIZE = 320 };

static void answer_error(struct sim_call *call, int16_t error_code)
{
    sim_call_answer(call, sim_error_response(call, error_code));
}

static void park_join(struct sim_group_member *m, struct sim_call *call)
{
    const struct kh_join_group_request *request = call->request;

    sim_group_set_protocols(m, request);
    m->session_timeout_ms = request->session_timeout_ms;
    /* KIP-62: before v1 the session timeout serves for both. */
    m->rebalance_timeout_ms =
        call->version >= 1 ? request->rebalance_timeout_ms : request->session_timeout_ms;
    m->join = call;
}

/* addMemberThenRebalanceOrCompleteJoin. A new member sends no heartbeats while its JoinGroup is
 * parked: what is timed is the JoinGroup. */
static void add_member(struct sim_group *g, struct sim_call *call, const char *id)
{
    const struct kh_join_group_request *request = call->request;

    if (kh_list_empty(&g->members)) {
        free(g->protocol_type);
        g->protocol_type = sim_copy_string(request->protocol_type);
    }
    if (g->state == SIM_GROUP_PREPARING && g->previous == SIM_GROUP_EMPTY)
        g->new_member_added = true;
    struct sim_group_member *m = sim_group_add(g, id, false);
    m->is_new = true;
    park_join(m, call);
    sim_group_arm_session(m, NEW_MEMBER_JOIN_TIMEOUT_MS);
    sim_group_rebalance(g, "a new member");
}

/* classicGroupJoinNewDynamicMember; KIP-394: since v4 a member joins with an id it was given. */
static void join_new(struct sim_group *g, struct sim_call *call)
{
    const struct kh_join_group_request *request = call->request;
    char id[MEMBER_ID_SIZE];

    snprintf(id, sizeof id, "%.*s-%u", (int)call->header.client_id.size,
             call->header.client_id.data == NULL ? "" : call->header.client_id.data,
             (unsigned)++g->cluster->ids_given);
    if (call->version < 4) {
        add_member(g, call, id);
        return;
    }
    struct sim_group_member *m = sim_group_add(g, id, true);
    sim_group_arm_session(m, request->session_timeout_ms);
    struct kh_join_group_response *response = sim_error_response(call, KH_KAFKA_MEMBER_ID_REQUIRED);
    response->member_id = kh_arena_string(&call->arena, kh_string_of(id));
    sim_call_answer(call, response);
}

/* The same answer as before, for the generation that is (a lost answer, or a follower's rejoin that
 * changes nothing). */
static void join_again(struct sim_group_member *m, struct sim_call *call)
{
    m->join = call;
    sim_group_answer_join(m, 0);
}

/* classicGroupJoinExistingMember */
static void join_existing(struct sim_group_member *m, struct sim_call *call)
{
    struct sim_group *g = m->group;
    bool same = sim_group_same_protocols(m, call->request);

    /* A JoinGroup that is still parked is forgotten: its client gave up on it, and only the later
     * one is ever completed (ClassicGroupMember.setAwaitingJoinFuture). */
    m->join = NULL;
    if ((g->state == SIM_GROUP_COMPLETING && same) ||
        (g->state == SIM_GROUP_STABLE && same && g->leader != m)) {
        join_again(m, call);
        return;
    }
    park_join(m, call);
    sim_group_rebalance(g, g->leader == m ? "the leader joins again" : "a member joins again");
}

static int16_t judge_join(const struct sim_call *call)
{
    const struct kh_join_group_request *request = call->request;
    const struct sim_cluster_options *o = &call->broker->cluster->options;

    if (request->group_id.size == 0)
        return KH_KAFKA_INVALID_GROUP_ID;
    int16_t error_code = sim_coordinator_error(call, request->group_id);
    if (error_code != 0)
        return error_code;
    if (request->session_timeout_ms < o->session_timeout_min_ms ||
        request->session_timeout_ms > o->session_timeout_max_ms)
        return KH_KAFKA_INVALID_SESSION_TIMEOUT;
    return 0;
}

void sim_handle_join_group(struct sim_call *call)
{
    const struct kh_join_group_request *request = call->request;
    struct sim_cluster *c = call->broker->cluster;
    int16_t error_code = judge_join(call);

    if (error_code != 0) {
        answer_error(call, error_code);
        return;
    }
    struct sim_group *g = sim_group_find(c, request->group_id);
    if (g == NULL && request->member_id.size == 0)
        g = sim_group_create(c, request->group_id);
    struct sim_group_member *m = g == NULL ? NULL : sim_group_member(g, request->member_id);
    struct sim_group_member *pending = g == NULL ? NULL : sim_group_pending(g, request->member_id);
    if (g == NULL || (request->member_id.size > 0 && m == NULL && pending == NULL)) {
        answer_error(call, KH_KAFKA_UNKNOWN_MEMBER_ID);
    } else if (!sim_group_supports(g, request, m)) {
        answer_error(call, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL);
    } else if (request->member_id.size == 0) {
        join_new(g, call);
    } else if (m != NULL) {
        join_existing(m, call);
    } else {
        char id[MEMBER_ID_SIZE];
        snprintf(id, sizeof id, "%s", pending->id);
        sim_group_remove(pending);
        add_member(g, call, id);
    }
}

static void keep_assignments(struct sim_group *g, const struct kh_sync_group_request *request)
{
    kh_list_each (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        free((void *)(uintptr_t)m->assignment.data);
        m->assignment = (struct kh_bytes){0};
        for (size_t i = 0; i < request->assignment_count; i++)
            if (m->assignment.data == NULL &&
                kh_string_equal(request->assignments[i].member_id, kh_string_of(m->id)))
                m->assignment = sim_copy_bytes(request->assignments[i].assignment);
    }
}

/* isProtocolInconsistent: null is not compared */
static bool differs(struct kh_string asked, const char *ours)
{
    return asked.data != NULL && !kh_string_equal(asked, kh_string_of(ours));
}

static int16_t judge_sync(const struct sim_call *call, const struct sim_group **ret_group)
{
    const struct kh_sync_group_request *request = call->request;
    int16_t error_code = sim_group_validate(call, request->group_id, request->member_id, ret_group);
    const struct sim_group *g = *ret_group;

    if (error_code != 0)
        return error_code;
    if (request->generation_id != g->generation)
        return KH_KAFKA_ILLEGAL_GENERATION;
    if (call->version >= 5 && (differs(request->protocol_type, g->protocol_type) ||
                               differs(request->protocol_name, g->protocol)))
        return KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    return g->state == SIM_GROUP_PREPARING ? KH_KAFKA_REBALANCE_IN_PROGRESS : 0;
}

/* classicGroupSyncToClassicGroup */
void sim_handle_sync_group(struct sim_call *call)
{
    const struct kh_sync_group_request *request = call->request;
    const struct sim_group *found;
    int16_t error_code = judge_sync(call, &found);

    if (error_code != 0) {
        answer_error(call, error_code);
        return;
    }
    struct sim_group_member *m = sim_group_member(found, request->member_id);
    struct sim_group *g = m->group;
    m->sync = call; /* one that is still parked is forgotten, as with joins */
    sim_group_got_sync(m);
    if (g->state == SIM_GROUP_STABLE) {
        sim_group_propagate(g, 0);
    } else if (g->leader == m) {
        keep_assignments(g, request);
        sim_group_set_state(g, SIM_GROUP_STABLE, "the leader has assigned");
        sim_group_write(g);
        sim_group_propagate(g, 0);
    }
}

/* classicGroupHeartbeatToClassicGroup. While the group is loaded, a heartbeat is fine
 * (GroupCoordinatorService.heartbeat). */
void sim_handle_heartbeat(struct sim_call *call)
{
    const struct kh_heartbeat_request *request = call->request;
    struct kh_heartbeat_response *response = sim_call_response(call);
    const struct sim_group *g;

    response->error_code = sim_group_validate(call, request->group_id, request->member_id, &g);
    if (response->error_code == 0 && request->generation_id != g->generation)
        response->error_code = KH_KAFKA_ILLEGAL_GENERATION;
    if (response->error_code == 0) {
        sim_group_renew_session(sim_group_member(g, request->member_id));
        if (g->state == SIM_GROUP_PREPARING)
            response->error_code = KH_KAFKA_REBALANCE_IN_PROGRESS;
    } else if (response->error_code == KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS) {
        response->error_code = 0;
    }
    sim_call_answer(call, response);
}

/* Who leaves waits for nothing: what it had parked is answered UNKNOWN_MEMBER_ID
 * (removeCurrentMemberFromClassicGroup). */
static int16_t leave(struct sim_group *g, struct kh_string member_id)
{
    struct sim_group_member *m = sim_group_pending(g, member_id);

    if (m == NULL)
        m = sim_group_member(g, member_id);
    if (m == NULL)
        return KH_KAFKA_UNKNOWN_MEMBER_ID;
    if (m->join != NULL)
        sim_group_answer_join(m, KH_KAFKA_UNKNOWN_MEMBER_ID);
    sim_trace(g->cluster->network->trace, SIM_TRACE_GROUP, "%s leaves group %s", m->id, g->id);
    sim_group_remove(m);
    return 0;
}

static void leave_members(struct sim_call *call, struct sim_group *g,
                          struct kh_leave_group_response *response)
{
    const struct kh_leave_group_request *request = call->request;
    size_t left = 0;

    if (call->version < 3) {
        response->error_code = leave(g, request->member_id);
        left += response->error_code == 0;
    } else {
        response->member_count = request->member_count;
        response->members = sim_call_new(call, request->member_count, sizeof *response->members);
        for (size_t i = 0; i < request->member_count; i++) {
            response->members[i].member_id = request->members[i].member_id;
            response->members[i].error_code = leave(g, request->members[i].member_id);
            left += response->members[i].error_code == 0;
        }
    }
    if (left > 0 && g->state != SIM_GROUP_EMPTY)
        sim_group_rebalance(g, "a member has left");
}

void sim_handle_leave_group(struct sim_call *call)
{
    const struct kh_leave_group_request *request = call->request;
    struct sim_cluster *c = call->broker->cluster;
    struct kh_leave_group_response *response = sim_call_response(call);

    response->error_code = sim_coordinator_error(call, request->group_id);
    if (response->error_code == 0) {
        struct sim_group *g = sim_group_find(c, request->group_id);
        if (g == NULL)
            response->error_code = KH_KAFKA_UNKNOWN_MEMBER_ID;
        else
            leave_members(call, g, response);
    }
    sim_call_answer(call, response);
}
