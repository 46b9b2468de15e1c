/* OffsetCommit and OffsetFetch at the coordinator (OffsetMetadataManager.java). */
#include "base/status.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_fetch.h"
#include "sim/group.h"
#include "sim/memory.h"

#include <stdlib.h>

/* ClassicGroup.validateOffsetCommit */
static int16_t judge_member(const struct sim_group *g,
                            const struct kh_offset_commit_request *request)
{
    int32_t generation = request->generation_id_or_member_epoch;

    if (generation < 0 && g->state == SIM_GROUP_EMPTY)
        return 0;
    if (generation < 0 && request->member_id.size == 0 && request->group_instance_id.data == NULL)
        return KH_KAFKA_UNKNOWN_MEMBER_ID;
    int16_t error_code =
        sim_group_validate_member(g, request->member_id, request->group_instance_id);
    if (error_code != 0)
        return error_code;
    if (generation != g->generation)
        return KH_KAFKA_ILLEGAL_GENERATION;
    return g->state == SIM_GROUP_COMPLETING ? KH_KAFKA_REBALANCE_IN_PROGRESS : 0;
}

/* OffsetMetadataManager.validateOffsetCommit: whoever commits without a generation makes a group
 * where there is none. */
static int16_t judge_commit(const struct sim_call *call, struct sim_group **ret_group)
{
    const struct kh_offset_commit_request *request = call->request;
    int16_t error_code = sim_coordinator_error(call, request->group_id);

    *ret_group = NULL;
    if (error_code != 0)
        return error_code;
    *ret_group = sim_group_find(call->broker->cluster, request->group_id);
    if (*ret_group == NULL && request->generation_id_or_member_epoch >= 0)
        return call->version >= 9 ? KH_KAFKA_GROUP_ID_NOT_FOUND : KH_KAFKA_ILLEGAL_GENERATION;
    if (*ret_group == NULL)
        *ret_group = sim_group_create(call->broker->cluster, request->group_id);
    return judge_member(*ret_group, request);
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

/* offset.metadata.max.bytes */
enum { METADATA_MAX = 4096 };

static const struct sim_topic *asked_topic(const struct sim_call *call,
                                           const struct kh_offset_commit_request_topic *asked)
{
    const struct sim_cluster *c = call->broker->cluster;

    return call->version >= 10 ? sim_cluster_topic_by_id(c, &asked->topic_id)
                               : sim_cluster_topic(c, asked->name);
}

/* How many partitions there are to commit for; the others are told so
 * (KafkaApis.handleOffsetCommitRequest). */
static size_t judge_topics(const struct sim_call *call, struct kh_offset_commit_response *response)
{
    const struct kh_offset_commit_request *request = call->request;
    size_t known = 0;

    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_offset_commit_request_topic *asked = &request->topics[i];
        const struct sim_topic *t = asked_topic(call, asked);
        for (size_t j = 0; j < asked->partition_count; j++)
            if (sim_topic_log(t, asked->partitions[j].partition_index) != NULL)
                known++;
            else
                response->topics[i].partitions[j].error_code =
                    call->version >= 10 && t == NULL ? KH_KAFKA_UNKNOWN_TOPIC_ID
                                                     : KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    return known;
}

/* For what is known: the error, or what was asked for. */
static void commit_topics(struct sim_call *call, struct sim_group *g, int16_t error_code,
                          struct kh_offset_commit_response *response)
{
    const struct kh_offset_commit_request *request = call->request;

    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_offset_commit_request_topic *asked = &request->topics[i];
        for (size_t j = 0; j < asked->partition_count; j++) {
            struct kh_offset_commit_response_partition *out = &response->topics[i].partitions[j];
            if (out->error_code != 0)
                continue;
            out->error_code =
                error_code == 0 && asked->partitions[j].committed_metadata.size > METADATA_MAX
                    ? KH_KAFKA_OFFSET_METADATA_TOO_LARGE
                    : error_code;
            if (out->error_code == 0)
                store(g, asked_topic(call, asked)->name, &asked->partitions[j]);
        }
    }
}

void sim_handle_offset_commit(struct sim_call *call)
{
    const struct kh_offset_commit_request *request = call->request;
    struct kh_offset_commit_response *response = sim_error_response(call, 0);
    struct sim_group *g;

    if (judge_topics(call, response) > 0) {
        int16_t error_code = judge_commit(call, &g);
        struct sim_group_member *m =
            error_code == 0 ? sim_group_member(g, request->member_id) : NULL;
        if (m != NULL) /* commits keep the session (commitOffset) */
            sim_group_renew_session(m);
        commit_topics(call, g, error_code, response);
    }
    sim_call_answer(call, response);
}

static struct kh_offset_fetch_response_partition
tell_offset(struct sim_call *call, const struct sim_offset *o, int32_t partition)
{
    return (struct kh_offset_fetch_response_partition){
        .partition_index = partition,
        .committed_offset = o == NULL ? -1 : o->offset,
        .committed_leader_epoch = o == NULL ? -1 : o->leader_epoch,
        .metadata = o == NULL || o->metadata == NULL
                        ? KH_STRING("")
                        : kh_arena_string(&call->arena, kh_string_of(o->metadata))};
}

static void fetch_partitions(struct sim_call *call, const struct sim_group *g, const char *topic,
                             const struct kh_offset_fetch_request_topic *asked,
                             struct kh_offset_fetch_response_topic *out)
{
    out->partition_count = asked->partition_index_count;
    out->partitions = sim_call_new(call, out->partition_count, sizeof *out->partitions);
    for (size_t i = 0; i < out->partition_count; i++) {
        int32_t partition = asked->partition_indexes[i];
        out->partitions[i] = tell_offset(
            call,
            g == NULL || topic == NULL ? NULL : sim_group_offset(g, kh_string_of(topic), partition),
            partition);
        if (topic == NULL && call->version >= 10)
            out->partitions[i].error_code = KH_KAFKA_UNKNOWN_TOPIC_ID;
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

static struct kh_offset_fetch_response_topic *
find_or_add_topic(struct kh_offset_fetch_response_group *out, const struct sim_topic *t)
{
    for (size_t i = 0; i < out->topic_count; i++)
        if (kh_string_equal(out->topics[i].name, kh_string_of(t->name)))
            return &out->topics[i];
    struct kh_offset_fetch_response_topic *topic = &out->topics[out->topic_count++];
    topic->name = kh_string_of(t->name);
    topic->topic_id = t->id;
    return topic;
}

/* OffsetMetadataManager.fetchAllOffsets */
static void fetch_all(struct sim_call *call, const struct sim_group *g,
                      struct kh_offset_fetch_response_group *out)
{
    size_t count = g == NULL ? 0 : g->offset_count;

    out->topics = sim_call_new(call, count, sizeof *out->topics);
    for (size_t i = 0; i < count; i++) {
        const struct sim_offset *o = &g->offsets[i];
        struct kh_offset_fetch_response_topic *topic = find_or_add_topic(
            out, sim_cluster_topic(call->broker->cluster, kh_string_of(o->topic)));
        if (topic->partitions == NULL)
            topic->partitions = sim_call_new(call, count, sizeof *topic->partitions);
        topic->partitions[topic->partition_count++] = tell_offset(call, o, o->partition);
    }
}

static void fetch_group(struct sim_call *call, const struct kh_offset_fetch_request_topic *topics,
                        size_t topic_count, struct kh_offset_fetch_response_group *out)
{
    const struct sim_group *g = sim_group_find(call->broker->cluster, out->group_id);

    if (topics == NULL) { /* all that was committed */
        fetch_all(call, g, out);
        return;
    }
    out->topics = fetch_topics(call, g, topics, topic_count);
    out->topic_count = topic_count;
}

void sim_handle_offset_fetch(struct sim_call *call)
{
    const struct kh_offset_fetch_request *request = call->request;
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
        struct kh_offset_fetch_response_group only = {.group_id = request->group_id};
        fetch_group(call, request->topics, request->topic_count, &only);
        response->topics = only.topics;
        response->topic_count = only.topic_count;
        sim_call_answer(call, response);
        return;
    }
    response->group_count = request->group_count;
    response->groups = sim_call_new(call, request->group_count, sizeof *response->groups);
    for (size_t i = 0; i < request->group_count; i++) {
        response->groups[i].group_id = request->groups[i].group_id;
        fetch_group(call, request->groups[i].topics, request->groups[i].topic_count,
                    &response->groups[i]);
    }
    sim_call_answer(call, response);
}
