/* Sessions that end, on both sides. */
#include "consumer/client.h"
#include "sim/stories/story.h"

/* A process that stood still beyond its session delivers nothing of what waits for it. */
KH_TEST(sim_session, who_was_suspended_is_out_C_41)
{
    struct story_options o = story_defaults;
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_member(&s);
    story_run(&s, 3000);
    expect_shares(&s, "3 3");
    sim_trace_take(&s.world->trace); /* how they came is another story */
    sim_platform_suspend(&m->platform, 15000 * SIM_MS);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        story_append(&s, i, 10);
    story_run(&s, 11990);
    expect_story(&s, "[  8160] m2 is revoking: the group is rebalancing\n"
                     "[  8160] m2 must let go of t-3 t-4 t-5\n"
                     "[  8160] m2 is joining: revoked\n"
                     "[  8210] m2 is syncing: joined generation 2 as leader\n"
                     "[  8230] m2 is stable: assigned 6 partitions\n"
                     "[  8230] m2 is assigned t-0 t-1 t-2 t-3 t-4 t-5\n");
    expect_shares(&s, "3 6");
    story_run(&s, 4000);
    expect_story(&s, "[ 15000] m1 has lost t-0 t-1 t-2\n"
                     "[ 15000] m1 is finding: no heartbeat was answered for 6000 ms\n"
                     "[ 15020] m1 is joining: the coordinator is known\n"
                     "[ 15070] m1 is joining: JoinGroup: UNKNOWN_MEMBER_ID\n"
                     "[ 15090] m1 is joining: a member id was given\n"
                     "[ 15160] m2 is revoking: the group is rebalancing\n"
                     "[ 15160] m2 must let go of t-0 t-1 t-2 t-3 t-4 t-5\n"
                     "[ 15160] m2 is joining: revoked\n"
                     "[ 15210] m1 is syncing: joined generation 3 as follower\n"
                     "[ 15210] m2 is syncing: joined generation 3 as leader\n"
                     "[ 15230] m2 is stable: assigned 3 partitions\n"
                     "[ 15230] m2 is assigned t-0 t-1 t-2\n"
                     "[ 15230] m1 is stable: assigned 3 partitions\n"
                     "[ 15230] m1 is assigned t-3 t-4 t-5\n");
    expect_soon(&s, sim_world_drained, 3000, "both read on");
    cr_assert_eq(s.world->judge.delivered, 60, "nothing twice");
    story_end(&s);
}

/* Catalogue 18: the coordinator alone cannot be reached; records would go on coming. */
KH_TEST(sim_session, a_silent_coordinator_ends_the_session_here_too)
{
    struct story_options o = story_defaults;
    o.world.cluster.broker_count = 2;
    struct story s = story_begin(&o);
    struct sim_broker *coordinator = story_coordinator(&s);

    story_member(&s);
    story_run(&s, 2000);
    expect_shares(&s, "6");
    coordinator->listener.state = SIM_SILENT;
    sim_broker_disconnect(coordinator);
    for (int i = 0; i < 200; i++) {
        story_append(&s, i % STORY_PARTITIONS, 1);
        story_run(&s, 100);
    }
    expect_shares(&s, "0");
    coordinator->listener.state = SIM_LISTENING;
    expect_soon(&s, sim_world_drained, 2 * STORY_SESSION_MS + 10000, "it comes back");
    story_end(&s);
}

/* Catalogue 23: a JoinGroup that waits for a slow member holds up no heartbeat. */
KH_TEST(sim_session, heartbeats_go_on_while_joins_are_parked_C_14)
{
    struct story s = story_begin(&story_defaults);
    const struct sim_application slow = {.drain_min_ms = 4000, .drain_max_ms = 4000};
    struct sim_member *quick = story_member(&s);

    sim_member_start(s.world, &slow, "t");
    story_run(&s, 20000);
    expect_shares(&s, "3 3");
    story_member(&s);
    for (int i = 0; i < 2000 && strcmp(kohort_consumer_state(quick->consumer), "joining") != 0; i++)
        story_run(&s, 1);
    uint64_t before = s.world->judge.members[quick->number].heartbeats;
    int64_t parked_ms = 0;
    for (; strcmp(kohort_consumer_state(quick->consumer), "joining") == 0; parked_ms++)
        story_run(&s, 1);
    uint64_t sent = s.world->judge.members[quick->number].heartbeats - before;
    cr_assert(parked_ms > 2 * STORY_HEARTBEAT_MS, "it was parked for %lld ms",
              (long long)parked_ms);
    cr_assert(sent + 1 >= (uint64_t)(parked_ms / STORY_HEARTBEAT_MS), "%llu heartbeats in %lld ms",
              (unsigned long long)sent, (long long)parked_ms);
    story_end(&s);
}

/* What an idle member costs its host: a turn an answer, and one a heartbeat that is due. */
KH_TEST(sim_session, an_idle_member_turns_for_heartbeats_and_answers_only)
{
    struct story s = story_begin(&story_defaults);
    struct sim_member *m = story_member(&s);
    const struct kh_shared *shared = &m->client->shared;

    story_run(&s, 5000);
    uint64_t turns = shared->counters.turns, requests = shared->counters.requests_sent;
    uint64_t heartbeats = s.world->judge.heartbeats;
    story_run(&s, 60000);
    turns = shared->counters.turns - turns;
    requests = shared->counters.requests_sent - requests;
    heartbeats = s.world->judge.heartbeats - heartbeats;
    cr_assert_geq(heartbeats, 55);
    cr_assert_gt(requests, heartbeats + 100, "a Fetch is parked for half a second");
    cr_assert_leq(turns, requests + heartbeats + 2, "%llu turns, %llu requests, %llu heartbeats",
                  (unsigned long long)turns, (unsigned long long)requests,
                  (unsigned long long)heartbeats);
    story_end(&s);
}
