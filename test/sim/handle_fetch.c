/* Fetch: answered when min_bytes are there, at the first error, or after max_wait (DelayedFetch).
 */
#include "base/status.h"
#include "protocol/fetch.h"
#include "sim/call.h"
#include "sim/fetch_session.h"

static const struct sim_topic *find_topic(const struct sim_cluster *c,
                                          const struct sim_fetch_partition *p)
{
    return p->topic.data != NULL ? sim_cluster_topic(c, p->topic)
                                 : sim_cluster_topic_by_id(c, &p->topic_id);
}

static struct sim_log *find_log(const struct sim_cluster *c, const struct sim_fetch_partition *p)
{
    return sim_topic_log(find_topic(c, p), p->asked.partition);
}

/* KafkaApis.handleFetchRequest answers what it finds without the log behind what it reads. */
enum turn { TURN_OF_LOGS, TURN_OF_UNKNOWN_IDS, TURN_OF_UNKNOWN_PARTITIONS, TURN_COUNT };

static enum turn turn_of(const struct sim_call *call, const struct sim_fetch_partition *p)
{
    const struct sim_cluster *c = call->broker->cluster;

    if (find_log(c, p) != NULL)
        return TURN_OF_LOGS;
    return p->topic.data == NULL && find_topic(c, p) == NULL ? TURN_OF_UNKNOWN_IDS
                                                             : TURN_OF_UNKNOWN_PARTITIONS;
}

static int16_t judge_partition(const struct sim_broker *b, const struct sim_log *log,
                               const struct sim_fetch_partition *p)
{
    if (log == NULL)
        return p->topic.data != NULL || find_topic(b->cluster, p) != NULL
                   ? KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                   : KH_KAFKA_UNKNOWN_TOPIC_ID;
    int16_t error_code = sim_broker_judge_epoch(b, log, p->asked.current_leader_epoch);
    if (error_code != 0)
        return error_code;
    if (p->asked.fetch_offset < log->start_offset || p->asked.fetch_offset > log->end_offset)
        return KH_KAFKA_OFFSET_OUT_OF_RANGE;
    return 0;
}

/* ReplicaManager.readFromLog: the first partition with data gives at least one batch (KIP-74).
 * Where even the first batch would be cut short there is nothing, and nothing about transactions.
 */
static void read_log(struct sim_call *call, const struct sim_fetch_partition *p, size_t *left,
                     bool *first, struct kh_fetch_response_partition *out)
{
    const struct kh_fetch_request *request = call->request;
    const struct sim_log *log = find_log(call->broker->cluster, p);
    size_t max = (size_t)p->asked.partition_max_bytes;

    max = max < *left ? max : *left;
    bool committed = request->isolation_level != 0;
    int64_t offset = p->asked.fetch_offset, end = sim_log_end(log, committed);
    out->records = sim_log_read(log, offset, end, max, *first);
    size_t size = (size_t)out->records.size;
    *first = *first && size == 0;
    *left -= size < *left ? size : *left;
    out->high_watermark = log->end_offset;
    out->last_stable_offset = sim_log_end(log, true);
    out->log_start_offset = log->start_offset;
    bool is_cut = size == 0 && max > 0 && offset < end;
    if (!committed || is_cut)
        return;
    out->aborted_transactions =
        sim_call_new(call, log->transactions.aborted_count, sizeof *out->aborted_transactions);
    if (size > 0)
        out->aborted_transaction_count =
            sim_transactions_list(log, offset, size, out->aborted_transactions);
}

static void read_partition(struct sim_call *call, const struct sim_fetch_partition *p, size_t *left,
                           bool *first, struct kh_fetch_response_partition *out)
{
    *out = KH_FETCH_RESPONSE_PARTITION_DEFAULTS;
    out->partition_index = p->asked.partition;
    out->error_code = judge_partition(call->broker, find_log(call->broker->cluster, p), p);
    out->records = (struct kh_bytes){(const uint8_t *)"", 0};
    out->high_watermark = -1;
    if (out->error_code == 0)
        read_log(call, p, left, first, out);
    else if (turn_of(call, p) !=
             TURN_OF_LOGS) /* FetchResponse.partitionResponse: none, which is not null */
        out->aborted_transactions = sim_call_new(call, 0, sizeof *out->aborted_transactions);
}

/* What lies beyond the offsets asked for; errors count as enough, but for partitions that are not
 * known: where there are others, those wait with them. */
static bool is_enough(const struct sim_call *call)
{
    const struct kh_fetch_request *request = call->request;
    const struct sim_fetch_plan *plan = call->state;
    bool reads = false;
    int64_t bytes = 0;

    for (size_t i = 0; i < plan->count; i++) {
        const struct sim_fetch_partition *p = &plan->partitions[i];
        const struct sim_log *log = find_log(call->broker->cluster, p);
        if (turn_of(call, p) != TURN_OF_LOGS)
            continue;
        if (judge_partition(call->broker, log, p) != 0)
            return true;
        reads = true;
        bytes += sim_log_read(log, p->asked.fetch_offset,
                              sim_log_end(log, request->isolation_level != 0),
                              (size_t)p->asked.partition_max_bytes, true)
                     .size;
    }
    /* KafkaApis.handleFetchRequest: fetchMinBytes */
    return !reads || bytes >= request->min_bytes || bytes >= request->max_bytes;
}

/* KIP-951: who is told that it asks the wrong broker is told the right one (KafkaApis). */
static void hint_leader(struct sim_call *call, const struct sim_log *log,
                        struct kh_fetch_response_partition *partition,
                        struct kh_fetch_response *response)
{
    const struct sim_broker *leader;

    if (call->version < 16 || log == NULL ||
        (partition->error_code != KH_KAFKA_NOT_LEADER_OR_FOLLOWER &&
         partition->error_code != KH_KAFKA_FENCED_LEADER_EPOCH))
        return;
    leader = sim_cluster_broker(call->broker->cluster, log->leader);
    partition->current_leader.leader_id = log->leader;
    partition->current_leader.leader_epoch = log->leader_epoch;
    for (size_t i = 0; i < response->node_endpoint_count; i++)
        if (response->node_endpoints[i].node_id == leader->id)
            return;
    response->node_endpoints[response->node_endpoint_count++] =
        (struct kh_fetch_response_node_endpoint){.node_id = leader->id,
                                                 .host = kh_string_of(leader->host),
                                                 .port = leader->listener.address.port};
}

/* FetchResponse.toMessage: what follows each other goes together, so a topic may come twice. */
static struct kh_fetch_response_topic *topic_of(struct sim_call *call,
                                                struct kh_fetch_response *response,
                                                const struct sim_fetch_partition *p)
{
    const struct sim_fetch_plan *plan = call->state;
    struct kh_fetch_response_topic *last = &response->responses[response->response_count - 1];

    if (response->response_count > 0 && kh_string_equal(last->topic, p->topic) &&
        memcmp(&last->topic_id, &p->topic_id, sizeof p->topic_id) == 0)
        return last;
    struct kh_fetch_response_topic *topic = &response->responses[response->response_count++];
    topic->topic = p->topic;
    topic->topic_id = p->topic_id;
    topic->partitions = sim_call_new(call, plan->count, sizeof *topic->partitions);
    return topic;
}

static void answer_partitions(struct sim_call *call, struct kh_fetch_response *response,
                              enum turn turn)
{
    const struct sim_fetch_plan *plan = call->state;
    size_t left = (size_t)((const struct kh_fetch_request *)call->request)->max_bytes;
    bool first = true;

    for (size_t i = 0; i < plan->count; i++) {
        const struct sim_fetch_partition *p = &plan->partitions[i];
        struct kh_fetch_response_partition read;

        if (turn_of(call, p) != turn)
            continue;
        read_partition(call, p, &left, &first, &read);
        hint_leader(call, find_log(call->broker->cluster, p), &read, response);
        if (!sim_fetch_session_names(call->broker, plan, p, &read))
            continue;
        struct kh_fetch_response_topic *topic = topic_of(call, response, p);
        topic->partitions[topic->partition_count++] = read;
    }
}

static void answer(struct sim_call *call)
{
    const struct sim_fetch_plan *plan = call->state;
    struct kh_fetch_response *response = sim_call_response(call);

    response->session_id = plan->session_id;
    response->responses = sim_call_new(call, plan->count, sizeof *response->responses);
    response->node_endpoints =
        sim_call_new(call, SIM_BROKERS_MAX, sizeof *response->node_endpoints);
    for (int turn = 0; turn < TURN_COUNT; turn++)
        answer_partitions(call, response, (enum turn)turn);
    sim_call_answer(call, response);
}

static void on_max_wait(struct sim_event *event)
{
    answer(kh_container(event, struct sim_call, event));
}

void sim_fetch_wake(struct sim_broker *b)
{
    kh_list_each_safe (node, &b->fetches) {
        struct sim_call *call = kh_container(node, struct sim_call, node);
        if (is_enough(call))
            answer(call);
    }
}

void sim_handle_fetch(struct sim_call *call)
{
    const struct kh_fetch_request *request = call->request;
    struct sim_fetch_plan *plan = sim_call_new(call, 1, sizeof *plan);
    int16_t error_code = sim_fetch_session_begin(call, plan);

    call->state = plan;
    if (error_code != 0) {
        struct kh_fetch_response *response = sim_error_response(call, error_code);
        sim_call_answer(call, response);
        return;
    }
    if (request->max_wait_ms <= 0 || is_enough(call)) {
        answer(call);
        return;
    }
    call->event.fire = on_max_wait;
    kh_list_append(&call->broker->fetches, &call->node);
    sim_after(call->broker->cluster->network->schedule, &call->event,
              request->max_wait_ms * SIM_MS);
}
