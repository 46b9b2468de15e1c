/* What golden vectors cannot show: values that a version cannot carry, what the fields it lacks
 * become, and forms that one version has and another has not. */
#include "protocol/api.h"

#include "base/limits.h"
#include "protocol/api_versions.h"
#include "protocol/fetch.h"
#include "protocol/find_coordinator.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/leave_group.h"
#include "protocol/list_offsets.h"
#include "protocol/metadata.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_fetch.h"
#include "protocol/sync_group.h"
#include "support/test.h"

static struct kh_writer w;
static struct kh_arena arena;

static int encode(enum kh_api api, int version, const void *request)
{
    kh_writer_free(&w);
    kh_writer_init(&w, test_heap);
    w.flexible = kh_api_flexible(kh_api_info(api), version);
    kh_api_info(api)->encode_request(&w, version, request);
    return w.status;
}

/* `request` is refused below `from`, and above `to`; between them it is not. */
static void expect_carried(enum kh_api api, const void *request, int from, int to)
{
    const struct kh_api_info *info = kh_api_info(api);
    for (int version = info->oldest; version <= info->newest; version++) {
        int expected = version < from || version > to ? KOHORT_EVERSION : 0;
        int status = encode(api, version, request);
        cr_assert_eq(status, expected, "%s v%d: %s", info->name, version, kh_status_name(status));
    }
    kh_writer_free(&w);
}

static const struct kh_string g = {"g", 1}, empty = {"", 0};

KH_TEST(messages, a_static_member_is_refused_where_it_would_be_taken_for_a_dynamic_one)
{
    expect_carried(
        KH_API_JOIN_GROUP,
        &(struct kh_join_group_request){
            .group_id = g, .member_id = empty, .group_instance_id = g, .protocol_type = empty},
        5, 9);
    expect_carried(
        KH_API_SYNC_GROUP,
        &(struct kh_sync_group_request){.group_id = g, .member_id = empty, .group_instance_id = g},
        3, 5);
    expect_carried(
        KH_API_HEARTBEAT,
        &(struct kh_heartbeat_request){.group_id = g, .member_id = empty, .group_instance_id = g},
        3, 4);
    struct kh_offset_commit_request commit = KH_OFFSET_COMMIT_REQUEST_DEFAULTS;
    commit.group_id = g;
    commit.group_instance_id = g;
    expect_carried(KH_API_OFFSET_COMMIT, &commit, 7, 10);
}

KH_TEST(messages, wishes_that_a_version_cannot_carry_are_refused)
{
    struct kh_metadata_request metadata = KH_METADATA_REQUEST_DEFAULTS;
    expect_carried(KH_API_METADATA, &metadata, 0, 13);
    metadata.include_cluster_authorized_operations = true;
    expect_carried(KH_API_METADATA, &metadata, 8, 10);
    metadata = (struct kh_metadata_request){.allow_auto_topic_creation = false};
    expect_carried(KH_API_METADATA, &metadata, 4, 13);
    metadata = KH_METADATA_REQUEST_DEFAULTS;
    metadata.include_topic_authorized_operations = true;
    expect_carried(KH_API_METADATA, &metadata, 8, 13);

    struct kh_list_offsets_request offsets = KH_LIST_OFFSETS_REQUEST_DEFAULTS;
    offsets.isolation_level = 1;
    expect_carried(KH_API_LIST_OFFSETS, &offsets, 2, 11);

    expect_carried(KH_API_FIND_COORDINATOR,
                   &(struct kh_find_coordinator_request){.key = g, .key_type = 1}, 1, 6);
    expect_carried(
        KH_API_OFFSET_FETCH,
        &(struct kh_offset_fetch_request){.group_id = g, .topics = NULL, .require_stable = true}, 2,
        10);
}

KH_TEST(messages, fetch_refuses_what_only_later_versions_carry)
{
    struct kh_fetch_request fetch = KH_FETCH_REQUEST_DEFAULTS;
    expect_carried(KH_API_FETCH, &fetch, 4, 18);

    fetch.replica_id = 1;
    expect_carried(KH_API_FETCH, &fetch, 4, 14);
    fetch = KH_FETCH_REQUEST_DEFAULTS;
    fetch.replica_state.replica_epoch = 1;
    expect_carried(KH_API_FETCH, &fetch, 15, 18);

    fetch = KH_FETCH_REQUEST_DEFAULTS;
    struct kh_fetch_request_forgotten_topic forgotten = {.topic = g};
    fetch.forgotten_topics_data = &forgotten;
    fetch.forgotten_topic_count = 1;
    expect_carried(KH_API_FETCH, &fetch, 7, 18);

    fetch = KH_FETCH_REQUEST_DEFAULTS;
    struct kh_fetch_request_partition partition = KH_FETCH_REQUEST_PARTITION_DEFAULTS;
    struct kh_fetch_request_topic topic = {
        .topic = g, .partitions = &partition, .partition_count = 1};
    fetch.topics = &topic;
    fetch.topic_count = 1;
    expect_carried(KH_API_FETCH, &fetch, 4, 18);
    partition.last_fetched_epoch = 3;
    expect_carried(KH_API_FETCH, &fetch, 12, 18);
}

/* `request` gives the same bytes as `plain` before `from`, and others from then on. */
static void expect_dropped(enum kh_api api, const void *request, const void *plain, int from)
{
    const struct kh_api_info *info = kh_api_info(api);
    for (int version = info->oldest; version <= info->newest; version++) {
        expect_status(encode(api, version, plain), 0);
        struct kh_writer first = w;
        kh_writer_init(&w, test_heap);
        expect_status(encode(api, version, request), 0);
        bool same = w.size == first.size && memcmp(w.data, first.data, w.size) == 0;
        cr_assert_eq(same, version < from, "%s v%d", info->name, version);
        kh_writer_free(&first);
        kh_writer_free(&w);
    }
}

KH_TEST(messages, hints_are_dropped_where_there_is_no_room_for_them)
{
    struct kh_join_group_request join = {
        .group_id = g, .member_id = empty, .protocol_type = empty, .rebalance_timeout_ms = 5};
    struct kh_join_group_request join_plain = join;
    join.reason = g;
    expect_dropped(KH_API_JOIN_GROUP, &join, &join_plain, 8);
    join = join_plain;
    join.rebalance_timeout_ms = 6;
    expect_dropped(KH_API_JOIN_GROUP, &join, &join_plain, 1);

    struct kh_list_offsets_request offsets = KH_LIST_OFFSETS_REQUEST_DEFAULTS;
    struct kh_list_offsets_request offsets_plain = offsets;
    offsets.timeout_ms = 1000;
    expect_dropped(KH_API_LIST_OFFSETS, &offsets, &offsets_plain, 10);

    struct kh_offset_fetch_request stable = {
        .group_id = g, .topics = &(struct kh_offset_fetch_request_topic){.name = g}};
    struct kh_offset_fetch_request unstable = stable;
    stable.require_stable = true;
    expect_dropped(KH_API_OFFSET_FETCH, &stable, &unstable, 7);

    struct kh_fetch_request fetch = KH_FETCH_REQUEST_DEFAULTS, fetch_plain = fetch;
    fetch.rack_id = g;
    expect_dropped(KH_API_FETCH, &fetch, &fetch_plain, 11);
    fetch = fetch_plain;
    fetch.session_epoch = 3;
    expect_dropped(KH_API_FETCH, &fetch, &fetch_plain, 7);
}

KH_TEST(messages, all_topics_are_asked_for_as_the_version_has_it)
{
    struct kh_metadata_request all = KH_METADATA_REQUEST_DEFAULTS;
    expect_status(encode(KH_API_METADATA, 0, &all), 0);
    cr_assert(w.size == 4 && memcmp(w.data, "\0\0\0\0", 4) == 0);
    expect_status(encode(KH_API_METADATA, 1, &all), 0);
    cr_assert(w.size == 4 && memcmp(w.data, "\xff\xff\xff\xff", 4) == 0);
    kh_writer_free(&w);
}

KH_TEST(messages, each_version_writes_its_own_of_the_two_forms)
{
    struct kh_string keys[] = {KH_STRING("new")};
    struct kh_find_coordinator_request find = {
        .key = KH_STRING("old"), .coordinator_keys = keys, .coordinator_key_count = 1};
    expect_status(encode(KH_API_FIND_COORDINATOR, 3, &find), 0);
    cr_assert(w.size == 6 && memcmp(w.data, "\x04old\0\0", 6) == 0);
    expect_status(encode(KH_API_FIND_COORDINATOR, 4, &find), 0);
    cr_assert(w.size == 7 && memcmp(w.data, "\0\x02\x04new\0", 7) == 0);

    struct kh_leave_group_request_member member = {.member_id = KH_STRING("new")};
    struct kh_leave_group_request leave = {
        .group_id = g, .member_id = KH_STRING("old"), .members = &member, .member_count = 1};
    expect_status(encode(KH_API_LEAVE_GROUP, 2, &leave), 0);
    cr_assert(w.size == 8 && memcmp(w.data, "\0\x01g\0\x03old", 8) == 0);
    expect_status(encode(KH_API_LEAVE_GROUP, 3, &leave), 0);
    cr_assert(w.size == 14 && memcmp(w.data, "\0\x01g\0\0\0\x01\0\x03new\xff\xff", 14) == 0);
    kh_writer_free(&w);
}

/* Decodes a literal, which must be read to its end. */
static void decode(enum kh_api api, int version, const char *data, size_t size, void *response)
{
    const struct kh_api_info *info = kh_api_info(api);
    struct kh_reader r;
    kh_arena_init(&arena, test_heap, size * KH_LIMIT_ARENA_FACTOR);
    kh_reader_init(&r, data, size, kh_api_flexible(info, version), &arena);
    memset(response, 0xee, info->response_size); /* all of it is set */
    info->decode_response(&r, version, response);
    cr_assert(kh_read_end(&r), "%s v%d: %s", info->name, version, r.wrong);
}
#define DECODE(api, version, literal, response)                                                    \
    decode(api, version, literal, sizeof(literal) - 1, response)

KH_TEST(messages, fields_that_a_version_lacks_have_their_defaults)
{
    struct kh_metadata_response metadata;
    DECODE(KH_API_METADATA, 0,
           "\0\0\0\0"
           "\0\0\0\1"
           "\0\0\0\1t"
           "\0\0\0\1"
           "\0\0\0\0\0\7\0\0\0\1\0\0\0\0\0\0\0\0",
           &metadata);
    cr_assert_eq(metadata.controller_id, -1);
    cr_assert_eq(metadata.cluster_authorized_operations, INT32_MIN);
    cr_assert_null(metadata.cluster_id.data);
    cr_assert_eq(metadata.error_code, 0);
    const struct kh_metadata_response_topic *topic = &metadata.topics[0];
    cr_assert_eq(topic->topic_authorized_operations, INT32_MIN);
    cr_assert(kh_uuid_is_none(&topic->topic_id));
    cr_assert_eq(topic->partitions[0].partition_index, 7);
    cr_assert_eq(topic->partitions[0].leader_epoch, -1);
    cr_assert_eq(topic->partitions[0].offline_replica_count, 0);
    kh_arena_free(&arena);

    struct kh_list_offsets_response offsets;
    DECODE(KH_API_LIST_OFFSETS, 1,
           "\0\0\0\1"
           "\0\1t"
           "\0\0\0\1"
           "\0\0\0\0\0\0"
           "\0\0\0\0\0\0\0\0"
           "\0\0\0\0\0\0\0\5",
           &offsets);
    cr_assert_eq(offsets.topics[0].partitions[0].offset, 5);
    cr_assert_eq(offsets.topics[0].partitions[0].leader_epoch, -1);
    cr_assert_eq(offsets.throttle_time_ms, 0);
    kh_arena_free(&arena);

    struct kh_api_versions_response versions;
    DECODE(KH_API_API_VERSIONS, 0, "\0\0\0\0\0\0", &versions);
    cr_assert_eq(versions.finalized_features_epoch, -1);
    cr_assert_eq(versions.supported_feature_count, 0);
    kh_arena_free(&arena);
}

KH_TEST(messages, a_single_coordinator_is_also_a_list_of_one)
{
    struct kh_find_coordinator_response find;
    DECODE(KH_API_FIND_COORDINATOR, 1,
           "\0\0\0\0"
           "\0\x0f\0\2no"
           "\0\0\0\3\0\1h\0\0\x23\x84",
           &find);
    cr_assert_eq(find.coordinator_count, 1);
    const struct kh_find_coordinator_response_coordinator *coordinator = &find.coordinators[0];
    cr_assert_null(coordinator->key.data);
    cr_assert_eq(coordinator->error_code, KH_KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_assert(kh_string_equal(coordinator->error_message, KH_STRING("no")));
    cr_assert(kh_string_equal(coordinator->host, KH_STRING("h")));
    cr_assert_eq(coordinator->node_id, 3);
    cr_assert_eq(coordinator->port, 9092);
    kh_arena_free(&arena);
}

KH_TEST(messages, a_single_groups_offsets_are_also_a_list_of_one)
{
    struct kh_offset_fetch_response fetch;
    DECODE(KH_API_OFFSET_FETCH, 2,
           "\0\0\0\1"
           "\0\1t"
           "\0\0\0\1"
           "\0\0\0\4\0\0\0\0\0\0\0\x09\xff\xff\0\0"
           "\0\x10",
           &fetch);
    cr_assert_eq(fetch.group_count, 1);
    cr_assert_eq(fetch.groups[0].error_code, KH_KAFKA_NOT_COORDINATOR);
    cr_assert_eq(fetch.groups[0].topic_count, 1);
    const struct kh_offset_fetch_response_partition *partition =
        &fetch.groups[0].topics[0].partitions[0];
    cr_assert_eq(partition->committed_offset, 9);
    cr_assert_eq(partition->committed_leader_epoch, -1);
    kh_arena_free(&arena);
}

KH_TEST(messages, a_broker_that_does_not_know_the_version_answers_at_v0)
{
    struct kh_api_versions_response versions;
    DECODE(KH_API_API_VERSIONS, 4, "\0\x23\0\0\0\1\0\x12\0\0\0\2", &versions);
    cr_assert_eq(versions.error_code, KH_KAFKA_UNSUPPORTED_VERSION);
    cr_assert_eq(versions.api_key_count, 1);
    cr_assert_eq(versions.api_keys[0].api_key, 18);
    cr_assert_eq(versions.api_keys[0].max_version, 2);
    kh_arena_free(&arena);
    /* Before KIP-511 they did not say what they know. */
    DECODE(KH_API_API_VERSIONS, 3, "\0\x23\0\0\0\0", &versions);
    cr_assert_eq(versions.api_key_count, 0);
    kh_arena_free(&arena);
    /* The same error in the layout that was asked for. */
    DECODE(KH_API_API_VERSIONS, 3, "\0\x23\2\0\x12\0\0\0\2\0\0\0\0\0\0", &versions);
    cr_assert_eq(versions.api_key_count, 1);
    kh_arena_free(&arena);
}

/* 1,000 of the smallest items that a version has must fit in what their frame allows. */
static void decode_dense(enum kh_api api, int version, struct kh_string head, struct kh_string item,
                         struct kh_string tail, void *response)
{
    static char frame[20 * 1000];
    char *at = frame;
    memcpy(at, head.data, (size_t)head.size);
    at += head.size;
    for (int i = 0; i < 1000; i++, at += item.size)
        memcpy(at, item.data, (size_t)item.size);
    memcpy(at, tail.data, (size_t)tail.size);
    at += tail.size;
    decode(api, version, frame, (size_t)(at - frame), response);
    kh_arena_free(&arena);
}

KH_TEST(messages, the_densest_answers_fit_in_their_arenas)
{
    struct kh_metadata_response metadata;
    decode_dense(KH_API_METADATA, 0, KH_STRING("\0\0\3\xe8"), KH_STRING("\0\0\0\0\0\0\0\0\0\0"),
                 KH_STRING("\0\0\0\0"), &metadata);
    cr_assert_eq(metadata.broker_count, 1000);

    struct kh_offset_commit_response commit;
    decode_dense(KH_API_OFFSET_COMMIT, 8, KH_STRING("\0\0\0\0\xe9\7"), KH_STRING("\1\1\0"),
                 KH_STRING("\0"), &commit);
    cr_assert_eq(commit.topic_count, 1000);

    struct kh_offset_fetch_response fetch;
    decode_dense(KH_API_OFFSET_FETCH, 6, KH_STRING("\0\0\0\0\xe9\7"), KH_STRING("\1\1\0"),
                 KH_STRING("\0\0\0"), &fetch);
    cr_assert_eq(fetch.topic_count, 1000);

    struct kh_join_group_response join;
    decode_dense(KH_API_JOIN_GROUP, 6, KH_STRING("\0\0\0\0\0\0\0\0\0\0\1\1\1\xe9\7"),
                 KH_STRING("\1\0\1\0"), KH_STRING("\0"), &join);
    cr_assert_eq(join.member_count, 1000);
}
