/* What moves in a cluster while clients use it: leaders, beginnings of logs, addresses. */
#include "sim/call.h"
#include "sim/memory.h"

void sim_cluster_move_leader(struct sim_cluster *c, struct sim_log *log, int32_t leader,
                             int64_t hidden_ms)
{
    struct sim_network *n = c->network;
    int32_t old = log->leader;

    log->earlier_leader = old;
    log->earlier_leader_epoch = log->leader_epoch;
    log->leader = leader;
    log->leader_epoch++;
    sim_epochs_assign(&log->epochs, log->leader_epoch, log->end_offset);
    for (int32_t id = 0; id < c->options.broker_count; id++)
        log->leader_known_us[id] =
            n->schedule->now_us + sim_random_between(n->random, 0, hidden_ms * SIM_MS);
    sim_trace(n->trace, SIM_TRACE_FAULT, "%s-%d is led by broker %d, epoch %d", log->topic->name,
              (int)log->partition, (int)leader, (int)log->leader_epoch);
    sim_fetch_wake(sim_cluster_broker(c, old)); /* What is parked there is told so. */
}

void sim_cluster_truncate(struct sim_cluster *c, struct sim_log *log, int32_t leader,
                          int64_t hidden_ms, int64_t end)
{
    sim_trace(c->network->trace, SIM_TRACE_FAULT, "%s-%d ended at %lld, and ends at %lld",
              log->topic->name, (int)log->partition, (long long)log->end_offset, (long long)end);
    sim_log_truncate(log, end);
    sim_cluster_move_leader(c, log, leader, hidden_ms);
}

void sim_broker_sees_leader(const struct sim_broker *b, const struct sim_log *log,
                            int32_t *ret_leader, int32_t *ret_leader_epoch)
{
    bool is_late = b->cluster->network->schedule->now_us < log->leader_known_us[b->id];

    *ret_leader = is_late ? log->earlier_leader : log->leader;
    *ret_leader_epoch = is_late ? log->earlier_leader_epoch : log->leader_epoch;
}

void sim_cluster_delete_records(struct sim_cluster *c, struct sim_log *log, int64_t offset)
{
    if (offset <= log->start_offset)
        return;
    sim_grow(&log->starts, &log->start_capacity, log->start_count, sizeof *log->starts);
    log->starts[log->start_count++] = log->start_offset;
    log->start_offset = offset;
    sim_epochs_begin_at(&log->epochs, offset);
    sim_trace(c->network->trace, SIM_TRACE_FAULT, "%s-%d now begins at %lld", log->topic->name,
              (int)log->partition, (long long)offset);
    sim_fetch_wake(sim_cluster_broker(c, log->leader));
}

void sim_cluster_compact(struct sim_cluster *c, struct sim_log *log)
{
    sim_log_compact(log, c->network->random);
    sim_trace(c->network->trace, SIM_TRACE_RECORDS, "%s-%d is compacted to %zu batches",
              log->topic->name, (int)log->partition, log->batch_count);
}

void sim_broker_evict_sessions(struct sim_broker *b)
{
    sim_fetch_sessions_free(b);
}

void sim_broker_change_address(struct sim_broker *b)
{
    struct sim_network *n = b->cluster->network;

    b->listener.address.bytes[2]++;
    for (size_t i = 0; i < n->name_count; i++)
        if (strcmp(n->names[i].host, b->host) == 0)
            n->names[i].address = b->listener.address;
    sim_broker_disconnect(b);
}
