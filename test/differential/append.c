#include "base/status.h"
#include "differential/play.h"
#include "protocol/produce.h"
#include "sim/world.h"

#include <criterion/criterion.h>

enum { RECORDS = 5, VALUE_SIZE = 20 };

/* Where it lies is the broker's to say: producers send batches from 0 on (UnifiedLog). */
static void produce(struct side *broker, const struct sim_log *log, const struct sim_batch *batch)
{
    uint8_t *bytes = kh_arena_alloc(&broker->arena, batch->size, 1);
    const struct kh_produce_request_partition partition = {log->partition,
                                                           {bytes, (int32_t)batch->size}};
    const struct kh_produce_request_topic topic = {
        .name = kh_string_of(log->topic->name), .partition_data = &partition, .partition_count = 1};
    const struct kh_produce_request request = {
        .acks = -1, .timeout_ms = 10000, .topic_data = &topic, .topic_count = 1};
    const struct kh_produce_response_partition *answer;

    memcpy(bytes, log->bytes.data + batch->begin, batch->size);
    test_batch_set_base_offset(bytes, 0);
    do { /* A broker may learn a little later that it leads what was just created. */
        const struct kh_produce_response *response =
            side_call(broker, SIDE_CONTROL, KH_API_PRODUCE, 9, &request);
        answer = response->responses[0].partition_responses;
    } while (answer->error_code == KH_KAFKA_NOT_LEADER_OR_FOLLOWER ||
             answer->error_code == KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_assert_eq(answer->error_code, 0);
    cr_assert_eq(answer->base_offset, batch->base_offset);
}

void append_both(struct play *p, struct sim_log *log, int64_t timestamp_ms)
{
    const struct side_model *model = p->model.transport;
    const struct sim_batch_shape shape = {
        .record_count = RECORDS, .value_size = VALUE_SIZE, .timestamp_ms = timestamp_ms};

    sim_cluster_append(&model->world->cluster, log, &shape);
    produce(&p->broker, log, &log->batches[log->batch_count - 1]);
}
