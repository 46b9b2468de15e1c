/* An answer that is nothing but an error, for each API where Kafka puts it. */
#include "base/status.h"
#include "protocol/api_versions.h"
#include "protocol/fetch.h"
#include "protocol/find_coordinator.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/leave_group.h"
#include "protocol/list_offsets.h"
#include "protocol/metadata.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_fetch.h"
#include "protocol/offset_for_leader_epoch.h"
#include "protocol/sync_group.h"
#include "schema/frame.h"

static void *new_items(const struct schema_question *question, size_t count, size_t size)
{
    return kh_arena_alloc(question->arena, count == 0 ? 1 : count, size);
}

static void *new_response(const struct schema_question *question)
{
    const struct schema *s = schema_find(kh_api_info(question->api)->key, SCHEMA_RESPONSE);
    void *response = new_items(question, 1, s->size);

    schema_set_defaults(s, response);
    return response;
}

static void *offset_commit_error(const struct schema_question *question, int16_t error_code)
{
    const struct kh_offset_commit_request *request = question->request;
    struct kh_offset_commit_response *response = new_response(question);

    response->topic_count = request->topic_count;
    response->topics = new_items(question, request->topic_count, sizeof *response->topics);
    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_offset_commit_request_topic *asked = &request->topics[i];
        struct kh_offset_commit_response_topic *topic = &response->topics[i];
        topic->name = asked->name;
        topic->topic_id = asked->topic_id;
        topic->partition_count = asked->partition_count;
        topic->partitions = new_items(question, asked->partition_count, sizeof *topic->partitions);
        for (size_t j = 0; j < asked->partition_count; j++)
            topic->partitions[j] = (struct kh_offset_commit_response_partition){
                asked->partitions[j].partition_index, error_code};
    }
    return response;
}

static struct kh_offset_fetch_response_topic *
unstable_topics(const struct schema_question *question,
                const struct kh_offset_fetch_request_topic *asked, size_t count)
{
    struct kh_offset_fetch_response_topic *topics = new_items(question, count, sizeof *topics);

    for (size_t i = 0; i < count; i++) {
        topics[i].name = asked[i].name;
        topics[i].topic_id = asked[i].topic_id;
        topics[i].partition_count = asked[i].partition_index_count;
        topics[i].partitions =
            new_items(question, topics[i].partition_count, sizeof *topics[i].partitions);
        for (size_t j = 0; j < topics[i].partition_count; j++)
            topics[i].partitions[j] = (struct kh_offset_fetch_response_partition){
                .partition_index = asked[i].partition_indexes[j],
                .committed_offset = -1,
                .committed_leader_epoch = -1,
                .metadata = KH_STRING(""),
                .error_code = KH_KAFKA_UNSTABLE_OFFSET_COMMIT};
    }
    return topics;
}

/* UNSTABLE_OFFSET_COMMIT is said of partitions, all else of the group. */
static void *offset_fetch_error(const struct schema_question *question, int16_t error_code)
{
    const struct kh_offset_fetch_request *request = question->request;
    struct kh_offset_fetch_response *response = new_response(question);
    bool unstable = error_code == KH_KAFKA_UNSTABLE_OFFSET_COMMIT;

    if (question->version < 8) {
        response->error_code = unstable || question->version < 2 ? 0 : error_code;
        response->topic_count = unstable ? request->topic_count : 0;
        response->topics = unstable_topics(question, request->topics, response->topic_count);
        return response;
    }
    response->group_count = request->group_count;
    response->groups = new_items(question, response->group_count, sizeof *response->groups);
    for (size_t i = 0; i < response->group_count; i++) {
        const struct kh_offset_fetch_request_group *asked = &request->groups[i];
        size_t count = unstable ? asked->topic_count : 0;
        response->groups[i] = (struct kh_offset_fetch_response_group){
            .group_id = asked->group_id,
            .topics = unstable_topics(question, asked->topics, count),
            .topic_count = count,
            .error_code = unstable ? 0 : error_code};
    }
    return response;
}

static void *list_offsets_error(const struct schema_question *question, int16_t error_code)
{
    const struct kh_list_offsets_request *request = question->request;
    struct kh_list_offsets_response *response = new_response(question);

    response->topic_count = request->topic_count;
    response->topics = new_items(question, request->topic_count, sizeof *response->topics);
    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_list_offsets_request_topic *asked = &request->topics[i];
        struct kh_list_offsets_response_topic *topic = &response->topics[i];
        topic->name = asked->name;
        topic->partition_count = asked->partition_count;
        topic->partitions = new_items(question, asked->partition_count, sizeof *topic->partitions);
        for (size_t j = 0; j < asked->partition_count; j++)
            topic->partitions[j] = (struct kh_list_offsets_response_partition){
                .partition_index = asked->partitions[j].partition_index,
                .error_code = error_code,
                .timestamp = -1,
                .offset = -1,
                .leader_epoch = -1};
    }
    return response;
}

static void *offset_for_leader_epoch_error(const struct schema_question *question,
                                           int16_t error_code)
{
    const struct kh_offset_for_leader_epoch_request *request = question->request;
    struct kh_offset_for_leader_epoch_response *response = new_response(question);

    response->topic_count = request->topic_count;
    response->topics = new_items(question, request->topic_count, sizeof *response->topics);
    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_offset_for_leader_epoch_request_topic *asked = &request->topics[i];
        struct kh_offset_for_leader_epoch_response_topic *topic = &response->topics[i];
        topic->topic = asked->topic;
        topic->partition_count = asked->partition_count;
        topic->partitions = new_items(question, asked->partition_count, sizeof *topic->partitions);
        for (size_t j = 0; j < asked->partition_count; j++)
            topic->partitions[j] = (struct kh_offset_for_leader_epoch_response_partition){
                .error_code = error_code,
                .partition = asked->partitions[j].partition,
                .leader_epoch = -1,
                .end_offset = -1};
    }
    return response;
}

static void *metadata_error(const struct schema_question *question, int16_t error_code)
{
    const struct kh_metadata_request *request = question->request;
    struct kh_metadata_response *response = new_response(question);

    response->topic_count = request->topic_count;
    response->topics = new_items(question, request->topic_count, sizeof *response->topics);
    for (size_t i = 0; i < request->topic_count; i++)
        response->topics[i] = (struct kh_metadata_response_topic){
            .error_code = error_code,
            .name = request->topics[i].name,
            .topic_id = request->topics[i].topic_id,
            .topic_authorized_operations = KH_METADATA_NO_OPERATIONS};
    return response;
}

static void *find_coordinator_error(const struct schema_question *question, int16_t error_code)
{
    const struct kh_find_coordinator_request *request = question->request;
    struct kh_find_coordinator_response *response = new_response(question);

    response->error_code = question->version < 4 ? error_code : 0;
    response->node_id = question->version < 4 ? -1 : 0;
    response->coordinator_count = question->version < 4 ? 0 : request->coordinator_key_count;
    response->coordinators =
        new_items(question, response->coordinator_count, sizeof *response->coordinators);
    for (size_t i = 0; i < response->coordinator_count; i++)
        response->coordinators[i] =
            (struct kh_find_coordinator_response_coordinator){.key = request->coordinator_keys[i],
                                                              .node_id = -1,
                                                              .host = KH_STRING(""),
                                                              .port = -1,
                                                              .error_code = error_code};
    return response;
}

static void *join_group_error(const struct schema_question *question, int16_t error_code)
{
    const struct kh_join_group_request *request = question->request;
    struct kh_join_group_response *response = new_response(question);

    response->error_code = error_code;
    response->generation_id = -1;
    response->member_id = request->member_id;
    return response;
}

void *schema_error_response(const struct schema_question *question, int16_t error_code)
{
    void *response;

    switch ((int)question->api) { /* those that a member asks */
    case KH_API_OFFSET_COMMIT:
        return offset_commit_error(question, error_code);
    case KH_API_OFFSET_FETCH:
        return offset_fetch_error(question, error_code);
    case KH_API_LIST_OFFSETS:
        return list_offsets_error(question, error_code);
    case KH_API_OFFSET_FOR_LEADER_EPOCH:
        return offset_for_leader_epoch_error(question, error_code);
    case KH_API_METADATA:
        return metadata_error(question, error_code);
    case KH_API_FIND_COORDINATOR:
        return find_coordinator_error(question, error_code);
    case KH_API_JOIN_GROUP:
        return join_group_error(question, error_code);
    case KH_API_FETCH:
        response = new_response(question);
        ((struct kh_fetch_response *)response)->error_code = error_code;
        return response;
    case KH_API_SYNC_GROUP:
        response = new_response(question);
        ((struct kh_sync_group_response *)response)->error_code = error_code;
        return response;
    case KH_API_HEARTBEAT:
        response = new_response(question);
        ((struct kh_heartbeat_response *)response)->error_code = error_code;
        return response;
    case KH_API_LEAVE_GROUP:
        response = new_response(question);
        ((struct kh_leave_group_response *)response)->error_code = error_code;
        return response;
    case KH_API_API_VERSIONS:
        response = new_response(question);
        ((struct kh_api_versions_response *)response)->error_code = error_code;
        return response;
    }
    return NULL;
}
