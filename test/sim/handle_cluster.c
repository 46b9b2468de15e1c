/* ApiVersions, Metadata, FindCoordinator. */
#include "base/status.h"
#include "protocol/api_versions.h"
#include "protocol/find_coordinator.h"
#include "protocol/metadata.h"
#include "sim/call.h"

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* ApiVersionsRequest.isValid: SOFTWARE_NAME_VERSION_PATTERN */
static bool is_software_name(struct kh_string name)
{
    for (int32_t i = 0; i < name.size; i++)
        if (!is_alphanumeric(name.data[i]) && name.data[i] != '-' && name.data[i] != '.')
            return false;
    return name.size > 0 && is_alphanumeric(name.data[0]) &&
           is_alphanumeric(name.data[name.size - 1]);
}

static bool is_valid(const struct sim_call *call)
{
    const struct kh_api_versions_request *request = call->request;

    return request == NULL || call->version < 3 ||
           (is_software_name(request->client_software_name) &&
            is_software_name(request->client_software_version));
}

void sim_handle_api_versions(struct sim_call *call)
{
    const struct sim_broker *b = call->broker;
    struct kh_api_versions_response *response = sim_call_response(call);

    if (!is_valid(call)) {
        response->error_code = KH_KAFKA_INVALID_REQUEST;
        sim_call_answer(call, response);
        return;
    }

    /* ApiVersionsRequest.getErrorResponse: v0, with our range in it. */
    if (call->request == NULL) {
        call->version = 0;
        response->error_code = KH_KAFKA_UNSUPPORTED_VERSION;
    }
    response->api_keys = sim_call_new(call, KH_API_COUNT, sizeof *response->api_keys);
    for (int api = 0; api < KH_API_COUNT; api++)
        if (sim_serves((enum kh_api)api) ||
            (api == KH_API_PRODUCE && b->cluster->options.claims_produce))
            response->api_keys[response->api_key_count++] = (struct kh_api_versions_response_api){
                kh_api_info((enum kh_api)api)->key, b->oldest[api], b->newest[api]};
    sim_call_answer(call, response);
}

static void fill_partition(struct sim_call *call, const struct sim_log *log,
                           struct kh_metadata_response_partition *out)
{
    int32_t *replicas = sim_call_new(call, 1, sizeof *replicas);
    int32_t leader_epoch;

    sim_broker_sees_leader(call->broker, log, replicas, &leader_epoch);
    *out = (struct kh_metadata_response_partition){.partition_index = log->partition,
                                                   .leader_id = *replicas,
                                                   .leader_epoch = leader_epoch,
                                                   .replica_nodes = replicas,
                                                   .replica_node_count = 1,
                                                   .isr_nodes = replicas,
                                                   .isr_node_count = 1};
}

static void fill_topic(struct sim_call *call, const struct sim_topic *t,
                       struct kh_metadata_response_topic *out)
{
    out->topic_authorized_operations = KH_METADATA_NO_OPERATIONS;
    if (t == NULL) {
        out->error_code = out->name.data == NULL ? KH_KAFKA_UNKNOWN_TOPIC_ID
                                                 : KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        return;
    }
    out->name = kh_string_of(t->name);
    out->topic_id = t->id;
    out->partition_count = (size_t)t->partition_count;
    out->partitions = sim_call_new(call, out->partition_count, sizeof *out->partitions);
    for (size_t i = 0; i < out->partition_count; i++)
        fill_partition(call, &t->logs[i], &out->partitions[i]);
}

/* KafkaApis makes a set of the topics. */
static bool is_asked_before(const struct kh_metadata_request_topic *topics, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (kh_string_equal(topics[i].name, topics[index].name) &&
            memcmp(&topics[i].topic_id, &topics[index].topic_id, sizeof topics[i].topic_id) == 0)
            return true;
    return false;
}

static void fill_asked_topics(struct sim_call *call, struct kh_metadata_response *response)
{
    const struct kh_metadata_request *request = call->request;
    struct sim_cluster *c = call->broker->cluster;

    response->topics = sim_call_new(call, request->topic_count, sizeof *response->topics);
    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_metadata_request_topic *asked = &request->topics[i];
        if (is_asked_before(request->topics, i))
            continue;
        struct kh_metadata_response_topic *out = &response->topics[response->topic_count++];
        out->name = asked->name;
        out->topic_id = asked->topic_id;
        fill_topic(call,
                   asked->name.data != NULL ? sim_cluster_topic(c, asked->name)
                                            : sim_cluster_topic_by_id(c, &asked->topic_id),
                   out);
    }
}

/* Null asks for all topics, and at v0 an empty list does (MetadataRequest.isAllTopics). */
static void fill_all_topics(struct sim_call *call, struct kh_metadata_response *response)
{
    const struct sim_cluster *c = call->broker->cluster;
    size_t count = 0;

    kh_list_each (node, &c->topics)
        count++;
    response->topics = sim_call_new(call, count, sizeof *response->topics);
    kh_list_each (node, &c->topics)
        fill_topic(call, kh_container(node, struct sim_topic, node),
                   &response->topics[response->topic_count++]);
}

void sim_handle_metadata(struct sim_call *call)
{
    const struct kh_metadata_request *request = call->request;
    const struct sim_cluster *c = call->broker->cluster;
    struct kh_metadata_response *response = sim_call_response(call);

    response->broker_count = (size_t)c->options.broker_count;
    response->brokers = sim_call_new(call, response->broker_count, sizeof *response->brokers);
    for (size_t i = 0; i < response->broker_count; i++)
        response->brokers[i] =
            (struct kh_metadata_response_broker){.node_id = c->brokers[i].id,
                                                 .host = kh_string_of(c->brokers[i].host),
                                                 .rack = kh_string_of(c->brokers[i].rack),
                                                 .port = c->brokers[i].listener.address.port};
    response->cluster_id = KH_STRING("simulated");
    response->controller_id = 0;
    if (request->topics == NULL || (call->version == 0 && request->topic_count == 0))
        fill_all_topics(call, response);
    else
        fill_asked_topics(call, response);
    sim_call_answer(call, response);
}

void sim_handle_find_coordinator(struct sim_call *call)
{
    const struct kh_find_coordinator_request *request = call->request;
    struct kh_find_coordinator_response *response = sim_call_response(call);
    struct sim_cluster *c = call->broker->cluster;

    if (call->version < 4) {
        const struct sim_broker *b = sim_cluster_coordinator(c, request->key);
        response->error_message = KH_STRING("NONE"); /* Errors.NONE.message */
        response->node_id = b->id;
        response->host = kh_string_of(b->host);
        response->port = b->listener.address.port;
        sim_call_answer(call, response);
        return;
    }
    response->coordinator_count = request->coordinator_key_count;
    response->coordinators =
        sim_call_new(call, response->coordinator_count, sizeof *response->coordinators);
    for (size_t i = 0; i < response->coordinator_count; i++) {
        const struct sim_broker *b = sim_cluster_coordinator(c, request->coordinator_keys[i]);
        response->coordinators[i] =
            (struct kh_find_coordinator_response_coordinator){.key = request->coordinator_keys[i],
                                                              .error_message = KH_STRING(""),
                                                              .node_id = b->id,
                                                              .host = kh_string_of(b->host),
                                                              .port = b->listener.address.port};
    }
    sim_call_answer(call, response);
}
