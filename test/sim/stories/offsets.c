/* Where an ownership starts, and what is committed. */
#include "sim/stories/story.h"

KH_TEST(sim_offsets, commits_follow_within_the_interval_and_stop_when_idle_C_17)
{
    struct story s = story_begin(&story_defaults);

    story_member(&s);
    story_run(&s, 2000);
    story_append(&s, 3, 7);
    story_run(&s, 500 + 100);
    cr_assert_eq(story_stored(&s, 3), 7);
    uint64_t commits = s.world->judge.commits;
    story_run(&s, 20000);
    cr_assert_eq(s.world->judge.commits, commits, "nothing new to commit");
    story_end(&s);
}

KH_TEST(sim_offsets, manual_commits_only_what_is_asked_for_C_20)
{
    struct story_options o = story_defaults;
    o.records = 50;
    story_set(&o, "commit.mode", "manual");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_run(&s, 10000);
    cr_assert_eq(s.world->judge.acknowledged, 300);
    cr_assert_eq(s.world->judge.commits, 0);
    sim_member_commit(m);
    story_run(&s, 100);
    cr_assert_eq(m->commits_done, 1);
    cr_assert_eq(s.world->judge.commits, STORY_PARTITIONS);
    cr_assert_eq(story_stored(&s, 0), 50);
    sim_member_close(m, 1000);
    story_run(&s, 1100);
    cr_assert_eq(s.world->judge.commits, STORY_PARTITIONS);
    story_end(&s);
}

KH_TEST(sim_offsets, a_threshold_commits_before_the_interval_C_17)
{
    struct story_options o = story_defaults;
    story_set(&o, "auto.commit.interval.ms", "600000");
    story_set(&o, "commit.threshold", "100");
    struct story s = story_begin(&o);

    story_member(&s);
    story_run(&s, 2000);
    story_append(&s, 0, 60);
    story_append(&s, 1, 30);
    story_run(&s, 1000);
    cr_assert_eq(s.world->judge.acknowledged, 90);
    cr_assert_eq(s.world->judge.commits, 0);
    story_append(&s, 2, 10);
    story_run(&s, 1000);
    cr_assert_eq(story_stored(&s, 0), 60);
    cr_assert_eq(story_stored(&s, 2), 10);
    story_append(&s, 2, 99);
    story_run(&s, 1000);
    cr_assert_eq(story_stored(&s, 2), 10, "they are counted anew");
    story_end(&s);
}

KH_TEST(sim_offsets, an_offset_of_its_own_is_not_taken_back)
{
    struct story_options o = story_defaults;
    o.records = 20;
    struct story s = story_begin(&o);
    static const struct sim_application slow = {
        .later = 100, .later_max_ms = 8000, .by_record = 100};
    struct sim_member *m = sim_member_start(s.world, &slow, "t");
    const kohort_partition *p;

    story_run(&s, 700);
    p = kohort_consumer_partition(m->consumer, "t", 0);
    cr_assert_not_null(p);
    s.world->judge.lenient_commits = true; /* This application knows better than its judge. */
    sim_member_commit_offset(m, &s.topic->logs[0],
                             &(kohort_offset){.ownership = kohort_partition_ownership(p),
                                              .offset = 20,
                                              .leader_epoch = -1});
    story_run(&s, 60);
    cr_assert_eq(m->commits_done, 1);
    cr_assert_eq(story_stored(&s, 0), 20);
    for (int i = 0; i < 20; i++) {
        story_run(&s, 500);
        cr_assert_eq(story_stored(&s, 0), 20);
    }
    story_append(&s, 0, 5);
    expect_soon(&s, sim_world_drained, 20000, "what is acknowledged beyond is committed");
    story_end(&s);
}

KH_TEST(sim_offsets, manual_commits_nothing_else_when_one_is_made_again_C_20)
{
    struct story_options o = story_defaults;
    o.records = 50;
    story_set(&o, "commit.mode", "manual");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.acknowledged, 300);
    sim_broker_answer_next(story_coordinator(&s), KH_API_OFFSET_COMMIT,
                           KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS);
    const kohort_partition *p = kohort_consumer_partition(m->consumer, "t", 2);
    sim_member_commit_offset(m, &s.topic->logs[2],
                             &(kohort_offset){.ownership = kohort_partition_ownership(p),
                                              .offset = 30,
                                              .leader_epoch = -1});
    story_run(&s, 3000);
    cr_assert_eq(m->commits_done, 1);
    cr_assert_eq(s.world->judge.commits, 1);
    cr_assert_eq(story_stored(&s, 2), 30);
    story_end(&s);
}

static const struct sim_application never_done = {.later = 100, .later_max_ms = 100000000};

KH_TEST(sim_offsets, what_is_not_acknowledged_comes_again_C_21)
{
    struct story_options o = story_defaults;
    o.records = 20;
    struct story s = story_begin(&o);
    struct sim_member *m = sim_member_start(s.world, &never_done, "t");

    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.delivered, 120);
    sim_member_close(m, 1000);
    story_run(&s, 1500);
    cr_assert(m->client_closed);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        cr_assert_leq(story_stored(&s, i), 0, "partition %d", (int)i);
    story_member(&s);
    expect_soon(&s, sim_world_drained, 5000, "another reads them again");
    cr_assert_eq(s.world->judge.delivered, 240);
    story_end(&s);
}

/* The record that the handler refuses is the first one behind the start: whoever comes next must
 * get it, though nothing was ever acknowledged. */
KH_TEST(sim_offsets, latest_delivers_nothing_before_its_start_is_stored_C_35)
{
    struct story_options o = story_defaults;
    o.records = 5;
    story_set(&o, "auto.offset.reset", "latest");
    struct story s = story_begin(&o);
    static const struct sim_application refuses = {.fails = 100};

    s.world->judge.reset_to_end = true;
    sim_broker_answer_next(story_coordinator(&s), KH_API_OFFSET_COMMIT,
                           KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS);
    struct sim_member *m = sim_member_start(s.world, &refuses, "t");
    while (s.world->judge.delivered == 0) {
        story_append(&s, 0, 1);
        story_run(&s, 5);
        cr_assert_lt(sim_now_ms(&s.world->schedule), 10000);
    }
    int64_t start = story_stored(&s, 0);
    cr_assert_geq(start, 5, "the start is stored before the first record is delivered");
    sim_member_kill(m, true);
    story_member(&s);
    expect_soon(&s, sim_world_drained, 20000, "all behind the start is read");
    cr_assert_geq((int64_t)s.world->judge.acknowledged, s.topic->logs[0].end_offset - start);
    story_end(&s);
}

KH_TEST(sim_offsets, latest_starts_at_the_end_C_33)
{
    struct story_options o = story_defaults;
    o.records = 20;
    story_set(&o, "auto.offset.reset", "latest");
    struct story s = story_begin(&o);

    s.world->judge.reset_to_end = true;
    story_member(&s);
    story_run(&s, 2000);
    story_append(&s, 2, 5);
    story_run(&s, 2000);
    cr_assert_eq(s.world->judge.delivered, 5);
    cr_assert_eq(story_stored(&s, 2), 25);
    story_end(&s);
}

/* An error on each partition, and no record; the member itself is well. */
KH_TEST(sim_offsets, none_waits_for_a_seek_C_33)
{
    struct story_options o = story_defaults;
    o.records = 20;
    story_set(&o, "auto.offset.reset", "none");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_run(&s, 10000);
    cr_assert_eq(s.world->judge.delivered, 0);
    cr_assert_eq(s.world->judge.commits, 0);
    cr_assert_eq(m->failures, 0);
    cr_assert_str_eq(kohort_consumer_state(m->consumer), "stable");
    story_end(&s);
}

/* The log's beginning has moved beyond what was committed. */
KH_TEST(sim_offsets, below_the_log_the_policy_decides_C_34)
{
    struct story_options o = story_defaults;
    o.records = 50;
    struct story s = story_begin(&o);
    struct sim_member *m = sim_member_start(s.world, &never_done, "t");

    story_run(&s, 3000);
    sim_member_kill(m, false);
    s.topic->logs[4].start_offset = 30;
    uint64_t before = s.world->judge.delivered;
    story_member(&s);
    expect_soon(&s, sim_world_drained, STORY_SESSION_MS + 5000, "the rest is read");
    cr_assert_eq(s.world->judge.delivered - before, 5 * 50 + 20);
    story_end(&s);
}

/* Catalogue 37, 38: what goes wrong on the way is never taken for "none is committed". */
KH_TEST(sim_offsets, errors_do_not_reset_C_36)
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
    for (int i = 0; i < 30; i++) {
        sim_broker_answer_next(b, KH_API_OFFSET_FETCH,
                               i % 2 == 0 ? KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS
                                          : KH_KAFKA_NOT_COORDINATOR);
        story_run(&s, 100);
    }
    memset(b->faults, 0, sizeof b->faults);
    story_run(&s, 5000);
    story_append(&s, 0, 1);
    expect_soon(&s, sim_world_drained, 5000, "it reads on");
    cr_assert_eq(s.world->judge.delivered, 121, "nothing twice");
    story_end(&s);
}

/* Records that nobody may see: markers, holes, batches that compaction emptied. */
KH_TEST(sim_offsets, the_commit_passes_what_cannot_be_seen_C_31)
{
    struct story s = story_begin(&story_defaults);
    const struct sim_batch_shape shapes[] = {
        {.record_count = 5, .gap = 2, .tail_gap = 3}, {.control = true}, {.tail_gap = 9}};

    story_member(&s);
    story_run(&s, 2000);
    for (size_t i = 0; i < 3; i++)
        sim_cluster_append(&s.world->cluster, &s.topic->logs[1], &shapes[i]);
    story_run(&s, 2000);
    cr_assert_eq(s.world->judge.delivered, 5);
    cr_assert_eq(story_stored(&s, 1), s.topic->logs[1].end_offset);
    story_end(&s);
}

static void silence_brokers(struct story *s, int member, bool silent)
{
    struct sim_end *end = NULL;

    while ((end = sim_network_next(&s->world->network, end)) != NULL)
        if (sim_end_host(end) == member)
            sim_end_silence(sim_end_peer(end), silent);
}

/* While its OffsetFetch is under way the partitions go, others commit, and they come back. */
KH_TEST(sim_offsets, what_was_committed_before_an_ownership_does_not_start_it_C_36)
{
    struct story_options o = story_defaults;
    o.records = 20;
    struct story s = story_begin(&o);
    struct sim_member *first = story_member(&s);

    while (strcmp(kohort_consumer_state(first->consumer), "stable") != 0)
        story_run(&s, 1);
    story_run(&s, 3); /* it is asked, and not yet answered */
    silence_brokers(&s, first->number, true);
    struct sim_member *second = story_member(&s);
    story_run(&s, 3000);
    expect_shares(&s, "3 3");
    cr_assert_eq(story_stored(&s, 5), 20, "the second has read its share");
    sim_member_close(second, 1000);
    story_run(&s, 1500);
    expect_shares(&s, "6 0");
    silence_brokers(&s, first->number, false);
    expect_soon(&s, sim_world_drained, 5000, "the first reads what is left");
    cr_assert_eq(s.world->judge.delivered, 120, "nothing twice");
    story_end(&s);
}

/* OffsetFetch and ListOffsets go together, to a Fetch lane that is connected by then. */
KH_TEST(sim_offsets, a_fresh_group_has_records_two_round_trips_after_its_assignment)
{
    struct story_options o = story_defaults;
    o.records = 20;
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    while (strcmp(kohort_consumer_state(m->consumer), "stable") != 0)
        story_run(&s, 1);
    story_run(&s, 42);
    cr_assert_eq(s.world->judge.delivered, 120);
    story_end(&s);
}

static void note_done(const kohort_error *error, void *arg)
{
    (void)error;
    ++*(int *)arg;
}

/* What has gone to another member is not this one's to commit any more; the rest of it is. */
KH_TEST(sim_offsets, a_commit_after_a_revocation_is_stale_C_28)
{
    struct story_options o = story_defaults;
    o.records = 20;
    story_set(&o, "partition.assignment.strategy", "cooperative-sticky");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);
    kohort_offset offsets[STORY_PARTITIONS] = {{0}};
    int refused = 0, done = 0;

    story_run(&s, 2000);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        offsets[i] = (kohort_offset){.ownership = kohort_partition_ownership(story_partition(m, i)),
                                     .offset = 5,
                                     .leader_epoch = -1};
    story_member(&s);
    story_run(&s, 5000);
    expect_shares(&s, "3 3");
    s.world->judge.lenient_commits = true; /* it goes back by its own choice */
    for (int32_t i = 0; i < STORY_PARTITIONS; i++) {
        bool gone = story_partition(m, i) == NULL;
        int status = kohort_commit_offsets(m->consumer, &offsets[i], 1, NULL, note_done, &done);
        cr_assert_eq(status, gone ? KOHORT_ESTALE : KOHORT_OK, "t-%d says %d", (int)i, status);
        refused += gone;
    }
    cr_assert_eq(refused, 3);
    for (size_t i = 0; i < s.world->judge.members[m->number].ownership_count; i++)
        s.world->judge.members[m->number].ownerships[i].sought_us = 1;
    story_run(&s, 500);
    cr_assert_eq(done, 3, "only those that were taken are told of");
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        cr_assert_eq(story_stored(&s, i), story_partition(m, i) == NULL ? 20 : 5, "t-%d", (int)i);
    cr_assert(story_is(m, "stable"), "and the member is well");
    story_end(&s);
}
