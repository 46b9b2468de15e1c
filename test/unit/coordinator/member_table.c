/* contract.md's table, seen from outside: what becomes of a member that is answered each error. */
#include "story.h"

#include <stdio.h>

enum place { AT_JOIN, AT_SYNC, AT_HEARTBEAT, AT_COMMIT, PLACES };

static void go_to(struct story *s, enum place place)
{
    story_begin(s, NULL);
    story_start(s, "t");
    story_found(s, 0, 1);
    if (place == AT_JOIN) {
        story_joined(s, KH_KAFKA_MEMBER_ID_REQUIRED, "m-1", -1, "");
    } else if (place == AT_SYNC) {
        story_joined(s, 0, "m-1", 1, "other");
    } else {
        story_settle(s, 1, "t-0");
        story_run_until(s, 3000);
    }
}

static void answer(struct story *s, enum place place, int16_t code)
{
    switch (place) {
    case AT_JOIN:
        story_joined(s, code, "", -1, "");
        break;
    case AT_SYNC:
        story_synced(s, code, "");
        break;
    case AT_HEARTBEAT:
        story_heartbeat(s, code);
        break;
    case AT_COMMIT:
    case PLACES:
        story_commit_verdict(s, code, kh_member_identity(s->m));
        break;
    }
}

/* "joining, lost, forgot": the state, whether partitions were lost, whether the member id is gone.
 */
static const char *outcome(struct story *s)
{
    static char text[64];
    snprintf(text, sizeof text, "%s%s%s", kh_member_state_name(s->state),
             s->lost > 0 ? ", lost" : "", kh_member_id(s->m).size == 0 ? ", forgot" : "");
    return text;
}

static const struct {
    int16_t code;
    const char *expected[PLACES];
} table[] = {
    {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, {"joining", "joining", "stable", "stable"}},
    {KH_KAFKA_NOT_COORDINATOR, {"finding", "finding", "finding", "finding"}},
    {KH_KAFKA_COORDINATOR_NOT_AVAILABLE, {"finding", "finding", "finding", "finding"}},
    {KH_KAFKA_REBALANCE_IN_PROGRESS, {"joining", "joining", "revoking", "revoking"}},
    {KH_KAFKA_ILLEGAL_GENERATION, {"joining", "joining", "joining, lost", "joining, lost"}},
    {KH_KAFKA_UNKNOWN_MEMBER_ID,
     {"joining, forgot", "joining, forgot", "joining, lost, forgot", "joining, lost, forgot"}},
    {KH_KAFKA_MEMBER_ID_REQUIRED, {"joining", "failed", "failed, lost", "failed, lost"}},
    {KH_KAFKA_FENCED_INSTANCE_ID,
     {"failed, forgot", "failed, forgot", "failed, lost, forgot", "failed, lost, forgot"}},
    {KH_KAFKA_GROUP_AUTHORIZATION_FAILED, {"failed", "failed", "failed, lost", "failed, lost"}},
    {KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, {"failed", "failed", "failed, lost", "failed, lost"}},
    {KH_KAFKA_INVALID_SESSION_TIMEOUT, {"failed", "failed", "failed, lost", "failed, lost"}},
    {KH_KAFKA_INVALID_GROUP_ID, {"failed", "failed", "failed, lost", "failed, lost"}},
    {KH_KAFKA_GROUP_MAX_SIZE_REACHED, {"failed", "failed", "failed, lost", "failed, lost"}},
    {KH_KAFKA_UNKNOWN_SERVER_ERROR, {"failed", "failed", "failed, lost", "failed, lost"}},
    {KH_KAFKA_REQUEST_TIMED_OUT, {"joining", "syncing", "stable", "stable"}},
    {KH_KAFKA_OFFSET_METADATA_TOO_LARGE, {"failed", "failed", "failed, lost", "stable"}},
    {9999, {"failed", "failed", "failed, lost", "failed, lost"}},
};

KH_TEST(member_table, every_error_has_the_outcome_the_contract_says)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (enum place place = 0; place < PLACES; place++) {
            struct story s;
            go_to(&s, place);
            answer(&s, place, table[i].code);
            const char *expected = table[i].expected[place];
            cr_assert_str_eq(outcome(&s), expected, "%s at place %d: %s, not %s",
                             kh_kafka_error_name(table[i].code), (int)place, outcome(&s), expected);
            cr_assert_eq(s.failures, s.state == KH_MEMBER_FAILED, "reported exactly once");
            bool reset = strstr(expected, "lost") != NULL || s.state == KH_MEMBER_FAILED ||
                         table[i].code == KH_KAFKA_ILLEGAL_GENERATION ||
                         table[i].code == KH_KAFKA_UNKNOWN_MEMBER_ID || place == AT_JOIN;
            cr_assert_eq(kh_member_generation(s.m), reset ? -1 : 1);
            story_end(&s);
        }
}

/* A heartbeat that the coordinator could not take is repeated soon, not after the interval. */
KH_TEST(member_table, a_heartbeat_that_failed_is_repeated_after_the_backoff)
{
    struct story s;
    go_to(&s, AT_HEARTBEAT);
    story_forget(&s);
    story_heartbeat(&s, KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS);
    story_run_until(&s, 3200);
    story_expect(&s, "         heartbeat of generation 1\n");
    story_end(&s);
}

/* The interval is kept through moves between states (C-14). */
KH_TEST(member_table, moves_between_states_do_not_touch_the_heartbeat_clock)
{
    struct story s;
    go_to(&s, AT_HEARTBEAT);
    story_heartbeat(&s, KH_KAFKA_REBALANCE_IN_PROGRESS);
    s.now_ms = 5900;
    story_revoked(&s);
    s.now_ms = 5950;
    story_joined(&s, 0, "m-1", 2, "other");
    story_synced(&s, 0, "t-0");
    story_forget(&s);
    story_run_until(&s, 6000);
    story_expect(&s, "         heartbeat of generation 2\n");
    story_end(&s);
}
