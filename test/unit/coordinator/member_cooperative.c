/* Stories of a member of a cooperative group (KIP-429): what stays is not touched, what moves is
 * given back in a round of its own. */
#include "story.h"

static void begin_stable(struct story *s, const char *partitions)
{
    story_begin_cooperative(s, 0);
    story_start(s, "t u");
    story_settle(s, 1, partitions);
    s->now_ms = 2000;
}

/* As the group hears that another member wants to join. */
static void hear_of_rebalance(struct story *s)
{
    story_run_until(s, 3000);
    story_forget(s);
    story_heartbeat(s, KH_KAFKA_REBALANCE_IN_PROGRESS);
}

static void expect_claims(const struct story *s, const char *topic, size_t count)
{
    const struct kh_join_group_request *join = kh_member_join_request(s->m);
    struct kh_consumer_subscription subscription;
    struct kh_arena arena;
    struct kh_reader r;
    kh_arena_init(&arena, test_heap, 1 << 20);
    kh_reader_init(&r, join->protocols[0].metadata.data, (size_t)join->protocols[0].metadata.size,
                   false, &arena);
    kh_consumer_subscription_decode(&r, &subscription);
    cr_assert(kh_read_ok(&r));
    cr_assert_eq(subscription.owned_count, topic != NULL);
    if (topic != NULL) {
        cr_assert(kh_string_equal(subscription.owned[0].topic, kh_string_of(topic)));
        cr_assert_eq(subscription.owned[0].partition_count, count);
    }
    kh_arena_free(&arena);
}

KH_TEST(cooperative, C_11_what_stays_is_not_touched_what_moves_goes_in_a_round_of_its_own)
{
    struct story s;
    begin_stable(&s, "t-0 t-1 t-2");
    hear_of_rebalance(&s);
    expect_claims(&s, "t", 3);
    s.now_ms = 3100;
    story_joined(&s, 0, "m-1", 2, "other");
    story_synced(&s, 0, "t-0 t-1");
    s.now_ms = 3104;
    story_revoked(&s);
    expect_claims(&s, "t", 2);
    story_joined(&s, 0, "m-1", 3, "other");
    story_synced(&s, 0, "t-0 t-1");
    story_expect(&s, "[  3000] stable -> joining: the group is rebalancing\n"
                     "         join as 'm-1'\n"
                     "[  3100] joining -> syncing: joined generation 2 as follower\n"
                     "         sync with 0 assignments\n"
                     "[  3100] syncing -> stable: assigned 2 partitions\n"
                     "         adopt\n"
                     "[  3100] stable -> revoking: giving back 1 of 3 partitions\n"
                     "         revoke t-2 until 33100\n"
                     "         drop t-2\n"
                     "[  3104] revoking -> joining: revoked\n"
                     "         join as 'm-1'\n"
                     "[  3104] joining -> syncing: joined generation 3 as follower\n"
                     "         sync with 0 assignments\n"
                     "[  3104] syncing -> stable: assigned 2 partitions\n"
                     "         adopt\n");
    cr_assert_eq(kh_member_owned(s.m)->count, 2);
    story_end(&s);
}

KH_TEST(cooperative, C_11_what_is_new_is_adopted_beside_what_stays)
{
    struct story s;
    begin_stable(&s, "t-0");
    hear_of_rebalance(&s);
    story_joined(&s, 0, "m-1", 2, "other");
    story_forget(&s);
    story_synced(&s, 0, "t-0 t-1 u-0");
    story_expect(&s, "[  3000] syncing -> stable: assigned 3 partitions\n"
                     "         adopt t-1 u-0\n");
    story_end(&s);
}

/* The round that hands over what another one lets go of follows at once, mostly. */
KH_TEST(cooperative, C_11_after_a_round_heartbeats_come_fast_for_one_interval)
{
    static const int64_t beats_ms[] = {16, 32, 64, 128, 256, 506, 756};
    struct story s;
    story_begin_cooperative(&s, 250);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    for (size_t i = 0; i < sizeof beats_ms / sizeof *beats_ms; i++) {
        story_run_until(&s, beats_ms[i] - 1);
        cr_assert_not(story_in_flight(&s, STORY_HEARTBEAT), "before %d", (int)beats_ms[i]);
        story_run_until(&s, beats_ms[i]);
        story_heartbeat(&s, 0);
    }
    story_run_until(&s, 3006);
    while (story_in_flight(&s, STORY_HEARTBEAT)) {
        story_heartbeat(&s, 0);
        story_run_until(&s, s.now_ms);
    }
    story_run_until(&s, 5900);
    cr_assert_not(story_in_flight(&s, STORY_HEARTBEAT));
    story_run_until(&s, 6006);
    cr_assert(story_in_flight(&s, STORY_HEARTBEAT));
    story_end(&s);
}

/* The leader would give a topic that is not subscribed to others at once. */
KH_TEST(cooperative, what_is_no_longer_subscribed_goes_before_joining)
{
    struct story s;
    begin_stable(&s, "t-0 u-0");
    story_subscribe(&s, "t v");
    story_revoked(&s);
    expect_claims(&s, "t", 1);
    story_expect(&s, "[  2000] stable -> joining: the subscription changed\n"
                     "[  2000] joining -> revoking: giving back 1 of 2 partitions\n"
                     "         revoke u-0 until 32000\n"
                     "         drop u-0\n"
                     "[  2000] revoking -> joining: revoked\n"
                     "         join as 'm-1'\n");
    story_end(&s);
}

KH_TEST(cooperative, what_is_lost_is_everything)
{
    struct story s;
    begin_stable(&s, "t-0 t-1");
    hear_of_rebalance(&s);
    story_forget(&s);
    story_joined(&s, KH_KAFKA_UNKNOWN_MEMBER_ID, "", -1, "");
    expect_claims(&s, NULL, 0);
    story_expect(&s, "         lost t-0 t-1\n"
                     "[  3000] joining -> joining: JoinGroup: UNKNOWN_MEMBER_ID\n"
                     "         join as ''\n");
    story_end(&s);
}

/* While JoinGroup is parked the session runs on, and is kept by heartbeats. */
KH_TEST(cooperative, C_41_a_session_that_ends_while_joining_costs_all_that_is_owned)
{
    struct story s;
    begin_stable(&s, "t-0 t-1");
    hear_of_rebalance(&s);
    story_forget(&s);
    story_run_until(&s, 60000);
    cr_assert_eq(s.lost, 2);
    cr_assert_eq(s.state, KH_MEMBER_FINDING);
    story_end(&s);
}

/* What was acknowledged meanwhile can be committed in the new generation only. */
KH_TEST(cooperative, C_10_a_stop_in_mid_round_ends_the_round_first)
{
    struct story s;
    begin_stable(&s, "t-0 t-1");
    hear_of_rebalance(&s);
    story_forget(&s);
    story_stop(&s, true, 8000);
    story_joined(&s, 0, "m-1", 2, "other");
    story_synced(&s, 0, "t-0 u-1");
    story_revoked(&s);
    story_left(&s, 0);
    story_expect(&s, "         revoke t-0 t-1 until 7000\n"
                     "[  3000] joining -> syncing: joined generation 2 as follower\n"
                     "         sync with 0 assignments\n"
                     "[  3000] syncing -> revoking: stopping\n"
                     "         drop t-0 t-1\n"
                     "[  3000] revoking -> leaving: revoked\n"
                     "         leave as 'm-1'\n"
                     "[  3000] leaving -> idle: left\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(cooperative, C_10_a_stop_while_giving_back_gives_back_the_rest_too)
{
    struct story s;
    begin_stable(&s, "t-0 t-1 t-2");
    hear_of_rebalance(&s);
    story_joined(&s, 0, "m-1", 2, "other");
    story_synced(&s, 0, "t-1");
    story_forget(&s);
    story_stop(&s, true, 8000);
    story_revoked(&s);
    story_left(&s, 0);
    story_expect(&s, "         revoke t-1 until 7000\n"
                     "         drop t-0 t-1 t-2\n"
                     "[  3000] revoking -> leaving: revoked\n"
                     "         leave as 'm-1'\n"
                     "[  3000] leaving -> idle: left\n"
                     "         stopped\n");
    story_end(&s);
}

/* One eager assignor among them makes the member eager (ConsumerCoordinator), as a group needs that
 * is on its way from one protocol to the other. */
KH_TEST(cooperative, C_12_an_eager_assignor_in_the_list_makes_the_member_eager)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0 t-1");
    story_rejoin(&s, "topics changed");
    story_expect(&s, "[     0] stable -> revoking: topics changed\n"
                     "         revoke t-0 t-1 until 30000\n");
    story_end(&s);
}
