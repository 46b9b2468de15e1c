/* OffsetCommit and OffsetFetch at the coordinator (OffsetMetadataManager.java). */
#include "base/status.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_fetch.h"
#include "sim/group.h"
#include "sim/memory.h"

#include <stdlib.h>

/* ClassicGroup.validateOffsetCommit */
static int16_t judge_commit(const struct sim_call *call, struct sim_group *g)
{
    const struct kh_offset_commit_request *request = call->request;
    int32_t generation = request->generation_id_or_member_epoch;

    if (g == NULL)
        return call->version >= 9 ? KH_KAFKA_GROUP_ID_NOT_FOUND : KH_KAFKA_ILLEGAL_GENERATION;
    if (generation < 0 && g->state == SIM_GROUP_EMPTY)
        return 0;
    if (generation < 0 && request->member_id.size == 0)
        return KH_KAFKA_UNKNOWN_MEMBER_ID;
    if (sim_group_member(g, request->member_id) == NULL)
        return KH_KAFKA_UNKNOWN_MEMBER_ID;
    if (generation != g->generation)
        return KH_KAFKA_ILLEGAL_GENERATION;
    return g->state == SIM_GROUP_COMPLETING ? KH_KAFKA_REBALANCE_IN_PROGRESS : 0;
}

static void store(struct sim_group *g, const char *topic,
                  const struct kh_offset_commit_request_partition *p)
{
    struct sim_offset *o = sim_group_offset(g, kh_string_of(topic), p->partition_index);

    if (o == NULL) {
        sim_grow(&g->offsets, &g->offset_capacity, g->offset_count, sizeof *g->offsets);
        o = &g->offsets[g->offset_count++];
        *o = (struct sim_offset){.topic = sim_copy_text(topic), .partition = p->partition_index};
    }
    free(o->metadata);
    o->offset = p->committed_offset;
    o->leader_epoch = p->committed_leader_epoch;
    o->metadata = sim_copy_string(p->committed_metadata);
}

static void commit_topics(struct sim_call *call, struct sim_group *g,
                          struct kh_offset_commit_response *response)
{
    const struct kh_offset_commit_request *request = call->request;

    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_offset_commit_request_topic *asked = &request->topics[i];
        const struct sim_topic *t = call->version >= 10
                                        ? sim_cluster_topic_by_id(g->cluster, &asked->topic_id)
                                        : sim_cluster_topic(g->cluster, asked->name);
        for (size_t j = 0; j < asked->partition_count; j++)
            if (sim_topic_log(t, asked->partitions[j].partition_index) != NULL)
                store(g, t->name, &asked->partitions[j]);
            else
                response->topics[i].partitions[j].error_code =
                    call->version >= 10 && t == NULL ? KH_KAFKA_UNKNOWN_TOPIC_ID
                                                     : KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
}

void sim_handle_offset_commit(struct sim_call *call)
{
    const struct kh_offset_commit_request *request = call->request;
    struct sim_cluster *c = call->broker->cluster;
    struct sim_group *g = sim_group_find(c, request->group_id);
    int16_t error_code = sim_coordinator_error(call, request->group_id);

    if (error_code == 0)
        error_code = judge_commit(call, g);
    struct kh_offset_commit_response *response = sim_error_response(call, error_code);

    if (error_code == 0) {
        struct sim_group_member *m = sim_group_member(g, request->member_id);
        if (m != NULL) /* commits keep the session (commitOffset) */
            sim_group_renew_session(m);
        commit_topics(call, g, response);
    }
    sim_call_answer(call, response);
}

static void fetch_partitions(struct sim_call *call, const struct sim_group *g, const char *topic,
                             const struct kh_offset_fetch_request_topic *asked,
                             struct kh_offset_fetch_response_topic *out)
{
    out->partition_count = asked->partition_index_count;
    out->partitions = sim_call_new(call, out->partition_count, sizeof *out->partitions);
    for (size_t i = 0; i < out->partition_count; i++) {
        const struct sim_offset *o =
            g == NULL || topic == NULL
                ? NULL
                : sim_group_offset(g, kh_string_of(topic), asked->partition_indexes[i]);
        out->partitions[i] = (struct kh_offset_fetch_response_partition){
            .partition_index = asked->partition_indexes[i],
            .committed_offset = o == NULL ? -1 : o->offset,
            .committed_leader_epoch = o == NULL ? -1 : o->leader_epoch,
            .metadata = o == NULL || o->metadata == NULL
                            ? KH_STRING("")
                            : kh_arena_string(&call->arena, kh_string_of(o->metadata))};
    }
}

static struct kh_offset_fetch_response_topic *
fetch_topics(struct sim_call *call, const struct sim_group *g,
             const struct kh_offset_fetch_request_topic *asked, size_t count)
{
    struct kh_offset_fetch_response_topic *topics = sim_call_new(call, count, sizeof *topics);
    const struct sim_cluster *c = call->broker->cluster;

    for (size_t i = 0; i < count; i++) {
        const struct sim_topic *t = call->version >= 10
                                        ? sim_cluster_topic_by_id(c, &asked[i].topic_id)
                                        : sim_cluster_topic(c, asked[i].name);
        topics[i].name = asked[i].name;
        topics[i].topic_id = asked[i].topic_id;
        fetch_partitions(call, g, t == NULL ? NULL : t->name, &asked[i], &topics[i]);
    }
    return topics;
}

/* A null list asks for all that was committed. */
static void fetch_all(struct sim_call *call)
{
    sim_cluster_violated(call->broker->cluster, "model",
                         "OffsetFetch of all topics is not modelled");
    sim_call_answer(call, sim_error_response(call, KH_KAFKA_UNKNOWN_SERVER_ERROR));
}

void sim_handle_offset_fetch(struct sim_call *call)
{
    const struct kh_offset_fetch_request *request = call->request;
    struct sim_cluster *c = call->broker->cluster;
    struct kh_string first = call->version >= 8 && request->group_count > 0
                                 ? request->groups[0].group_id
                                 : request->group_id;
    int16_t error_code = sim_coordinator_error(call, first);
    if (error_code != 0) {
        sim_call_answer(call, sim_error_response(call, error_code));
        return;
    }
    struct kh_offset_fetch_response *response = sim_call_response(call);
    if (call->version < 8) {
        if (request->topics == NULL) {
            fetch_all(call);
            return;
        }
        response->topics = fetch_topics(call, sim_group_find(c, request->group_id), request->topics,
                                        request->topic_count);
        response->topic_count = request->topic_count;
        sim_call_answer(call, response);
        return;
    }
    response->group_count = request->group_count;
    response->groups = sim_call_new(call, request->group_count, sizeof *response->groups);
    for (size_t i = 0; i < request->group_count; i++) {
        const struct kh_offset_fetch_request_group *asked = &request->groups[i];
        if (asked->topics == NULL) {
            fetch_all(call);
            return;
        }
        response->groups[i] = (struct kh_offset_fetch_response_group){
            .group_id = asked->group_id,
            .topics = fetch_topics(call, sim_group_find(c, asked->group_id), asked->topics,
                                   asked->topic_count),
            .topic_count = asked->topic_count};
    }
    sim_call_answer(call, response);
}
