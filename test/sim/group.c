/* Groups and their members: who is there, what they speak, when their sessions end. */
#include "sim/group.h"

#include "base/status.h"
#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

const char *sim_group_state_name(enum sim_group_state state)
{
    static const char *const names[] = {"Empty", "PreparingRebalance", "CompletingRebalance",
                                        "Stable"};
    return names[state];
}

struct sim_group *sim_group_find(const struct sim_cluster *c, struct kh_string id)
{
    kh_list_each (node, &c->groups) {
        struct sim_group *g = kh_container(node, struct sim_group, node);
        if (kh_string_equal(kh_string_of(g->id), id))
            return g;
    }
    return NULL;
}

struct sim_group *sim_group_create(struct sim_cluster *c, struct kh_string id)
{
    struct sim_group *g = sim_new(1, sizeof *g);

    g->cluster = c;
    g->id = sim_copy_string(id);
    kh_list_init(&g->members);
    kh_list_init(&g->pending);
    g->join_timer.fire = sim_group_on_join_timer;
    g->sync_timer.fire = sim_group_on_sync_timer;
    kh_list_append(&c->groups, &g->node);
    return g;
}

static void free_group(struct sim_group *g)
{
    kh_list_each_safe (node, &g->members)
        sim_group_remove(kh_container(node, struct sim_group_member, node));
    kh_list_each_safe (node, &g->pending)
        sim_group_remove(kh_container(node, struct sim_group_member, node));
    sim_cancel(g->cluster->network->schedule, &g->join_timer);
    sim_cancel(g->cluster->network->schedule, &g->sync_timer);
    sim_cancel(g->cluster->network->schedule, &g->loaded);
    sim_group_free_record(&g->record);
    for (size_t i = 0; i < g->offset_count; i++) {
        free(g->offsets[i].topic);
        free(g->offsets[i].metadata);
    }
    free(g->offsets);
    free(g->protocol_type);
    free(g->protocol);
    free(g->id);
    free(g);
}

void sim_groups_free(struct sim_cluster *c)
{
    kh_list_each_safe (node, &c->groups)
        free_group(kh_container(node, struct sim_group, node));
}

static struct sim_group_member *find_member(const struct kh_list *list, struct kh_string id)
{
    kh_list_each (node, list) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        if (kh_string_equal(kh_string_of(m->id), id))
            return m;
    }
    return NULL;
}

struct sim_group_member *sim_group_member(const struct sim_group *g, struct kh_string id)
{
    return find_member(&g->members, id);
}

struct sim_group_member *sim_group_pending(const struct sim_group *g, struct kh_string id)
{
    return find_member(&g->pending, id);
}

struct sim_group_member *sim_group_static(const struct sim_group *g, struct kh_string instance_id)
{
    kh_list_each (node, &g->members) {
        struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        if (m->instance_id != NULL && kh_string_equal(kh_string_of(m->instance_id), instance_id))
            return m;
    }
    return NULL;
}

size_t sim_group_size(const struct sim_group *g)
{
    size_t size = 0;

    kh_list_each (node, &g->members)
        size++;
    return size;
}

/* expireClassicGroupMemberHeartbeat: who waits for the broker lives, but a new member's JoinGroup
 * is given up. */
static void on_session_end(struct sim_event *event)
{
    struct sim_group_member *m = kh_container(event, struct sim_group_member, session);

    if (!m->is_pending && !m->is_new && (m->join != NULL || m->sync != NULL))
        return;
    sim_group_member_gone(m, "its session has ended");
}

struct sim_group_member *sim_group_add(struct sim_group *g, const char *id, bool is_pending)
{
    struct sim_group_member *m = sim_new(1, sizeof *m);

    m->group = g;
    m->id = sim_copy_text(id);
    m->is_pending = is_pending;
    m->session.fire = on_session_end;
    kh_list_append(is_pending ? &g->pending : &g->members, &m->node);
    if (!is_pending && g->leader == NULL)
        g->leader = m;
    return m;
}

static void free_protocols(struct sim_group_member *m)
{
    for (size_t i = 0; i < m->protocol_count; i++) {
        free((void *)(uintptr_t)m->protocols[i].name.data);
        free((void *)(uintptr_t)m->protocols[i].metadata.data);
    }
    free(m->protocols);
}

void sim_group_set_protocols(struct sim_group_member *m,
                             const struct kh_join_group_request *request)
{
    free_protocols(m);
    m->protocol_count = request->protocol_count;
    m->protocols = sim_new(m->protocol_count, sizeof *m->protocols);
    for (size_t i = 0; i < m->protocol_count; i++) {
        m->protocols[i].name = kh_string_of(sim_copy_string(request->protocols[i].name));
        m->protocols[i].metadata = sim_copy_bytes(request->protocols[i].metadata);
    }
}

bool sim_group_same_protocols(const struct sim_group_member *m,
                              const struct kh_join_group_request *request)
{
    if (m->protocol_count != request->protocol_count)
        return false;
    for (size_t i = 0; i < m->protocol_count; i++) {
        struct kh_bytes a = m->protocols[i].metadata, b = request->protocols[i].metadata;
        if (!kh_string_equal(m->protocols[i].name, request->protocols[i].name) ||
            a.size != b.size || memcmp(a.data, b.data, (size_t)a.size) != 0)
            return false;
    }
    return true;
}

static bool speaks(const struct sim_group_member *m, struct kh_string protocol)
{
    for (size_t i = 0; i < m->protocol_count; i++)
        if (kh_string_equal(m->protocols[i].name, protocol))
            return true;
    return false;
}

bool sim_group_supports(const struct sim_group *g, const struct kh_join_group_request *request)
{
    if (request->protocol_count == 0 || request->protocol_type.size == 0)
        return false;
    if (g->state == SIM_GROUP_EMPTY)
        return true;
    if (g->protocol_type == NULL ||
        !kh_string_equal(kh_string_of(g->protocol_type), request->protocol_type))
        return false;
    for (size_t i = 0; i < request->protocol_count; i++) {
        bool all = true;
        kh_list_each (node, &g->members) {
            struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
            all = all && speaks(m, request->protocols[i].name);
        }
        if (all)
            return true;
    }
    return false;
}

void sim_group_remove(struct sim_group_member *m)
{
    struct sim_group *g = m->group;

    sim_cancel(g->cluster->network->schedule, &m->session);
    kh_list_remove(&m->node);
    if (g->leader == m)
        g->leader = kh_list_empty(&g->members)
                        ? NULL
                        : kh_container(g->members.next, struct sim_group_member, node);
    free_protocols(m);
    free((void *)(uintptr_t)m->assignment.data);
    free(m->instance_id);
    free(m->id);
    free(m);
}

void sim_group_arm_session(struct sim_group_member *m, int64_t timeout_ms)
{
    sim_after(m->group->cluster->network->schedule, &m->session, timeout_ms * SIM_MS);
}

void sim_group_renew_session(struct sim_group_member *m)
{
    sim_group_arm_session(m, m->session_timeout_ms);
}

int32_t sim_group_rebalance_timeout_ms(const struct sim_group *g)
{
    int32_t longest = 0;

    kh_list_each (node, &g->members) {
        const struct sim_group_member *m = kh_container(node, struct sim_group_member, node);
        if (m->rebalance_timeout_ms > longest)
            longest = m->rebalance_timeout_ms;
    }
    return longest;
}

struct sim_offset *sim_group_offset(const struct sim_group *g, struct kh_string topic,
                                    int32_t partition)
{
    for (size_t i = 0; i < g->offset_count; i++)
        if (g->offsets[i].partition == partition &&
            kh_string_equal(kh_string_of(g->offsets[i].topic), topic))
            return &g->offsets[i];
    return NULL;
}

int16_t sim_group_validate_member(const struct sim_group *g, struct kh_string member_id,
                                  struct kh_string instance_id)
{
    if (instance_id.data != NULL) {
        const struct sim_group_member *m = sim_group_static(g, instance_id);
        if (m == NULL)
            return KH_KAFKA_UNKNOWN_MEMBER_ID;
        if (!kh_string_equal(kh_string_of(m->id), member_id))
            return KH_KAFKA_FENCED_INSTANCE_ID;
    }
    return sim_group_member(g, member_id) == NULL ? KH_KAFKA_UNKNOWN_MEMBER_ID : 0;
}

int16_t sim_group_validate(const struct sim_call *call, struct kh_string group_id,
                           struct kh_string member_id, struct kh_string instance_id,
                           const struct sim_group **ret_group)
{
    struct sim_cluster *c = call->broker->cluster;

    *ret_group = NULL;
    if (group_id.size == 0)
        return KH_KAFKA_INVALID_GROUP_ID;
    int16_t error_code = sim_coordinator_error(call, group_id);
    if (error_code != 0)
        return error_code;
    *ret_group = sim_group_find(c, group_id);
    return *ret_group == NULL ? KH_KAFKA_UNKNOWN_MEMBER_ID
                              : sim_group_validate_member(*ret_group, member_id, instance_id);
}
