/* What an application holds: batches that it keeps beyond on_records, and the records it demands.
 */
#include "sim/memory.h"
#include "sim/world.h"

#include <stdlib.h>

enum { DEMAND_EVERY_MS = 50, DEMAND_MAX = 40 };

struct kept_batch {
    struct kh_list node;
    struct sim_event event;
    struct sim_member *member;
    const struct sim_log *log;
    kohort_batch *batch;
};

static void let_go(struct kept_batch *kept)
{
    struct sim_member *m = kept->member;
    size_t count;
    const kohort_record *records = kohort_batch_records(kept->batch, &count);

    for (size_t i = 0; i < count; i++)
        sim_judge_kept(&m->world->judge, m->number, kept->log, &records[i]);
    SIM_CALL(m, kohort_batch_release(kept->batch));
    sim_cancel(&m->world->schedule, &kept->event);
    kh_list_remove(&kept->node);
    free(kept);
}

static void on_kept_enough(struct sim_event *event)
{
    struct kept_batch *kept = kh_container(event, struct kept_batch, event);

    if (sim_platform_runs(&kept->member->platform, event))
        let_go(kept);
}

void sim_holding_take(struct sim_member *m, const struct sim_log *log, const kohort_batch *batch)
{
    struct kept_batch *kept = sim_new(1, sizeof *kept);
    int status;

    SIM_CALL(m, status = kohort_batch_keep(batch, &kept->batch));
    if (status != 0) {
        free(kept);
        return;
    }
    kept->member = m;
    kept->log = log;
    kept->event.fire = on_kept_enough;
    kh_list_append(&m->kept, &kept->node);
    sim_after(&m->world->schedule, &kept->event,
              sim_random_between(&m->world->random, 0, m->application.keep_max_ms * SIM_MS));
}

/* Each partition is demanded of again when what it was demanded is delivered, or nearly. */
static void demand(struct sim_member *m, kohort_partition *p)
{
    const struct sim_log *log = sim_partition_log(m, p);
    const struct sim_ownership *o = sim_judge_ownership(&m->world->judge, m->number, log);
    uint64_t count = (uint64_t)sim_random_between(&m->world->random, 1, DEMAND_MAX);
    int status;

    if (o->state != SIM_OWNED || o->demanded > o->got + DEMAND_MAX / 2)
        return;
    SIM_CALL(m, status = kohort_demand(p, count));
    if (status == 0)
        sim_judge_demanded(&m->world->judge, m->number, log, count);
    else if (status != KOHORT_ESTALE)
        sim_judge_violated(&m->world->judge, "S10", "m%d: kohort_demand says %d", m->number,
                           status);
}

static void on_demand_due(struct sim_event *event)
{
    struct sim_member *m = kh_container(event, struct sim_member, demand_due);

    if (!sim_platform_runs(&m->platform, event) || m->consumer == NULL)
        return;
    const kohort_partitions *owned = kohort_consumer_assignment(m->consumer);
    for (size_t i = 0; i < kohort_partitions_count(owned); i++)
        demand(m, kohort_partitions_at(owned, i));
    sim_after(&m->world->schedule, event, DEMAND_EVERY_MS * SIM_MS);
}

void sim_holding_start(struct sim_member *m)
{
    m->demand_due.fire = on_demand_due;
    if (m->world->judge.pull)
        sim_after(&m->world->schedule, &m->demand_due, DEMAND_EVERY_MS * SIM_MS);
}

void sim_holding_stop(struct sim_member *m)
{
    sim_cancel(&m->world->schedule, &m->demand_due);
    kh_list_each_safe (node, &m->kept)
        let_go(kh_container(node, struct kept_batch, node));
}
