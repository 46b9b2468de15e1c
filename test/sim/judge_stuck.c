/* Records that are stuck (processing.timeout.ms): none before its time, and then what on.stuck
 * says. */
#include "sim/judge.h"

enum { GRAINS = 16 }; /* a stop of the process is noticed to that part of the time */

void sim_judge_due(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                   int64_t last, int64_t ms)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = o->settled; i < o->delivered_count; i++)
        if (o->delivered[i].offset >= first && o->delivered[i].offset <= last) {
            o->delivered[i].due_us = j->trace->schedule->now_us + ms * SIM_MS;
            o->delivered[i].stuck = false;
        }
}

void sim_judge_stood_still(struct sim_judge *j, int member, int64_t duration_us)
{
    int64_t counted_us = duration_us - 2 * j->processing_timeout_ms * SIM_MS / GRAINS;

    for (size_t i = 0; i < j->members[member].ownership_count && counted_us > 0; i++) {
        struct sim_ownership *o = &j->members[member].ownerships[i];
        for (size_t k = o->settled; k < o->delivered_count; k++)
            o->delivered[k].due_us += counted_us;
    }
}

static bool is_held(const struct sim_delivered *d)
{
    return !d->acknowledged && !d->refused && !d->gone;
}

bool sim_judge_holds(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                     int64_t last)
{
    const struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = o->settled; i < o->delivered_count; i++)
        if (o->delivered[i].offset >= first && o->delivered[i].offset <= last &&
            is_held(&o->delivered[i]))
            return true;
    return false;
}

void sim_judge_stuck(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                     int64_t last)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);
    int64_t now_us = j->trace->schedule->now_us;
    bool some = false;

    for (size_t i = o->settled; i < o->delivered_count; i++) {
        struct sim_delivered *d = &o->delivered[i];
        if (d->offset < first || d->offset > last || !is_held(d))
            continue;
        some = true;
        if (now_us / SIM_MS < d->due_us / SIM_MS)
            sim_judge_violated(j, "C-32", "m%d: %s-%d@%lld is stuck %lld ms too early", member,
                               log->topic->name, (int)log->partition, (long long)d->offset,
                               (long long)((d->due_us - now_us) / SIM_MS));
        d->stuck = j->suspends;
    }
    if (!some)
        sim_judge_violated(j, "C-32", "m%d: %s-%d: nothing from %lld to %lld is held", member,
                           log->topic->name, (int)log->partition, (long long)first,
                           (long long)last);
    sim_judge_progress(j, log)->was_stuck = true;
    if (j->redelivers)
        sim_judge_refused(j, member, log, first, last);
}

void sim_judge_suspended(struct sim_judge *j, int member, const struct sim_ownership *o)
{
    for (size_t i = o->settled; i < o->delivered_count; i++)
        if (o->delivered[i].stuck && is_held(&o->delivered[i]))
            sim_judge_violated(j, "C-32", "m%d: %s-%d delivers, and %lld is stuck", member,
                               o->log->topic->name, (int)o->log->partition,
                               (long long)o->delivered[i].offset);
}

bool sim_judge_is_delivery(struct sim_judge *j, int member, const struct sim_log *log,
                           int64_t offset, uint16_t delivery)
{
    const struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = 0; i < o->delivered_count; i++)
        if (o->delivered[i].offset == offset)
            return o->delivered[i].acknowledged || j->members[member].may_lose ||
                   (o->delivered[i].delivery == delivery && !o->delivered[i].refused) ||
                   sim_judge_has_gone(o, &o->delivered[i]);
    return true;
}
