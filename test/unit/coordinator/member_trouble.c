/* Stories of what goes wrong: coordinators that move, sessions that end, members that are put out.
 */
#include "story.h"

KH_TEST(trouble, a_coordinator_that_moves_costs_no_partition)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_run_until(&s, 3000);
    story_heartbeat(&s, KH_KAFKA_NOT_COORDINATOR);
    cr_assert_eq(kh_member_coordinator(s.m), -1);
    story_run_until(&s, 3400);
    story_found(&s, KH_KAFKA_COORDINATOR_NOT_AVAILABLE, -1);
    story_run_until(&s, 6500);
    story_no_answer(&s, STORY_FIND, KOHORT_ETIMEDOUT);
    story_run_until(&s, 8000);
    story_found(&s, 0, 2);
    story_heartbeat(&s, 0);
    story_expect(&s, "         heartbeat of generation 1\n"
                     "[  3000] stable -> finding: Heartbeat: NOT_COORDINATOR\n"
                     "         find\n"
                     "         find\n"
                     "         find\n"
                     "[  8000] finding -> stable: the coordinator is known\n"
                     "         heartbeat of generation 1\n");
    cr_assert_eq(s.lost + s.dropped, 0);
    cr_assert_eq(kh_member_coordinator(s.m), 2);
    story_end(&s);
}

KH_TEST(trouble, a_connection_lost_is_a_coordinator_lost)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_run_until(&s, 3000);
    story_no_answer(&s, STORY_HEARTBEAT, KOHORT_EDISCONNECTED);
    story_expect(&s, "         heartbeat of generation 1\n"
                     "[  3000] stable -> finding: Heartbeat: the broker closed the connection\n");
    story_end(&s);
}

/* Asking again and again for a coordinator that is none must not become a busy loop. */
KH_TEST(trouble, a_coordinator_that_denies_it_is_asked_ever_more_slowly)
{
    struct story s;
    story_begin(&s, NULL);
    s.silent = true;
    story_start(&s, "t");
    int asked = 0;
    for (; s.now_ms < 60000; asked++) {
        while (!story_in_flight(&s, STORY_FIND))
            story_run_until(&s, kh_member_deadline(s.m));
        story_found(&s, 0, 1);
        story_joined(&s, KH_KAFKA_NOT_COORDINATOR, "", -1, "");
    }
    cr_assert_leq(asked, 80, "%d times in a minute", asked);
    story_end(&s);
}

KH_TEST(trouble, a_group_that_works_makes_the_next_failure_a_first_one)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    for (int i = 0; i < 8; i++) {
        story_found(&s, KH_KAFKA_COORDINATOR_NOT_AVAILABLE, -1);
        story_run_until(&s, kh_member_deadline(s.m));
    }
    story_settle(&s, 1, "t-0");
    story_commit_verdict(&s, KH_KAFKA_NOT_COORDINATOR, kh_member_identity(s.m));
    cr_assert_leq(kh_member_deadline(s.m) - s.now_ms, 120);
    story_end(&s);
}

static void run_until_join(struct story *s)
{
    while (!story_in_flight(s, STORY_JOIN)) {
        if (story_in_flight(s, STORY_HEARTBEAT))
            story_heartbeat(s, 0);
        else if (story_in_flight(s, STORY_FIND))
            story_found(s, 0, 1);
        else
            story_run_until(s, kh_member_deadline(s->m));
    }
}

static void expect_no_busy_loop(int16_t join_code, int16_t sync_code)
{
    struct story s;
    story_begin(&s, NULL);
    s.silent = true;
    story_start(&s, "t");
    int asked = 0;
    for (; s.now_ms < 60000; asked++) {
        run_until_join(&s);
        story_joined(&s, join_code, "m-1", 1, "other");
        if (join_code == 0)
            story_synced(&s, sync_code, "elsewhere-0");
    }
    cr_assert_leq(asked, 80, "%d times in a minute", asked);
    story_end(&s);
}

KH_TEST(trouble, no_answer_makes_a_busy_loop)
{
    expect_no_busy_loop(KH_KAFKA_MEMBER_ID_REQUIRED, 0);
    expect_no_busy_loop(KH_KAFKA_UNKNOWN_MEMBER_ID, 0);
    expect_no_busy_loop(KH_KAFKA_ILLEGAL_GENERATION, 0);
    expect_no_busy_loop(KH_KAFKA_REBALANCE_IN_PROGRESS, 0);
    expect_no_busy_loop(KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, 0);
    expect_no_busy_loop(0, 0); /* assigned what is not subscribed */
    expect_no_busy_loop(0, KH_KAFKA_REBALANCE_IN_PROGRESS);
    expect_no_busy_loop(0, KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS);
    expect_no_busy_loop(0, KH_KAFKA_UNKNOWN_MEMBER_ID);
    expect_no_busy_loop(0, KH_KAFKA_ILLEGAL_GENERATION);
}

/* ---- the session ---- */

KH_TEST(trouble, a_session_that_ends_unanswered_loses_all_and_keeps_the_member_id)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0 t-1");
    story_run_until(&s, 3000);
    story_heartbeat(&s, 0);
    story_run_until(&s, 47999);
    cr_assert(kh_member_session_alive(s.m, 47999));
    cr_assert_not(kh_member_session_alive(s.m, 48000), "even before the machine has noticed");
    story_forget(&s);
    story_run_until(&s, 48000);
    story_expect(&s, "         lost t-0 t-1\n"
                     "         cancel\n"
                     "[ 48000] stable -> finding: no heartbeat was answered for 45000 ms\n"
                     "         find\n");
    cr_assert_not(kh_member_session_alive(s.m, 48000));
    story_found(&s, 0, 1);
    story_expect(&s, "[ 48000] finding -> joining: the coordinator is known\n"
                     "         join as 'm-1'\n");
    cr_assert_eq(kh_member_generation(s.m), -1);
    cr_assert_not(kh_member_is_leader(s.m));
    cr_assert_eq(kh_member_leader_id(s.m).size, 0, "of no generation");
    uint32_t known = kh_member_identity(s.m).member_id_serial;
    story_joined(&s, KH_KAFKA_UNKNOWN_MEMBER_ID, "", -1, "");
    cr_assert_neq(kh_member_identity(s.m).member_id_serial, known);
    story_expect(&s, "[ 48000] joining -> joining: JoinGroup: UNKNOWN_MEMBER_ID\n"
                     "         join as ''\n");
    story_end(&s);
}

KH_TEST(trouble, the_session_is_counted_from_the_sending_of_what_was_answered)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_run_until(&s, 3000); /* sent at 3,000 */
    s.now_ms = 40000;
    story_heartbeat(&s, KH_KAFKA_REBALANCE_IN_PROGRESS); /* counts as alive */
    cr_assert(kh_member_session_alive(s.m, 47999));
    cr_assert_not(kh_member_session_alive(s.m, 48000));
    story_end(&s);
}

/* Decision 2: what a suspended process reads first is an hour old. */
KH_TEST(trouble, a_process_that_was_suspended_adopts_and_delivers_nothing_stale)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, 0, "m-1", 1, "other");
    story_forget(&s);
    s.now_ms = 3600000;
    s.flights[STORY_SYNC].in_flight = true;
    struct kh_sync_group_response response = {.assignment = {(const uint8_t *)"", 0}};
    story_step(&s, &(struct kh_member_event){.type = KH_MEMBER_EV_SYNCED,
                                             .identity = kh_member_identity(s.m),
                                             .message = &response});
    story_expect(&s, "         cancel\n"
                     "[3600000] syncing -> finding: no heartbeat was answered for 45000 ms\n"
                     "         find\n");
    cr_assert_eq(s.adopted, 0);
    story_end(&s);
}

KH_TEST(trouble, a_first_join_may_be_parked_longer_than_a_session)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_forget(&s);
    story_run_until(&s, 200000);
    story_expect(&s, "");
    story_joined(&s, 0, "m-1", 1, "other");
    story_synced(&s, 0, "t-0");
    cr_assert_eq(s.state, KH_MEMBER_STABLE);
    cr_assert(kh_member_session_alive(s.m, 244999));
    story_end(&s);
}

KH_TEST(trouble, heartbeats_keep_a_parked_rejoin_alive)
{
    struct story s;
    story_begin(&s, NULL);
    s.silent = true;
    story_start(&s, "t");
    story_settle(&s, 1, "");
    story_rejoin(&s, "again");
    for (int64_t now = 3000; now <= 270000; now += 3000) {
        story_run_until(&s, now);
        story_heartbeat(&s, KH_KAFKA_REBALANCE_IN_PROGRESS);
        cr_assert_eq(s.state, KH_MEMBER_JOINING);
    }
    s.silent = false;
    story_run_until(&s, 318000); /* and without them the coordinator is given up */
    story_expect(&s, "         heartbeat of generation 1\n"
                     "         cancel\n"
                     "[315000] joining -> finding: no heartbeat was answered for 45000 ms\n"
                     "         find\n");
    story_end(&s);
}

/* ---- put out of the group ---- */

KH_TEST(trouble, a_member_put_out_while_revoking_has_lost_its_partitions)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_rejoin(&s, "again");
    story_run_until(&s, 3000);
    story_forget(&s);
    story_heartbeat(&s, KH_KAFKA_UNKNOWN_MEMBER_ID);
    story_expect(&s, "         lost t-0\n"
                     "[  3000] revoking -> joining: Heartbeat: UNKNOWN_MEMBER_ID\n"
                     "         join as ''\n");
    story_step(&s, &(struct kh_member_event){.type = KH_MEMBER_EV_REVOKED});
    story_expect(&s, "");
    story_end(&s);
}

/* reliability.md 17: a commit that tells us so is as good as a heartbeat. */
KH_TEST(trouble, a_commit_may_be_the_first_to_tell)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_commit_verdict(&s, KH_KAFKA_ILLEGAL_GENERATION, kh_member_identity(s.m));
    story_expect(&s, "         lost t-0\n"
                     "[     0] stable -> joining: OffsetCommit: ILLEGAL_GENERATION\n"
                     "         join as 'm-1'\n");
    story_joined(&s, 0, "m-1", 2, "other");
    story_synced(&s, 0, "t-0");
    story_forget(&s);
    story_commit_verdict(&s, KH_KAFKA_REBALANCE_IN_PROGRESS, kh_member_identity(s.m));
    story_expect(&s, "[     0] stable -> revoking: the group is rebalancing\n"
                     "         revoke t-0 until 30000\n");
    story_commit_verdict(&s, KH_KAFKA_NOT_COORDINATOR, kh_member_identity(s.m));
    story_run_until(&s, 2000);
    story_found(&s, 0, 3);
    story_revoked(&s);
    story_expect(&s, "[     0] revoking -> finding: OffsetCommit: NOT_COORDINATOR\n"
                     "         find\n"
                     "[  2000] finding -> revoking: the coordinator is known\n"
                     "         drop t-0\n"
                     "[  2000] revoking -> joining: revoked\n"
                     "         join as 'm-1'\n");
    story_end(&s);
}

KH_TEST(trouble, a_revocation_may_end_while_the_coordinator_is_looked_for)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_rejoin(&s, "again");
    story_commit_verdict(&s, KH_KAFKA_NOT_COORDINATOR, kh_member_identity(s.m));
    story_revoked(&s);
    story_run_until(&s, 1000);
    story_forget(&s);
    story_found(&s, 0, 3);
    story_expect(&s, "[  1000] finding -> joining: the coordinator is known\n"
                     "         join as 'm-1'\n");
    cr_assert(kh_string_equal(kh_member_join_request(s.m)->reason, KH_STRING("again")));
    story_end(&s);
}

KH_TEST(trouble, what_changed_while_finding_is_joined_for_when_found)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_commit_verdict(&s, KH_KAFKA_NOT_COORDINATOR, kh_member_identity(s.m));
    story_subscribe(&s, "u");
    story_run_until(&s, 1000);
    story_forget(&s);
    story_found(&s, 0, 3);
    story_expect(&s, "[  1000] finding -> stable: the coordinator is known\n"
                     "[  1000] stable -> revoking: what is subscribed changed meanwhile\n"
                     "         revoke t-0 until 31000\n");
    story_end(&s);
}

/* ---- rounds that fail ---- */

KH_TEST(trouble, a_layout_that_is_refused_is_never_handed_in)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, 0, "m-1", 1, "m-1");
    story_forget(&s);
    story_assigned(&s, KOHORT_EASSIGNOR);
    story_expect(&s, "[     0] syncing -> joining: assignor range: the assignor gave a layout that "
                     "is not valid\n");
    story_run_until(&s, 200);
    story_expect(&s, "         join as 'm-1'\n");
    story_end(&s);
}

KH_TEST(trouble, an_assignment_that_cannot_be_read_is_not_adopted)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, 0, "m-1", 1, "other");
    story_forget(&s);
    story_sync_response(
        &s, &(struct kh_sync_group_response){.assignment = {(const uint8_t *)"\0\3\0\0\0\1", 6}});
    story_expect(&s,
                 "[     0] syncing -> joining: the assignment cannot be used: the peer does not "
                 "speak Kafka's protocol, or broke it\n");
    story_run_until(&s, 200);
    story_joined(&s, 0, "m-1", 2, "other");
    story_forget(&s);
    story_synced(&s, 0, "elsewhere-0");
    story_expect(&s, "[   200] syncing -> joining: assigned a topic that is not subscribed\n");
    story_end(&s);
}

KH_TEST(trouble, a_syncgroup_that_times_out_at_the_broker_is_sent_again)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, 0, "m-1", 1, "other");
    story_forget(&s);
    story_synced(&s, KH_KAFKA_REQUEST_TIMED_OUT, "");
    story_run_until(&s, 200);
    story_expect(&s, "         sync with 0 assignments\n");
    story_end(&s);
}

KH_TEST(trouble, joingroup_must_name_a_generation_and_a_member)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_forget(&s);
    story_joined(&s, 0, "", 1, "other");
    story_expect(&s, "[     0] joining -> joining: JoinGroup's answer names no generation or no "
                     "member\n");
    story_end(&s);
}
