#include "sim/world.h"

#include "sim/memory.h"
#include "sim/recording.h"

#include <stdlib.h>

/* Events at one instant: more is a loop that spins. */
enum { AT_ONCE_MAX = 200000 };

struct sim_world *sim_world_new(uint64_t seed, const struct sim_world_options *options)
{
    struct sim_world *w = sim_new(1, sizeof *w);

    w->options = *options;
    w->shortage = options->shortage;
    kh_random_seed(&w->random, seed);
    sim_trace_init(&w->trace, &w->schedule);
    w->trace.kept = options->kept;
    w->trace.shown = options->shown == NULL ? 0 : SIM_TRACE_ALL;
    w->trace.out = options->shown;
    sim_network_init(&w->network, &w->schedule, &w->random, &w->trace);
    w->network.latency_min_us = options->latency_min_us;
    w->network.latency_max_us = options->latency_max_us;
    w->network.short_io = options->short_io;
    w->network.steady = options->steady;
    sim_cluster_init(&w->cluster, &w->network, &options->cluster);
    sim_judge_init(&w->judge, &w->cluster, &w->trace);
    w->cluster.observer = sim_judge_observer(&w->judge);
    return w;
}

void sim_world_free(struct sim_world *w)
{
    for (int i = 1; i <= w->member_count; i++) {
        struct sim_member *m = w->members[i];
        if (!m->client_closed)
            sim_member_kill(m, false);
        sim_platform_free(&m->platform);
        sim_member_forget_commits(m);
        sim_recording_free(m);
        free(m);
    }
    sim_cluster_free(&w->cluster);
    sim_network_free(&w->network);
    sim_judge_free(&w->judge);
    sim_trace_free(&w->trace);
    sim_schedule_free(&w->schedule);
    free(w);
}

/* False: nothing is left to do by then. */
static bool step(struct sim_world *w, int64_t until_ms)
{
    if (w->schedule.fired_at_once > AT_ONCE_MAX) {
        if (w->schedule.fired_at_once != UINT64_MAX)
            sim_judge_violated(&w->judge, "L4", "something spins");
        w->schedule.fired_at_once = UINT64_MAX; /* The rest of this world is of no interest. */
        return false;
    }
    return sim_step(&w->schedule, until_ms * SIM_MS);
}

void sim_world_run_until(struct sim_world *w, int64_t until_ms)
{
    while (step(w, until_ms))
        ;
}

void sim_world_run_for(struct sim_world *w, int64_t duration_ms)
{
    sim_world_run_until(w, sim_now_ms(&w->schedule) + duration_ms);
}

bool sim_world_wait(struct sim_world *w, bool (*condition)(struct sim_world *w), int64_t limit_ms)
{
    int64_t until_ms = sim_now_ms(&w->schedule) + limit_ms;

    while (!condition(w))
        if (!step(w, until_ms))
            return condition(w);
    return true;
}

static size_t owners(struct sim_world *w, const struct sim_log *log)
{
    size_t count = 0;

    for (int i = 1; i <= w->member_count; i++)
        count += sim_member_lives(w->members[i]) &&
                 sim_judge_ownership(&w->judge, i, log)->state == SIM_OWNED;
    return count;
}

static bool each_log(struct sim_world *w, bool (*holds)(struct sim_world *, const struct sim_log *))
{
    kh_list_each (node, &w->cluster.topics) {
        const struct sim_topic *t = kh_container(node, struct sim_topic, node);
        for (int32_t i = 0; i < t->partition_count; i++)
            if (!holds(w, &t->logs[i]))
                return false;
    }
    return true;
}

static bool is_assigned(struct sim_world *w, const struct sim_log *log)
{
    return owners(w, log) == 1;
}

static bool is_drained(struct sim_world *w, const struct sim_log *log)
{
    const struct sim_progress *p = sim_judge_progress(&w->judge, log);
    int64_t stored = p->stored > p->excused ? p->stored : p->excused;

    return owners(w, log) == 1 &&
           (log->end_offset == log->start_offset || stored >= sim_log_end(log, w->judge.committed));
}

bool sim_world_assigned(struct sim_world *w)
{
    return each_log(w, is_assigned);
}

bool sim_world_drained(struct sim_world *w)
{
    return each_log(w, is_drained);
}
