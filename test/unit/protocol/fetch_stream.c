#include "protocol/fetch_stream.h"

#include "base/limits.h"
#include "fetch_story.h"
#include "support/records/batch_encoder.h"
#include "support/records/fetch_collect.h"
#include "support/records/fetch_encoder.h"
#include "support/test.h"

static struct test_buffer body, records;
static struct fetch_story whole, cut;

static void release(void)
{
    test_buffer_free(&body);
    test_buffer_free(&records);
}

/* Appends a batch of one record to `records`; its size. */
static size_t add_batch(int64_t base_offset, int32_t last_offset_delta)
{
    const struct test_record record = {.offset = base_offset, .value = test_bytes("the value")};
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.base_offset = base_offset;
    batch.last_offset_delta = last_offset_delta;
    batch.records = &record;
    batch.record_count = 1;
    return test_batch_append(&records, &batch);
}

static void encode_partitions(int version, struct kh_fetch_response_partition *partitions,
                              size_t count)
{
    struct kh_fetch_response_topic topic = {KH_STRING("orders"), {{[15] = 9}}, partitions, count};
    const struct kh_fetch_response response = {
        .session_id = 5, .responses = &topic, .response_count = 1};

    test_buffer_free(&body);
    test_fetch_append(&body, version, &response);
}

/* A partition that has `size` bytes of `records`, from `at` on. */
static struct kh_fetch_response_partition partition_of(int32_t index, size_t at, size_t size)
{
    struct kh_fetch_response_partition p = KH_FETCH_RESPONSE_PARTITION_DEFAULTS;

    p.partition_index = index;
    p.high_watermark = 99;
    p.records = (struct kh_bytes){records.data + at, (int32_t)size};
    return p;
}

/* Everything that a response can hold. */
static void encode_rich(int version)
{
    struct kh_fetch_response_aborted_transaction aborted[] = {{7, 10}, {8, 20}};
    struct kh_fetch_response_node_endpoint nodes[] = {{1, KH_STRING("one"), 9092, KH_STRING("a")},
                                                      {2, KH_STRING("two"), 9093, {NULL, 0}}};
    struct kh_fetch_response_partition first[4], second[1];
    struct kh_fetch_response_topic topics[3];
    struct kh_fetch_response response = {.throttle_time_ms = 3,
                                         .error_code = 1,
                                         .session_id = 77,
                                         .responses = topics,
                                         .response_count = 3,
                                         .node_endpoints = nodes,
                                         .node_endpoint_count = 2};

    release();
    add_batch(100, 0);
    add_batch(101, 9);
    first[0] = partition_of(4, 0, records.size);
    first[0].aborted_transactions = aborted;
    first[0].aborted_transaction_count = 2;
    first[0].log_start_offset = 12;
    first[1] = partition_of(5, 0, 0);
    first[1].error_code = 6;
    first[1].current_leader = (struct kh_fetch_response_current_leader){2, 8};
    first[1].diverging_epoch = (struct kh_fetch_response_diverging_epoch){3, 44};
    first[1].snapshot_id = (struct kh_fetch_response_snapshot_id){55, 4};
    first[2] = partition_of(6, 0, 0);
    first[2].records.data = NULL;
    first[2].preferred_read_replica = 3;
    first[2].aborted_transactions = aborted; /* empty, not null */
    first[3] = partition_of(7, 0, records.size - 20);
    second[0] = partition_of(0, 0, records.size);
    topics[0] = (struct kh_fetch_response_topic){KH_STRING("orders"), {{[15] = 1}}, first, 4};
    topics[1] = (struct kh_fetch_response_topic){KH_STRING("empty"), {{[15] = 2}}, NULL, 0};
    topics[2] = (struct kh_fetch_response_topic){KH_STRING("payments"), {{[15] = 3}}, second, 1};
    test_fetch_append(&body, version, &response);
}

static void tell_whole(int version)
{
    fetch_story_tell(&whole, version, body.data, body.size, 0, 0);
}

KH_TEST(fetch_stream, tells_all_that_a_response_holds)
{
    encode_rich(18);
    tell_whole(18);
    cr_assert_str_eq(
        whole.text,
        "response throttle 3 error 1 session 77\n"
        "topic  id 1\n"
        "partition 4 error 0 end 99 stable -1 begin 12 replica -1 records 154 aborted 7 at "
        "10 aborted 8 at 20\n"
        "batch 77 at 100 magic 2\n"
        "batch 77 at 101 magic 2\n"
        "partition end diverging -1 -1 leader -1 -1 snapshot -1 -1\n"
        "partition 5 error 6 end 99 stable -1 begin -1 replica -1 records 0 aborted null\n"
        "partition end diverging 3 44 leader 2 8 snapshot 55 4\n"
        "partition 6 error 0 end 99 stable -1 begin -1 replica 3 records 0 null\n"
        "partition end diverging -1 -1 leader -1 -1 snapshot -1 -1\n"
        "partition 7 error 0 end 99 stable -1 begin -1 replica -1 records 134 aborted null\n"
        "batch 77 at 100 magic 2\n"
        "partition end diverging -1 -1 leader -1 -1 snapshot -1 -1\n"
        "topic  id 2\n"
        "topic  id 3\n"
        "partition 0 error 0 end 99 stable -1 begin -1 replica -1 records 154 aborted null\n"
        "batch 77 at 100 magic 2\n"
        "last batch, then 111\n"
        "batch 77 at 101 magic 2\n"
        "partition end diverging -1 -1 leader -1 -1 snapshot -1 -1\n"
        "node 1 at one:9092 rack a\n"
        "node 2 at two:9093 rack null\n"
        "end\n");
    release();
}

KH_TEST(fetch_stream, tells_the_same_however_the_bytes_are_cut)
{
    for (int version = 4; version <= 18; version++) {
        encode_rich(version);
        tell_whole(version);
        cr_assert(whole.ended);
        for (size_t at = 1; at < body.size; at++) {
            fetch_story_tell(&cut, version, body.data, body.size, at, 0);
            cr_assert_str_eq(cut.text, whole.text, "v%d cut at %zu", version, at);
            fetch_story_tell(&cut, version, body.data, body.size, at, at);
            cr_assert_str_eq(cut.text, whole.text, "v%d in pieces of %zu", version, at);
        }
    }
    release();
}

KH_TEST(fetch_stream, a_response_cut_short_or_too_long_is_refused)
{
    for (int version = 4; version <= 18; version++) {
        encode_rich(version);
        for (size_t size = 0; size < body.size; size++) {
            fetch_story_tell(&cut, version, body.data, size, 0, 0);
            expect_status(cut.status, KOHORT_EPROTOCOL);
            cr_assert_not(cut.ended);
        }
        test_buffer_append(&body, "", 1);
        tell_whole(version);
        expect_status(whole.status, KOHORT_EPROTOCOL);
        cr_assert_not(whole.ended);
    }
    release();
}

/* Wherever a length or a count may lie: an error or another story, and never memory beyond what
 * came. */
KH_TEST(fetch_stream, lengths_that_lie_are_survived)
{
    const uint32_t lies[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 1 << 20};

    for (int version = 4; version <= 18; version += 7) {
        encode_rich(version);
        for (size_t at = 0; at + 4 <= body.size; at++)
            for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
                uint8_t was[4];

                memcpy(was, body.data + at, 4);
                for (size_t j = 0; j < 4; j++)
                    body.data[at + j] = (uint8_t)(lies[i] >> (24 - 8 * j));
                tell_whole(version);
                cr_assert(whole.ended || whole.status < 0);
                cr_assert_leq(whole.arenas, body.size * KH_LIMIT_ARENA_FACTOR);
                memcpy(body.data + at, was, 4);
            }
    }
    release();
}

KH_TEST(fetch_stream, every_change_of_every_byte_is_survived)
{
    for (int version = 11; version <= 18; version += 7) {
        encode_rich(version);
        for (size_t at = 0; at < body.size; at++)
            for (int change = 1; change < 256; change++) {
                body.data[at] ^= (uint8_t)change;
                tell_whole(version);
                cr_assert(whole.ended || whole.status < 0);
                cr_assert_leq(whole.arenas, body.size * KH_LIMIT_ARENA_FACTOR);
                body.data[at] ^= (uint8_t)change;
            }
    }
    release();
}

KH_TEST(fetch_stream, an_empty_answer_has_no_batch_to_wait_for)
{
    const struct kh_fetch_response response = {.session_id = 5};

    for (int version = 4; version <= 18; version++) {
        test_fetch_append(&body, version, &response);
        tell_whole(version);
        cr_assert(strstr(whole.text, "\nlast batch, then -1\nend\n") != NULL);
        release();
    }
}

static bool tells(const char *text)
{
    return strstr(whole.text, text) != NULL;
}

KH_TEST(fetch_stream, the_last_batch_is_told_when_its_head_is_here)
{
    struct kh_fetch_response_partition p[1];
    size_t before, first = add_batch(10, 4);

    add_batch(15, 7);
    p[0] = partition_of(0, 0, records.size);
    encode_partitions(12, p, 1);
    /* the partition's tags, the topic's, the response's */
    before = body.size - 3 - records.size + first;
    fetch_story_tell(&whole, 12, body.data, body.size, before + 26, 0);
    cr_assert(whole.ended);
    for (size_t head = 26; head <= 27; head++) {
        struct kh_fetch_stream s;
        size_t need;
        int event, last = KH_FETCH_EVENT_MORE;

        kh_fetch_stream_init(&s, test_heap);
        kh_fetch_stream_begin(&s, 12, body.size);
        kh_fetch_stream_give(&s, body.data, before + head);
        while ((event = kh_fetch_stream_next(&s)) > 0)
            last = event;
        cr_assert_eq(last, head < 27 ? KH_FETCH_EVENT_BATCH : KH_FETCH_EVENT_LAST_BATCH);
        cr_assert_eq(kh_fetch_stream_used(&s, &need), before);
        cr_assert_eq(need, head < 27 ? 27 : records.size - first,
                     "then the whole batch is asked for");
        if (head == 27)
            cr_assert_eq(s.last_batch_next_offset, 23);
        kh_fetch_stream_free(&s);
    }
    release();
}

KH_TEST(fetch_stream, a_partial_batch_at_the_end_is_dropped)
{
    struct kh_fetch_response_partition p[2];
    size_t first = add_batch(10, 0);

    add_batch(11, 0);
    for (size_t size = first; size < records.size; size++) {
        p[0] = partition_of(0, 0, 0);
        p[1] = partition_of(1, 0, size);
        encode_partitions(11, p, 2);
        tell_whole(11);
        cr_assert(whole.ended);
        cr_assert_not(tells("bad batch"));
        cr_assert_not(tells("partial"));
        cr_assert(tells("\nbatch 77 "));
        /* what follows the first batch might have been another, as long as there is room for one */
        cr_assert(tells(size - first < 17 ? "last batch, then 11\n" : "last batch, then -1\n"));
    }
    release();
}

KH_TEST(fetch_stream, a_partition_with_nothing_but_a_partial_batch_says_so)
{
    struct kh_fetch_response_partition p[1];

    add_batch(10, 0);
    for (size_t size = 1; size < records.size; size++) {
        p[0] = partition_of(0, 0, size);
        encode_partitions(11, p, 1);
        tell_whole(11);
        cr_assert(whole.ended);
        cr_assert(tells("partition end partial "));
        cr_assert_not(tells("\nbatch"));
    }
    release();
}

KH_TEST(fetch_stream, a_bad_batch_costs_its_partition_only)
{
    struct kh_fetch_response_partition p[2];

    for (int length = -1; length < 14; length++) {
        add_batch(10, 0);
        add_batch(11, 0);
        for (size_t i = 0; i < 4; i++)
            records.data[8 + i] = (uint8_t)((uint32_t)length >> (24 - 8 * i));
        p[0] = partition_of(0, 0, records.size);
        p[1] = partition_of(1, 77, 77);
        encode_partitions(11, p, 2);
        tell_whole(11);
        cr_assert(whole.ended);
        cr_assert(tells(" aborted null\nbad batch ECORRUPT"));
        cr_assert(tells("partition 1 "));
        cr_assert(tells("last batch, then 12\nbatch 77"));
        release();
    }
}

KH_TEST(fetch_stream, old_formats_are_told_by_their_magic)
{
    struct kh_fetch_response_partition p[1];

    for (int magic = 0; magic < 4; magic++) {
        add_batch(10, 4);
        records.data[16] = (uint8_t)magic;
        p[0] = partition_of(0, 0, records.size);
        encode_partitions(11, p, 1);
        tell_whole(11);
        cr_assert(whole.ended);
        cr_assert(tells(magic == 0   ? "last batch, then 11\nbatch 77 at 10 magic 0"
                        : magic == 1 ? "last batch, then 11\nbatch 77 at 10 magic 1"
                        : magic == 2 ? "last batch, then 15\nbatch 77 at 10 magic 2"
                                     : "last batch, then 15\nbatch 77 at 10 magic 3"));
        release();
    }
}

KH_TEST(fetch_stream, records_that_are_not_wanted_are_passed_over)
{
    struct kh_fetch_response_partition p[2];

    add_batch(10, 0);
    p[0] = partition_of(0, 0, records.size);
    p[1] = partition_of(1, 0, records.size);
    encode_partitions(18, p, 2);
    for (size_t at = 1; at < body.size; at++) {
        whole.skip_partitions = 1;
        fetch_story_tell(&whole, 18, body.data, body.size, at, 0);
        cr_assert(whole.ended);
        cr_assert(tells("aborted null\npartition end"));
        cr_assert(tells("last batch, then 11\nbatch 77"));
        whole.skip_partitions = 2;
        fetch_story_tell(&whole, 18, body.data, body.size, at, 0);
        cr_assert(whole.ended);
        cr_assert_not(tells("batch 77"));
        cr_assert(tells("last batch, then -1\n"));
    }
    release();
}

KH_TEST(fetch_stream, the_next_fetch_does_not_wait_for_what_is_passed_over)
{
    struct kh_fetch_response_partition p[1];
    struct kh_fetch_stream s;
    int event, last = KH_FETCH_EVENT_MORE;

    add_batch(10, 0);
    p[0] = partition_of(0, 0, records.size);
    encode_partitions(18, p, 1);
    kh_fetch_stream_init(&s, test_heap);
    kh_fetch_stream_begin(&s, 18, body.size);
    kh_fetch_stream_give(&s, body.data, body.size - records.size);
    while ((event = kh_fetch_stream_next(&s)) > 0) {
        if (event == KH_FETCH_EVENT_PARTITION)
            kh_fetch_stream_skip_records(&s);
        last = event;
    }
    cr_assert_eq(last, KH_FETCH_EVENT_LAST_BATCH);
    kh_fetch_stream_free(&s);
    release();
}

/* Refused as soon as these first bytes of a body of `body_size` are here. */
static void expect_refused(int version, const struct test_buffer *bytes, uint64_t body_size,
                           int status)
{
    struct kh_fetch_stream s;
    int event;

    kh_fetch_stream_init(&s, test_heap);
    kh_fetch_stream_begin(&s, version, body_size);
    kh_fetch_stream_give(&s, bytes->data, bytes->size);
    while ((event = kh_fetch_stream_next(&s)) > 0)
        ;
    expect_status(event, status);
    cr_assert_leq(s.topic_arena.used + s.partition_arena.used, 4096);
    kh_fetch_stream_free(&s);
}

/* throttle, error, session, then the head of one topic with one partition, up to the aborted
 * transactions' count; v12. */
static void begin_partition(struct test_buffer *bytes)
{
    test_buffer_append_int(bytes, 0, 10);
    test_buffer_append_uvarint(bytes, 2);
    test_buffer_append_uvarint(bytes, 2);
    test_buffer_append(bytes, "t", 1);
    test_buffer_append_uvarint(bytes, 2);
    test_buffer_append_int(bytes, 0, 30);
}

KH_TEST(fetch_stream, counts_are_refused_when_they_are_read)
{
    struct test_buffer bytes = {0};

    test_buffer_append_int(&bytes, 0, 4);
    test_buffer_append_int(&bytes, 30, 4); /* topics */
    expect_refused(4, &bytes, 90, KOHORT_EPROTOCOL);
    expect_refused(4, &bytes, 8 + 30 * 3, KH_FETCH_EVENT_MORE);
    test_buffer_free(&bytes);

    test_buffer_append_int(&bytes, 0, 10);
    test_buffer_append_uvarint(&bytes, 2);
    test_buffer_append_uvarint(&bytes, KH_LIMIT_NAME + 2);
    expect_refused(12, &bytes, KH_MIB, KOHORT_EPROTOCOL);
    test_buffer_free(&bytes);

    begin_partition(&bytes);
    test_buffer_append_uvarint(&bytes, 101); /* aborted transactions */
    expect_refused(12, &bytes, 1000, KOHORT_EPROTOCOL);
    test_buffer_free(&bytes);

    begin_partition(&bytes);
    test_buffer_append_uvarint(&bytes, KH_LIMIT_ABORTED + 2);
    expect_refused(12, &bytes, KH_LIMIT_FETCH_FRAME, KOHORT_ELIMIT);
    test_buffer_free(&bytes);
}

KH_TEST(fetch_stream, tagged_fields_have_limits)
{
    struct test_buffer bytes = {0};

    begin_partition(&bytes);
    test_buffer_append_int(&bytes, 0x0000000001, 5); /* no aborted list, a replica, no records */
    test_buffer_append_int(&bytes, 1, 1);
    test_buffer_append_uvarint(&bytes, KH_LIMIT_TAGS + 1);
    expect_refused(12, &bytes, KH_LIMIT_FETCH_FRAME, KOHORT_ELIMIT);
    test_buffer_free(&bytes);

    begin_partition(&bytes);
    test_buffer_append_int(&bytes, 0x0000000001, 5);
    test_buffer_append_int(&bytes, 1, 1);
    test_buffer_append_uvarint(&bytes, 1);
    test_buffer_append_uvarint(&bytes, 1); /* current_leader */
    test_buffer_append_uvarint(&bytes, KH_MIB + 1);
    expect_refused(12, &bytes, KH_LIMIT_FETCH_FRAME, KOHORT_ELIMIT);
    test_buffer_free(&bytes);
}

KH_TEST(fetch_stream, unknown_tags_are_passed_over)
{
    /* a response without topics; tag 0 (one endpoint with a tag of its own), tag 9 */
    const uint8_t bytes[] = {0, 0, 0,   0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 17, 2, 0,   0,   0,
                             1, 2, 'h', 0, 0, 0, 9, 0, 1, 7, 2, 1, 2, 9,  3, 'x', 'y', 'z'};

    for (size_t at = 1; at < sizeof bytes; at++) {
        fetch_story_tell(&whole, 16, bytes, sizeof bytes, at, 0);
        expect_status(whole.status, 0);
        cr_assert(tells("node 1 at h:9 rack null\nend\n"));
    }
}

KH_TEST(fetch_stream, memory_that_runs_out_is_an_error)
{
    encode_rich(18);
    for (size_t i = 0; test_sweep(i); i++) {
        tell_whole(18);
        expect_status(whole.status, test_allocation_failed() ? KOHORT_ENOMEM : 0);
    }
    encode_rich(12);
    for (size_t i = 0; test_sweep(i); i++) {
        tell_whole(12);
        expect_status(whole.status, test_allocation_failed() ? KOHORT_ENOMEM : 0);
    }
    release();
}

KH_TEST(fetch_stream, a_steady_state_allocates_nothing)
{
    struct kh_fetch_stream s;
    size_t need, allocations = 0;

    encode_rich(12);
    kh_fetch_stream_init(&s, test_heap);
    for (int i = 0; i < 5; i++) {
        if (i == 2)
            allocations = test_allocations();
        kh_fetch_stream_begin(&s, 12, body.size);
        kh_fetch_stream_give(&s, body.data, body.size);
        while (kh_fetch_stream_next(&s) > 0)
            ;
        cr_assert_eq(kh_fetch_stream_used(&s, &need), body.size);
        cr_assert_eq(need, 0);
    }
    cr_assert_eq(test_allocations(), allocations);
    kh_fetch_stream_free(&s);
    release();
}

KH_TEST(fetch_stream, a_whole_response_can_be_put_together)
{
    struct test_fetch_collected collected;
    struct test_buffer again = {0};
    struct kh_arena arena;

    for (int version = 4; version <= 18; version++)
        for (size_t piece = 0; piece < 200; piece += 13) {
            encode_rich(version);
            kh_arena_init(&arena, test_heap, KH_MIB);
            expect_status(
                test_fetch_collect(&arena, version, body.data, body.size, piece, NULL, &collected),
                0);
            test_fetch_append(&again, version, &collected.response);
            cr_assert_eq(again.size, body.size);
            cr_assert_eq(memcmp(again.data, body.data, body.size), 0, "v%d", version);
            test_buffer_free(&again);
            kh_arena_free(&arena);
        }
    release();
}
