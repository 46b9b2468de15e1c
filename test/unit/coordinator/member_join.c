/* Stories of a member that becomes and stays one. */
#include "story.h"

#include <stdio.h>

KH_TEST(join, a_follower_finds_joins_syncs_and_beats)
{
    struct story s;
    story_begin(&s, NULL);
    expect_status(story_start(&s, "t"), 0);
    s.now_ms = 10;
    story_found(&s, 0, 1);
    s.now_ms = 20;
    story_joined(&s, KH_KAFKA_MEMBER_ID_REQUIRED, "m-1", -1, "");
    s.now_ms = 3000;
    story_joined(&s, 0, "m-1", 1, "other");
    s.now_ms = 3010;
    story_synced(&s, 0, "t-1 t-0");
    story_run_until(&s, 6000);
    story_heartbeat(&s, 0);
    story_run_until(&s, 9000);
    story_expect(&s, "[     0] idle -> finding: subscribed\n"
                     "         find\n"
                     "[    10] finding -> joining: the coordinator is known\n"
                     "         join as ''\n"
                     "[    20] joining -> joining: a member id was given\n"
                     "         join as 'm-1'\n"
                     "[  3000] joining -> syncing: joined generation 1 as follower\n"
                     "         sync with 0 assignments\n"
                     "[  3010] syncing -> stable: assigned 2 partitions\n"
                     "         adopt t-0 t-1\n"
                     "         heartbeat of generation 1\n"
                     "         heartbeat of generation 1\n");
    cr_assert_eq(kh_member_coordinator(s.m), 1);
    cr_assert_eq(kh_member_generation(s.m), 1);
    cr_assert_not(kh_member_is_leader(s.m));
    cr_assert(kh_string_equal(kh_member_leader_id(s.m), KH_STRING("other")));
    cr_assert_str_eq(s.last_log, "group g: member syncing -> stable: assigned 2 partitions");
    story_end(&s);
}

KH_TEST(join, a_leader_assigns_before_it_syncs)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_forget(&s);
    story_joined(&s, 0, "m-1", 1, "m-1");
    const struct kh_member_round *round = kh_member_round(s.m);
    cr_assert_eq(round->member_count, 2);
    cr_assert(kh_string_equal(round->members[1].member_id, KH_STRING("other")));
    cr_assert_eq(round->members[1].metadata.size, 2);
    cr_assert(kh_member_is_leader(s.m));
    cr_assert_str_eq(kh_member_assignor(s.m)->name, "range");
    story_assigned(&s, 0);
    const struct kh_sync_group_request *sync = kh_member_sync_request(s.m);
    cr_assert(kh_string_equal(sync->assignments[1].member_id, KH_STRING("other")));
    cr_assert_eq(sync->assignments[1].assignment.data[0], 'b');
    story_synced(&s, 0, "t-0");
    story_expect(&s, "[     0] joining -> syncing: joined generation 1 as leader\n"
                     "         assign\n"
                     "         sync with 2 assignments\n"
                     "[     0] syncing -> stable: assigned 1 partitions\n"
                     "         adopt t-0\n");
    story_end(&s);
}

/* In a large group they are most of what JoinGroup brings. */
KH_TEST(join, members_stay_where_they_came_as_long_as_the_round_lasts)
{
    struct kh_buffer_pool pool;
    kh_buffer_pool_init(&pool, test_heap, 64, 1);
    struct kh_buffer *frame = kh_buffer_copy(&pool, "idmetadata", 10);
    struct kh_join_group_response_member member = {
        {(const char *)frame->data, 2}, {NULL, 0}, {frame->data + 2, 8}};
    struct kh_join_group_response response = {.generation_id = 5,
                                              .protocol_name = KH_STRING("range"),
                                              .leader = KH_STRING("id"),
                                              .member_id = KH_STRING("id"),
                                              .members = &member,
                                              .member_count = 1};
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    s.frame = frame;
    story_join_response(&s, &response);
    cr_assert_eq(frame->references, 2);
    cr_assert_eq(kh_member_round(s.m)->members[0].metadata.data, frame->data + 2);
    struct kh_member_round taken;
    kh_member_take_round(s.m, &taken);
    cr_assert_eq(kh_member_round(s.m)->member_count, 0);
    story_assigned(&s, KOHORT_EASSIGNOR);
    story_run_until(&s, 1000); /* JoinGroup again, while somebody works on the last round */
    cr_assert_eq(frame->references, 2);
    kh_member_round_free(&taken);
    cr_assert_eq(frame->references, 1);
    story_join_response(&s, &response);
    cr_assert_eq(frame->references, 2);
    story_end(&s); /* lets go of what nobody took */
    cr_assert_eq(frame->references, 1);
    kh_buffer_release(frame);
    kh_buffer_pool_free(&pool);
}

/* KIP-814: the layout stays, but somebody must go on watching the topics. */
KH_TEST(join, a_static_leader_that_came_back_assigns_nothing)
{
    struct story s;
    story_begin(&s, "i-1");
    story_start(&s, "t");
    story_found(&s, 0, 1);
    struct kh_join_group_response_member members[] = {{.member_id = KH_STRING("m-2")}};
    story_forget(&s);
    story_join_response(&s, &(struct kh_join_group_response){.generation_id = 5,
                                                             .protocol_name = KH_STRING("range"),
                                                             .leader = KH_STRING("m-2"),
                                                             .member_id = KH_STRING("m-2"),
                                                             .skip_assignment = true,
                                                             .members = members,
                                                             .member_count = 1});
    story_expect(&s, "[     0] joining -> syncing: joined generation 5 as leader\n"
                     "         watch\n"
                     "         sync with 0 assignments\n");
    cr_assert_eq(kh_member_round(s.m)->member_count, 1);
    cr_assert(kh_member_is_leader(s.m));
    cr_assert(kh_string_equal(kh_member_join_request(s.m)->group_instance_id, KH_STRING("i-1")));
    story_end(&s);
}

KH_TEST(join, a_rebalance_revokes_drains_drops_and_joins_again)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0 t-1");
    story_run_until(&s, 3005);
    story_heartbeat(&s, KH_KAFKA_REBALANCE_IN_PROGRESS);
    story_run_until(&s, 6001); /* heartbeats go on while the application lets go */
    story_heartbeat(&s, KH_KAFKA_REBALANCE_IN_PROGRESS);
    s.now_ms = 7000;
    story_revoked(&s);
    story_run_until(&s, 9000); /* and while JoinGroup is parked */
    story_heartbeat(&s, KH_KAFKA_REBALANCE_IN_PROGRESS);
    cr_assert(kh_string_equal(kh_member_join_request(s.m)->reason,
                              KH_STRING("the group is rebalancing")));
    s.now_ms = 9500;
    story_joined(&s, 0, "m-1", 2, "other");
    story_synced(&s, 0, "t-1");
    story_expect(&s, "         heartbeat of generation 1\n"
                     "[  3005] stable -> revoking: the group is rebalancing\n"
                     "         revoke t-0 t-1 until 33005\n"
                     "         heartbeat of generation 1\n"
                     "         drop t-0 t-1\n"
                     "[  7000] revoking -> joining: revoked\n"
                     "         join as 'm-1'\n"
                     "         heartbeat of generation 1\n"
                     "[  9500] joining -> syncing: joined generation 2 as follower\n"
                     "         sync with 0 assignments\n"
                     "[  9500] syncing -> stable: assigned 1 partitions\n"
                     "         adopt t-1\n");
    story_end(&s);
}

KH_TEST(join, a_drain_that_takes_too_long_is_cut_off)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "t-0");
    s.now_ms = 100;
    story_rejoin(&s, "topic t has 4 partitions now");
    for (int64_t now = 3000; now <= 30000; now += 3000) {
        story_run_until(&s, now);
        story_heartbeat(&s, 0);
    }
    story_forget(&s);
    story_run_until(&s, 30100);
    story_expect(&s, "         drop t-0\n"
                     "[ 30100] revoking -> joining: the revocation took too long\n"
                     "         join as 'm-1'\n");
    story_step(&s, &(struct kh_member_event){.type = KH_MEMBER_EV_REVOKED});
    story_expect(&s, ""); /* too late */
    story_end(&s);
}

KH_TEST(join, who_owns_nothing_joins_again_without_a_revocation)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "");
    story_rejoin(&s, "topic t appeared");
    story_expect(&s, "[     0] stable -> joining: topic t appeared\n"
                     "         join as 'm-1'\n");
    cr_assert(kh_string_equal(kh_member_join_request(s.m)->reason, KH_STRING("topic t appeared")));
    story_end(&s);
}

KH_TEST(join, a_new_subscription_waits_for_the_round_under_way)
{
    struct story s;
    story_begin(&s, NULL);
    expect_status(story_subscribe(&s, "t"), KOHORT_ESTATE);
    story_start(&s, "t");
    expect_status(story_start(&s, "t"), KOHORT_ESTATE);
    expect_status(story_subscribe(&s, "v t"), 0); /* not yet joined: the first round has it */
    story_found(&s, 0, 1);
    story_forget(&s);
    expect_status(story_subscribe(&s, "u"), 0);
    story_joined(&s, 0, "m-1", 1, "other");
    story_synced(&s, 0, "t-0");
    story_expect(&s, "[     0] joining -> syncing: joined generation 1 as follower\n"
                     "         sync with 0 assignments\n"
                     "[     0] syncing -> joining: what is subscribed changed meanwhile\n"
                     "         join as 'm-1'\n");
    story_joined(&s, 0, "m-1", 2, "other");
    story_synced(&s, 0, "u-0");
    story_forget(&s);
    expect_status(story_subscribe(&s, "u"), 0);
    story_expect(&s, ""); /* the same again */
    expect_status(story_subscribe(&s, "u w"), 0);
    story_expect(&s, "[     0] stable -> revoking: the subscription changed\n"
                     "         revoke u-0 until 30000\n");
    story_end(&s);
}

static void expect_subscription(const struct kh_member *m, const char *topics)
{
    const struct kh_join_group_request *join = kh_member_join_request(m);
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, SIZE_MAX);
    struct kh_reader r;
    kh_reader_init(&r, join->protocols[0].metadata.data, (size_t)join->protocols[0].metadata.size,
                   false, &arena);
    struct kh_consumer_subscription subscription;
    cr_assert_eq(kh_consumer_subscription_decode(&r, &subscription), 3);
    cr_assert(kh_read_end(&r));
    char text[64] = "";
    size_t used = 0;
    for (size_t i = 0; i < subscription.topic_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i == 0 ? "" : " ",
                                 (int)subscription.topics[i].size, subscription.topics[i].data);
    cr_assert_str_eq(text, topics);
    cr_assert_eq(subscription.generation, kh_member_generation(m));
    cr_assert_eq(subscription.owned_count, 0);
    kh_arena_free(&arena);
}

KH_TEST(join, the_request_tells_sorted_topics_and_the_timeouts)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "b a c");
    story_found(&s, 0, 1);
    expect_subscription(s.m, "a b c");
    const struct kh_join_group_request *join = kh_member_join_request(s.m);
    cr_assert_eq(join->session_timeout_ms, 45000);
    cr_assert_eq(join->rebalance_timeout_ms, 300000);
    cr_assert(kh_string_equal(join->protocol_type, KH_STRING("consumer")));
    cr_assert_null(join->group_instance_id.data);
    cr_assert_null(join->reason.data);
    cr_assert_eq(kh_member_join_timeout_ms(s.m), 300000);
    const struct kh_find_coordinator_request *find = kh_member_find_request(s.m);
    cr_assert(kh_string_equal(find->coordinator_keys[0], KH_STRING("g")));
    story_end(&s);
}

/* The contract's own case: a heartbeat that queued behind a join. */
KH_TEST(join, an_answer_to_who_we_were_is_ignored)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "");
    story_rejoin(&s, "again");
    story_run_until(&s, 3000);
    story_forget(&s);
    story_joined(&s, 0, "m-1", 2, "other");
    story_heartbeat(&s, KH_KAFKA_ILLEGAL_GENERATION); /* generation 1's */
    story_synced(&s, 0, "t-0");
    story_commit_verdict(&s, KH_KAFKA_ILLEGAL_GENERATION,
                         (struct kh_member_identity){.generation = 1});
    story_expect(&s, "[  3000] joining -> syncing: joined generation 2 as follower\n"
                     "         sync with 0 assignments\n"
                     "[  3000] syncing -> stable: assigned 1 partitions\n"
                     "         adopt t-0\n");
    cr_assert_eq(kh_member_ignored_answers(s.m), 2);
    story_end(&s);
}

/* The broker may answer the heartbeat after it has moved on, and before we have read JoinGroup's
 * answer, which waits on another connection. */
KH_TEST(join, an_illegal_generation_while_joingroup_is_parked_is_for_joingroup_to_tell)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_settle(&s, 1, "");
    story_rejoin(&s, "again");
    story_run_until(&s, 3000);
    story_forget(&s);
    story_heartbeat(&s, KH_KAFKA_ILLEGAL_GENERATION);
    story_expect(&s, "");
    cr_assert_eq(kh_member_generation(s.m), 1);
    story_joined(&s, 0, "m-1", 2, "other");
    cr_assert_eq(s.state, KH_MEMBER_SYNCING);
    story_end(&s);
}

KH_TEST(join, a_member_passed_over_by_its_leader_is_stable_with_nothing)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    story_joined(&s, 0, "m-1", 1, "other");
    story_forget(&s);
    story_sync_response(&s,
                        &(struct kh_sync_group_response){.assignment = {(const uint8_t *)"", 0}});
    story_expect(&s, "[     0] syncing -> stable: assigned 0 partitions\n"
                     "         adopt\n");
    story_end(&s);
}

/* The driver may not have written it yet, and it points to the old id. */
KH_TEST(join, a_new_member_id_cancels_a_heartbeat_of_the_old_one)
{
    struct story s;
    story_begin(&s, "i-1");
    story_start(&s, "t");
    story_settle(&s, 1, "");
    story_rejoin(&s, "again");
    story_run_until(&s, 3000);
    story_forget(&s);
    story_joined(&s, 0, "m-2", 2, "other");
    story_expect(&s, "         cancel\n"
                     "[  3000] joining -> syncing: joined generation 2 as follower\n"
                     "         sync with 0 assignments\n");
    story_end(&s);
}

/* ---- what assignors are told ---- */

#define HELD "\0\0\0\1\0\1t\0\0\0\2\0\0\0\0\0\0\0\2" /* t: 0, 2 */

static void expect_told(const struct story *s, size_t protocol, const void *data, int32_t size)
{
    const struct kh_join_group_request *join = kh_member_join_request(s->m);
    struct kh_consumer_subscription subscription;
    struct kh_arena arena;
    struct kh_reader r;
    kh_arena_init(&arena, test_heap, SIZE_MAX);
    kh_reader_init(&r, join->protocols[protocol].metadata.data,
                   (size_t)join->protocols[protocol].metadata.size, false, &arena);
    kh_consumer_subscription_decode(&r, &subscription);
    cr_assert(kh_read_end(&r));
    cr_assert_eq(subscription.user_data.data == NULL, data == NULL);
    cr_assert_eq(subscription.user_data.size, size);
    if (data != NULL)
        cr_assert_eq(memcmp(subscription.user_data.data, data, (size_t)size), 0);
    kh_arena_free(&arena);
}

/* StickyAssignor.java's onAssignment: eager members own nothing when they join, so that what they
 * held has to be told. */
KH_TEST(join, sticky_is_told_the_last_assignment_also_after_it_was_lost)
{
    struct story s;
    story_begin(&s, NULL);
    story_start(&s, "t");
    story_found(&s, 0, 1);
    expect_told(&s, 0, NULL, 0);
    expect_told(&s, 1, NULL, 0);
    story_join_response(&s, &(struct kh_join_group_response){.generation_id = 5,
                                                             .protocol_name = KH_STRING("sticky"),
                                                             .leader = KH_STRING("other"),
                                                             .member_id = KH_STRING("m-1")});
    static const char assignment[] = "\0\3" HELD "\377\377\377\377";
    story_sync_response(
        &s, &(struct kh_sync_group_response){
                .assignment = {(const uint8_t *)assignment, (int32_t)sizeof assignment - 1}});
    story_run_until(&s, 4000);
    story_heartbeat(&s, KH_KAFKA_UNKNOWN_MEMBER_ID);
    cr_assert_eq(s.lost, 2);
    expect_told(&s, 0, NULL, 0);
    expect_told(&s, 1, HELD "\0\0\0\5", (int32_t)sizeof HELD + 3);
    story_end(&s);
}
