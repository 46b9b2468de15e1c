/* What the application says of records, and what may be committed for it. */
#include "sim/judge.h"

/* Commits that were asked for before a seek may be on their way for so long. */
enum { LAG_US = 1000 * SIM_MS };

bool sim_judge_has_gone(const struct sim_ownership *o, const struct sim_delivered *d)
{
    return d->gone || (d->refused && sim_judge_is_gone(o->log, d->offset));
}

void sim_judge_acknowledged(struct sim_judge *j, int member, const struct sim_log *log,
                            int64_t first, int64_t last, int delivery)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = o->delivered_count; i > o->settled && o->delivered[i - 1].offset >= first; i--)
        if ((delivery == SIM_ANY_DELIVERY || o->delivered[i - 1].delivery == delivery) &&
            o->delivered[i - 1].offset <= last && !o->delivered[i - 1].refused &&
            !o->delivered[i - 1].gone) {
            o->delivered[i - 1].acknowledged = true;
            sim_judge_note_finished(j, log, o->delivered[i - 1].offset);
            j->acknowledged++;
        }
    while (o->settled < o->delivered_count && o->delivered[o->settled].acknowledged)
        o->settled++;
}

bool sim_judge_is_acknowledged(struct sim_judge *j, int member, const struct sim_log *log,
                               int64_t offset)
{
    const struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = 0; i < o->delivered_count; i++)
        if (o->delivered[i].offset == offset)
            return o->delivered[i].acknowledged || sim_judge_has_gone(o, &o->delivered[i]);
    return false;
}

void sim_judge_refused(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                       int64_t last)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = o->delivered_count; i > o->settled && o->delivered[i - 1].offset >= first;
         i--) {
        struct sim_delivered *d = &o->delivered[i - 1];
        if (d->offset > last || d->acknowledged || d->refused)
            continue;
        d->refused = true;
        o->refused++;
        j->refused++;
    }
}

void sim_judge_failed(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                      int64_t last, size_t count)
{
    sim_judge_refused(j, member, log, first, last);
    sim_judge_ownership(j, member, log)->got -= count; /* They are still demanded. */
}

void sim_judge_given_up(struct sim_judge *j, int member, const struct sim_log *log)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = o->settled; i < o->delivered_count; i++) {
        struct sim_delivered *d = &o->delivered[i];
        if (!d->refused || d->offset >= log->start_offset)
            continue;
        d->refused = false;
        d->gone = true;
        o->refused--;
    }
}

bool sim_judge_may_lag(const struct sim_ownership *o, int64_t sent_us)
{
    return o->sought_pending || (o->sought_us > 0 && sent_us <= o->sought_us + LAG_US);
}

int64_t sim_judge_commit_bound(struct sim_judge *j, const struct sim_ownership *o)
{
    for (size_t i = o->settled; i < o->delivered_count; i++) {
        const struct sim_delivered *d = &o->delivered[i];
        if (!d->acknowledged && !sim_judge_has_gone(o, d))
            return d->offset;
    }
    int64_t from = o->next;
    const struct sim_record *next;
    while ((next = sim_judge_finished(j, o->log, from, INT64_MAX)) != NULL)
        from = next->offset + 1;
    next = sim_log_visible(o->log, from, j->committed);
    if (next != NULL)
        return next->offset;
    int64_t end = sim_log_end(o->log, j->committed); /* a seek may go beyond */
    return end > o->next ? end : o->next;
}
