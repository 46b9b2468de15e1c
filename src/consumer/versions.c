/* kohort_client_versions: what a broker and this library speak, and what is chosen. */
#include "consumer/taped.h"

#include "base/error.h"
#include "protocol/api_versions.h"

#include <stdio.h>

struct query {
    struct kh_list node;
    kohort_client *client;
    struct kh_request request;
    struct kh_api_versions_request message;
    kohort_versions_done *done;
    void *arg;
};

/* What the broker offers of one API; -1 when it has none. */
static void find_range(const struct kh_api_versions_response *response, int16_t key,
                       kohort_api_versions *row)
{
    row->broker_oldest = row->broker_newest = -1;
    for (size_t i = 0; i < response->api_key_count; i++) {
        if (response->api_keys[i].api_key != key)
            continue;
        row->broker_oldest = response->api_keys[i].min_version;
        row->broker_newest = response->api_keys[i].max_version;
    }
}

static void fill_row(kohort_client *cl, const struct kh_api_versions_response *response,
                     enum kh_api api, kohort_api_versions *row)
{
    const struct kh_api_info *info = kh_api_info(api);
    *row = (kohort_api_versions){.size = sizeof *row,
                                 .name = info->name,
                                 .key = info->key,
                                 .library_oldest = info->oldest,
                                 .library_newest = info->newest,
                                 .chosen = -1};
    find_range(response, info->key, row);
    struct kh_broker_versions broker = {0};
    kohort_error unused = {0};
    broker.ranges[api] = (struct kh_version_range){row->broker_oldest, row->broker_newest};
    if (row->broker_newest < 0)
        broker.ranges[api] = (struct kh_version_range){0, -1};
    int version = kh_version_choose(&cl->shared.versions, &broker, api, -1, -1, &unused);
    row->chosen = (int16_t)(version < 0 ? -1 : version);
}

/* The last of it. `rows` NULL: there are none. */
static void tell(struct query *query, const kohort_error *error, int32_t broker_id,
                 const char *broker, const kohort_api_versions *rows)
{
    kohort_client *cl = query->client;
    struct kh_tape *tape = cl->shared.tape;
    kh_list_remove(&query->node);
    if (tape != NULL)
        kh_callback_begin(tape, KH_CALLBACK_VERSIONS, 0, kh_taped_code(error), broker_id, 0, 0);
    query->done(error, broker_id, broker, rows, rows == NULL ? 0 : KH_API_COUNT, query->arg);
    kh_callback_end_if(tape, 0);
    kh_free(&cl->heap, query);
}

static void versions_done(struct kh_request *request, const struct kh_response *response)
{
    struct query *query = request->arg;
    kohort_client *cl = query->client;
    kohort_api_versions rows[KH_API_COUNT];
    kohort_error error;
    const struct kh_api_versions_response *message = response->message;
    const struct kh_node *node = kh_cluster_node(cl->cluster, response->broker_id);
    char address[300] = "";
    if (node != NULL)
        snprintf(address, sizeof address, "%s:%u", node->host, node->port);
    const kohort_error *failed = response->error;
    if (failed == NULL && message->error_code != 0) {
        kh_error_init_kafka(&error, message->error_code);
        failed = &error;
    }
    for (int i = 0; failed == NULL && i < KH_API_COUNT; i++)
        fill_row(cl, message, (enum kh_api)i, &rows[i]);
    tell(query, failed, response->broker_id, address, failed == NULL ? rows : NULL);
}

static int ask_versions(kohort_client *cl, int32_t broker_id, int64_t timeout_ms,
                        kohort_versions_done *done, void *arg)
{
    if (cl->closing)
        return KOHORT_ECLOSED;
    if (done == NULL || timeout_ms <= 0)
        return KOHORT_EINVAL;
    struct kh_lane *lane = kh_cluster_lane(cl->cluster, broker_id);
    struct query *query = lane == NULL ? NULL : kh_alloc_zeroed(&cl->heap, 1, sizeof *query);
    if (query == NULL)
        return KOHORT_ENOMEM;
    query->client = cl;
    query->done = done;
    query->arg = arg;
    query->message = KH_API_VERSIONS_REQUEST_DEFAULTS;
    query->message.client_software_name = KH_STRING("kohort");
    query->message.client_software_version = KH_STRING(KOHORT_VERSION);
    query->request = (struct kh_request){.api = KH_API_API_VERSIONS,
                                         .message = &query->message,
                                         .version = -1,
                                         .newest_version = -1,
                                         .priority = KH_PRIORITY_NORMAL,
                                         .timeout_ms = timeout_ms,
                                         .done = versions_done,
                                         .arg = query};
    kh_list_append(&cl->queries, &query->node);
    kh_lane_send(lane, &query->request);
    return 0;
}

int kohort_client_versions(kohort_client *cl, int32_t broker_id, int64_t timeout_ms,
                           kohort_versions_done *done, void *arg)
{
    return kh_taped(cl->shared.tape, ask_versions(cl, broker_id, timeout_ms, done, arg),
                    .call = KH_CALL_CLIENT_VERSIONS, .a = broker_id, .b = timeout_ms,
                    .c = done != NULL);
}

void kh_client_cancel_queries(kohort_client *cl)
{
    kohort_error error;
    kh_error_init(&error, KOHORT_ECLOSED);
    kh_list_each_safe (node, &cl->queries) {
        struct query *query = kh_container(node, struct query, node);
        kh_request_cancel(&query->request);
        tell(query, &error, -1, "", NULL);
    }
}
