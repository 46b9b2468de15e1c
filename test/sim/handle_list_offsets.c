/* ListOffsets: the ends of a log, or the first record at a time or later. */
#include "base/status.h"
#include "protocol/list_offsets.h"
#include "sim/call.h"

/* ListOffsetsRequest.java: since v7 (KIP-734), v8 (KIP-405), v9 (KIP-1005), v11 */
enum { MAX_TIMESTAMP = -3, EARLIEST_LOCAL = -4, LATEST_TIERED = -5, EARLIEST_PENDING_UPLOAD = -6 };

/* ReplicaManager.isListOffsetsTimestampUnsupported */
static bool is_unsupported(int64_t timestamp, int version)
{
    static const int since[] = {[-KH_LIST_OFFSETS_LATEST] = 1, [-KH_LIST_OFFSETS_EARLIEST] = 1,
                                [-MAX_TIMESTAMP] = 7,          [-EARLIEST_LOCAL] = 8,
                                [-LATEST_TIERED] = 9,          [-EARLIEST_PENDING_UPLOAD] = 11};
    return timestamp < 0 && (timestamp < EARLIEST_PENDING_UPLOAD || version < since[-timestamp]);
}

/* ListOffsetsRequest.duplicatePartitions; it is a set. */
static bool is_duplicate(const struct kh_list_offsets_request_topic *topic, size_t index,
                         size_t looked_at)
{
    for (size_t i = 0; i < looked_at; i++)
        if (i != index &&
            topic->partitions[i].partition_index == topic->partitions[index].partition_index)
            return true;
    return false;
}

static int16_t judge_partition(const struct sim_call *call, const struct sim_log *log,
                               const struct kh_list_offsets_request_partition *asked)
{
    if (is_unsupported(asked->timestamp, call->version))
        return KH_KAFKA_UNSUPPORTED_VERSION;
    if (log == NULL)
        return KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    return sim_broker_judge_epoch(call->broker, log, asked->current_leader_epoch);
}

/* UnifiedLog.fetchOffsetByTimestamp; NULL: none. */
static const struct sim_record *find_by_time(const struct sim_log *log, int64_t end,
                                             int64_t timestamp)
{
    const struct sim_record *latest = NULL;

    for (size_t i = 0; i < log->record_count; i++) {
        const struct sim_record *record = &log->records[i];
        if (record->offset < log->start_offset || record->offset >= end || record->removed)
            continue;
        if (timestamp >= 0 && record->timestamp_ms >= timestamp)
            return record;
        if (latest == NULL || record->timestamp_ms > latest->timestamp_ms)
            latest = record;
    }
    return timestamp == MAX_TIMESTAMP ? latest : NULL;
}

static void list_offset(const struct sim_call *call, const struct sim_log *log,
                        const struct kh_list_offsets_request_partition *asked,
                        struct kh_list_offsets_response_partition *out)
{
    const struct kh_list_offsets_request *request = call->request;
    int64_t end = sim_log_end(log, request->isolation_level != 0);
    const struct sim_record *record;

    if (asked->timestamp == KH_LIST_OFFSETS_LATEST) {
        out->offset = end;
    } else if (asked->timestamp == KH_LIST_OFFSETS_EARLIEST || asked->timestamp == EARLIEST_LOCAL) {
        out->offset = log->start_offset;
    } else if ((record = find_by_time(log, end, asked->timestamp)) != NULL) {
        out->offset = record->offset;
        out->timestamp = record->timestamp_ms;
    }
    if (call->version >= 4 && out->offset >= 0)
        out->leader_epoch = sim_epochs_at(&log->epochs, out->offset);
}

static void list_topic(struct sim_call *call, const struct kh_list_offsets_request_topic *asked,
                       struct kh_list_offsets_response_topic *topic)
{
    const struct sim_topic *t = sim_cluster_topic(call->broker->cluster, asked->name);

    topic->name = asked->name;
    topic->partitions = sim_call_new(call, asked->partition_count, sizeof *topic->partitions);
    for (size_t i = 0; i < asked->partition_count; i++) {
        const struct sim_log *log = sim_topic_log(t, asked->partitions[i].partition_index);
        if (is_duplicate(asked, i, i))
            continue;
        struct kh_list_offsets_response_partition *out =
            &topic->partitions[topic->partition_count++];
        *out = (struct kh_list_offsets_response_partition){
            .partition_index = asked->partitions[i].partition_index,
            .error_code = is_duplicate(asked, i, asked->partition_count)
                              ? KH_KAFKA_INVALID_REQUEST
                              : judge_partition(call, log, &asked->partitions[i]),
            .timestamp = -1,
            .offset = -1,
            .leader_epoch = -1};
        if (out->error_code == 0)
            list_offset(call, log, &asked->partitions[i], out);
    }
}

void sim_handle_list_offsets(struct sim_call *call)
{
    const struct kh_list_offsets_request *request = call->request;
    struct kh_list_offsets_response *response = sim_call_response(call);

    response->topic_count = request->topic_count;
    response->topics = sim_call_new(call, request->topic_count, sizeof *response->topics);
    for (size_t i = 0; i < request->topic_count; i++)
        list_topic(call, &request->topics[i], &response->topics[i]);
    sim_call_answer(call, response);
}
