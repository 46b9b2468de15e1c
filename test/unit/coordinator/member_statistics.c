/* Stories of what is counted: rebalances by what began them, and their time. */
#include "story.h"

static uint64_t by(const struct story *s, enum kohort_rebalance_reason reason)
{
    return kh_member_statistics(s->m, s->now_ms).rebalances[reason];
}

static uint64_t all(const struct story *s)
{
    uint64_t sum = 0;
    for (int i = 0; i < KOHORT_REBALANCE_REASONS; i++)
        sum += by(s, (enum kohort_rebalance_reason)i);
    return sum;
}

static int64_t spent_ms(const struct story *s)
{
    return kh_member_statistics(s->m, s->now_ms).rebalance_ms;
}

KH_TEST(statistics, a_start_counts_when_it_is_done_and_its_time_from_its_beginning)
{
    struct story s;
    story_begin(&s, NULL);
    cr_assert_eq(spent_ms(&s), 0);
    s.now_ms = 1000;
    story_start(&s, "t");
    story_found(&s, 0, 1);
    s.now_ms = 1040;
    cr_assert_eq(spent_ms(&s), 40);
    story_joined(&s, KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, "", -1, ""); /* no other rebalance */
    story_run_until(&s, 1200);
    story_settle(&s, 1, "t-0");
    cr_assert_eq(by(&s, KOHORT_REBALANCE_START), 1);
    cr_assert_eq(all(&s), 1);
    cr_assert_eq(spent_ms(&s), 200);
    s.now_ms = 2000;
    cr_assert_eq(spent_ms(&s), 200, "it is over");
    story_stop(&s, false, 0);
    story_revoked(&s);
    cr_assert_eq(spent_ms(&s), 200, "a stop is none");
    story_start(&s, "t");
    story_settle(&s, 2, "");
    cr_assert_eq(by(&s, KOHORT_REBALANCE_START), 2);
    story_end(&s);
}

/* From STABLE with "t-0" owned to STABLE again, through what begins a rebalance. */
static void expect_reason(void (*begin)(struct story *s), enum kohort_rebalance_reason reason)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    begin(&s);
    if (kh_member_owned(s.m)->count > 0)
        story_revoked(&s);
    s.now_ms += 7;
    story_settle(&s, 2, "t-0");
    cr_assert_eq(by(&s, reason), 1);
    cr_assert_eq(all(&s), 2);
    cr_assert_eq(spent_ms(&s), 7);
    story_end(&s);
}

static void coordinator_says_so(struct story *s)
{
    story_run_until(s, 3000);
    story_heartbeat(s, KH_KAFKA_REBALANCE_IN_PROGRESS);
}

static void subscription_changes(struct story *s)
{
    story_subscribe(s, "t u");
}

static void topics_change(struct story *s)
{
    story_rejoin(s, "topics of the group changed");
}

static void group_went_on(struct story *s)
{
    story_run_until(s, 3000);
    story_heartbeat(s, KH_KAFKA_UNKNOWN_MEMBER_ID);
}

static void session_ends(struct story *s)
{
    story_run_until(s, 3000);
    story_no_answer(s, STORY_HEARTBEAT, KOHORT_EDISCONNECTED);
    story_run_until(s, 45000);
}

KH_TEST(statistics, each_reason_is_told_apart)
{
    expect_reason(coordinator_says_so, KOHORT_REBALANCE_GROUP);
    expect_reason(subscription_changes, KOHORT_REBALANCE_SUBSCRIPTION);
    expect_reason(topics_change, KOHORT_REBALANCE_TOPICS);
    expect_reason(group_went_on, KOHORT_REBALANCE_EVICTED);
    expect_reason(session_ends, KOHORT_REBALANCE_SESSION);
}

KH_TEST(statistics, what_ends_in_no_assignment_is_not_counted_but_its_time)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    s.now_ms = 30;
    story_found(&s, KH_KAFKA_GROUP_AUTHORIZATION_FAILED, -1);
    cr_assert_eq(s.state, KH_MEMBER_FAILED);
    cr_assert_eq(all(&s), 0);
    s.now_ms = 90;
    cr_assert_eq(spent_ms(&s), 30);
    story_start(&s, "t");
    s.now_ms = 100;
    story_stop(&s, false, 0);
    s.now_ms = 200;
    cr_assert_eq(spent_ms(&s), 40);
    cr_assert_eq(all(&s), 0);
    story_end(&s);
}
