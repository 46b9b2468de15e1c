/* From one generation to the next. Function names in comments are GroupMetadataManager's. */
#include "base/status.h"
#include "protocol/sync_group.h"
#include "sim/group.h"
#include "sim/memory.h"

#include <stdlib.h>

void sim_group_set_state(struct sim_group *g, enum sim_group_state state, const char *why)
{
    g->previous = g->state;
    g->state = state;
    sim_trace(g->cluster->network->trace, SIM_TRACE_GROUP, "group %s is %s, generation %d: %s",
              g->id, sim_group_state_name(state), (int)g->generation, why);
}

static bool all_joined(const struct sim_group *g)
{
    kh_list_each (node, &g->members)
        if (kh_container(node, struct sim_group_member, node)->join == NULL)
            return false;
    return kh_list_empty(&g->pending);
}

void sim_group_list_members(const struct sim_group *g, struct sim_call *call,
                            struct kh_join_group_response *response)
{
    response->members = sim_call_new(call, sim_group_size(g), sizeof *response->members);
    kh_list_each (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        struct kh_join_group_response_member *out = &response->members[response->member_count++];
        out->member_id = kh_arena_string(&call->arena, kh_string_of(m->id));
        if (call->version >= 5)
            out->group_instance_id = kh_arena_string(&call->arena, kh_string_of(m->instance_id));
        for (size_t i = 0; i < m->protocol_count; i++) {
            if (!kh_string_equal(m->protocols[i].name, kh_string_of(g->protocol)))
                continue;
            uint8_t *copy = sim_call_new(call, (size_t)m->protocols[i].metadata.size, 1);
            memcpy(copy, m->protocols[i].metadata.data, (size_t)m->protocols[i].metadata.size);
            out->metadata = (struct kh_bytes){copy, m->protocols[i].metadata.size};
        }
    }
}

void sim_group_answer_join(struct sim_group_member *m, int16_t error_code)
{
    struct sim_group *g = m->group;
    struct sim_call *call = m->join;
    struct kh_join_group_response *response = sim_call_response(call);

    m->join = NULL;
    response->error_code = error_code;
    response->member_id = kh_arena_string(&call->arena, kh_string_of(m->id));
    if (error_code == 0) {
        response->generation_id = g->generation;
        response->protocol_type = kh_arena_string(&call->arena, kh_string_of(g->protocol_type));
        response->protocol_name = kh_arena_string(&call->arena, kh_string_of(g->protocol));
        response->leader = kh_arena_string(&call->arena, kh_string_of(g->leader->id));
        if (g->leader == m)
            sim_group_list_members(g, call, response);
    } else {
        response->generation_id = -1;
        if (call->version >= 7)
            response->protocol_name = (struct kh_string){0};
        if (error_code == KH_KAFKA_UNKNOWN_MEMBER_ID)
            response->member_id = KH_STRING("");
    }
    sim_call_answer(call, response);
}

void sim_group_refuse_sync(struct sim_group_member *m, int16_t error_code)
{
    struct sim_call *call = m->sync;

    m->sync = NULL;
    if (call != NULL)
        sim_call_answer(call, sim_error_response(call, error_code));
}

static bool all_speak(const struct sim_group *g,
                      const struct kh_join_group_request_protocol *protocol)
{
    const struct kh_join_group_request probe = {.protocol_type = kh_string_of(g->protocol_type),
                                                .protocols = protocol,
                                                .protocol_count = 1};
    return sim_group_supports(g, &probe);
}

/* ClassicGroupMember.vote: the first it prefers of those that all have. */
static struct kh_string vote_of(const struct sim_group_member *m)
{
    for (size_t i = 0; i < m->protocol_count; i++)
        if (all_speak(m->group, &m->protocols[i]))
            return m->protocols[i].name;
    return (struct kh_string){0};
}

/* Where a java.util.HashMap of up to 12 texts has one. */
static uint32_t hash_place(struct kh_string text)
{
    uint32_t hash = 0;

    for (int32_t i = 0; i < text.size; i++)
        hash = hash * 31 + (uint8_t)text.data[i];
    return (hash ^ hash >> 16) % 16;
}

/* ClassicGroup.selectProtocol: the most votes win; of ties, what comes first in its HashMap. */
char *sim_group_select_protocol(const struct sim_group *g)
{
    size_t most = 0;
    struct kh_string best = {0};

    kh_list_each (node, &g->members) {
        struct kh_string name = vote_of(kh_container(node, struct sim_group_member, node));
        size_t votes = 0;
        kh_list_each (other, &g->members)
            votes +=
                kh_string_equal(vote_of(kh_container(other, struct sim_group_member, node)), name);
        if (votes > most || (votes == most && hash_place(name) < hash_place(best))) {
            most = votes;
            best = name;
        }
    }
    return sim_copy_string(best);
}

/* maybeElectNewJoinedLeader; false: nobody joined. */
static bool elect_leader(struct sim_group *g)
{
    if (g->leader != NULL && g->leader->join != NULL)
        return true;
    kh_list_each (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        if (m->join != NULL) {
            g->leader = m;
            return true;
        }
    }
    return false;
}

static void begin_generation(struct sim_group *g)
{
    struct sim_schedule *schedule = g->cluster->network->schedule;

    free(g->protocol);
    g->protocol = sim_group_select_protocol(g);
    sim_group_set_state(g, SIM_GROUP_COMPLETING, "all have joined");
    kh_list_each (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        m->owes_sync = true;
        m->is_new = false;
        sim_group_renew_session(m);
        if (m->join != NULL) /* a static member may be away */
            sim_group_answer_join(m, 0);
    }
    /* schedulePendingSync */
    sim_after(schedule, &g->sync_timer, sim_group_rebalance_timeout_ms(g) * SIM_MS);
}

/* completeClassicGroupJoin: who has not joined by now is out, unless it is static. Where nobody
 * has, the group waits for the sessions of static members. */
static void complete_join(struct sim_group *g)
{
    struct sim_schedule *schedule = g->cluster->network->schedule;

    sim_cancel(schedule, &g->join_timer);
    kh_list_each_safe (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        if (m->join == NULL && m->instance_id == NULL) {
            sim_trace(g->cluster->network->trace, SIM_TRACE_GROUP,
                      "group %s drops %s: it has not joined in time", g->id, m->id);
            sim_group_remove(m);
        }
    }
    bool is_led = elect_leader(g);
    if (!is_led && !kh_list_empty(&g->members)) {
        sim_after(schedule, &g->join_timer, sim_group_rebalance_timeout_ms(g) * SIM_MS);
        return;
    }
    g->generation++;
    if (is_led) {
        begin_generation(g);
        return;
    }
    free(g->protocol);
    g->protocol = NULL;
    sim_group_set_state(g, SIM_GROUP_EMPTY, "nobody is left");
    sim_group_write(g);
}

/* maybeCompleteJoinPhase: the first rebalance of a group waits for its delay. */
static void maybe_complete(struct sim_group *g)
{
    if (g->state == SIM_GROUP_PREPARING && g->previous != SIM_GROUP_EMPTY && all_joined(g))
        complete_join(g);
}

/* prepareRebalance */
static void prepare(struct sim_group *g, const char *why)
{
    struct sim_schedule *schedule = g->cluster->network->schedule;
    bool initial = g->state == SIM_GROUP_EMPTY;

    if (g->state == SIM_GROUP_COMPLETING)
        sim_group_propagate(g, KH_KAFKA_REBALANCE_IN_PROGRESS);
    sim_cancel(schedule, &g->sync_timer);
    kh_list_each (node, &g->members)
        kh_container(node, struct sim_group_member, node)->owes_sync = false;
    sim_group_set_state(g, SIM_GROUP_PREPARING, why);
    if (initial) {
        g->initial_delay_ms = g->cluster->options.initial_rebalance_delay_ms;
        g->initial_left_ms = sim_group_rebalance_timeout_ms(g) - g->initial_delay_ms;
        if (g->initial_left_ms < 0)
            g->initial_left_ms = 0;
        sim_after(schedule, &g->join_timer, g->initial_delay_ms * SIM_MS);
    } else if (all_joined(g)) {
        complete_join(g);
    } else {
        sim_after(schedule, &g->join_timer, sim_group_rebalance_timeout_ms(g) * SIM_MS);
    }
}

/* tryCompleteInitialRebalanceElseSchedule: a new member extends the delay, up to the rebalance
 * timeout. */
void sim_group_on_join_timer(struct sim_event *event)
{
    struct sim_group *g = kh_container(event, struct sim_group, join_timer);
    int64_t delay_ms = g->cluster->options.initial_rebalance_delay_ms;

    if (g->previous != SIM_GROUP_EMPTY || !g->new_member_added || g->initial_left_ms == 0) {
        complete_join(g);
        return;
    }
    g->new_member_added = false;
    int64_t next_ms = delay_ms < g->initial_left_ms ? delay_ms : g->initial_left_ms;
    g->initial_left_ms -= g->initial_delay_ms;
    if (g->initial_left_ms < 0)
        g->initial_left_ms = 0;
    g->initial_delay_ms = next_ms;
    sim_after(g->cluster->network->schedule, &g->join_timer, next_ms * SIM_MS);
}

/* maybePrepareRebalanceOrCompleteJoin */
void sim_group_rebalance(struct sim_group *g, const char *why)
{
    if (g->state == SIM_GROUP_PREPARING)
        maybe_complete(g);
    else
        prepare(g, why);
}

/* removeMemberAndUpdateClassicGroup, removePendingMemberAndUpdateClassicGroup */
void sim_group_member_gone(struct sim_group_member *m, const char *why)
{
    struct sim_group *g = m->group;
    bool was_pending = m->is_pending;

    sim_trace(g->cluster->network->trace, SIM_TRACE_GROUP, "group %s drops %s: %s", g->id, m->id,
              why);
    if (m->join != NULL)
        sim_group_answer_join(m, KH_KAFKA_UNKNOWN_MEMBER_ID);
    sim_group_remove(m);
    if (!was_pending && (g->state == SIM_GROUP_STABLE || g->state == SIM_GROUP_COMPLETING))
        prepare(g, why);
    else if (g->state == SIM_GROUP_PREPARING && all_joined(g))
        complete_join(g);
}

/* propagateAssignment; an error takes back what was assigned. */
void sim_group_propagate(struct sim_group *g, int16_t error_code)
{
    kh_list_each (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        struct sim_call *call = m->sync;
        if (error_code != 0) {
            free((void *)(uintptr_t)m->assignment.data);
            m->assignment = (struct kh_bytes){0};
        }
        if (call == NULL)
            continue;
        struct kh_sync_group_response *response = sim_call_response(call);
        m->sync = NULL;
        response->error_code = error_code;
        if (error_code == 0) {
            response->protocol_type = kh_arena_string(&call->arena, kh_string_of(g->protocol_type));
            response->protocol_name = kh_arena_string(&call->arena, kh_string_of(g->protocol));
            uint8_t *copy = sim_call_new(call, (size_t)m->assignment.size, 1);
            if (m->assignment.size > 0)
                memcpy(copy, m->assignment.data, (size_t)m->assignment.size);
            response->assignment = (struct kh_bytes){copy, m->assignment.size};
        }
        sim_group_renew_session(m);
        sim_call_answer(call, response);
    }
}

/* removePendingSyncMember */
void sim_group_got_sync(struct sim_group_member *m)
{
    struct sim_group *g = m->group;

    m->owes_sync = false;
    kh_list_each (node, &g->members)
        if (kh_container(node, struct sim_group_member, node)->owes_sync)
            return;
    sim_cancel(g->cluster->network->schedule, &g->sync_timer);
}

/* expirePendingSync */
void sim_group_on_sync_timer(struct sim_event *event)
{
    struct sim_group *g = kh_container(event, struct sim_group, sync_timer);

    kh_list_each_safe (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        if (m->owes_sync) {
            sim_trace(g->cluster->network->trace, SIM_TRACE_GROUP,
                      "group %s drops %s: it has not synced in time", g->id, m->id);
            sim_group_remove(m);
        }
    }
    prepare(g, "members have not synced in time");
}
