/* The catalogue of what other clients got wrong around rebalances, rows 1 to 13: each as it
 * happened, by its number, while the judge sees every step. Row 4 is a race of threads, of which
 * there are none here. */
#include "sim/stories/story.h"

enum { NEVER_MS = 100000000 };

static const struct sim_application never_done = {.later = 100, .later_max_ms = NEVER_MS};

/* Row 1: KAFKA-20332. Records wait here, more than the application has room for, as the partitions
 * go; what it acknowledges while it lets go of them makes room, and nothing more comes. */
KH_TEST(sim_catalogue, row_01_what_waits_as_partitions_go_is_not_delivered)
{
    struct story_options o = story_defaults;
    o.records = 100;
    story_set(&o, "max.unacked.records", "5");
    struct story s = story_begin(&o);
    const struct sim_application slow = {
        .later = 100, .later_max_ms = 4000, .drain_min_ms = 2000, .drain_max_ms = 2000};
    struct sim_member *m = sim_member_start(s.world, &slow, "t");

    story_run(&s, 2000);
    story_member(&s);
    story_await(&s, m, "revoking");
    uint64_t delivered = s.world->judge.delivered;
    while (story_is(m, "revoking"))
        story_run(&s, 1);
    cr_assert_eq(s.world->judge.delivered, delivered, "nothing more comes");
    cr_assert_gt(s.world->judge.acknowledged, 0);
    expect_soon(&s, sim_world_drained, 600000, "all is read in the end");
    story_end(&s);
}

/* Row 2: KAFKA-18641. The next batches are there before this one is done; then the process dies. */
KH_TEST(sim_catalogue, row_02_no_commit_takes_what_was_only_fetched)
{
    struct story_options o = story_defaults;
    o.records = 100;
    story_set(&o, "auto.commit.interval.ms", "100");
    struct story s = story_begin(&o);
    struct sim_member *m = sim_member_start(s.world, &never_done, "t");

    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.delivered, 600);
    sim_member_kill(m, false);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        cr_assert_leq(story_stored(&s, i), 0, "t-%d", (int)i);
    story_member(&s);
    expect_soon(&s, sim_world_drained, STORY_SESSION_MS + 5000, "all comes again");
    cr_assert_eq(s.world->judge.delivered, 1200);
    story_end(&s);
}

static void note_held(void *arg, int host)
{
    (void)host;
    *(bool *)arg = true;
}

/* Row 3: KAFKA-14196. The commit that a revocation waits for takes its time: nothing is delivered
 * beyond it, and nobody gets it twice. */
KH_TEST(sim_catalogue, row_03_nothing_is_delivered_while_the_last_commit_is_under_way)
{
    struct story_options o = story_defaults;
    story_set(&o, "auto.commit.interval.ms", "8000");
    o.records = 10;
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);
    bool held = false;

    story_run(&s, 2000);
    sim_broker_hold_next(story_coordinator(&s), KH_API_OFFSET_COMMIT, note_held, &held);
    story_member(&s);
    story_await(&s, m, "revoking");
    story_run(&s, 100);
    cr_assert(held, "it commits before the partitions go");
    for (int i = 0; i < 20; i++) {
        story_append(&s, i % STORY_PARTITIONS, 1);
        story_run(&s, 100);
        cr_assert_eq(s.world->judge.delivered, 60, "nothing meanwhile");
    }
    sim_broker_release(story_coordinator(&s), KH_API_OFFSET_COMMIT);
    expect_soon(&s, sim_world_drained, STORY_SESSION_MS + 10000, "both read on");
    cr_assert_eq(s.world->judge.delivered, 80, "nothing twice");
    story_end(&s);
}

/* Rows 5, 6 and 9: kafka-python#2555, librdkafka#3340 and #4686. Partitions stop and go on every
 * ten milliseconds, those too that had not stopped, and half of them move on the way. */
KH_TEST(sim_catalogue, rows_05_06_09_stopping_and_going_on_loses_and_repeats_nothing)
{
    struct story_options o = story_defaults;
    o.records = 500;
    story_set(&o, "max.poll.records", "3");
    story_set(&o, "max.unacked.records", "20");
    story_set(&o, "fetch.max.bytes", "900");
    struct story s = story_begin(&o);
    const struct sim_application busy = {
        .later = 100, .later_max_ms = 30, .by_record = 50, .drains = true};
    struct sim_member *m = sim_member_start(s.world, &busy, "t");

    s.world->judge.graceful = true;
    for (int i = 0; i < 1000; i++) {
        story_run(&s, 10);
        if (i == 150)
            sim_member_start(s.world, &busy, "t");
        for (int32_t k = 0; k < STORY_PARTITIONS; k++)
            if (story_partition(m, k) != NULL)
                sim_member_pause(m, story_partition(m, k), (i + k) % 3 == 0 && i < 990);
    }
    expect_soon(&s, sim_world_drained, 60000, "all is read");
    cr_assert_eq(s.world->judge.delivered, 3000, "each once");
    story_end(&s);
}

/* Row 7: librdkafka#2782. What was acknowledged in an earlier ownership is not committed in this
 * one, which starts below it. */
KH_TEST(sim_catalogue, row_07_an_earlier_ownership_commits_nothing_in_this_one)
{
    struct story_options o = story_defaults;
    o.records = 100;
    story_set(&o, "commit.mode", "manual");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);
    bool held = false;

    story_run(&s, 2000);
    cr_assert_eq(s.world->judge.acknowledged, 600);
    struct sim_member *other = sim_member_start(s.world, &never_done, "t");
    story_await(&s, m, "stable");
    story_run(&s, 3000);
    sim_member_close(other, 1000);
    sim_broker_hold_next(story_coordinator(&s), KH_API_OFFSET_FETCH, note_held, &held);
    story_run(&s, 1);
    story_await(&s, m, "joining");
    story_await(&s, m, "stable");
    sim_member_commit(m);
    story_run(&s, 100);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        cr_assert_leq(story_stored(&s, i), 0, "t-%d has %lld", (int)i,
                      (long long)story_stored(&s, i));
    sim_broker_release(story_coordinator(&s), KH_API_OFFSET_FETCH);
    story_run(&s, 1000);
    sim_member_commit(m);
    story_run(&s, 100);
    cr_assert(sim_world_drained(s.world), "now it has read them again");
    story_end(&s);
}

/* Row 8: librdkafka#4844. Errors of partitions, between their records, are no progress. */
KH_TEST(sim_catalogue, row_08_errors_between_records_move_nothing)
{
    struct story_options o = story_defaults;
    o.world.cluster.broker_count = 2;
    struct story s = story_begin(&o);

    story_member(&s);
    story_run(&s, 2000);
    for (int i = 0; i < 50; i++) {
        struct sim_log *log = &s.topic->logs[i % STORY_PARTITIONS];
        story_append(&s, log->partition, 3);
        sim_cluster_move_leader(&s.world->cluster, log, (log->leader + 1) % 2, 400);
        story_append(&s, log->partition, 2);
        story_run(&s, 500);
    }
    expect_soon(&s, sim_world_drained, 5000, "all is read");
    cr_assert_eq(s.world->judge.delivered, 250, "each once");
    story_end(&s);
}

/* Row 10: franz-go#98. The group rebalances while the start offsets are asked for, and what is kept
 * must not wait for an answer that nobody looks at. */
KH_TEST(sim_catalogue, row_10_a_rebalance_while_offsets_are_asked_for_strands_nothing)
{
    struct story_options o = story_defaults;
    o.records = 10;
    story_set(&o, "partition.assignment.strategy", "cooperative-sticky");
    struct story s = story_begin(&o);
    struct sim_broker *b = story_coordinator(&s);
    struct sim_member *m = story_member(&s);
    bool held = false;

    sim_broker_hold_next(b, KH_API_OFFSET_FETCH, note_held, &held);
    story_await(&s, m, "stable");
    story_run(&s, 50);
    cr_assert(held);
    for (int i = 0; i < 6; i++) /* all partitions have owners: nothing is added to m1 */
        story_member(&s);
    story_run(&s, 3000);
    sim_broker_release(b, KH_API_OFFSET_FETCH);
    expect_soon(&s, sim_world_drained, 10000, "all is read");
    cr_assert_eq(s.world->judge.delivered, 60, "each once");
    story_end(&s);
}

/* Row 11: franz-go 1.21, librdkafka#3265. Offsets of open transactions are asked for until they are
 * decided, however often that is. */
KH_TEST(sim_catalogue, row_11_unstable_offsets_are_waited_for)
{
    struct story_options o = story_defaults;
    o.records = 20;
    struct story s = story_begin(&o);
    struct sim_broker *b = story_coordinator(&s);
    struct sim_member *m = story_member(&s);

    expect_soon(&s, sim_world_drained, 5000, "all is committed");
    sim_member_close(m, 1000);
    story_run(&s, 1000);
    story_member(&s);
    for (int i = 0; i < 10; i++) {
        sim_broker_answer_next(b, KH_API_OFFSET_FETCH, KH_KAFKA_UNSTABLE_OFFSET_COMMIT);
        for (int k = 0; k < 3000 && b->faults[KH_API_OFFSET_FETCH].error_wanted; k++)
            story_run(&s, 1);
        cr_assert_not(b->faults[KH_API_OFFSET_FETCH].error_wanted, "asked %d times only", i);
    }
    story_append(&s, 0, 1);
    expect_soon(&s, sim_world_drained, 5000, "it reads on");
    cr_assert_eq(s.world->judge.delivered, 121, "from where it was");
    story_end(&s);
}

/* Row 12: franz-go 416e8269. The answer to a commit does not come. No second one is sent meanwhile,
 * which a broker might take before the first: what is acknowledged since goes out after it. */
KH_TEST(sim_catalogue, row_12_no_commit_overtakes_another)
{
    struct story_options o = story_defaults;
    story_set(&o, "auto.commit.interval.ms", "100");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);
    bool held = false;

    story_run(&s, 2000);
    sim_broker_hold_next(story_coordinator(&s), KH_API_OFFSET_COMMIT, note_held, &held);
    story_append(&s, 0, 1);
    story_run(&s, 500);
    cr_assert(held);
    for (int i = 0; i < 10; i++) {
        story_append(&s, 0, 1);
        sim_member_commit(m);
        story_run(&s, 100);
        cr_assert_eq(story_stored(&s, 0), 1, "the first one is still under way");
    }
    cr_assert_eq(m->commits_done, 0);
    sim_broker_release(story_coordinator(&s), KH_API_OFFSET_COMMIT);
    story_run(&s, 500);
    cr_assert_eq(story_stored(&s, 0), 11);
    cr_assert_eq(m->commits_done, 10);
    story_end(&s);
}

/* Row 13: KafkaJS#367, aiokafka#228. An answer for the position before a seek, or of the leader
 * before, is on its way. */
KH_TEST(sim_catalogue, row_13_an_answer_for_an_old_position_is_dropped)
{
    struct story_options o = story_defaults;
    o.world.cluster.broker_count = 2;
    o.records = 50;
    struct story s = story_begin(&o);
    struct sim_log *log = &s.topic->logs[0];
    struct sim_broker *leader = sim_cluster_broker(&s.world->cluster, log->leader);
    struct sim_member *m = story_member(&s);
    bool held = false;

    expect_soon(&s, sim_world_drained, 5000, "all is read");
    sim_broker_hold_next(leader, KH_API_FETCH, note_held, &held);
    story_append(&s, 0, 10);
    story_run(&s, 100);
    cr_assert(held);
    sim_member_seek(m, story_partition(m, 0), 20);
    sim_broker_release(leader, KH_API_FETCH);
    expect_soon(&s, sim_world_drained, 5000, "from 20 on");
    cr_assert_eq(s.world->judge.delivered, 300 + 40);
    held = false;
    sim_broker_hold_next(leader, KH_API_FETCH, note_held, &held);
    story_append(&s, 0, 10);
    story_run(&s, 100);
    cr_assert(held);
    sim_cluster_move_leader(&s.world->cluster, log, (log->leader + 1) % 2, 0);
    sim_broker_release(leader, KH_API_FETCH);
    expect_soon(&s, sim_world_drained, 10000, "it goes on elsewhere");
    cr_assert_eq(s.world->judge.delivered, 300 + 50, "each once");
    story_end(&s);
}
