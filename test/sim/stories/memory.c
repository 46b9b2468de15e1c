/* Memory that runs out, at each allocation of each tale in turn, once and for some: nothing
 * crashes, leaks, hangs, or is delivered wrongly, and what was missed is made good. */
#include "sim/stories/story.h"

#include <stdio.h>

enum { IN_A_ROW = 4 };

struct tale {
    struct sim_application application;
    const char *options[2]; /* besides the usual ones: a name, a value */
    bool eager;
    int64_t commit_every_ms;
    int32_t brokers;
    int members;
    void (*happens)(struct story *s); /* once all have joined; NULL: nothing more */
};

/* Options that are said twice have the last value. */
static struct story begin(const struct tale *tale, struct sim_shortage shortage)
{
    struct story_options o = story_defaults;
    size_t at = 0;

    o.records = 20;
    o.world.shortage = shortage;
    o.world.commit_every_ms = tale->commit_every_ms;
    o.world.cluster.broker_count = tale->brokers;
    while (o.world.member_options[at] != NULL)
        at++;
    o.world.member_options[at++] = "partition.assignment.strategy";
    o.world.member_options[at++] = tale->eager ? "range" : "cooperative-sticky";
    for (size_t i = 0; i < 2 && tale->options[i] != NULL; i++)
        o.world.member_options[at++] = tale->options[i];
    struct story s = story_begin(&o);
    s.world->judge.committed =
        tale->options[1] != NULL && strcmp(tale->options[1], "read_committed") == 0;
    return s;
}

static struct sim_member *start(struct story *s, const struct tale *tale)
{
    struct sim_member *m = sim_member_start(s->world, &tale->application, "t");

    while (m->killed) { /* for want of memory; its owner starts it once more */
        story_run(s, 10);
        m = sim_member_start(s->world, &tale->application, "t");
    }
    return m;
}

/* Returns whether the allocation was reached. */
static bool live_through(const struct tale *tale, struct sim_shortage shortage)
{
    struct story s = begin(tale, shortage);
    char what[80];

    snprintf(what, sizeof what, "all is read and closed, without %u allocations behind %llu",
             (unsigned)shortage.count, (unsigned long long)shortage.behind);
    for (int i = 0; i < tale->members; i++) {
        start(&s, tale);
        story_run(&s, 1000);
    }
    if (tale->happens != NULL)
        tale->happens(&s);
    expect_soon(&s, sim_world_drained, 60000, what);
    for (int i = 1; i <= s.world->member_count; i++)
        if (sim_member_lives(s.world->members[i]))
            sim_member_close(s.world->members[i], 5000);
    story_run(&s, 6000);
    for (int i = 1; i <= s.world->member_count; i++)
        cr_assert(s.world->members[i]->client_closed, "%s: m%d does not end", what, i);
    cr_assert_eq(s.world->judge.violations, 0, "%s: %s", what, s.world->judge.first);
    bool reached = s.world->shortage.behind == 0 && s.world->shortage.count < shortage.count;
    story_end(&s);
    return reached;
}

static void sweep(const struct tale *tale)
{
    uint64_t n = 0;

    while (live_through(tale, (struct sim_shortage){.behind = n, .count = 1}) &&
           live_through(tale, (struct sim_shortage){.behind = n, .count = IN_A_ROW}))
        n++;
    cr_assert_gt(n, 100, "hardly anything was allocated");
}

static void write_more(struct story *s)
{
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        story_append(s, i, 5);
}

KH_TEST(sim_memory, one_member_alone)
{
    sweep(&(struct tale){.brokers = 1, .members = 1, .happens = write_more});
}

KH_TEST(sim_memory, cooperative_members_share)
{
    sweep(&(struct tale){.brokers = 1, .members = 2});
}

KH_TEST(sim_memory, eager_members_share)
{
    sweep(&(struct tale){.brokers = 1, .members = 2, .eager = true});
}

static void close_first(struct story *s)
{
    int first = 1;

    while (!sim_member_lives(s->world->members[first]))
        first++;
    sim_member_close(s->world->members[first], 5000);
    story_run(s, 2000);
    write_more(s);
}

KH_TEST(sim_memory, one_of_two_closes)
{
    sweep(&(struct tale){.brokers = 1, .members = 2, .happens = close_first});
}

KH_TEST(sim_memory, records_are_acknowledged_later_one_by_one)
{
    sweep(&(struct tale){
        .brokers = 1,
        .members = 1,
        .application = {.later = 100, .later_max_ms = 300, .by_record = 100, .drains = true}});
}

KH_TEST(sim_memory, batches_are_refused_and_come_again)
{
    sweep(&(struct tale){.brokers = 1, .members = 1, .application = {.fails = 40}});
}

KH_TEST(sim_memory, commits_are_synchronous)
{
    sweep(&(struct tale){.brokers = 1, .members = 1, .options = {"commit.mode", "sync"}});
}

KH_TEST(sim_memory, the_application_commits)
{
    sweep(&(struct tale){
        .brokers = 1, .members = 1, .commit_every_ms = 150, .options = {"commit.mode", "manual"}});
}

static void break_links(struct story *s)
{
    sim_network_cut(&s->world->network, -1);
    write_more(s);
}

KH_TEST(sim_memory, all_connections_break)
{
    sweep(&(struct tale){.brokers = 2, .members = 1, .happens = break_links});
}

static void move_leader(struct story *s)
{
    sim_cluster_move_leader(&s->world->cluster, &s->topic->logs[0], 1, 100);
    write_more(s);
}

KH_TEST(sim_memory, a_leader_moves)
{
    sweep(&(struct tale){.brokers = 2, .members = 1, .happens = move_leader});
}

static void move_coordinator(struct story *s)
{
    sim_cluster_move_coordinators(&s->world->cluster, 300);
    write_more(s);
}

KH_TEST(sim_memory, the_coordinator_moves)
{
    sweep(&(struct tale){.brokers = 2, .members = 1, .happens = move_coordinator});
}

/* So long that the group goes on without it. */
static void stand_still(struct story *s)
{
    struct sim_platform *p = &s->world->members[s->world->member_count]->platform;

    sim_platform_suspend(p, s->world->schedule.now_us + 2 * STORY_SESSION_MS * SIM_MS);
    story_run(s, 2 * STORY_SESSION_MS + 1000);
    write_more(s);
}

KH_TEST(sim_memory, a_session_ends)
{
    sweep(&(struct tale){.brokers = 1, .members = 1, .happens = stand_still});
}

/* What it would read next is gone: it asks where the log begins. */
static void delete_unread(struct story *s)
{
    struct sim_platform *p = &s->world->members[s->world->member_count]->platform;
    struct sim_log *log = &s->topic->logs[0];

    sim_platform_suspend(p, s->world->schedule.now_us + 500 * SIM_MS);
    write_more(s);
    sim_cluster_delete_records(&s->world->cluster, log, log->end_offset - 2);
}

KH_TEST(sim_memory, a_log_begins_later)
{
    sweep(&(struct tale){.brokers = 1, .members = 1, .happens = delete_unread});
}

static void write_compressed(struct story *s)
{
    const struct sim_batch_shape shape = {
        .record_count = 50, .value_size = 900, .headers = true, .gzip = true};

    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        sim_cluster_append(&s->world->cluster, &s->topic->logs[i], &shape);
}

KH_TEST(sim_memory, batches_are_compressed)
{
    sweep(&(struct tale){.brokers = 1, .members = 1, .happens = write_compressed});
}

/* Of two transactions that lie between each other one is aborted. */
static void write_transactions(struct story *s)
{
    for (int i = 0; i < 8; i++) {
        const struct sim_batch_shape shape = {.record_count = 4,
                                              .value_size = 20,
                                              .producer_id = i % 2,
                                              .transactional = true,
                                              .control = i >= 6,
                                              .aborts = i == 6};
        for (int32_t k = 0; k < STORY_PARTITIONS; k++)
            sim_cluster_append(&s->world->cluster, &s->topic->logs[k], &shape);
    }
}

KH_TEST(sim_memory, a_transaction_is_aborted)
{
    sweep(&(struct tale){.application = {.later = 100, .later_max_ms = 50, .by_record = 100},
                         .options = {"isolation.level", "read_committed"},
                         .brokers = 1,
                         .members = 1,
                         .happens = write_transactions});
}
