#include "sim/scenarios.h"

#include "base/status.h"
#include "sim/call.h"
#include "sim/group.h"
#include "sim/producers.h"
#include "sim/recording.h"

#include <string.h>

enum { BATCHES = 120, CLOSE_MS = 5000, HEARTBEAT_MS = 1000 };

/* The bound of L1: session and rebalance timeout, and what two backoffs take. */
enum { SESSION_MS = 6000, REBALANCE_MS = 20000, HEAL_MS = SESSION_MS + REBALANCE_MS + 10000 };

/* Each broker speaks some prefix of the versions there are, as a cluster in a roll does. Whoever
 * speaks Fetch v4 knows transactions, and so ListOffsets v2 (KIP-98). */
static void bound_versions(struct sim_world *w)
{
    for (int32_t id = 0; id < w->options.cluster.broker_count; id++) {
        struct sim_broker *b = sim_cluster_broker(&w->cluster, id);
        for (int api = 0; api < KH_API_COUNT; api++)
            if (sim_serves((enum kh_api)api) && sim_chance(&w->random, 2))
                b->newest[api] =
                    (int16_t)sim_random_between(&w->random, b->oldest[api], b->newest[api]);
        if (b->newest[KH_API_LIST_OFFSETS] < 2)
            b->newest[KH_API_LIST_OFFSETS] = 2;
        w->old_brokers = w->old_brokers || b->newest[KH_API_METADATA] < 9 ||
                         b->newest[KH_API_OFFSET_FOR_LEADER_EPOCH] < 3 ||
                         b->newest[KH_API_OFFSET_FETCH] < 5 || b->newest[KH_API_FETCH] < 9;
    }
}

static const char *one_of(struct kh_random *random, const char *usual, const char *other)
{
    return sim_chance(random, 2) ? usual : other;
}

/* Usual sizes, or so small ones that limits are met all the time. */
static void some_member_options(struct kh_random *random, const char **pairs, const char *strategy)
{
    const char *const fixed[] = {
        "heartbeat.interval.ms", "1000",  "partition.assignment.strategy", strategy,
        "max.poll.interval.ms",  "20000", "rebalance.drain.timeout.ms",    "5000"};
    const char *const chosen[][3] = {{"auto.commit.interval.ms", "2000", "300"},
                                     {"commit.threshold", "0", "50"},
                                     {"max.poll.records", "1000", "7"},
                                     {"max.partition.fetch.bytes", "1048576", "2000"},
                                     {"fetch.max.bytes", "52428800", "5000"},
                                     {"prefetch.bytes", "4194304", "3000"},
                                     {"max.unacked.records", "10000", "15"},
                                     {"queued.max.bytes", "67108864", "9000"},
                                     {"demand.mode", "push", "pull"},
                                     {"commit.metadata", "none", "done"},
                                     {"isolation.level", "read_uncommitted", "read_committed"},
                                     {"fetch.empty.backoff.ms", "0", "120"},
                                     {"fetch.max.wait.ms", "500", "50"},
                                     {"fetch.min.bytes", "1", "4000"}};
    size_t at = sizeof fixed / sizeof *fixed;

    memcpy(pairs, fixed, sizeof fixed);
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        pairs[at++] = chosen[i][0];
        pairs[at++] = one_of(random, chosen[i][1], chosen[i][2]);
    }
}

static const char *some_strategy(struct kh_random *random)
{
    static const char *const strategies[] = {"cooperative-sticky", "cooperative-sticky",
                                             "range,cooperative-sticky", "sticky", "roundrobin"};
    return strategies[kh_random_below(random, sizeof strategies / sizeof *strategies)];
}

static bool has_option(const struct sim_world_options *o, const char *name, const char *value)
{
    for (size_t i = 0; o->member_options[i] != NULL; i += 2)
        if (strcmp(o->member_options[i], name) == 0)
            return strcmp(o->member_options[i + 1], value) == 0;
    return false;
}

/* Who commits, and when. */
static void some_commit_mode(struct kh_random *random, struct sim_world_options *o)
{
    static const char *const modes[] = {"async", "sync", "manual"};
    const char *mode = modes[kh_random_below(random, sizeof modes / sizeof *modes)];
    size_t at = 0;

    while (o->member_options[at] != NULL)
        at += 2;
    o->member_options[at] = "commit.mode";
    o->member_options[at + 1] = mode;
    if (mode == modes[2] || sim_chance(random, 4))
        o->commit_every_ms = sim_random_between(random, 20, 400);
}

static struct sim_world *some_world(const struct sim_run *run)
{
    struct kh_random random;
    struct sim_world_options o = SIM_WORLD_DEFAULTS;

    kh_random_seed(&random, ~run->seed);
    o.shown = run->shown;
    o.recorded = run->recorded;
    o.cluster.broker_count = (int32_t)sim_random_between(&random, 1, 3);
    o.cluster.initial_rebalance_delay_ms = sim_chance(&random, 2) ? 0 : 300;
    o.cluster.no_fetch_sessions = sim_chance(&random, 4);
    o.latency_min_us = sim_random_between(&random, 50, 2 * SIM_MS);
    o.latency_max_us = o.latency_min_us + sim_random_between(&random, 0, 60 * SIM_MS);
    o.short_io = sim_chance(&random, 2);
    o.session_timeout_ms = SESSION_MS;
    some_member_options(&random, o.member_options, some_strategy(&random));
    some_commit_mode(&random, &o);
    struct sim_world *w = sim_world_new(run->seed, &o);
    w->judge.committed = has_option(&o, "isolation.level", "read_committed");
    w->judge.pull = has_option(&o, "demand.mode", "pull");
    w->judge.done = has_option(&o, "commit.metadata", "done");
    w->judge.sync = has_option(&o, "commit.mode", "sync");
    if (sim_chance(&random, 2))
        bound_versions(w);
    return w;
}

/* What happens to records that the application takes long for: the first `ways` of these. */
static void some_patience(struct sim_world *w, size_t ways)
{
    static const char *const names[] = {"redeliver", "redeliver", "suspend", "leave"};
    size_t at = 0;

    if (!sim_chance(&w->random, 3))
        return;
    while (w->options.member_options[at] != NULL)
        at += 2;
    bool is_short = sim_chance(&w->random, 2); /* Shorter than most of what it is to catch. */
    const char *way = names[kh_random_below(&w->random, ways)];
    is_short = is_short && strcmp(way, "leave") != 0; /* It must get on. */
    w->options.member_options[at] = "processing.timeout.ms";
    w->options.member_options[at + 1] = is_short ? "300" : "1000";
    w->options.member_options[at + 2] = "on.stuck";
    w->options.member_options[at + 3] = way;
    w->judge.processing_timeout_ms = is_short ? 300 : 1000;
    w->judge.redelivers = strcmp(way, "redeliver") == 0;
    w->judge.suspends = strcmp(way, "suspend") == 0;
}

static void finish(struct sim_world *w, struct sim_result *ret)
{
    sim_recording_check(w);
    *ret = (struct sim_result){.hash = w->trace.hash,
                               .violations = w->judge.violations,
                               .delivered = w->judge.delivered,
                               .commits = w->judge.commits,
                               .joins = w->judge.joins,
                               .virtual_ms = (uint64_t)sim_now_ms(&w->schedule),
                               .seen = w->judge.seen};
    memcpy(ret->first, w->judge.first, sizeof ret->first);
}

static void close_all(struct sim_world *w)
{
    for (int i = 1; i <= w->member_count; i++)
        if (sim_member_lives(w->members[i]))
            sim_member_close(w->members[i], CLOSE_MS);
    sim_world_run_for(w, CLOSE_MS + 1000);
    for (int i = 1; i <= w->member_count; i++)
        if (!w->members[i]->client_closed)
            sim_judge_violated(&w->judge, "L5", "m%d does not end", i);
}

/* The bound is that of healing. An application that commits a few records at a time may take longer
 * for what has piled up: it is given more as long as it gets on. */
static bool heals(struct sim_world *w)
{
    bool drained = sim_world_wait(w, sim_world_drained, HEAL_MS);
    uint64_t commits = 0;

    for (int i = 0; i < 40 && !drained && commits != w->judge.commits; i++) {
        commits = w->judge.commits;
        drained = sim_world_wait(w, sim_world_drained, HEAL_MS / 4);
    }
    return drained;
}

/* What was written is consumed once nothing stands in the way any more; then all go. */
static void drain_and_close(struct sim_world *w, struct sim_producers *p, struct sim_result *ret)
{
    for (int i = 0; i < BATCHES * 400 / 100 && sim_producers_busy(p); i++)
        sim_world_run_for(w, 100);
    if (!heals(w))
        sim_judge_violated(&w->judge, "L1",
                           "not all is owned and committed %d ms after the last fault",
                           (int)HEAL_MS);
    close_all(w);
    finish(w, ret);
    sim_world_free(w);
}

/* Three members come, one is killed at some time, later another is closed; who is left drains what
 * was written. */
static void play_three_members(const struct sim_run *run, struct sim_result *ret)
{
    struct sim_world *w = some_world(run);
    struct sim_producers producers;

    some_patience(w, 4);
    sim_producers_start(&producers, w, BATCHES);
    for (int i = 0; i < 3; i++) {
        const struct sim_application application = sim_application_some(&w->random);
        sim_member_start(w, &application, "t");
        sim_world_run_for(w, sim_random_between(&w->random, 0, 6000));
    }
    int killed = (int)sim_random_between(&w->random, 1, 3);
    sim_member_kill(w->members[killed], sim_chance(&w->random, 2));
    sim_world_run_for(w, sim_random_between(&w->random, 0, 15000));
    sim_member_close(w->members[killed % 3 + 1], CLOSE_MS);
    drain_and_close(w, &producers, ret);
}

/* Everything that can go wrong does, for a time. */
static void play_faults(const struct sim_run *run, struct sim_result *ret)
{
    struct sim_world *w = some_world(run);
    struct sim_producers producers;
    struct sim_faults faults;

    some_patience(w, 4);
    sim_producers_start(&producers, w, BATCHES);
    for (int i = 0; i < 3; i++) {
        const struct sim_application application = sim_application_some(&w->random);
        sim_member_start(w, &application, "t");
    }
    sim_faults_start(&faults, w, run->faults);
    sim_world_run_for(w, sim_random_between(&w->random, 1000, 60000));
    sim_faults_stop(&faults);
    drain_and_close(w, &producers, ret);
    ret->faults = faults.number;
}

/* Members come and go, all of them politely: each record is delivered once. */
static void play_graceful(const struct sim_run *run, struct sim_result *ret)
{
    struct sim_world *w = some_world(run);
    struct sim_producers producers;

    w->judge.graceful = true;
    w->judge.heartbeat_max_us = INT64_C(1100) * HEARTBEAT_MS + 4 * w->options.latency_max_us;
    some_patience(w, 3);
    sim_producers_start(&producers, w, BATCHES);
    for (int i = 0; i < 12; i++) {
        struct sim_member *m = w->member_count == 0
                                   ? NULL
                                   : w->members[sim_random_between(&w->random, 1, w->member_count)];
        if (m == NULL || !sim_member_lives(m) || i < 3) {
            struct sim_application application = sim_application_some(&w->random);
            application.fails = application.refuses = application.hurries = 0;
            application.drains = true;
            sim_member_start(w, &application, "t");
        } else {
            sim_member_close(m, CLOSE_MS);
        }
        sim_world_run_for(w, sim_random_between(&w->random, 0, 5000));
    }
    struct sim_application last = {.drains = true};
    sim_member_start(w, &last, "t");
    drain_and_close(w, &producers, ret);
}

/* Brokers that are too old for static members turn them away: that is no story of bounces. */
static void carry_instances(struct sim_world *w)
{
    static const struct {
        enum kh_api api;
        int16_t since;
    } rows[] = {{KH_API_JOIN_GROUP, 5},
                {KH_API_SYNC_GROUP, 3},
                {KH_API_HEARTBEAT, 3},
                {KH_API_OFFSET_COMMIT, 7}};

    for (int32_t id = 0; id < w->options.cluster.broker_count; id++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            int16_t *newest = &sim_cluster_broker(&w->cluster, id)->newest[rows[i].api];
            *newest = *newest < rows[i].since ? rows[i].since : *newest;
        }
}

static bool is_closed(struct sim_world *w)
{
    for (int i = 1; i <= w->member_count; i++)
        if (w->members[i]->close_deadline_ms != 0 && !w->members[i]->client_closed)
            return false;
    return true;
}

/* Two with one instance id: the newcomer wins, and the old one is told by its next heartbeat (S15).
 */
static struct sim_member *conflict(struct sim_world *w, struct sim_member *old)
{
    const struct sim_application application = sim_application_some(&w->random);
    struct sim_member *m = sim_member_start_static(w, &application, "t", old->instance);

    for (int i = 0; i < 50 && old->failures == 0; i++)
        sim_world_run_for(w, HEARTBEAT_MS / 10);
    if (old->failures != 1 || old->failure.kafka_code != KH_KAFKA_FENCED_INSTANCE_ID)
        sim_judge_violated(&w->judge, "S15", "m%d is not told that m%d has its place", old->number,
                           m->number);
    sim_member_close(old, CLOSE_MS);
    sim_world_wait(w, is_closed, CLOSE_MS + 1000);
    return m;
}

/* Ends one, politely or not, and starts one in its place before its session ends. */
static struct sim_member *bounce(struct sim_world *w, struct sim_member *m)
{
    const struct sim_application application = sim_application_some(&w->random);

    /* Of two that join, the later one wins: who is to be fenced must have joined. */
    if (sim_chance(&w->random, 4) && w->judge.members[m->number].state == KH_MEMBER_STABLE)
        return conflict(w, m);
    if (sim_chance(&w->random, 2)) {
        sim_member_kill(m, sim_chance(&w->random, 2));
    } else {
        sim_member_close(m, CLOSE_MS);
        sim_world_wait(w, is_closed, CLOSE_MS + 1000);
    }
    sim_world_run_for(w, sim_random_between(&w->random, 0, SESSION_MS / 4));
    return sim_member_start_static(w, &application, "t", m->instance);
}

/* Static members bounce within their sessions, and the group does not notice (K-03). */
static void play_bounces(const struct sim_run *run, struct sim_result *ret)
{
    static const char *const instances[] = {"one", "two", "three"};
    struct sim_world *w = some_world(run);
    struct sim_producers producers;
    struct sim_member *members[3];

    carry_instances(w);
    some_patience(w, 3);
    sim_producers_start(&producers, w, BATCHES);
    for (int i = 0; i < 3; i++) {
        const struct sim_application application = sim_application_some(&w->random);
        members[i] = sim_member_start_static(w, &application, "t", instances[i]);
    }
    sim_world_run_for(w, REBALANCE_MS);
    const struct sim_group *g = sim_group_find(&w->cluster, KH_STRING("g"));
    int32_t generation = g == NULL ? -1 : g->generation;
    for (int i = 0; i < 6; i++) {
        struct sim_member **m = &members[kh_random_below(&w->random, 3)];
        *m = bounce(w, *m);
        sim_world_run_for(w, sim_random_between(&w->random, 0, 6000));
    }
    if (g == NULL || g->generation != generation)
        sim_judge_violated(&w->judge, "K-03", "bounces have made a new generation");
    drain_and_close(w, &producers, ret);
}

/* Applications call what they like to wherever they like to; who closed is followed by another. */
static void play_meddling(const struct sim_run *run, struct sim_result *ret)
{
    struct sim_world *w = some_world(run);
    struct sim_producers producers;

    some_patience(w, 3);
    sim_producers_start(&producers, w, BATCHES);
    for (int i = 0; i < 20; i++) {
        int living = 0;
        for (int k = 1; k <= w->member_count; k++)
            living += sim_member_lives(w->members[k]);
        if (living < 3 && w->member_count < SIM_MEMBERS_MAX - 2) {
            struct sim_application application = sim_application_some(&w->random);
            application.meddles = (unsigned)sim_random_between(&w->random, 1, 30);
            sim_member_start(w, &application, "t");
        }
        sim_world_run_for(w, sim_random_between(&w->random, 0, 3000));
    }
    for (int k = 1; k <= w->member_count; k++)
        sim_meddling_stop(w->members[k]);
    const struct sim_application last = SIM_APPLICATION_DEFAULTS;
    sim_member_start(w, &last, "t");
    drain_and_close(w, &producers, ret);
}

static const struct sim_scenario scenarios[] = {
    {"three-members", play_three_members}, {"faults", play_faults},
    {"graceful", play_graceful},           {"bounces", play_bounces},
    {"meddling", play_meddling},
};

const struct sim_scenario *sim_scenario_find(const char *name)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}
