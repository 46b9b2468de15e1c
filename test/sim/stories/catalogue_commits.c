/* The catalogue, rows 14 to 20: commits, and members whose time is over. Row 18 is a story of
 * sessions. */
#include "base/status.h"
#include "protocol/consumer_protocol.h"
#include "protocol/join_group.h"
#include "sim/stories/raw_client.h"
#include "sim/stories/story.h"

enum { NEVER_MS = 100000000 };

/* Row 14: KafkaEx's stream. Three of ten are taken, and the reader stops. */
KH_TEST(sim_catalogue, row_14_who_takes_three_of_ten_has_three_committed)
{
    struct story_options o = story_defaults;
    o.records = 10;
    story_set(&o, "demand.mode", "pull");
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    story_await(&s, m, "stable");
    cr_assert_eq(kohort_demand(story_partition(m, 0), 3), KOHORT_OK);
    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.delivered, 3);
    sim_member_close(m, 1000);
    story_run(&s, 1500);
    cr_assert_eq(story_stored(&s, 0), 3);
    story_end(&s);
}

/* Rows 15 and 16: KAFKA-19242, librdkafka#4059. A commit at each step of a cooperative rebalance:
 * what is told is the truth, nothing is lost, and what was acknowledged is committed in the end. */
static void commit_in_a_rebalance(int at_ms)
{
    struct story_options o = story_defaults;
    o.records = 10;
    story_set(&o, "partition.assignment.strategy", "cooperative-sticky");
    story_set(&o, "commit.mode", "manual");
    o.world.commit_every_ms = NEVER_MS; /* and as it lets go */
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    s.world->judge.graceful = true;
    story_run(&s, 3000);
    cr_assert_eq(s.world->judge.delivered, 60);
    sim_trace_take(&s.world->trace);
    story_member(&s);
    story_run(&s, at_ms);
    sim_member_commit(m);
    story_run(&s, 5000);
    cr_assert_eq(m->commits_done, m->commits_asked, "%d ms after the second came", at_ms);
    cr_assert_null(strstr(sim_trace_take(&s.world->trace), "has lost"), "at %d ms", at_ms);
    sim_member_commit(m);
    story_run(&s, 1000);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        if (story_partition(m, i) != NULL)
            cr_assert_eq(story_stored(&s, i), 10, "t-%d, at %d ms", (int)i, at_ms);
    story_end(&s);
}

KH_TEST(sim_catalogue, rows_15_16_a_commit_at_each_step_of_a_rebalance_is_told_the_truth)
{
    for (int at_ms = 0; at_ms < 1600; at_ms += 5)
        commit_in_a_rebalance(at_ms);
}

/* Row 17: franz-go 824e34d2. The answer to a commit is the first to say that the membership has
 * ended: that very answer ends it. */
static void hear_it_from_a_commit(int16_t error_code)
{
    struct story_options o = story_defaults;
    o.records = 10;
    struct story s = story_begin(&o);
    struct sim_member *m = story_member(&s);

    expect_soon(&s, sim_world_drained, 5000, "all is committed");
    sim_broker_answer_next(story_coordinator(&s), KH_API_OFFSET_COMMIT, error_code);
    s.world->judge.members[m->number].may_lose = true;
    story_append(&s, 0, 1);
    for (int i = 0; i < 2000 && story_is(m, "stable"); i++)
        story_run(&s, 1);
    cr_assert_not(story_is(m, "stable"), "%s", kh_kafka_error_name(error_code));
    cr_assert_not_null(strstr(sim_trace_take(&s.world->trace), "has lost t-0"));
    expect_soon(&s, sim_world_drained, 30000, "it comes back");
    story_end(&s);
}

KH_TEST(sim_catalogue, row_17_a_refused_commit_ends_the_membership_at_once)
{
    hear_it_from_a_commit(KH_KAFKA_UNKNOWN_MEMBER_ID);
    hear_it_from_a_commit(KH_KAFKA_ILLEGAL_GENERATION);
}

/* Row 19: KAFKA-14201, brod 3. Who has just been told that it is no member has no name to commit
 * under: nothing is sent, and the caller is told. */
KH_TEST(sim_catalogue, row_19_nobody_commits_without_a_member_id)
{
    struct story_options o = story_defaults;
    o.records = 10;
    struct story s = story_begin(&o);
    const struct sim_application application = SIM_APPLICATION_DEFAULTS;
    struct sim_member *m = sim_member_start_static(s.world, &application, "t", "one");

    expect_soon(&s, sim_world_drained, 5000, "all is committed");
    s.world->judge.members[m->number].may_lose = true;
    sim_broker_answer_next(story_coordinator(&s), KH_API_HEARTBEAT, KH_KAFKA_UNKNOWN_MEMBER_ID);
    while (story_is(m, "stable"))
        story_run(&s, 1);
    uint64_t commits = s.world->judge.commits;
    for (int i = 0; i < 300; i++) {
        sim_member_commit(m);
        story_run(&s, 1);
    }
    cr_assert_eq(m->commits_done, m->commits_asked);
    cr_assert_eq(s.world->judge.commits, commits, "there is nothing new to commit");
    story_append(&s, 0, 1);
    expect_soon(&s, sim_world_drained, 30000, "it is a member again");
    story_end(&s);
}

/* Joins as a cooperative member that says it owns all of "t" since `generation`. */
static void claim_everything(struct raw_client *r, int32_t generation)
{
    static int32_t partitions[] = {0, 1, 2, 3, 4, 5};
    struct kh_string topic = KH_STRING("t");
    struct kh_consumer_topic owned = {
        .topic = topic, .partitions = partitions, .partition_count = STORY_PARTITIONS};
    const struct kh_consumer_subscription subscription = {.topics = &topic,
                                                          .topic_count = 1,
                                                          .owned = &owned,
                                                          .owned_count = 1,
                                                          .generation = generation};
    struct kh_writer w;
    char id[64];

    kh_writer_init(&w, test_heap);
    kh_consumer_subscription_encode(&w, 3, &subscription);
    const struct kh_join_group_request_protocol protocol = {.name = KH_STRING("cooperative-sticky"),
                                                            .metadata = {w.data, (int32_t)w.size}};
    struct kh_join_group_request request = {.group_id = KH_STRING("g"),
                                            .session_timeout_ms = STORY_SESSION_MS,
                                            .rebalance_timeout_ms = 20000,
                                            .member_id = KH_STRING(""),
                                            .protocol_type = KH_STRING("consumer"),
                                            .protocols = &protocol,
                                            .protocol_count = 1};
    const struct kh_join_group_response *response = raw_call(r, KH_API_JOIN_GROUP, 9, &request);
    snprintf(id, sizeof id, "%.*s", (int)response->member_id.size, response->member_id.data);
    request.member_id = kh_string_of(id);
    raw_ask(r, KH_API_JOIN_GROUP, 9, &request);
    kh_writer_free(&w);
}

/* Row 20: franz-go 1.21.4. A member wakes up and claims, of a generation long past, what two others
 * own now: the claim counts for nothing, and what they own stays theirs until they have given back
 * what moves. */
KH_TEST(sim_catalogue, row_20_a_claim_of_an_earlier_generation_counts_for_nothing)
{
    struct story_options o = story_defaults;
    story_set(&o, "partition.assignment.strategy", "cooperative-sticky");
    struct story s = story_begin(&o);
    struct raw_client woken;

    story_member(&s);
    story_run(&s, 3000);
    story_member(&s);
    story_run(&s, 5000);
    expect_shares(&s, "3 3");
    s.world->judge.graceful = true; /* one owner each, at any time */
    raw_connect(&woken, s.world, story_coordinator(&s));
    claim_everything(&woken, 1);
    const struct kh_join_group_response *response = raw_answer(&woken, 5000);
    cr_assert_not_null(response);
    cr_assert_eq(response->error_code, 0);
    expect_shares(&s, "3 3");
    story_run(&s, 3000);
    expect_shares(&s, "2 2");
    raw_close(&woken);
    story_run(&s, 3 * STORY_SESSION_MS);
    expect_shares(&s, "3 3");
    story_end(&s);
}
