/* S13: what unclean elections take from a log. What was fetched before may still be delivered;
 * whoever has asked the new leader for records has done with that, and has been told of it if it
 * had read beyond what the new leader has. */
#include "sim/judge.h"
#include "sim/lost.h"

/* Where it goes on: where a leader's log ended, where the log begins, or from what the application
 * still holds, when it holds something of two of them. */
static bool may_go_on_at(struct sim_judge *j, const struct sim_ownership *o, int64_t offset,
                         int64_t before)
{
    const struct sim_epochs *e = &o->log->epochs;
    int64_t held = o->started ? sim_judge_commit_bound(j, o) : before;

    for (size_t i = 0; i < e->truncation_count; i++)
        if (e->truncations[i].from < before &&
            (offset == e->truncations[i].from || sim_log_began_at(o->log, offset) ||
             (offset < e->truncations[i].from && offset >= held)))
            return true;
    return false;
}

void sim_judge_forget(struct sim_judge *j, struct sim_ownership *o, int64_t from)
{
    if (o->counted > o->counted_of_lost) /* one may wait through several elections */
        o->counted_of_lost = o->counted;
    sim_judge_note_move(j, o);
    while (o->delivered_count > 0 && o->delivered[o->delivered_count - 1].offset >= from)
        o->refused -= o->delivered[--o->delivered_count].refused;
    if (o->settled > o->delivered_count)
        o->settled = o->delivered_count;
    if (o->reset_at > o->delivered_count)
        o->reset_at = o->delivered_count;
}

void sim_judge_truncated(struct sim_judge *j, int member, const struct sim_log *log, int64_t offset,
                         int64_t before)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (!may_go_on_at(j, o, offset, before))
        sim_judge_violated(j, "S13", "m%d is told that %s-%d has lost %lld to %lld, and it has not",
                           member, log->topic->name, (int)log->partition, (long long)offset,
                           (long long)before - 1);
    sim_judge_forget(j, o, offset);
    o->next = o->started && o->next < offset ? o->next : offset;
    o->started = true;
    o->epoch = -1;
}

/* Those with a leader that it has asked for records are over. */
static bool is_over(const struct sim_ownership *o, const struct sim_truncation *t)
{
    return t->epoch <= o->fetched_epoch;
}

const struct sim_record *sim_judge_lost_version(const struct sim_judge *j,
                                                const struct sim_ownership *o, int64_t from,
                                                const kohort_record *got)
{
    const struct sim_epochs *e = &o->log->epochs;

    for (size_t k = e->truncation_count; k > 0 && !is_over(o, &e->truncations[k - 1]); k--) {
        const struct sim_record *record = sim_lost_record(o->log, k - 1, got->offset);
        if (record != NULL && got->offset >= from && sim_judge_same_record(got, record) &&
            sim_lost_next(o->log, k - 1, from, j->committed) >= got->offset)
            return record;
    }
    return NULL;
}

void sim_judge_noticed(struct sim_judge *j, int member, struct sim_ownership *o,
                       const struct sim_record *record)
{
    const struct sim_epochs *e = &o->log->epochs;

    for (size_t i = 0; i < e->truncation_count; i++) {
        int64_t from = e->truncations[i].from;
        from = from > o->log->start_offset ? from : o->log->start_offset;
        if (o->epoch >= 0 && e->truncations[i].epoch > o->epoch &&
            e->truncations[i].epoch <= record->epoch && from < o->next)
            sim_judge_violated(j, "S13",
                               "m%d: %s-%d@%lld is delivered, and it was not told that %lld and "
                               "what followed are lost",
                               member, o->log->topic->name, (int)o->log->partition,
                               (long long)record->offset, (long long)from);
    }
    o->epoch = record->epoch;
}

int64_t sim_judge_untold_bound(struct sim_judge *j, const struct sim_ownership *o)
{
    const struct sim_epochs *e = &o->log->epochs;
    int64_t end = sim_judge_commit_bound(j, o);

    if (o->settled < o->delivered_count)
        return end;
    for (size_t i = 0; i < e->truncation_count; i++)
        if (!is_over(o, &e->truncations[i]) && e->truncations[i].from <= end &&
            e->truncations[i].to > end)
            end = e->truncations[i].to;
    return end;
}

bool sim_judge_was_written(const struct sim_log *log, const kohort_record *got)
{
    const struct sim_epochs *e = &log->epochs;
    const struct sim_record *now = sim_log_record(log, got->offset);
    bool found = now != NULL && sim_judge_same_record(got, now);

    for (size_t i = 0; i < e->lost_count && !found; i++)
        found = e->lost[i].record.offset == got->offset &&
                sim_judge_same_record(got, &e->lost[i].record);
    return found;
}

bool sim_judge_is_gone(const struct sim_log *log, int64_t offset)
{
    const struct sim_epochs *e = &log->epochs;
    bool gone = sim_log_record(log, offset)->removed;

    for (size_t i = 0; i < e->lost_count && !gone; i++)
        gone = e->lost[i].record.offset == offset && e->lost[i].record.removed;
    return gone;
}
