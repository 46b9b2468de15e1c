#include "coordinator/offsets.h"

#include "support/test.h"

#include <stdio.h>

static void add(struct kh_partition_list *list, const char *topic, int32_t partition)
{
    expect_status(kh_partition_list_add(list, kh_string_of(topic), partition), 0);
}

static struct kh_offset_fetch *fetch_of_three(void)
{
    struct kh_partition_list list;
    kh_partition_list_init(&list, test_heap);
    add(&list, "u", 7);
    add(&list, "t", 1);
    add(&list, "t", 0);
    struct kh_offset_fetch *fetch;
    expect_status(kh_offset_fetch_new(&fetch, test_heap, KH_STRING("g"), &list), 0);
    kh_partition_list_free(&list); /* it was copied */
    return fetch;
}

static void encode_decode(const struct kh_offset_fetch_request *request, int version)
{
    const struct kh_api_info *info = kh_api_info(KH_API_OFFSET_FETCH);
    struct kh_writer w;
    kh_writer_init(&w, test_heap);
    w.flexible = kh_api_flexible(info, version);
    info->encode_request(&w, version, request);
    expect_status(w.status, 0);
    cr_assert_gt(w.size, 0);
    kh_writer_free(&w);
}

KH_TEST(offset_fetch, can_be_sent_at_every_version_that_names_topics)
{
    struct kh_offset_fetch *fetch = fetch_of_three();
    const struct kh_offset_fetch_request *request = kh_offset_fetch_message(fetch);
    for (int version = 1; version <= KH_OFFSETS_NEWEST_VERSION; version++)
        encode_decode(request, version);
    cr_assert(request->require_stable);
    cr_assert_eq(request->topic_count, 2);
    cr_assert_eq(request->topics[0].partition_index_count, 2);
    cr_assert_eq(request->topics[0].partition_indexes[1], 1);
    cr_assert_eq(request->group_count, 1);
    cr_assert_eq(request->groups[0].topics, request->topics);
    cr_assert_eq(request->groups[0].member_epoch, -1);
    kh_offset_fetch_free(fetch);
}

/* ---- answers ---- */

struct fetched {
    struct kh_offset_fetch_response_partition partitions[2][2];
    struct kh_offset_fetch_response_topic topics[2];
    struct kh_offset_fetch_response_group group;
    struct kh_offset_fetch_response response;
};

/* t-0 at 100, t-1 never committed, u-7 with error_code. */
static const struct kh_offset_fetch_response *fetched(struct fetched *f, int16_t error_code)
{
    *f = (struct fetched){
        .partitions = {{{0, 100, 5, KH_STRING("m"), 0}, {1, -1, -1, {NULL, 0}, 0}},
                       {{7, -1, -1, {NULL, 0}, error_code}, {8, 3, -1, {NULL, 0}, 0}}}};
    f->topics[0] = (struct kh_offset_fetch_response_topic){
        .name = KH_STRING("t"), .partitions = f->partitions[0], .partition_count = 2};
    f->topics[1] = (struct kh_offset_fetch_response_topic){
        .name = KH_STRING("u"), .partitions = f->partitions[1], .partition_count = 2};
    f->group = (struct kh_offset_fetch_response_group){.topics = f->topics, .topic_count = 2};
    f->response = (struct kh_offset_fetch_response){.groups = &f->group, .group_count = 1};
    return &f->response;
}

static void expect_results(const struct kh_offset_fetch *fetch, const char *expected)
{
    static const char *const names[] = {"fine",       "partition", "retry",   "refind", "rejoin",
                                        "generation", "member",    "take id", "fatal"};
    char text[256] = "";
    size_t used = 0;
    const struct kh_committed_offset *results;
    size_t count = kh_offset_fetch_results(fetch, &results);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s-%d %s %lld/%d",
                                 i == 0 ? "" : ", ", results[i].topic.data, results[i].partition,
                                 names[results[i].verdict], (long long)results[i].offset,
                                 results[i].leader_epoch);
    cr_assert_str_eq(text, expected);
}

KH_TEST(offset_fetch, tells_each_partitions_offset)
{
    struct kh_offset_fetch *fetch = fetch_of_three();
    expect_results(fetch, "t-0 retry -1/-1, t-1 retry -1/-1, u-7 retry -1/-1");
    struct fetched f;
    int16_t code;
    cr_assert_eq(kh_offset_fetch_read(fetch, fetched(&f, 0), &code), KH_VERDICT_FINE);
    cr_assert_eq(code, 0);
    expect_results(fetch, "t-0 fine 100/5, t-1 fine -1/-1, u-7 fine -1/-1");
    kh_offset_fetch_free(fetch);
}

/* reliability.md 38: an error, or silence, is never "no offset". */
KH_TEST(offset_fetch, never_takes_an_error_or_silence_for_no_offset)
{
    struct kh_offset_fetch *fetch = fetch_of_three();
    struct fetched f;
    int16_t code;
    cr_assert_eq(kh_offset_fetch_read(fetch, fetched(&f, KH_KAFKA_UNSTABLE_OFFSET_COMMIT), &code),
                 KH_VERDICT_FINE);
    expect_results(fetch, "t-0 fine 100/5, t-1 fine -1/-1, u-7 retry -1/-1");
    fetched(&f, 0);
    f.group.topic_count = 1;
    cr_assert_eq(kh_offset_fetch_read(fetch, &f.response, &code), KH_VERDICT_FINE);
    expect_results(fetch, "t-0 fine 100/5, t-1 fine -1/-1, u-7 retry -1/-1");
    cr_assert_eq(
        kh_offset_fetch_read(fetch, fetched(&f, KH_KAFKA_TOPIC_AUTHORIZATION_FAILED), &code),
        KH_VERDICT_FINE);
    expect_results(fetch, "t-0 fine 100/5, t-1 fine -1/-1, u-7 partition -1/-1");
    f.response.group_count = 0;
    cr_assert_eq(kh_offset_fetch_read(fetch, &f.response, &code), KH_VERDICT_RETRY);
    expect_results(fetch, "t-0 retry -1/-1, t-1 retry -1/-1, u-7 retry -1/-1");
    kh_offset_fetch_free(fetch);
}

/* reliability.md 34: the group's own error counts, wherever it stands. */
KH_TEST(offset_fetch, heeds_the_groups_error_at_the_top_and_in_partitions)
{
    struct kh_offset_fetch *fetch = fetch_of_three();
    struct fetched f;
    int16_t code;
    fetched(&f, 0);
    f.group.error_code = KH_KAFKA_NOT_COORDINATOR;
    cr_assert_eq(kh_offset_fetch_read(fetch, &f.response, &code), KH_VERDICT_REFIND);
    cr_assert_eq(code, KH_KAFKA_NOT_COORDINATOR);
    expect_results(fetch, "t-0 refind -1/-1, t-1 refind -1/-1, u-7 refind -1/-1");
    cr_assert_eq(kh_offset_fetch_read(fetch, fetched(&f, KH_KAFKA_NOT_COORDINATOR), &code),
                 KH_VERDICT_REFIND);
    cr_assert_eq(
        kh_offset_fetch_read(fetch, fetched(&f, KH_KAFKA_GROUP_AUTHORIZATION_FAILED), &code),
        KH_VERDICT_FATAL);
    cr_assert_eq(code, KH_KAFKA_GROUP_AUTHORIZATION_FAILED);
    kh_offset_fetch_free(fetch);
}

/* ---- commits ---- */

static const struct kh_offset_committer committer = {
    .group_id = {"g", 1}, .member_id = {"m-1", 3}, .generation = 4};

static int new_commit(struct kh_offset_commit **ret)
{
    const struct kh_offset_to_commit offsets[] = {
        {.topic = KH_STRING("u"), .partition = 7, .offset = 70, .leader_epoch = 2},
        {.topic = KH_STRING("t"), .partition = 1, .offset = 10, .leader_epoch = -1},
        {.topic = KH_STRING("t"), .partition = 0, .offset = 5, .metadata = KH_STRING("x")},
    };
    return kh_offset_commit_new(ret, test_heap, &committer, offsets, 3);
}

KH_TEST(offset_commit, can_be_sent_at_every_version_that_names_topics)
{
    struct kh_offset_commit *commit;
    expect_status(new_commit(&commit), 0);
    const struct kh_offset_commit_request *request = kh_offset_commit_message(commit);
    const struct kh_api_info *info = kh_api_info(KH_API_OFFSET_COMMIT);
    for (int version = 2; version <= KH_OFFSETS_NEWEST_VERSION; version++) {
        struct kh_writer w;
        kh_writer_init(&w, test_heap);
        w.flexible = kh_api_flexible(info, version);
        info->encode_request(&w, version, request);
        expect_status(w.status, 0);
        kh_writer_free(&w);
    }
    cr_assert_eq(request->generation_id_or_member_epoch, 4);
    cr_assert(kh_string_equal(request->member_id, KH_STRING("m-1")));
    cr_assert_null(request->group_instance_id.data);
    cr_assert_eq(request->topic_count, 2);
    cr_assert_eq(request->topics[0].partition_count, 2);
    cr_assert_eq(request->topics[0].partitions[1].committed_offset, 10);
    cr_assert_eq(request->topics[1].partitions[0].committed_leader_epoch, 2);
    kh_offset_commit_free(commit);
}

static enum kh_verdict read_codes(struct kh_offset_commit *commit, int16_t t0, int16_t t1,
                                  int16_t u7, int16_t *ret_code)
{
    struct kh_offset_commit_response_partition t[] = {{1, t1}, {0, t0}}, u[] = {{7, u7}, {9, 0}};
    struct kh_offset_commit_response_topic topics[] = {
        {.name = KH_STRING("u"), .partitions = u, .partition_count = 2},
        {.name = KH_STRING("t"), .partitions = t, .partition_count = 2}};
    struct kh_offset_commit_response response = {.topics = topics, .topic_count = 2};
    return kh_offset_commit_read(commit, &response, ret_code);
}

KH_TEST(offset_commit, one_verdict_for_the_group_one_result_a_partition)
{
    enum { FORBIDDEN = KH_KAFKA_TOPIC_AUTHORIZATION_FAILED, AGAIN = KH_KAFKA_REQUEST_TIMED_OUT };
    enum { MOVED = KH_KAFKA_NOT_COORDINATOR, GONE = KH_KAFKA_UNKNOWN_MEMBER_ID };
    struct kh_offset_commit *commit;
    const struct kh_offset_to_commit *results;
    int16_t code;
    expect_status(new_commit(&commit), 0);
    cr_assert_eq(read_codes(commit, 0, 0, 0, &code), KH_VERDICT_FINE);
    cr_assert_eq(code, 0);
    cr_assert_eq(read_codes(commit, 0, FORBIDDEN, 0, &code), KH_VERDICT_FINE);
    cr_assert_eq(kh_offset_commit_results(commit, &results), 3);
    cr_assert_eq(results[0].verdict, KH_VERDICT_FINE);
    cr_assert_eq(results[1].verdict, KH_VERDICT_PARTITION);
    cr_assert_eq(results[1].error_code, FORBIDDEN);
    cr_assert_eq(results[2].verdict, KH_VERDICT_FINE);
    cr_assert_eq(read_codes(commit, AGAIN, FORBIDDEN, 0, &code), KH_VERDICT_RETRY);
    cr_assert_eq(code, AGAIN);
    cr_assert_eq(read_codes(commit, AGAIN, MOVED, 0, &code), KH_VERDICT_REFIND);
    cr_assert_eq(read_codes(commit, GONE, MOVED, 0, &code), KH_VERDICT_RESET_MEMBER);
    cr_assert_eq(code, GONE);
    kh_offset_commit_free(commit);
}

KH_TEST(offset_commit, what_the_answer_passes_over_was_not_stored)
{
    struct kh_offset_commit *commit;
    const struct kh_offset_to_commit *results;
    struct kh_offset_commit_response nothing = {0};
    int16_t code;
    expect_status(new_commit(&commit), 0);
    cr_assert_eq(kh_offset_commit_read(commit, &nothing, &code), KH_VERDICT_RETRY);
    kh_offset_commit_results(commit, &results);
    cr_assert_eq(results[0].verdict, KH_VERDICT_RETRY);
    kh_offset_commit_free(commit);
}

KH_TEST(offset_commit, each_failing_allocation_is_reported)
{
    for (size_t round = 0; test_sweep(round); round++) {
        struct kh_offset_commit *commit = NULL;
        int status = new_commit(&commit);
        cr_assert(status == 0 || test_allocation_failed());
        kh_offset_commit_free(commit);
    }
    struct kh_partition_list list;
    kh_partition_list_init(&list, test_heap);
    add(&list, "t", 1);
    for (size_t round = 0; test_sweep(round); round++) {
        struct kh_offset_fetch *fetch = NULL;
        int status = kh_offset_fetch_new(&fetch, test_heap, KH_STRING("g"), &list);
        cr_assert(status == 0 || test_allocation_failed());
        kh_offset_fetch_free(fetch);
    }
    kh_partition_list_free(&list);
}
