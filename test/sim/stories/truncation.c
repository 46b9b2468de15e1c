/* Row 40 of the catalogue (KAFKA-8429, KAFKA-9840, librdkafka#4261 and #4433, franz-go 1.21.4): an
 * unclean leader lacks what was read, and something happens at each step of finding that out. */
#include "base/status.h"
#include "sim/call.h"
#include "sim/stories/story.h"

#include <string.h>

static const struct sim_application never_done = {.later = 100, .later_max_ms = 100000000};

static struct story_options three_brokers(void)
{
    struct story_options o = story_defaults;

    o.world.cluster.broker_count = 3;
    o.world.kept = SIM_TRACE_RECORDS;
    o.records = 100;
    return o;
}

static struct sim_log *first_log(struct story *s)
{
    return &s->topic->logs[0];
}

/* The next broker leads t-0, and ends there. */
static void elect_uncleanly(struct story *s, int64_t end)
{
    struct sim_log *log = first_log(s);

    sim_cluster_truncate(&s->world->cluster, log, (log->leader + 1) % 3, 0, end);
}

/* NULL: it was not told that anything is lost. */
static void expect_told(struct story *s, const char *what)
{
    const char *told = sim_trace_take(&s->world->trace);

    if (what != NULL)
        cr_assert(strstr(told, what) != NULL, "not told: %s; but:\n%s", what, told);
    else
        cr_assert(strstr(told, "loses") == NULL, "this was told:\n%s", told);
}

/* Counts what brokers are asked about epochs. */
static bool count_questions(void *arg, struct sim_call *call)
{
    *(int *)arg += call->api == KH_API_OFFSET_FOR_LEADER_EPOCH;
    return false;
}

static void watch_questions(struct story *s, int *count)
{
    *count = 0;
    s->world->cluster.intercept = count_questions;
    s->world->cluster.intercept_arg = count;
}

KH_TEST(sim_truncation, row_40_what_takes_the_place_of_lost_records_is_delivered_P_06)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    int asked;

    watch_questions(&s, &asked);
    story_member(&s);
    expect_soon(&s, sim_world_drained, 5000, "all is read");
    cr_assert_eq(asked, 0, "nobody doubts a leader that was always there");
    elect_uncleanly(&s, 50);
    story_append(&s, 0, 80);
    story_run(&s, 5000);
    expect_told(&s, "m1 loses t-0 50 to 99");
    cr_assert_eq(s.world->judge.delivered, 600 + 80);
    cr_assert_eq(story_stored(&s, 0), 130);
    cr_assert_eq(asked, 1);
    story_run(&s, 60000);
    cr_assert_eq(asked, 1, "asked once under one epoch, not %d times", asked);
    story_end(&s);
}

KH_TEST(sim_truncation, row_40_a_leader_that_has_everything_costs_one_question)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    int asked;

    watch_questions(&s, &asked);
    story_member(&s);
    expect_soon(&s, sim_world_drained, 5000, "all is read");
    for (int i = 0; i < 5; i++) {
        elect_uncleanly(&s, first_log(&s)->end_offset);
        story_append(&s, 0, 10);
        expect_soon(&s, sim_world_drained, 5000, "it reads on");
    }
    cr_assert_eq(asked, 5);
    cr_assert_eq(s.world->judge.delivered, 600 + 50, "each once");
    story_end(&s);
}

/* What is committed carries its epoch: who comes after a restart finds it out. */
KH_TEST(sim_truncation, row_40_a_committed_offset_is_validated_at_the_start)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    expect_soon(&s, sim_world_drained, 5000, "all is committed");
    sim_member_close(m, 1000);
    story_run(&s, 1000);
    elect_uncleanly(&s, 50);
    story_append(&s, 0, 80);
    story_member(&s);
    story_run(&s, 5000);
    expect_told(&s, "m2 loses t-0 50 to 99");
    cr_assert_eq(s.world->judge.delivered, 600 + 80);
    cr_assert_eq(story_stored(&s, 0), 130);
    story_end(&s);
}

static void note_held(void *arg, int host)
{
    (void)host;
    *(bool *)arg = true;
}

/* The answer of the new leader is on its way, for long. */
static struct sim_broker *hold_answer(struct story *s)
{
    struct sim_broker *leader =
        sim_cluster_broker(&s->world->cluster, (first_log(s)->leader + 1) % 3);
    bool held = false;

    sim_broker_hold_next(leader, KH_API_OFFSET_FOR_LEADER_EPOCH, note_held, &held);
    elect_uncleanly(s, 50);
    for (int i = 0; i < 5000 && !held; i++)
        story_run(s, 1);
    cr_assert(held, "the new leader is asked");
    return leader;
}

KH_TEST(sim_truncation, row_40_an_answer_for_a_position_before_a_seek_is_dropped)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    expect_soon(&s, sim_world_drained, 5000, "all is read");
    struct sim_broker *leader = hold_answer(&s);
    story_append(&s, 0, 80);
    sim_member_seek(m, story_partition(m, 0), 70);
    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.delivered, 600 + 60, "from 70 to the new end");
    sim_broker_release(leader, KH_API_OFFSET_FOR_LEADER_EPOCH);
    story_run(&s, 3000);
    expect_told(&s, NULL);
    story_append(&s, 0, 10);
    expect_soon(&s, sim_world_drained, 5000, "it reads on");
    cr_assert_eq(s.world->judge.delivered, 600 + 70);
    story_end(&s);
}

/* And its answer comes when the next one has been asked, if at all. */
KH_TEST(sim_truncation, row_40_a_leader_that_goes_while_it_is_asked_has_no_say)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);

    story_member(&s);
    expect_soon(&s, sim_world_drained, 5000, "all is read");
    struct sim_broker *leader = hold_answer(&s);
    elect_uncleanly(&s, 30);
    story_append(&s, 0, 5);
    story_run(&s, 40000); /* request.timeout.ms is 30 s */
    expect_told(&s, "m1 loses t-0 30 to 99");
    sim_broker_release(leader, KH_API_OFFSET_FOR_LEADER_EPOCH);
    story_run(&s, 3000);
    expect_told(&s, NULL);
    cr_assert_eq(s.world->judge.delivered, 600 + 5);
    cr_assert_eq(story_stored(&s, 0), 35);
    story_end(&s);
}

KH_TEST(sim_truncation, row_40_a_leader_that_does_not_know_yet_is_asked_with_pauses)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    int asked;

    watch_questions(&s, &asked);
    story_member(&s);
    expect_soon(&s, sim_world_drained, 5000, "all is read");
    elect_uncleanly(&s, 50);
    story_append(&s, 0, 80);
    struct sim_broker *leader = sim_cluster_broker(&s.world->cluster, first_log(&s)->leader);
    for (int i = 0; i < 10000; i++) {
        sim_broker_answer_next(leader, KH_API_OFFSET_FOR_LEADER_EPOCH,
                               KH_KAFKA_UNKNOWN_LEADER_EPOCH);
        story_run(&s, 1);
    }
    cr_assert_geq(asked, 8);
    cr_assert_leq(asked, 25, "not %d times in ten seconds", asked);
    leader->faults[KH_API_OFFSET_FOR_LEADER_EPOCH].error_wanted = false;
    expect_soon(&s, sim_world_drained, 5000, "it reads on");
    cr_assert_eq(s.world->judge.delivered, 600 + 80);
    story_end(&s);
}

/* KAFKA-9840, and brokers that answer replicas alone: there nothing is asked. */
static void play_without_epochs(enum kh_api api, int16_t newest)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    int asked;

    watch_questions(&s, &asked);
    for (int32_t id = 0; id < 3; id++)
        sim_cluster_broker(&s.world->cluster, id)->newest[api] = newest;
    story_member(&s);
    expect_soon(&s, sim_world_drained, 5000, "all is read");
    elect_uncleanly(&s, 100);
    story_append(&s, 0, 10);
    expect_soon(&s, sim_world_drained, 10000, "it reads on");
    cr_assert_eq(asked, 0, "%s v%d", kh_api_info(api)->name, newest);
    cr_assert_eq(s.world->judge.delivered, 600 + 10, "each once");
    story_end(&s);
}

KH_TEST(sim_truncation, row_40_epochs_that_are_not_reliable_are_not_asked_about)
{
    play_without_epochs(KH_API_METADATA, 8);
    play_without_epochs(KH_API_OFFSET_FOR_LEADER_EPOCH, 2);
}

/* Of old and new records at the same offsets: the mark of one says nothing of the other. */
KH_TEST(sim_truncation, row_40_marks_of_what_is_lost_are_stale)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    struct sim_member *m = sim_member_start(s.world, &never_done, "t");

    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.delivered, 600);
    kohort_partition *p = story_partition(m, 0);
    kohort_mark below = {.ownership = kohort_partition_ownership(p), .count = 50, .span = 49};
    while (kohort_ack(m->consumer, below) == KOHORT_ESTALE)
        below.delivery++;
    sim_judge_acknowledged(&s.world->judge, m->number, first_log(&s), 0, 49, SIM_ANY_DELIVERY);
    kohort_mark lost = below, both = below;
    lost.offset = 60;
    both.offset = 40;
    lost.span = both.span = 19;
    elect_uncleanly(&s, 50);
    story_append(&s, 0, 30);
    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.delivered, 630, "the new ones are there");
    cr_assert_eq(kohort_ack(m->consumer, lost), KOHORT_ESTALE);
    cr_assert_eq(kohort_nack(m->consumer, lost, 0), KOHORT_ESTALE);
    cr_assert_eq(kohort_ack(m->consumer, both), 0, "what is below still counts");
    story_run(&s, 1000);
    cr_assert_eq(story_stored(&s, 0), 50, "and no more than that");
    lost.delivery++;
    cr_assert_eq(kohort_ack(m->consumer, lost), 0, "a mark of the new ones counts");
    story_end(&s);
}

/* The map of what was finished says nothing of records that took its place since
 * (commit.metadata=done). */
KH_TEST(sim_truncation, row_40_what_was_finished_and_lost_is_not_taken_for_done)
{
    struct story_options o = three_brokers();
    story_set(&o, "commit.metadata", "done");
    struct story s = story_begin(&o);
    struct sim_member *m = sim_member_start(s.world, &never_done, "t");

    story_run(&s, 3000);
    kohort_partition *p = story_partition(m, 0);
    kohort_mark upper = {
        .ownership = kohort_partition_ownership(p), .offset = 50, .count = 50, .span = 49};
    while (kohort_ack(m->consumer, upper) == KOHORT_ESTALE)
        upper.delivery++;
    sim_judge_acknowledged(&s.world->judge, m->number, first_log(&s), 50, 99, SIM_ANY_DELIVERY);
    story_run(&s, 2000);
    cr_assert_eq(story_stored(&s, 0), 0, "with what lies above in its metadata");
    sim_member_kill(m, false);
    elect_uncleanly(&s, 20);
    story_append(&s, 0, 80);
    uint64_t delivered = s.world->judge.delivered;
    story_member(&s);
    expect_soon(&s, sim_world_drained, STORY_SESSION_MS + 10000, "all is read");
    cr_assert_eq(s.world->judge.delivered - delivered, 600, "the new ones too");
    story_end(&s);
}

KH_TEST(sim_truncation, row_40_without_a_policy_the_application_decides)
{
    struct story_options o = three_brokers();
    o.world.kept |= SIM_TRACE_MEMBER;
    story_set(&o, "auto.offset.reset", "none");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_run(&s, 2000);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        sim_member_seek(m, story_partition(m, i), 0);
    expect_soon(&s, sim_world_drained, 5000, "all is read");
    elect_uncleanly(&s, 50);
    story_append(&s, 0, 80);
    story_append(&s, 1, 10);
    story_run(&s, 5000);
    expect_told(&s, "t-0: the log was truncated: offsets 50 to 99 were read and are lost");
    cr_assert_eq(s.world->judge.delivered, 600 + 10, "the others go on");
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(story_partition(m, 0), &status);
    cr_assert_str_eq(status.state, "suspended");
    cr_assert_str_eq(status.why_waiting, "the log was truncated below its position");
    sim_member_seek(m, story_partition(m, 0), 50);
    expect_soon(&s, sim_world_drained, 5000, "it goes on");
    cr_assert_eq(s.world->judge.delivered, 600 + 10 + 80);
    story_end(&s);
}

/* An epoch that no leader of this log ever had: the topic was created anew, or the offset comes
 * from elsewhere. */
KH_TEST(sim_truncation, row_40_an_epoch_from_elsewhere_is_looked_into_before_the_policy_decides)
{
    struct story_options o = three_brokers();
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);
    int asked;

    expect_soon(&s, sim_world_drained, 5000, "all is read");
    const kohort_offset offset = {.ownership = kohort_partition_ownership(story_partition(m, 0)),
                                  .offset = 100,
                                  .leader_epoch = 7};
    sim_member_commit_offset(m, first_log(&s), &offset);
    story_run(&s, 500);
    sim_member_kill(m, false);
    watch_questions(&s, &asked);
    story_member(&s);
    expect_soon(&s, sim_world_assigned, 20000, "another has it");
    story_run(&s, 10000);
    cr_assert_eq(asked, 5);
    expect_told(&s, "m2 starts t-0 at 0: the log never had the leader epoch");
    cr_assert_eq(s.world->judge.delivered, 600 + 100);
    story_end(&s);
}
