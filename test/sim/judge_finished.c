/* What somebody has acknowledged need not be delivered to those who come after (commit.metadata=
 * done): whatever else is passed over is a gap. */
#include "sim/judge.h"

#include "sim/memory.h"

#include <string.h>

void sim_judge_note_finished(struct sim_judge *j, const struct sim_log *log, int64_t offset)
{
    struct sim_progress *p = sim_judge_progress(j, log);
    const struct sim_record *record = sim_log_record(log, offset);
    size_t before = p->finished_capacity;

    if (record == NULL)
        return;
    sim_grow(&p->finished, &p->finished_capacity, (size_t)offset, sizeof *p->finished);
    memset(p->finished + before, 0, (p->finished_capacity - before) * sizeof *p->finished);
    p->finished[offset] = record->epoch + 1;
}

/* Another record may have taken its place (KIP-320). */
static bool is_finished(const struct sim_progress *p, const struct sim_record *record)
{
    return (size_t)record->offset < p->finished_capacity &&
           p->finished[record->offset] == record->epoch + 1;
}

const struct sim_record *sim_judge_finished(struct sim_judge *j, const struct sim_log *log,
                                            int64_t from, int64_t until)
{
    const struct sim_record *next = j->done ? sim_log_visible(log, from, j->committed) : NULL;

    return next != NULL && next->offset < until && is_finished(sim_judge_progress(j, log), next)
               ? next
               : NULL;
}
