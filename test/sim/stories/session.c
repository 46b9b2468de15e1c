/* Sessions that end, on both sides. */
#include "consumer/client.h"
#include "sim/call.h"
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
                     "[ 15000] m1 stood still for 11860 ms\n"
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

static void move_away(struct story *s, struct sim_broker *from)
{
    struct sim_cluster *c = &s->world->cluster;

    if (story_coordinator(s) == from)
        sim_cluster_move_coordinators(c, 0);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        if (s->topic->logs[i].leader == from->id)
            sim_cluster_move_leader(c, &s->topic->logs[i], (from->id + 1) % c->options.broker_count,
                                    0);
}

/* Catalogue 33: nobody says NOT_COORDINATOR, and no connection breaks. Found elsewhere while the
 * session still lasts. */
KH_TEST(sim_session, a_coordinator_that_is_gone_is_looked_for_elsewhere_in_time)
{
    struct story_options o = story_defaults;
    o.world.cluster.broker_count = 3;
    struct story s = story_begin(&o);
    struct sim_broker *gone = story_coordinator(&s);

    story_member(&s);
    story_run(&s, 2000);
    expect_shares(&s, "6");
    sim_trace_take(&s.world->trace);
    sim_broker_vanish(gone);
    move_away(&s, gone);
    story_run(&s, STORY_SESSION_MS);
    expect_story(&s, "[  5160] m1 is told: broker 1 (broker-1:9092) did not answer Heartbeat "
                     "within 3000 ms; the connection is closed\n"
                     "[  5160] m1 is finding: Heartbeat: broker 1 (broker-1:9092) did not answer "
                     "Heartbeat within 3000 ms; the connection is closed\n"
                     "[  5298] m1 is stable: the coordinator is known\n");
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        story_append(&s, i, 1);
    expect_soon(&s, sim_world_drained, 5000, "all goes on");
    story_end(&s);
}

/* The broker that has just been asked something of this API; NULL: none. */
static struct sim_broker *asked_broker(struct story *s, enum kh_api api)
{
    for (int32_t id = 0; id < s->world->cluster.options.broker_count; id++) {
        struct sim_broker *b = sim_cluster_broker(&s->world->cluster, id);
        kh_list_each (node, &b->calls)
            if (kh_container(node, struct sim_call, all)->api == api)
                return b;
    }
    return NULL;
}

/* A member comes; the first broker that it asks this disappears with the question. */
static void vanish_with_question(enum kh_api api)
{
    struct story_options o = story_defaults;
    o.world.cluster.broker_count = 3;
    o.world.cluster.service_min_us = o.world.cluster.service_max_us = 5 * SIM_MS;
    o.world.member_options[8] = "bootstrap.servers";
    o.world.member_options[9] = "broker-0:9092,broker-1:9092,broker-2:9092";
    struct story s = story_begin(&o);
    struct sim_broker *gone = NULL;

    story_member(&s);
    for (int i = 0; i < 1000 && gone == NULL; i++) {
        story_run(&s, 1);
        gone = asked_broker(&s, api);
    }
    cr_assert_not_null(gone, "%s was not asked", kh_api_info(api)->name);
    sim_broker_vanish(gone);
    move_away(&s, gone);
    expect_soon(&s, sim_world_assigned, 15000, kh_api_info(api)->name);
    story_end(&s);
}

KH_TEST(sim_session, a_broker_that_is_gone_with_a_question_is_given_up_for_another)
{
    vanish_with_question(KH_API_FIND_COORDINATOR); /* catalogue 33 */
    vanish_with_question(KH_API_METADATA);         /* catalogue 35 */
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
