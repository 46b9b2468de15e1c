/* OffsetForLeaderEpoch: where an epoch ends in the leader's log. */
#include "base/status.h"
#include "protocol/offset_for_leader_epoch.h"
#include "sim/call.h"

/* ReplicaManager.lastOffsetForLeaderEpoch, Partition.lastOffsetForLeaderEpoch: of the leader alone
 */
static void answer_partition(const struct sim_call *call, const struct sim_log *log,
                             const struct kh_offset_for_leader_epoch_request_partition *asked,
                             struct kh_offset_for_leader_epoch_response_partition *out)
{
    *out = (struct kh_offset_for_leader_epoch_response_partition){
        .partition = asked->partition, .leader_epoch = -1, .end_offset = -1};
    out->error_code = log == NULL
                          ? KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                          : sim_broker_judge_epoch(call->broker, log, asked->current_leader_epoch);
    if (out->error_code != 0)
        return;
    struct sim_epoch end = sim_epochs_end_of(&log->epochs, asked->leader_epoch, log->end_offset);
    out->leader_epoch = end.epoch;
    out->end_offset = end.start_offset;
}

void sim_handle_offset_for_leader_epoch(struct sim_call *call)
{
    const struct kh_offset_for_leader_epoch_request *request = call->request;
    struct kh_offset_for_leader_epoch_response *response = sim_call_response(call);

    response->topic_count = request->topic_count;
    response->topics = sim_call_new(call, request->topic_count, sizeof *response->topics);
    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_offset_for_leader_epoch_request_topic *asked = &request->topics[i];
        const struct sim_topic *t = sim_cluster_topic(call->broker->cluster, asked->topic);
        struct kh_offset_for_leader_epoch_response_topic *topic = &response->topics[i];
        topic->topic = asked->topic;
        topic->partition_count = asked->partition_count;
        topic->partitions = sim_call_new(call, asked->partition_count, sizeof *topic->partitions);
        for (size_t k = 0; k < asked->partition_count; k++)
            answer_partition(call, sim_topic_log(t, asked->partitions[k].partition),
                             &asked->partitions[k], &topic->partitions[k]);
    }
    sim_call_answer(call, response);
}
