/* Plain reads, valid in every state; nothing here changes anything. */
#include "consumer/consumer.h"

const char *kohort_version(void)
{
    return KOHORT_VERSION;
}

const char *kohort_status_text(int status)
{
    return kh_status_text(status);
}

const char *kohort_kafka_error_name(int16_t kafka_code)
{
    return kh_kafka_error_name(kafka_code);
}

const char *kohort_consumer_state(const kohort_consumer *c)
{
    return kh_member_state_name(kh_member_state(c->group.member));
}

const char *kohort_consumer_group_id(const kohort_consumer *c)
{
    return c->values.group_id;
}

/* The member's texts are terminated copies; one that is forgotten keeps its bytes. */
static const char *text_of(struct kh_string text)
{
    return text.size <= 0 ? "" : text.data;
}

const char *kohort_consumer_member_id(const kohort_consumer *c)
{
    return text_of(kh_member_id(c->group.member));
}

const char *kohort_consumer_leader_id(const kohort_consumer *c)
{
    return text_of(kh_member_leader_id(c->group.member));
}

int32_t kohort_consumer_generation(const kohort_consumer *c)
{
    return kh_member_generation(c->group.member);
}

bool kohort_consumer_is_leader(const kohort_consumer *c)
{
    return kh_member_is_leader(c->group.member);
}

const kohort_partitions *kohort_consumer_assignment(const kohort_consumer *c)
{
    return &c->ownership.owned;
}

kohort_partition *kohort_consumer_partition(const kohort_consumer *c, const char *topic,
                                            int32_t partition)
{
    return kh_ownership_find(c, kh_string_of(topic), partition);
}

const char *kohort_rebalance_reason_name(int reason)
{
    static const char *const names[KOHORT_REBALANCE_REASONS] = {
        [KOHORT_REBALANCE_START] = "start",
        [KOHORT_REBALANCE_GROUP] = "group",
        [KOHORT_REBALANCE_SUBSCRIPTION] = "subscription",
        [KOHORT_REBALANCE_TOPICS] = "topics",
        [KOHORT_REBALANCE_HANDOVER] = "handover",
        [KOHORT_REBALANCE_EVICTED] = "evicted",
        [KOHORT_REBALANCE_SESSION] = "session",
    };
    return reason < 0 || reason >= KOHORT_REBALANCE_REASONS ? "" : names[reason];
}

int kohort_consumer_get_statistics(const kohort_consumer *c, kohort_consumer_statistics *statistics)
{
    if (statistics->size != sizeof *statistics)
        return KOHORT_EINVAL;
    const struct kh_member_statistics member =
        kh_member_statistics(c->group.member, kh_consumer_now(c));
    *statistics = (kohort_consumer_statistics){
        .size = sizeof *statistics,
        .records = c->counters.records,
        .batches = c->counters.batches,
        .commits = c->counters.commits,
        .rebalance_ms = member.rebalance_ms,
        .partitions_assigned = c->counters.assigned,
        .partitions_revoked = c->counters.revoked,
        .partitions_lost = c->counters.lost,
    };
    for (int i = 0; i < KOHORT_REBALANCE_REASONS; i++) {
        statistics->rebalances_by[i] = member.rebalances[i];
        statistics->rebalances += member.rebalances[i];
    }
    return 0;
}

kohort_client *kohort_consumer_client(const kohort_consumer *c)
{
    return c->client;
}

kohort_consumer *kohort_partition_consumer(const kohort_partition *p)
{
    return p->consumer;
}

const char *kohort_partition_topic(const kohort_partition *p)
{
    return p->topic;
}

int32_t kohort_partition_number(const kohort_partition *p)
{
    return p->number;
}

uint64_t kohort_partition_ownership(const kohort_partition *p)
{
    return p->ownership;
}

void kohort_partition_set_data(kohort_partition *p, void *data)
{
    p->data = data;
}

void *kohort_partition_data(const kohort_partition *p)
{
    return p->data;
}

static const char *why_waiting(const kohort_partition *p)
{
    if (p->paused)
        return "paused by the application";
    if (p->stuck)
        return "records are not acknowledged for processing.timeout.ms";
    if (p->awaits_commit)
        return "what is acknowledged is being committed first";
    if (kh_partition_outstanding(p) >= (uint64_t)p->consumer->values.max_unacked_records)
        return "max.unacked.records are delivered and not acknowledged";
    if (p->consumer->values.demand_mode == KH_DEMAND_PULL && p->demand == 0)
        return "no records are demanded";
    if (p->state == KH_PARTITION_FETCHING && p->kept_bytes > 0 && kh_credit_bytes(p) == 0)
        return "the application keeps prefetch.bytes of its batches";
    if (p->state == KH_PARTITION_FETCHING && p->leader < 0)
        return "no leader is known";
    if (p->state == KH_PARTITION_FETCHING && p->position >= kh_partition_end(p))
        return "all records have been delivered";
    return p->why;
}

int kohort_partition_get_status(const kohort_partition *p, kohort_partition_status *status)
{
    if (status->size != sizeof *status)
        return KOHORT_EINVAL;
    int64_t end = kh_partition_end(p);
    *status = (kohort_partition_status){
        .size = sizeof *status,
        .state = kh_partition_state_name(p->state),
        .why_waiting = why_waiting(p),
        .position = p->position,
        .acked = kh_partition_acked(p),
        .committed = p->committed,
        .high_watermark = p->high_watermark,
        .log_start_offset = p->log_start_offset,
        .lag = end < 0 || p->position < 0 ? -1 : end - p->position,
        .unacknowledged = p->tracker.unacknowledged,
        .leader = p->leader,
        .paused = p->paused,
        .buffered_bytes = p->waiting_bytes,
        .kept_bytes = p->kept_bytes,
        .demand = p->demand,
        .last_stable_offset = p->last_stable_offset,
    };
    return 0;
}
