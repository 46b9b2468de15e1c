/* The model of a broker, asked directly. */
#include "base/status.h"
#include "protocol/api_versions.h"
#include "protocol/fetch.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/offset_commit.h"
#include "protocol/sync_group.h"
#include "sim/call.h"
#include "sim/group.h"
#include "sim/stories/raw_client.h"
#include "sim/stories/story.h"

static const struct kh_join_group_request_protocol range = {
    .name = {"range", 5}, .metadata = {(const uint8_t *)"meta", 4}};

static struct kh_join_group_request join_request(struct kh_string member_id)
{
    return (struct kh_join_group_request){.group_id = KH_STRING("g"),
                                          .session_timeout_ms = STORY_SESSION_MS,
                                          .rebalance_timeout_ms = 20000,
                                          .member_id = member_id,
                                          .protocol_type = KH_STRING("consumer"),
                                          .protocols = &range,
                                          .protocol_count = 1};
}

/* Joins with the id that the first answer gives (KIP-394); `id` keeps it. */
static int32_t join(struct raw_client *r, char *id, size_t size)
{
    struct kh_join_group_request request = join_request(KH_STRING(""));
    const struct kh_join_group_response *response = raw_call(r, KH_API_JOIN_GROUP, 9, &request);

    cr_assert_eq(response->error_code, KH_KAFKA_MEMBER_ID_REQUIRED);
    snprintf(id, size, "%.*s", (int)response->member_id.size, response->member_id.data);
    request = join_request(kh_string_of(id));
    response = raw_call(r, KH_API_JOIN_GROUP, 9, &request);
    cr_assert_eq(response->error_code, 0);
    return response->generation_id;
}

static int16_t sync(struct raw_client *r, const char *id, int32_t generation)
{
    const struct kh_sync_group_request_assignment own = {kh_string_of(id),
                                                         {(const uint8_t *)"share", 5}};
    const struct kh_sync_group_request request = {.group_id = KH_STRING("g"),
                                                  .generation_id = generation,
                                                  .member_id = kh_string_of(id),
                                                  .protocol_type = KH_STRING("consumer"),
                                                  .protocol_name = KH_STRING("range"),
                                                  .assignments = &own,
                                                  .assignment_count = 1};
    return ((const struct kh_sync_group_response *)raw_call(r, KH_API_SYNC_GROUP, 5, &request))
        ->error_code;
}

static int16_t beat(struct raw_client *r, const char *id, int32_t generation)
{
    const struct kh_heartbeat_request request = {
        .group_id = KH_STRING("g"), .generation_id = generation, .member_id = kh_string_of(id)};
    return ((const struct kh_heartbeat_response *)raw_call(r, KH_API_HEARTBEAT, 4, &request))
        ->error_code;
}

static int16_t commit(struct raw_client *r, const char *id, int32_t generation)
{
    const struct kh_offset_commit_request_partition partition = {
        .committed_offset = 0, .committed_leader_epoch = -1, .committed_metadata = KH_STRING("")};
    const struct kh_offset_commit_request_topic topic = {
        .name = KH_STRING("t"), .partitions = &partition, .partition_count = 1};
    struct kh_offset_commit_request request = KH_OFFSET_COMMIT_REQUEST_DEFAULTS;

    request.group_id = KH_STRING("g");
    request.member_id = kh_string_of(id);
    request.generation_id_or_member_epoch = generation;
    request.topics = &topic;
    request.topic_count = 1;
    const struct kh_offset_commit_response *response =
        raw_call(r, KH_API_OFFSET_COMMIT, 9, &request);
    return response->topics[0].partitions[0].error_code;
}

static struct story begin(void)
{
    struct story s = story_begin(&story_defaults);

    s.world->cluster.observer = (struct sim_observer){0}; /* the judge knows members only */
    return s;
}

KH_TEST(sim_model, a_version_that_is_not_known_is_answered_in_v0)
{
    struct story s = begin();
    struct raw_client r;

    raw_connect(&r, s.world, story_coordinator(&s));
    raw_ask(&r, KH_API_API_VERSIONS, 77, NULL);
    r.version[0] = 0;
    const struct kh_api_versions_response *response = raw_answer(&r, 1000);
    cr_assert_eq(response->error_code, KH_KAFKA_UNSUPPORTED_VERSION);
    size_t served = 0;
    for (int api = 0; api < KH_API_COUNT; api++)
        served += sim_serves((enum kh_api)api);
    cr_assert_eq(response->api_key_count, served);
    raw_close(&r);
    story_end(&s);
}

/* What is parked parks what follows on its connection, and nothing else (decision 14). */
KH_TEST(sim_model, a_connection_is_served_one_request_at_a_time)
{
    struct story s = begin();
    struct raw_client parked, free_one;
    struct kh_fetch_request fetch = KH_FETCH_REQUEST_DEFAULTS;
    const struct kh_fetch_request_partition partition = {
        .current_leader_epoch = -1, .last_fetched_epoch = -1, .partition_max_bytes = 1 << 20};
    const struct kh_fetch_request_topic topic = {
        .topic = KH_STRING("t"), .partitions = &partition, .partition_count = 1};
    const struct kh_api_versions_request versions = KH_API_VERSIONS_REQUEST_DEFAULTS;

    fetch.max_wait_ms = 5000;
    fetch.min_bytes = 1;
    fetch.topics = &topic;
    fetch.topic_count = 1;
    raw_connect(&parked, s.world, story_coordinator(&s));
    raw_connect(&free_one, s.world, story_coordinator(&s));
    raw_ask(&parked, KH_API_FETCH, 12, &fetch);
    raw_ask(&parked, KH_API_API_VERSIONS, 3, &versions);
    raw_call(&free_one, KH_API_API_VERSIONS, 3, &versions);
    cr_assert_null(raw_answer(&parked, 4000));
    cr_assert_not_null(raw_answer(&parked, 1100), "after max_wait_ms");
    cr_assert_not_null(raw_answer(&parked, 100));
    raw_ask(&parked, KH_API_FETCH, 12, &fetch);
    story_run(&s, 100);
    story_append(&s, 0, 1);
    cr_assert_not_null(raw_answer(&parked, 100), "as soon as there is something");
    raw_close(&parked);
    raw_close(&free_one);
    story_end(&s);
}

KH_TEST(sim_model, generations_are_checked)
{
    struct story s = begin();
    struct raw_client r;
    char id[64];

    raw_connect(&r, s.world, story_coordinator(&s));
    int32_t generation = join(&r, id, sizeof id);
    cr_assert_eq(commit(&r, id, generation), KH_KAFKA_REBALANCE_IN_PROGRESS,
                 "before the assignment");
    cr_assert_eq(beat(&r, id, generation), 0, "heartbeats are welcome before it");
    cr_assert_eq(sync(&r, id, generation + 1), KH_KAFKA_ILLEGAL_GENERATION);
    cr_assert_eq(sync(&r, id, generation), 0);
    cr_assert_eq(sync(&r, id, generation), 0, "asked again: the same assignment");
    cr_assert_eq(beat(&r, id, generation - 1), KH_KAFKA_ILLEGAL_GENERATION);
    cr_assert_eq(beat(&r, "somebody", generation), KH_KAFKA_UNKNOWN_MEMBER_ID);
    cr_assert_eq(commit(&r, id, generation), 0);
    cr_assert_eq(commit(&r, id, generation - 1), KH_KAFKA_ILLEGAL_GENERATION);
    cr_assert_eq(commit(&r, "", -1), KH_KAFKA_UNKNOWN_MEMBER_ID, "the group is not empty");
    raw_close(&r);
    story_end(&s);
}

KH_TEST(sim_model, a_session_ends_without_heartbeats)
{
    struct story s = begin();
    struct raw_client r;
    char id[64];

    raw_connect(&r, s.world, story_coordinator(&s));
    int32_t generation = join(&r, id, sizeof id);
    cr_assert_eq(sync(&r, id, generation), 0);
    story_run(&s, STORY_SESSION_MS - 100);
    cr_assert_eq(commit(&r, id, generation), 0, "a commit keeps the session");
    story_run(&s, STORY_SESSION_MS - 100);
    cr_assert_eq(beat(&r, id, generation), 0, "and so does a heartbeat");
    story_run(&s, STORY_SESSION_MS + 100);
    cr_assert_eq(beat(&r, id, generation), KH_KAFKA_UNKNOWN_MEMBER_ID);
    cr_assert_eq(sim_group_find(&s.world->cluster, KH_STRING("g"))->state, SIM_GROUP_EMPTY);
    cr_assert_eq(commit(&r, "", -1), 0, "anybody may commit for an empty group");
    raw_close(&r);
    story_end(&s);
}

/* Who does not join in time is out; who waits learns the new generation then. */
KH_TEST(sim_model, a_rebalance_waits_for_the_rebalance_timeout)
{
    struct story s = begin();
    struct raw_client first, second;
    char first_id[64], second_id[64];

    raw_connect(&first, s.world, story_coordinator(&s));
    raw_connect(&second, s.world, story_coordinator(&s));
    int32_t generation = join(&first, first_id, sizeof first_id);
    cr_assert_eq(sync(&first, first_id, generation), 0);
    struct kh_join_group_request request = join_request(KH_STRING(""));
    const struct kh_join_group_response *response =
        raw_call(&second, KH_API_JOIN_GROUP, 9, &request);
    snprintf(second_id, sizeof second_id, "%.*s", (int)response->member_id.size,
             response->member_id.data);
    request = join_request(kh_string_of(second_id));
    raw_ask(&second, KH_API_JOIN_GROUP, 9, &request);
    for (int i = 0; i < 19; i++) {
        story_run(&s, 950);
        cr_assert_eq(beat(&first, first_id, generation), KH_KAFKA_REBALANCE_IN_PROGRESS);
    }
    cr_assert_eq(commit(&first, first_id, generation), 0, "the old generation may still commit");
    response = raw_answer(&second, 2000);
    cr_assert_not_null(response);
    cr_assert_eq(response->generation_id, generation + 1);
    cr_assert_eq(response->member_count, 1, "it leads, alone");
    cr_assert_eq(beat(&first, first_id, generation), KH_KAFKA_UNKNOWN_MEMBER_ID);
    raw_close(&first);
    raw_close(&second);
    story_end(&s);
}

/* KIP-227: later answers name what has changed. */
KH_TEST(sim_model, a_fetch_session_names_what_changed)
{
    struct story s = begin();
    struct raw_client r;
    struct kh_fetch_request fetch = KH_FETCH_REQUEST_DEFAULTS;
    struct kh_fetch_request_partition partitions[2] = {KH_FETCH_REQUEST_PARTITION_DEFAULTS,
                                                       KH_FETCH_REQUEST_PARTITION_DEFAULTS};
    const struct kh_fetch_request_topic topic = {
        .topic = KH_STRING("t"), .partitions = partitions, .partition_count = 2};

    partitions[1].partition = 1;
    partitions[0].partition_max_bytes = partitions[1].partition_max_bytes = 1 << 20;
    fetch.session_epoch = 0;
    fetch.topics = &topic;
    fetch.topic_count = 1;
    raw_connect(&r, s.world, story_coordinator(&s));
    const struct kh_fetch_response *response = raw_call(&r, KH_API_FETCH, 12, &fetch);
    cr_assert_eq(response->responses[0].partition_count, 2, "a full answer names all");
    fetch.session_id = response->session_id;
    fetch.session_epoch = 1;
    fetch.topic_count = 0;
    story_append(&s, 1, 3);
    response = raw_call(&r, KH_API_FETCH, 12, &fetch);
    cr_assert_eq(response->responses[0].partition_count, 1);
    cr_assert_eq(response->responses[0].partitions[0].partition_index, 1);
    cr_assert(response->responses[0].partitions[0].records.size > 0);
    response = raw_call(&r, KH_API_FETCH, 12, &fetch);
    cr_assert_eq(response->error_code, KH_KAFKA_INVALID_FETCH_SESSION_EPOCH, "the same once more");
    fetch.session_id = 4711;
    response = raw_call(&r, KH_API_FETCH, 12, &fetch);
    cr_assert_eq(response->error_code, KH_KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    raw_close(&r);
    story_end(&s);
}
