/* Stories of terminal errors: told once, with what to do. */
#include "story.h"

#include "base/error.h"

static void expect_failure(struct story *s, int16_t kafka_code, const char *text)
{
    cr_assert_eq(s->state, KH_MEMBER_FAILED);
    cr_assert_eq(s->failures, 1);
    cr_assert_eq(s->error.code, KOHORT_EBROKER);
    cr_assert_eq(s->error.kafka_code, kafka_code);
    cr_assert_str_eq(s->error.text, text);
    cr_assert_eq(kh_member_deadline(s->m), KH_NEVER);
}

KH_TEST(failed, a_session_timeout_the_broker_refuses_is_told_once_with_what_to_do)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, KH_KAFKA_INVALID_SESSION_TIMEOUT, "", -1, "");
    expect_failure(&s, KH_KAFKA_INVALID_SESSION_TIMEOUT,
                   "JoinGroup of group 'g' at coordinator 1: INVALID_SESSION_TIMEOUT (26), "
                   "session.timeout.ms is outside the bounds that the broker allows; set "
                   "session.timeout.ms between the broker's group.min.session.timeout.ms and "
                   "group.max.session.timeout.ms");
    cr_assert_eq(s.error.api_key, 11);
    cr_assert_eq(s.error.broker_id, 1);
    expect_status(story_start(&s, "t"), 0); /* and may be started again */
    cr_assert_eq(s.state, KH_MEMBER_FINDING);
    story_end(&s);
}

KH_TEST(failed, a_group_of_other_assignors_is_told_ours)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, "", -1, "");
    expect_failure(&s, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL,
                   "JoinGroup of group 'g' at coordinator 1: INCONSISTENT_GROUP_PROTOCOL (23), the "
                   "member's assignors or protocol type do not fit those of the group; this member "
                   "offers range, sticky; all members of a group need an assignor in common");
    story_end(&s);
}

KH_TEST(failed, a_protocol_that_we_did_not_offer_is_refused)
{
    struct kh_join_group_response response = {.generation_id = 1,
                                              .protocol_name = KH_STRING("sticky\n"),
                                              .leader = KH_STRING("o"),
                                              .member_id = KH_STRING("m")};
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_join_response(&s, &response);
    cr_assert_eq(s.state, KH_MEMBER_FAILED);
    cr_assert_not_null(strstr(s.error.text, "the group uses assignor 'sticky?'"));
    story_start(&s, "t");
    story_found(&s, 0, 1);
    response.protocol_type = KH_STRING("connect");
    story_join_response(&s, &response);
    cr_assert_not_null(strstr(s.error.text, "protocol type is 'connect', not 'consumer'"));
    story_end(&s);
}

KH_TEST(failed, syncgroups_unknown_error_asks_about_the_size)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, 0, "m-1", 1, "m-1");
    story_assigned(&s, 0);
    story_synced(&s, KH_KAFKA_UNKNOWN_SERVER_ERROR, "");
    expect_failure(&s, KH_KAFKA_UNKNOWN_SERVER_ERROR,
                   "SyncGroup of group 'g' at coordinator 1: UNKNOWN_SERVER_ERROR (-1), the broker "
                   "met an error that it has no code for; its log says more; is the assignment "
                   "larger than the broker's message.max.bytes?");
    story_end(&s);
}

KH_TEST(failed, a_fenced_static_member_loses_all_and_does_not_leave_for_the_other)
{
    struct story s;
    story_begin(&s, "i-1");
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_run_until(&s, 3000);
    story_forget(&s);
    story_heartbeat(&s, KH_KAFKA_FENCED_INSTANCE_ID);
    cr_assert_eq(s.lost, 1);
    cr_assert_eq(s.state, KH_MEMBER_FAILED);
    story_forget(&s);
    story_stop(&s, true, 0);
    story_expect(&s, "[  3000] failed -> idle: stopping\n"
                     "         stopped\n");
    story_end(&s);
}

KH_TEST(failed, no_version_in_common_is_terminal_with_its_own_words)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    kohort_error error;
    kh_error_init(&error, KOHORT_EVERSION);
    kh_error_text(&error, "the broker speaks none of FindCoordinator 0-6");
    s.flights[STORY_FIND].in_flight = false;
    story_step(&s, &(struct kh_member_event){.type = KH_MEMBER_EV_COORDINATOR,
                                             .status = KOHORT_EVERSION,
                                             .error = &error});
    cr_assert_eq(s.error.code, KOHORT_EVERSION);
    cr_assert_str_eq(s.error.text, "the broker speaks none of FindCoordinator 0-6");
    story_end(&s);
}

/* KIP-800: peers' operators read in the broker's log why it went. */
KH_TEST(failed, who_leaves_after_a_failure_says_why)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    story_run_until(&s, 3000);
    story_heartbeat(&s, KH_KAFKA_GROUP_AUTHORIZATION_FAILED);
    cr_assert_eq(s.state, KH_MEMBER_FAILED);
    story_stop(&s, true, 0);
    cr_assert_eq(s.state, KH_MEMBER_LEAVING);
    struct kh_string reason = kh_member_leave_request(s.m)->members[0].reason;
    cr_assert_leq(reason.size, 255);
    cr_assert_not_null(memmem(reason.data, (size_t)reason.size, "GROUP_AUTHORIZATION_FAILED", 26));
    story_left(&s, 0);
    story_end(&s);
}
