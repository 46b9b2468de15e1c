/* JoinGroup at the coordinator. Function names in comments are GroupMetadataManager's. */
#include "base/status.h"
#include "sim/group.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* GroupCoordinatorConfig.CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS */
enum { NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000, MEMBER_ID_SIZE = 320 };

/* The protocol's name is null where it may be (JoinGroupResponse). */
static void refuse(struct sim_call *call, int16_t error_code, struct kh_string member_id)
{
    struct kh_join_group_response *response = sim_error_response(call, error_code);

    response->member_id = kh_arena_string(&call->arena, member_id);
    if (call->version >= 7)
        response->protocol_name = (struct kh_string){0};
    sim_call_answer(call, response);
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
    m->instance_id = request->group_instance_id.data == NULL
                         ? NULL
                         : sim_copy_string(request->group_instance_id);
    m->is_new = true;
    park_join(m, call);
    sim_group_arm_session(m, NEW_MEMBER_JOIN_TIMEOUT_MS);
    sim_group_rebalance(g, "a new member");
}

/* The generation that is, without another one: after a lost answer, or when nothing has changed. */
static void join_again(struct sim_group_member *m, struct sim_call *call)
{
    m->join = call;
    sim_group_answer_join(m, 0);
}

/* ClassicGroup.replaceStaticMember: what it had parked under its old id is fenced. */
static void replace_member(struct sim_group_member *m, const char *id)
{
    if (m->join != NULL)
        sim_group_answer_join(m, KH_KAFKA_FENCED_INSTANCE_ID);
    sim_group_refuse_sync(m, KH_KAFKA_FENCED_INSTANCE_ID);
    free(m->id);
    m->id = sim_copy_text(id);
}

/* A static member is back in a stable group that would choose as before: nothing is assigned anew.
 * KIP-814: who leads is told so since v9; before, it is told the leader that was, so that it takes
 * itself for a follower. */
static void join_unchanged(struct sim_group_member *m, struct sim_call *call, bool was_leader,
                           const char *old_id)
{
    struct sim_group *g = m->group;
    struct kh_join_group_response *response = sim_call_response(call);

    sim_group_write(g);
    m->join = NULL;
    response->generation_id = g->generation;
    response->protocol_type = kh_arena_string(&call->arena, kh_string_of(g->protocol_type));
    response->protocol_name = kh_arena_string(&call->arena, kh_string_of(g->protocol));
    response->member_id = kh_arena_string(&call->arena, kh_string_of(m->id));
    response->leader = kh_arena_string(
        &call->arena, kh_string_of(was_leader && call->version < 9 ? old_id : g->leader->id));
    if (call->version >= 9 && was_leader) {
        sim_group_list_members(g, call, response);
        response->skip_assignment = true;
    }
    sim_call_answer(call, response);
}

/* updateStaticMemberThenRebalanceOrCompleteJoin (KIP-345) */
static void join_in_place(struct sim_group_member *m, struct sim_call *call, const char *id)
{
    struct sim_group *g = m->group;
    char old_id[MEMBER_ID_SIZE];

    snprintf(old_id, sizeof old_id, "%s", m->id);
    replace_member(m, id);
    sim_group_renew_session(m);
    park_join(m, call);
    if (g->state == SIM_GROUP_STABLE) {
        char *protocol = sim_group_select_protocol(g);
        bool is_same = strcmp(protocol, g->protocol) == 0;
        free(protocol);
        if (is_same) {
            join_unchanged(m, call, g->leader == m, old_id);
            return;
        }
    }
    sim_group_rebalance(g, "a static member is back");
}

/* classicGroupJoinNewMember; KIP-394: since v4 a dynamic member joins with an id it was given. */
static void join_new(struct sim_group *g, struct sim_call *call)
{
    const struct kh_join_group_request *request = call->request;
    bool is_static = request->group_instance_id.data != NULL;
    /* ClassicGroup.generateMemberId */
    struct kh_string name = is_static ? request->group_instance_id : call->header.client_id;
    struct sim_group_member *m = is_static ? sim_group_static(g, name) : NULL;
    char id[MEMBER_ID_SIZE];

    snprintf(id, sizeof id, "%.*s-%u", (int)name.size, name.data == NULL ? "" : name.data,
             (unsigned)++g->cluster->ids_given);
    if (m != NULL) {
        join_in_place(m, call, id);
        return;
    }
    if (is_static || call->version < 4) {
        add_member(g, call, id);
        return;
    }
    m = sim_group_add(g, id, true);
    sim_group_arm_session(m, request->session_timeout_ms);
    refuse(call, KH_KAFKA_MEMBER_ID_REQUIRED, kh_string_of(id));
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

/* A pending member cannot be static, says classicGroupJoinExistingMember, and throws. */
static void join_pending(struct sim_group_member *pending, struct sim_call *call)
{
    const struct kh_join_group_request *request = call->request;
    struct sim_group *g = pending->group;
    char id[MEMBER_ID_SIZE];

    if (request->group_instance_id.data != NULL) {
        refuse(call, KH_KAFKA_UNKNOWN_SERVER_ERROR, KH_STRING(""));
        return;
    }
    snprintf(id, sizeof id, "%s", pending->id);
    sim_group_remove(pending);
    add_member(g, call, id);
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

/* classicGroupJoinToClassicGroup */
void sim_handle_join_group(struct sim_call *call)
{
    const struct kh_join_group_request *request = call->request;
    struct sim_cluster *c = call->broker->cluster;
    int16_t error_code = judge_join(call);

    if (error_code != 0) {
        refuse(call, error_code, request->member_id);
        return;
    }
    struct sim_group *g = sim_group_find(c, request->group_id);
    if (g == NULL && request->member_id.size == 0)
        g = sim_group_create(c, request->group_id);
    if (g == NULL) {
        refuse(call, KH_KAFKA_UNKNOWN_MEMBER_ID, request->member_id);
        return;
    }
    struct sim_group_member *pending = sim_group_pending(g, request->member_id);
    if (!sim_group_supports(g, request)) {
        refuse(call, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, request->member_id);
    } else if (request->member_id.size == 0) {
        join_new(g, call);
    } else if (pending != NULL) {
        join_pending(pending, call);
    } else {
        error_code = sim_group_validate_member(g, request->member_id, request->group_instance_id);
        if (error_code != 0)
            refuse(call, error_code, request->member_id);
        else
            join_existing(sim_group_member(g, request->member_id), call);
    }
}
