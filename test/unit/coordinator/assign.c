#include "coordinator/assign.h"

#include "assignors/range.h"
#include "assignors/roundrobin.h"
#include "assignors/sticky.h"
#include "base/random.h"
#include "support/test.h"

#include <stdio.h>

/* A leader with three members and topics t (3 partitions) and u (2). */
enum { MEMBERS = 3 };

struct leader {
    struct kh_arena arena;
    struct kh_writer metadata[MEMBERS];
    struct kh_join_group_response_member joined[MEMBERS];
    struct kh_assignor_topic topics[2];
    struct kh_assign_group group;
    struct kh_sync_group_layout layout;
    kohort_error error;
};

static void joins(struct leader *l, size_t at, const char *id, const char *first,
                  const char *second)
{
    struct kh_string topics[] = {kh_string_of(first), kh_string_of(second)};
    struct kh_consumer_subscription subscription = {
        .topics = topics, .topic_count = second == NULL ? 1 : 2, .generation = -1};
    kh_writer_init(&l->metadata[at], test_heap);
    kh_consumer_subscription_encode(&l->metadata[at], KH_CONSUMER_PROTOCOL_NEWEST, &subscription);
    l->joined[at] = (struct kh_join_group_response_member){
        .member_id = kh_string_of(id),
        .metadata = {l->metadata[at].data, (int32_t)l->metadata[at].size}};
}

static void begin(struct leader *l)
{
    memset(l, 0, sizeof *l);
    kh_arena_init(&l->arena, test_heap, SIZE_MAX);
    joins(l, 0, "b", "u", "t");
    joins(l, 1, "a", "t", "gone");
    joins(l, 2, "c", "t", NULL);
    l->topics[0] = (struct kh_assignor_topic){.name = KH_STRING("t"), .partition_count = 3};
    l->topics[1] = (struct kh_assignor_topic){.name = KH_STRING("u"), .partition_count = 2};
}

static void end(struct leader *l)
{
    kh_arena_free(&l->arena);
    for (size_t i = 0; i < MEMBERS; i++)
        kh_writer_free(&l->metadata[i]);
}

static int run(struct leader *l, const struct kh_assignor *assignor)
{
    int status = kh_assign_read(&l->arena, l->joined, MEMBERS, 7, &l->group, &l->error);
    return status != 0
               ? status
               : kh_assign_run(assignor, &l->arena, &l->group, l->topics, 2, &l->layout, &l->error);
}

static void expect_assignment(struct leader *l, size_t member, const char *expected)
{
    struct kh_reader r;
    struct kh_consumer_assignment assignment;
    struct kh_bytes bytes = l->layout.assignments[member].assignment;
    kh_reader_init(&r, bytes.data, (size_t)bytes.size, false, &l->arena);
    kh_consumer_assignment_decode(&r, &assignment);
    cr_assert(kh_read_end(&r));
    cr_assert_null(assignment.user_data.data);
    char text[256] = "";
    size_t used = 0;
    for (size_t t = 0; t < assignment.topic_count; t++)
        for (size_t p = 0; p < assignment.topics[t].partition_count; p++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s-%d",
                                     used == 0 ? "" : " ", (int)assignment.topics[t].topic.size,
                                     assignment.topics[t].topic.data,
                                     assignment.topics[t].partitions[p]);
    cr_assert_str_eq(text, expected);
}

KH_TEST(assign, gives_each_member_its_share_in_joingroups_order)
{
    struct leader l;
    begin(&l);
    expect_status(run(&l, &kh_assignor_range), 0);
    expect_assignment(&l, 0, "t-1 u-0 u-1");
    expect_assignment(&l, 1, "t-0");
    expect_assignment(&l, 2, "t-2");
    end(&l);
}

KH_TEST(assign, tells_all_topics_sorted_and_once)
{
    struct leader l;
    begin(&l);
    expect_status(kh_assign_read(&l.arena, l.joined, MEMBERS, 7, &l.group, &l.error), 0);
    cr_assert_eq(l.group.topic_count, 3);
    cr_assert(kh_string_equal(l.group.topics[0], KH_STRING("gone")));
    cr_assert(kh_string_equal(l.group.topics[1], KH_STRING("t")));
    cr_assert(kh_string_equal(l.group.topics[2], KH_STRING("u")));
    end(&l);
}

KH_TEST(assign, names_a_member_whose_subscription_cannot_be_read)
{
    struct leader l;
    begin(&l);
    l.joined[1].metadata.size -= 4; /* into the generation */
    l.joined[1].member_id = KH_STRING("bad\nname");
    expect_status(run(&l, &kh_assignor_range), KOHORT_EASSIGNOR);
    cr_assert_str_eq(l.error.text, "a member's subscription cannot be read (member 'bad?name')");
    end(&l);
}

KH_TEST(assign, survives_every_cut_of_a_members_metadata)
{
    struct leader l;
    begin(&l);
    int32_t whole = l.joined[0].metadata.size;
    for (int32_t size = 0; size < whole; size++) {
        l.joined[0].metadata.size = size;
        int status = run(&l, &kh_assignor_range);
        cr_assert(status == 0 || status == KOHORT_EASSIGNOR);
        kh_arena_reset(&l.arena);
    }
    end(&l);
}

/* Whatever a member sends: it ends, holds what it must, and leaks nothing. */
KH_TEST(assign, survives_any_bytes_of_a_members_metadata)
{
    static const struct kh_assignor *const assignors[] = {&kh_assignor_range, &kh_assignor_sticky,
                                                          &kh_assignor_cooperative_sticky};
    int32_t numbers[] = {0, 1, 2};
    struct kh_string subscribed[] = {KH_STRING("t"), KH_STRING("u")};
    struct kh_consumer_topic owned[] = {{subscribed[0], numbers, 3}, {subscribed[1], numbers, 2}};
    const struct kh_consumer_subscription subscription = {
        .topics = subscribed,
        .topic_count = 2,
        .user_data = {(const uint8_t *)"\0\0\0\1\0\1t\0\0\0\1\0\0\0\2\0\0\0\7", 19},
        .owned = owned,
        .owned_count = 2,
        .generation = 7,
        .rack = KH_STRING("r")};
    struct kh_random random;
    struct leader l;
    struct kh_writer whole;
    uint8_t bytes[256];
    int refused = 0;
    kh_random_seed(&random, 20);
    kh_writer_init(&whole, test_heap);
    kh_consumer_subscription_encode(&whole, KH_CONSUMER_PROTOCOL_NEWEST, &subscription);
    cr_assert_leq(whole.size, sizeof bytes);
    begin(&l);
    for (int round = 0; round < 100000; round++) {
        memcpy(bytes, whole.data, whole.size);
        for (uint64_t i = kh_random_below(&random, 4) + 1; i > 0; i--)
            bytes[kh_random_below(&random, whole.size)] =
                (uint8_t)(kh_random_below(&random, 2) == 0 ? 0xff : kh_random_next(&random));
        l.joined[round % MEMBERS].metadata = (struct kh_bytes){
            bytes, (int32_t)(whole.size - kh_random_below(&random, round % 4 == 0 ? 9 : 1))};
        int status = run(&l, assignors[round % 3]);
        cr_assert(status == 0 || status == KOHORT_EASSIGNOR);
        refused += status != 0;
        kh_arena_reset(&l.arena);
        l.joined[round % MEMBERS].metadata = (struct kh_bytes){
            l.metadata[round % MEMBERS].data, (int32_t)l.metadata[round % MEMBERS].size};
    }
    cr_assert(refused > 1000 && refused < 99000, "%d", refused);
    kh_writer_free(&whole);
    end(&l);
}

/* What kh_assign_encode writes by hand is what the writer writes. */
KH_TEST(assign, writes_what_the_protocols_own_writer_writes)
{
    struct leader l;
    begin(&l);
    expect_status(run(&l, &kh_assignor_roundrobin), 0);
    for (size_t m = 0; m < MEMBERS; m++) {
        struct kh_reader r;
        struct kh_consumer_assignment assignment;
        struct kh_writer w;
        struct kh_bytes bytes = l.layout.assignments[m].assignment;
        kh_reader_init(&r, bytes.data, (size_t)bytes.size, false, &l.arena);
        kh_consumer_assignment_decode(&r, &assignment);
        kh_writer_init(&w, test_heap);
        kh_consumer_assignment_encode(&w, KH_CONSUMER_PROTOCOL_NEWEST, &assignment);
        cr_assert_eq(w.size, (size_t)bytes.size);
        cr_assert_eq(memcmp(w.data, bytes.data, w.size), 0);
        kh_writer_free(&w);
    }
    end(&l);
}

/* As SyncGroup's flexible versions have it: what the request's encoder would write, member by
 * member in whatever order. */
KH_TEST(assign, encodes_the_end_of_syncgroup_beforehand)
{
    struct leader l;
    begin(&l);
    expect_status(run(&l, &kh_assignor_roundrobin), 0);
    struct kh_bytes encoded = l.layout.encoded;
    bool seen[MEMBERS] = {false};
    struct kh_reader r;
    kh_reader_init(&r, encoded.data, (size_t)encoded.size, true, &l.arena);
    cr_assert_eq(kh_read_uvarint(&r), MEMBERS + 1);
    for (size_t i = 0; i < MEMBERS; i++) {
        struct kh_string id = kh_read_string(&r);
        struct kh_bytes bytes = kh_read_bytes(&r);
        kh_skip_tags(&r);
        for (size_t m = 0; m < MEMBERS; m++) {
            const struct kh_sync_group_request_assignment *a = &l.layout.assignments[m];
            if (!kh_string_equal(a->member_id, id))
                continue;
            cr_assert_not(seen[m]);
            seen[m] = true;
            cr_assert_eq(a->assignment.data, bytes.data, "it lies there once");
            cr_assert_eq(a->assignment.size, bytes.size);
        }
    }
    kh_skip_tags(&r);
    cr_assert(kh_read_end(&r));
    cr_assert(seen[0] && seen[1] && seen[2]);
    end(&l);
}

KH_TEST(assign, syncgroup_is_the_same_with_it_and_without)
{
    struct leader l;
    begin(&l);
    l.joined[0].member_id = KH_STRING("a"); /* by rank, as they are listed */
    l.joined[1].member_id = KH_STRING("b");
    expect_status(run(&l, &kh_assignor_range), 0);
    struct kh_sync_group_request request = {.group_id = KH_STRING("g"),
                                            .member_id = KH_STRING("a"),
                                            .protocol_type = KH_STRING("consumer"),
                                            .protocol_name = KH_STRING("range"),
                                            .assignments = l.layout.assignments,
                                            .assignment_count = MEMBERS};
    for (int version = 0; version <= 5; version++) {
        struct kh_writer plain, with;
        kh_writer_init(&plain, test_heap);
        kh_writer_init(&with, test_heap);
        plain.flexible = with.flexible = version >= 4;
        request.encoded = (struct kh_bytes){NULL, 0};
        kh_sync_group_request_encode(&plain, version, &request);
        request.encoded = l.layout.encoded;
        kh_sync_group_request_encode(&with, version, &request);
        cr_assert_eq(with.tail.size > 0, version >= 4);
        kh_write_raw(&with, with.tail.data, (size_t)with.tail.size);
        cr_assert_eq(with.size, plain.size);
        cr_assert_eq(memcmp(with.data, plain.data, plain.size), 0, "version %d", version);
        kh_writer_free(&plain);
        kh_writer_free(&with);
    }
    end(&l);
}

/* ---- layouts that are not valid ---- */

static struct kh_assignor_partition given[2];
static size_t given_count, given_to;

static int give(const struct kh_assignor *self, const struct kh_assignor_input *input,
                struct kh_arena *arena, struct kh_assignor_result *results, kohort_error *error)
{
    (void)error;
    (void)self;
    (void)arena;
    for (size_t m = 0; m < input->member_count; m++)
        results[m] = (struct kh_assignor_result){.count = 0};
    results[given_to] = (struct kh_assignor_result){.partitions = given, .count = given_count};
    return 0;
}

static const struct kh_assignor custom = {.name = "custom", .assign = give};

static void expect_refused(size_t to, size_t count, struct kh_assignor_partition first,
                           struct kh_assignor_partition second, const char *text)
{
    struct leader l;
    begin(&l);
    given_to = to;
    given_count = count;
    given[0] = first;
    given[1] = second;
    expect_status(run(&l, &custom), KOHORT_EASSIGNOR);
    cr_assert_str_eq(l.error.text, text);
    end(&l);
}

KH_TEST(assign, refuses_a_layout_that_is_not_valid)
{
    struct kh_assignor_partition t0 = {0, 0}, t3 = {0, 3}, below = {0, -1}, u0 = {1, 0}, x = {2, 0};
    expect_refused(0, 2, t0, t0, "it gives a partition twice (member 'b')");
    expect_refused(1, 1, u0, u0,
                   "it gives a topic to a member that does not subscribe to it (member 'a')");
    expect_refused(2, 1, t3, t3, "it gives a partition that does not exist (member 'c')");
    expect_refused(2, 1, below, t3, "it gives a partition that does not exist (member 'c')");
    expect_refused(2, 2, t0, x, "it gives a topic that does not exist (member 'c')");
}

/* KIP-429: a custom assignor of the cooperative kind. */
KH_TEST(assign, refuses_what_another_member_has_not_let_go_of)
{
    static const struct kh_assignor cooperative = {.name = "custom",
                                                   .assign = give,
                                                   .mode = KH_REBALANCE_COOPERATIVE,
                                                   .claims = KH_CLAIMS_IN_SUBSCRIPTION};
    int32_t number = 1;
    struct kh_string topic = KH_STRING("t");
    struct kh_consumer_topic owned = {topic, &number, 1};
    const struct kh_consumer_subscription subscription = {
        .topics = &topic, .topic_count = 1, .owned = &owned, .owned_count = 1, .generation = 3};
    struct leader l;
    begin(&l);
    kh_writer_reset(&l.metadata[2]);
    kh_consumer_subscription_encode(&l.metadata[2], KH_CONSUMER_PROTOCOL_NEWEST, &subscription);
    l.joined[2].metadata = (struct kh_bytes){l.metadata[2].data, (int32_t)l.metadata[2].size};
    given_to = 1;
    given_count = 1;
    given[0] = (struct kh_assignor_partition){0, 1};
    expect_status(run(&l, &cooperative), KOHORT_EASSIGNOR);
    cr_assert_str_eq(l.error.text,
                     "it gives a partition that another member has not let go of (member 'a')");
    given_to = 2;
    expect_status(run(&l, &cooperative), 0);
    end(&l);
}

KH_TEST(assign, lets_partitions_stay_unassigned_and_groups_by_topic)
{
    struct leader l;
    begin(&l);
    given_to = 0;
    given_count = 2;
    given[0] = (struct kh_assignor_partition){1, 1};
    given[1] = (struct kh_assignor_partition){0, 2};
    expect_status(run(&l, &custom), 0);
    expect_assignment(&l, 0, "t-2 u-1");
    expect_assignment(&l, 1, "");
    end(&l);
}

KH_TEST(assign, each_failing_allocation_is_reported)
{
    struct leader l;
    begin(&l);
    for (size_t round = 0; test_sweep(round); round++) {
        int status = run(&l, &kh_assignor_range);
        cr_assert(status == 0 || test_allocation_failed());
        kh_arena_free(&l.arena);
    }
    end(&l);
}
