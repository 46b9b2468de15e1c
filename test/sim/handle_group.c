/* SyncGroup, Heartbeat, LeaveGroup at the coordinator. Function names in comments are
 * GroupMetadataManager's. */
#include "base/status.h"
#include "protocol/heartbeat.h"
#include "protocol/leave_group.h"
#include "protocol/sync_group.h"
#include "sim/group.h"
#include "sim/memory.h"

#include <stdlib.h>

static void answer_error(struct sim_call *call, int16_t error_code)
{
    sim_call_answer(call, sim_error_response(call, error_code));
}

static void keep_assignments(struct sim_group *g, const struct kh_sync_group_request *request)
{
    kh_list_each (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        free((void *)(uintptr_t)m->assignment.data);
        m->assignment = (struct kh_bytes){0};
        for (size_t i = request->assignment_count; i-- > 0;) /* of two, the last one counts */
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

    *ret_group = NULL;
    /* KIP-559; KafkaApis.handleSyncGroupRequest: areMandatoryProtocolTypeAndNamePresent */
    if (call->version >= 5 &&
        (request->protocol_type.data == NULL || request->protocol_name.data == NULL))
        return KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    int16_t error_code = sim_group_validate(call, request->group_id, request->member_id,
                                            request->group_instance_id, ret_group);
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

    response->error_code = sim_group_validate(call, request->group_id, request->member_id,
                                              request->group_instance_id, &g);
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

/* removeCurrentMemberFromClassicGroup: a JoinGroup that it had parked is answered
 * UNKNOWN_MEMBER_ID, a SyncGroup is forgotten. */
static void remove_member(struct sim_group_member *m)
{
    if (m->join != NULL)
        sim_group_answer_join(m, KH_KAFKA_UNKNOWN_MEMBER_ID);
    sim_trace(m->group->cluster->network->trace, SIM_TRACE_GROUP, "%s leaves group %s", m->id,
              m->group->id);
    sim_group_remove(m);
}

/* classicGroupLeaveToClassicGroup. KIP-345: whoever administers names an instance alone. */
static int16_t leave(struct sim_group *g, struct kh_string member_id, struct kh_string instance_id)
{
    struct sim_group_member *m;

    if (member_id.size == 0) {
        m = instance_id.data == NULL ? NULL : sim_group_static(g, instance_id);
        if (m == NULL)
            return KH_KAFKA_UNKNOWN_MEMBER_ID;
        remove_member(m);
        return 0;
    }
    m = sim_group_pending(g, member_id);
    if (m == NULL) {
        int16_t error_code = sim_group_validate_member(g, member_id, instance_id);
        if (error_code != 0)
            return error_code;
        m = sim_group_member(g, member_id);
    }
    remove_member(m);
    return 0;
}

/* `g` NULL: there is no such group, and nobody of it (GroupCoordinatorService.leaveGroup). */
static size_t leave_members(struct sim_call *call, struct sim_group *g,
                            struct kh_leave_group_response *response)
{
    const struct kh_leave_group_request *request = call->request;
    size_t left = 0;

    if (call->version < 3) {
        response->error_code = g == NULL ? KH_KAFKA_UNKNOWN_MEMBER_ID
                                         : leave(g, request->member_id, (struct kh_string){0});
        return response->error_code == 0;
    }
    response->member_count = request->member_count;
    response->members = sim_call_new(call, request->member_count, sizeof *response->members);
    for (size_t i = 0; i < request->member_count; i++) {
        const struct kh_leave_group_request_member *asked = &request->members[i];
        response->members[i] = (struct kh_leave_group_response_member){
            .member_id = asked->member_id,
            .group_instance_id = asked->group_instance_id,
            .error_code = g == NULL ? KH_KAFKA_UNKNOWN_MEMBER_ID
                                    : leave(g, asked->member_id, asked->group_instance_id)};
        left += response->members[i].error_code == 0;
    }
    return left;
}

void sim_handle_leave_group(struct sim_call *call)
{
    const struct kh_leave_group_request *request = call->request;
    struct kh_leave_group_response *response = sim_call_response(call);

    response->error_code = request->group_id.size == 0
                               ? KH_KAFKA_INVALID_GROUP_ID
                               : sim_coordinator_error(call, request->group_id);
    if (response->error_code == 0) {
        struct sim_group *g = sim_group_find(call->broker->cluster, request->group_id);
        if (leave_members(call, g, response) > 0 && g->state != SIM_GROUP_EMPTY)
            sim_group_rebalance(g, "a member has left");
    }
    sim_call_answer(call, response);
}
