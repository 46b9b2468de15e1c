/* Coming, sharing, leaving. */
#include "sim/stories/story.h"

KH_TEST(sim_join, first_member_is_given_all_C_01)
{
    struct story s = story_begin(&story_defaults);

    story_member(&s);
    story_run(&s, 2000);
    expect_story(&s, "[     0] m1 is finding: subscribed\n"
                     "[    70] m1 is joining: the coordinator is known\n"
                     "[   120] m1 is joining: a member id was given\n"
                     "[   140] m1 is syncing: joined generation 1 as leader\n"
                     "[   160] m1 is stable: assigned 6 partitions\n"
                     "[   160] m1 is assigned t-0 t-1 t-2 t-3 t-4 t-5\n");
    story_end(&s);
}

/* group.initial.rebalance.delay.ms: each newcomer prolongs it. */
KH_TEST(sim_join, members_that_come_together_share_the_first_generation_C_01)
{
    struct story_options o = story_defaults;
    o.world.cluster.initial_rebalance_delay_ms = 3000;
    struct story s = story_begin(&o);

    story_member(&s);
    story_member(&s);
    story_run(&s, 8000);
    expect_shares(&s, "3 3");
    expect_story(&s, "[     0] m1 is finding: subscribed\n"
                     "[     0] m2 is finding: subscribed\n"
                     "[    70] m1 is joining: the coordinator is known\n"
                     "[    70] m2 is joining: the coordinator is known\n"
                     "[   120] m1 is joining: a member id was given\n"
                     "[   120] m2 is joining: a member id was given\n"
                     "[  6140] m1 is syncing: joined generation 1 as leader\n"
                     "[  6140] m2 is syncing: joined generation 1 as follower\n"
                     "[  6160] m1 is stable: assigned 3 partitions\n"
                     "[  6160] m1 is assigned t-0 t-1 t-2\n"
                     "[  6160] m2 is stable: assigned 3 partitions\n"
                     "[  6160] m2 is assigned t-3 t-4 t-5\n");
    story_end(&s);
}

KH_TEST(sim_join, the_second_member_takes_half_at_the_next_heartbeat_C_04)
{
    struct story s = story_begin(&story_defaults);

    story_member(&s);
    story_run(&s, 2500);
    sim_trace_take(&s.world->trace);
    story_member(&s);
    story_run(&s, 2500);
    expect_story(&s, "[  2500] m2 is finding: subscribed\n"
                     "[  2570] m2 is joining: the coordinator is known\n"
                     "[  2620] m2 is joining: a member id was given\n"
                     "[  3160] m1 is revoking: the group is rebalancing\n"
                     "[  3160] m1 must let go of t-0 t-1 t-2 t-3 t-4 t-5\n"
                     "[  3160] m1 is joining: revoked\n"
                     "[  3210] m2 is syncing: joined generation 2 as follower\n"
                     "[  3210] m1 is syncing: joined generation 2 as leader\n"
                     "[  3230] m1 is stable: assigned 3 partitions\n"
                     "[  3230] m1 is assigned t-0 t-1 t-2\n"
                     "[  3230] m2 is stable: assigned 3 partitions\n"
                     "[  3230] m2 is assigned t-3 t-4 t-5\n");
    expect_shares(&s, "3 3");
    story_end(&s);
}

KH_TEST(sim_join, members_share_evenly_C_04)
{
    struct story s = story_begin(&story_defaults);

    story_member(&s);
    story_run(&s, 3000);
    expect_shares(&s, "6");
    story_member(&s);
    story_run(&s, 3000);
    expect_shares(&s, "3 3");
    struct sim_member *third = story_member(&s);
    story_run(&s, 3000);
    expect_shares(&s, "2 2 2");
    sim_member_close(third, 1000);
    story_run(&s, 3000);
    expect_shares(&s, "3 3 0");
    story_end(&s);
}

KH_TEST(sim_join, an_idle_member_takes_over_C_05)
{
    struct story s = story_begin(&story_defaults);

    for (int i = 0; i < 8; i++)
        story_member(&s);
    story_run(&s, 3 * STORY_SESSION_MS);
    expect_soon(&s, sim_world_assigned, 1000, "all partitions are owned");
    size_t idle = 0;
    for (int i = 1; i <= 8; i++)
        idle += sim_member_owns(s.world->members[i]) == 0;
    cr_assert_eq(idle, 2);
    for (int i = 1; i <= 8; i++)
        if (sim_member_owns(s.world->members[i]) > 0) {
            sim_member_kill(s.world->members[i], true);
            break;
        }
    expect_soon(&s, sim_world_assigned, STORY_SESSION_MS + 2 * STORY_HEARTBEAT_MS + 1000,
                "an idle member owns what the killed one had");
    story_end(&s);
}

KH_TEST(sim_join, a_session_timeout_that_the_broker_refuses_is_terminal_C_15)
{
    struct story_options o = story_defaults;
    o.world.cluster.session_timeout_min_ms = STORY_SESSION_MS + 1;
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_run(&s, 20000);
    cr_assert_eq(m->failures, 1);
    cr_assert_eq(m->failure.kafka_code, KH_KAFKA_INVALID_SESSION_TIMEOUT);
    cr_assert(strstr(m->failure.text, "INVALID_SESSION_TIMEOUT") != NULL, "%s", m->failure.text);
    cr_assert_str_eq(kohort_consumer_state(m->consumer), "failed");
    story_end(&s);
}

KH_TEST(sim_join, heartbeats_keep_their_interval_C_14)
{
    struct story s = story_begin(&story_defaults);

    story_member(&s);
    story_run(&s, 1000);
    uint64_t before = s.world->judge.heartbeats;
    story_run(&s, 100 * STORY_HEARTBEAT_MS);
    uint64_t sent = s.world->judge.heartbeats - before;
    cr_assert(sent >= 90 && sent <= 110, "%llu heartbeats", (unsigned long long)sent);
    cr_assert_eq(s.world->judge.joins, 2, "once for the member id (KIP-394), once to join");
    story_end(&s);
}
