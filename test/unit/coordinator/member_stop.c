/* Stories of members that are closed: from every state, and always to the end. */
#include "story.h"

KH_TEST(stop, hands_back_then_leaves)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    s.now_ms = 500;
    story_stop(&s, true, 0);
    s.now_ms = 600;
    story_revoked(&s);
    s.now_ms = 610;
    story_left(&s, 0);
    story_expect(&s, "[   500] stable -> revoking: stopping\n"
                     "         revoke t-0 until 30500\n"
                     "         drop t-0\n"
                     "[   600] revoking -> leaving: revoked\n"
                     "         leave as 'm-1'\n"
                     "[   610] leaving -> idle: left\n"
                     "         stopped\n");
    cr_assert_eq(kh_member_id(s.m).size, 0);
    cr_assert_str_empty(kh_member_leader_id(s.m).data);
    cr_assert_eq(kh_member_generation(s.m), -1);
    cr_assert_eq(kh_member_coordinator(s.m), -1);
    cr_assert_eq(kh_member_deadline(s.m), KH_NEVER);
    story_stop(&s, true, 0);
    story_expect(&s, "         stopped\n");
    expect_status(story_start(&s, "t"), 0);
    story_end(&s);
}

KH_TEST(stop, a_static_member_that_stays_says_nothing)
{
    struct story s;
    story_begin(&s, "i-1");
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_stop(&s, false, 0);
    story_revoked(&s);
    story_expect(&s, "[     0] stable -> revoking: stopping\n"
                     "         revoke t-0 until 30000\n"
                     "         drop t-0\n"
                     "[     0] revoking -> idle: revoked\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, a_static_member_that_leaves_names_its_instance)
{
    struct story s;
    story_begin(&s, "i-1");
    story_start(&s, "t");
    story_settle(&s, 1, "");
    story_stop(&s, true, 0);
    cr_assert(kh_string_equal(kh_member_leave_request(s.m)->members[0].group_instance_id,
                              KH_STRING("i-1")));
    story_no_answer(&s, STORY_LEAVE, KOHORT_ETIMEDOUT);
    cr_assert_eq(s.state, KH_MEMBER_IDLE);
    story_end(&s);
}

KH_TEST(stop, before_the_coordinator_is_known_ends_at_once)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_forget(&s);
    story_stop(&s, true, 0);
    story_expect(&s, "         cancel\n"
                     "[     0] finding -> idle: stopping\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, in_the_first_join_ends_at_once)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_forget(&s);
    story_stop(&s, true, 0);
    story_expect(&s, "         cancel\n"
                     "[     0] joining -> idle: stopping\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, in_a_join_with_a_member_id_leaves_with_it)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, KH_KAFKA_MEMBER_ID_REQUIRED, "m-1", -1, "");
    story_forget(&s);
    story_stop(&s, true, 0);
    story_left(&s, KH_KAFKA_UNKNOWN_MEMBER_ID); /* only best effort */
    story_expect(&s, "         cancel\n"
                     "[     0] joining -> leaving: stopping\n"
                     "         leave as 'm-1'\n"
                     "[     0] leaving -> idle: left\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, while_the_assignor_runs_or_syncgroup_is_parked_leaves)
{
    for (int assigned = 0; assigned < 2; assigned++) {
        struct story s;
        story_begin(&s, NULL);
        story_start(&s, "t");
        story_found(&s, 0, 1);
        story_joined(&s, 0, "m-1", 1, "m-1");
        if (assigned)
            story_assigned(&s, 0);
        story_forget(&s);
        story_stop(&s, true, 0);
        story_expect(&s, "         cancel\n"
                         "[     0] syncing -> leaving: stopping\n"
                         "         leave as 'm-1'\n");
        story_end(&s);
    }
}

KH_TEST(stop, during_a_revocation_leaves_instead_of_joining)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_rejoin(&s, "again");
    s.now_ms = 100;
    story_forget(&s);
    story_stop(&s, true, 5000);
    story_run_until(&s, 4000); /* a second is kept for LeaveGroup */
    story_expect(&s, "         heartbeat of generation 1\n"
                     "         drop t-0\n"
                     "         cancel\n"
                     "[  4000] revoking -> leaving: the revocation took too long\n"
                     "         leave as 'm-1'\n");
    story_run_until(&s, 5000); /* and the time is up, whatever LeaveGroup does */
    story_expect(&s, "         cancel\n"
                     "[  5000] leaving -> idle: the time to stop is over\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, a_leavegroup_nobody_answers_is_given_five_seconds)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "");
    story_stop(&s, true, 100000);
    story_forget(&s);
    story_run_until(&s, 100000);
    story_expect(&s, "         cancel\n"
                     "[  5000] leaving -> idle: the time to stop is over\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, while_the_coordinator_is_looked_for_drains_and_leaves_when_found)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_commit_verdict(&s, KH_KAFKA_NOT_COORDINATOR, kh_member_identity(s.m));
    story_forget(&s);
    story_stop(&s, true, 60000);
    story_revoked(&s);
    story_run_until(&s, 200);
    story_found(&s, 0, 2);
    story_expect(&s, "         revoke t-0 until 30000\n"
                     "         drop t-0\n"
                     "         find\n"
                     "[   200] finding -> leaving: the coordinator is known\n"
                     "         leave as 'm-1'\n");
    story_end(&s);
}

KH_TEST(stop, with_an_unreachable_coordinator_ends_by_the_deadline)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_commit_verdict(&s, KH_KAFKA_NOT_COORDINATOR, kh_member_identity(s.m));
    story_run_until(&s, 200);
    story_forget(&s);
    story_stop(&s, true, 3000);
    story_stop(&s, true, 99000); /* a deadline comes nearer only */
    story_run_until(&s, 3000);
    story_expect(&s, "         revoke t-0 until 2300\n"
                     "         drop t-0\n"
                     "         cancel\n"
                     "[  3000] finding -> idle: the time to stop is over\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, a_second_stop_may_bring_the_deadline_nearer)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_stop(&s, true, 60000);
    story_forget(&s);
    s.now_ms = 10;
    story_stop(&s, true, 410);
    story_run_until(&s, 310); /* a quarter of the little that is left is LeaveGroup's */
    story_expect(&s, "         drop t-0\n"
                     "[   310] revoking -> leaving: the revocation took too long\n"
                     "         leave as 'm-1'\n");
    story_end(&s);
}

KH_TEST(stop, a_session_that_ends_while_stopping_ends_it)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_run_until(&s, 30000);
    story_stop(&s, true, 200000);
    story_forget(&s);
    story_run_until(&s, 45000);
    story_expect(&s, "         lost t-0\n"
                     "         cancel\n"
                     "[ 45000] revoking -> idle: no heartbeat was answered for 45000 ms\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, being_put_out_while_stopping_ends_it)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_stop(&s, true, 0);
    story_run_until(&s, 3000);
    story_forget(&s);
    story_heartbeat(&s, KH_KAFKA_UNKNOWN_MEMBER_ID);
    story_expect(&s, "         lost t-0\n"
                     "[  3000] revoking -> idle: Heartbeat: UNKNOWN_MEMBER_ID\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(stop, a_terminal_error_while_stopping_only_stops)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_stop(&s, true, 0);
    story_run_until(&s, 3000);
    story_heartbeat(&s, KH_KAFKA_GROUP_AUTHORIZATION_FAILED);
    cr_assert_eq(s.failures, 0);
    cr_assert_eq(s.stopped, 1);
    cr_assert_eq(s.lost, 1);
    story_end(&s);
}

KH_TEST(stop, a_failed_member_that_the_group_still_knows_leaves)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, 0, "m-1", 1, "m-1");
    story_assigned(&s, 0);
    story_synced(&s, KH_KAFKA_UNKNOWN_SERVER_ERROR, "");
    story_forget(&s);
    story_stop(&s, true, 0);
    story_expect(&s, "[     0] failed -> leaving: stopping\n"
                     "         leave as 'm-1'\n");
    story_end(&s);
}

KH_TEST(stop, nothing_that_comes_late_wakes_a_stopped_member)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "");
    struct kh_member_identity before = kh_member_identity(s.m);
    story_stop(&s, false, 0);
    story_forget(&s);
    struct kh_heartbeat_response beat = {.error_code = KH_KAFKA_UNKNOWN_MEMBER_ID};
    story_step(&s, &(struct kh_member_event){
                       .type = KH_MEMBER_EV_HEARTBEAT, .identity = before, .message = &beat});
    story_commit_verdict(&s, KH_KAFKA_UNKNOWN_MEMBER_ID, before);
    story_rejoin(&s, "topics changed");
    story_step(&s, &(struct kh_member_event){.type = KH_MEMBER_EV_LEFT});
    story_step(&s, &(struct kh_member_event){.type = KH_MEMBER_EV_REVOKED});
    story_expect(&s, "");
    cr_assert_eq(kh_member_ignored_answers(s.m), 3);
    expect_status(story_subscribe(&s, "t"), KOHORT_ESTATE);
    story_end(&s);
}
