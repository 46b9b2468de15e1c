/* An application that calls anything, inside any callback and beside them: pauses, resumes, seeks,
 * commits, subscribes once more, closes. */
#include "sim/world.h"

enum { MEDDLE_EVERY_MS = 150 };

void sim_member_pause(struct sim_member *m, kohort_partition *p, bool paused)
{
    int status;

    SIM_CALL(m, status = paused ? kohort_pause(p) : kohort_resume(p));
    if (status != 0)
        sim_judge_violated(&m->world->judge, "S10", "m%d: pausing says %d", m->number, status);
    sim_judge_paused(&m->world->judge, m->number, sim_partition_log(m, p), paused);
}

void sim_member_seek(struct sim_member *m, kohort_partition *p, int64_t offset)
{
    const struct sim_log *log = sim_partition_log(m, p);
    int status;

    sim_trace(&m->world->trace, SIM_TRACE_RECORDS, "m%d seeks %s-%d to %lld", m->number,
              log->topic->name, (int)log->partition, (long long)offset);
    SIM_CALL(m, status = kohort_seek(p, offset));
    if (status == 0)
        sim_judge_sought(&m->world->judge, m->number, log, offset);
    else if (status != KOHORT_ESTALE)
        sim_judge_violated(&m->world->judge, "S10", "m%d: kohort_seek to %lld says %d", m->number,
                           (long long)offset, status);
}

static kohort_partition *some_partition(struct sim_member *m)
{
    const kohort_partitions *owned = kohort_consumer_assignment(m->consumer);
    size_t count = kohort_partitions_count(owned);

    return count == 0 ? NULL
                      : kohort_partitions_at(owned, kh_random_below(&m->world->random, count));
}

static void seek_somewhere(struct sim_member *m, kohort_partition *p)
{
    struct kh_random *random = &m->world->random;
    const struct sim_log *log = sim_partition_log(m, p);

    sim_member_seek(m, p,
                    sim_chance(random, 4)
                        ? -2
                        : sim_random_between(random, log->start_offset, log->end_offset));
}

static void subscribe_once_more(struct sim_member *m)
{
    int status;

    SIM_CALL(m, status = kohort_subscribe(m->consumer, &m->topic, 1));
    if (status != 0)
        sim_judge_violated(&m->world->judge, "S10", "m%d cannot subscribe once more: %d", m->number,
                           status);
}

static void meddle(struct sim_member *m)
{
    kohort_partition *p = some_partition(m);
    uint64_t what = kh_random_below(&m->world->random, 100);

    if (!sim_member_lives(m) || m->consumer == NULL)
        return;
    if (what < 1)
        sim_member_close(m, sim_random_between(&m->world->random, 1, 5000));
    else if (what < 20)
        sim_member_commit(m);
    else if (what < 25)
        subscribe_once_more(m);
    else if (p == NULL)
        return;
    else if (what < 50)
        sim_member_pause(m, p, true);
    else if (what < 80)
        sim_member_pause(m, p, false);
    else
        seek_somewhere(m, p);
}

void sim_meddle_sometimes(struct sim_member *m)
{
    if (m->application.meddles > 0 &&
        kh_random_below(&m->world->random, 100) < m->application.meddles)
        meddle(m);
}

static void on_meddle_due(struct sim_event *event)
{
    struct sim_member *m = kh_container(event, struct sim_member, meddle_due);

    if (!sim_platform_runs(&m->platform, event) || !sim_member_lives(m))
        return;
    meddle(m);
    sim_after(&m->world->schedule, event, MEDDLE_EVERY_MS * SIM_MS);
}

void sim_meddling_start(struct sim_member *m)
{
    m->meddle_due.fire = on_meddle_due;
    if (m->application.meddles > 0)
        sim_after(&m->world->schedule, &m->meddle_due, MEDDLE_EVERY_MS * SIM_MS);
}

void sim_meddling_stop(struct sim_member *m)
{
    m->application.meddles = 0;
    sim_cancel(&m->world->schedule, &m->meddle_due);
    if (!sim_member_lives(m) || m->consumer == NULL)
        return;
    const kohort_partitions *owned = kohort_consumer_assignment(m->consumer);
    for (size_t i = 0; i < kohort_partitions_count(owned); i++)
        sim_member_pause(m, kohort_partitions_at(owned, i), false);
}
