/* Credit (decision 6). Bytes limit what is asked for: what waits here, what the application keeps
 * and what is under way count. Records limit what is delivered: those not acknowledged, and with
 * demand.mode=pull those that were not demanded. */
#include "consumer/taped.h"

/* Each partition's part of what the consumer may hold, so that one that stands still, or is paused,
 * takes nothing away from the others. */
static size_t limit_of(const kohort_consumer *c)
{
    size_t count = c->ownership.owned.count;
    size_t share = (size_t)c->values.queued_max_bytes / (count == 0 ? 1 : count);
    size_t limit =
        (size_t)c->values.prefetch_bytes < share ? (size_t)c->values.prefetch_bytes : share;
    return limit == 0 ? 1 : limit;
}

static size_t held_by(const kohort_partition *p)
{
    return p->waiting_bytes + p->kept_bytes;
}

size_t kh_credit_bytes(const kohort_partition *p)
{
    size_t limit = limit_of(p->consumer), held = held_by(p);
    size_t most = (size_t)p->consumer->values.max_partition_fetch_bytes;
    /* From the half on: a request for a few bytes is answered with a whole batch. */
    if (held > limit / 2)
        return 0;
    return limit - held < most ? limit - held : most;
}

size_t kh_credit_left(const kohort_consumer *c)
{
    size_t most = (size_t)c->values.queued_max_bytes, used = c->held_bytes + c->asked_bytes;
    return used < most ? most - used : 0;
}

int kh_credit_records(const kohort_partition *p)
{
    const struct kh_option_values *v = &p->consumer->values;
    uint64_t most = (uint64_t)v->max_poll_records;
    uint64_t unacknowledged = (uint64_t)v->max_unacked_records - kh_partition_outstanding(p);
    if (kh_partition_outstanding(p) >= (uint64_t)v->max_unacked_records)
        return 0;
    if (v->demand_mode == KH_DEMAND_PULL && p->demand < most)
        most = p->demand;
    return (int)(unacknowledged < most ? unacknowledged : most);
}

void kh_credit_hold(kohort_partition *p, size_t size)
{
    p->waiting_bytes += size;
    p->consumer->held_bytes += size;
}

void kh_credit_let_go(kohort_partition *p, size_t size)
{
    p->waiting_bytes -= size;
    p->consumer->held_bytes -= size;
}

void kh_credit_returned(kohort_consumer *c)
{
    if (!c->credit_short)
        return;
    c->credit_short = false;
    kh_fetch_changed(c);
}

static int demand(kohort_partition *p, uint64_t records)
{
    if (p->consumer->values.demand_mode != KH_DEMAND_PULL)
        return KOHORT_ESTATE;
    if (p->state == KH_PARTITION_REVOKING || p->state == KH_PARTITION_ENDED)
        return KOHORT_ESTALE;
    p->demand = records > UINT64_MAX - p->demand ? UINT64_MAX : p->demand + records;
    kh_fetch_changed(p->consumer);
    return 0;
}

int kohort_demand(kohort_partition *p, uint64_t records)
{
    return kh_taped(kh_partition_tape(p), demand(p, records), KH_TAPED_PARTITION(DEMAND, p),
                    .b = (int64_t)records);
}
