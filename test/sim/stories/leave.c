/* Closing, and being killed. */
#include "sim/stories/story.h"

KH_TEST(sim_leave, who_closes_hands_over_at_once_C_09)
{
    struct story_options o = story_defaults;
    o.records = 100;
    struct story s = story_begin(&o);
    struct sim_member *first = story_member(&s);

    story_run(&s, 3000);
    story_member(&s);
    story_run(&s, 3000);
    expect_shares(&s, "3 3");
    sim_trace_take(&s.world->trace);
    sim_member_close(first, 1000);
    story_run(&s, STORY_HEARTBEAT_MS + 1000);
    expect_shares(&s, "0 6");
    expect_story(&s, "[  6000] m1 is revoking: stopping\n"
                     "[  6000] m1 must let go of t-0 t-1 t-2\n"
                     "[  6000] m1 is leaving: revoked\n"
                     "[  6020] m1 is idle: left\n"
                     "[  6020] m1 is closed\n"
                     "[  6230] m2 is revoking: the group is rebalancing\n"
                     "[  6230] m2 must let go of t-3 t-4 t-5\n"
                     "[  6230] m2 is joining: revoked\n"
                     "[  6280] m2 is syncing: joined generation 3 as leader\n"
                     "[  6300] m2 is stable: assigned 6 partitions\n"
                     "[  6300] m2 is assigned t-0 t-1 t-2 t-3 t-4 t-5\n");
    cr_assert(first->client_closed);
    cr_assert_eq(s.world->judge.delivered, 600, "each record once, to one of them");
    cr_assert_eq(s.world->judge.acknowledged, 600);
    cr_assert(sim_world_drained(s.world));
    story_end(&s);
}

KH_TEST(sim_leave, the_shares_of_a_killed_member_are_taken_over_C_08)
{
    struct story_options o = story_defaults;
    o.records = 100;
    struct story s = story_begin(&o);

    story_member(&s);
    struct sim_member *second = story_member(&s);
    story_run(&s, 3000);
    sim_member_kill(second, true);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        story_append(&s, i, 10);
    expect_soon(&s, sim_world_assigned, STORY_SESSION_MS + 2 * STORY_HEARTBEAT_MS + 1000,
                "the survivor owns all");
    expect_soon(&s, sim_world_drained, 2000, "and reads on");
    cr_assert_eq(s.world->judge.delivered, 660, "all was committed: nothing comes twice");
    story_end(&s);
}

/* At each millisecond of a start, with the broker there or gone. */
static void close_at(int64_t at_ms, enum sim_listener_state state)
{
    struct story_options o = story_defaults;
    o.records = 10;
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);
    struct sim_broker *b = story_coordinator(&s);

    story_run(&s, at_ms);
    b->listener.state = state;
    if (state != SIM_LISTENING)
        sim_broker_disconnect(b);
    sim_member_close(m, 500);
    story_run(&s, 600);
    cr_assert(m->client_closed, "closed at %lld ms, listener %d", (long long)at_ms, state);
    expect_lawful(&s);
    story_end(&s);
}

KH_TEST(sim_leave, closing_ends_in_every_state_C_10)
{
    for (int64_t at_ms = 0; at_ms < 300; at_ms++) {
        close_at(at_ms, SIM_LISTENING);
        close_at(at_ms, SIM_REFUSING);
        close_at(at_ms, SIM_SILENT);
    }
}

/* While the group waits for somebody else. */
KH_TEST(sim_leave, closing_ends_while_joins_are_parked_C_10)
{
    struct story_options o = story_defaults;
    o.world.cluster.initial_rebalance_delay_ms = 10000;
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_run(&s, 1000);
    cr_assert_str_eq(kohort_consumer_state(m->consumer), "joining");
    sim_member_close(m, 500);
    story_run(&s, 600);
    cr_assert(m->client_closed);
    story_end(&s);
}

static const struct sim_application slow = {
    .later = 100, .later_max_ms = 3000, .by_record = 50, .drain_max_ms = 2000, .frees_in_done = 50};

/* What is acknowledged while partitions are let go is committed before they go. */
KH_TEST(sim_leave, a_drain_is_committed_C_37)
{
    struct story_options o = story_defaults;
    o.records = 50;
    struct story s = story_begin(&o);
    struct sim_member *m = sim_member_start(s.world, &slow, "t");

    story_run(&s, 1500);
    sim_member_close(m, 5000);
    story_run(&s, 5000);
    cr_assert(m->client_closed);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++) {
        const struct sim_log *log = &s.topic->logs[i];
        cr_assert_eq(sim_judge_progress(&s.world->judge, log)->stored,
                     sim_judge_commit_bound(&s.world->judge,
                                            sim_judge_ownership(&s.world->judge, m->number, log)),
                     "partition %d", (int)i);
    }
    story_end(&s);
}
