/* A group's coordinator moves: the old one turns everybody away, the new one reads what is written
 * and takes requests after that (GroupCoordinatorService.onElection, onResignation). */
#include "base/status.h"
#include "sim/group.h"
#include "sim/memory.h"

#include <stdlib.h>

void sim_group_free_record(struct sim_group_record *r)
{
    for (size_t i = 0; i < r->member_count; i++) {
        struct sim_group_member *m = &r->members[i];
        for (size_t k = 0; k < m->protocol_count; k++) {
            free((void *)(uintptr_t)m->protocols[k].name.data);
            free((void *)(uintptr_t)m->protocols[k].metadata.data);
        }
        free(m->protocols);
        free((void *)(uintptr_t)m->assignment.data);
        free(m->instance_id);
        free(m->id);
    }
    free(r->members);
    free(r->leader);
    free(r->protocol_type);
    free(r->protocol);
    *r = (struct sim_group_record){0};
}

/* Of what a member offers only what the group has chosen is written. */
static void copy_member(struct sim_group_member *to, const struct sim_group_member *from,
                        const char *protocol)
{
    to->instance_id = from->instance_id == NULL ? NULL : sim_copy_text(from->instance_id);
    to->rebalance_timeout_ms = from->rebalance_timeout_ms;
    to->session_timeout_ms = from->session_timeout_ms;
    to->assignment = sim_copy_bytes(from->assignment);
    to->protocols = sim_new(1, sizeof *to->protocols);
    for (size_t i = 0; i < from->protocol_count && to->protocol_count == 0; i++)
        if (kh_string_equal(from->protocols[i].name, kh_string_of(protocol)))
            to->protocols[to->protocol_count++] = (struct kh_join_group_request_protocol){
                .name = kh_string_of(sim_copy_string(from->protocols[i].name)),
                .metadata = sim_copy_bytes(from->protocols[i].metadata)};
}

void sim_group_write(struct sim_group *g)
{
    struct sim_group_record *r = &g->record;

    sim_group_free_record(r);
    r->generation = g->generation;
    r->protocol_type = sim_copy_text(g->protocol_type);
    r->protocol = sim_copy_text(g->protocol);
    r->leader = g->leader == NULL ? NULL : sim_copy_text(g->leader->id);
    r->members = sim_new(sim_group_size(g), sizeof *r->members);
    kh_list_each (node, &g->members) {
        const struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        r->members[r->member_count].id = sim_copy_text(m->id);
        copy_member(&r->members[r->member_count++], m, g->protocol);
    }
}

/* ClassicGroup: what is parked ends with the coordinator. */
static void turn_away(struct sim_group_member *m)
{
    if (m->join != NULL)
        sim_group_answer_join(m, KH_KAFKA_NOT_COORDINATOR);
    sim_group_refuse_sync(m, KH_KAFKA_NOT_COORDINATOR);
}

static void forget(struct sim_group *g)
{
    struct sim_schedule *schedule = g->cluster->network->schedule;

    kh_list_each_safe (node, &g->pending)
        sim_group_remove(kh_container(node, struct sim_group_member, node));
    kh_list_each_safe (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        turn_away(m);
        sim_group_remove(m);
    }
    sim_cancel(schedule, &g->join_timer);
    sim_cancel(schedule, &g->sync_timer);
    free(g->protocol);
    free(g->protocol_type);
    g->protocol = g->protocol_type = NULL;
    g->new_member_added = false;
}

/* GroupMetadataManager.replay: a group with members is Stable. */
static void read_record(struct sim_group *g)
{
    const struct sim_group_record *r = &g->record;

    g->generation = r->generation;
    g->protocol_type = sim_copy_text(r->protocol_type);
    g->protocol = sim_copy_text(r->protocol);
    for (size_t i = 0; i < r->member_count; i++) {
        struct sim_group_member *m = sim_group_add(g, r->members[i].id, false);
        copy_member(m, &r->members[i], r->protocol);
        if (r->leader != NULL && strcmp(m->id, r->leader) == 0)
            g->leader = m;
    }
    sim_group_set_state(g, r->member_count > 0 ? SIM_GROUP_STABLE : SIM_GROUP_EMPTY,
                        "its coordinator has moved");
}

/* GroupMetadataManager.onLoaded: sessions begin anew. */
static void on_loaded(struct sim_event *event)
{
    struct sim_group *g = kh_container(event, struct sim_group, loaded);

    sim_trace(g->cluster->network->trace, SIM_TRACE_GROUP, "group %s is loaded", g->id);
    kh_list_each (node, &g->members)
        sim_group_renew_session(kh_container(node, struct sim_group_member, node));
}

void sim_cluster_move_coordinators(struct sim_cluster *c, int64_t loading_ms)
{
    c->coordinator_shift++;
    kh_list_each (node, &c->groups) {
        struct sim_group *g = kh_container(node, struct sim_group, node);
        forget(g);
        read_record(g);
        g->loaded.fire = on_loaded;
        sim_after(c->network->schedule, &g->loaded, loading_ms * SIM_MS);
    }
}

int16_t sim_coordinator_error(const struct sim_call *call, struct kh_string group_id)
{
    struct sim_cluster *c = call->broker->cluster;
    const struct sim_group *g = sim_group_find(c, group_id);

    if (sim_cluster_coordinator(c, group_id) != call->broker)
        return KH_KAFKA_NOT_COORDINATOR;
    return g != NULL && sim_armed(&g->loaded) ? KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS : 0;
}
