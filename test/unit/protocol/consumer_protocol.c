#include "protocol/consumer_protocol.h"

#include "support/test.h"

static struct kh_arena arena;
static struct kh_writer w;

static struct kh_reader read_back(void)
{
    struct kh_reader r;
    expect_status(w.status, 0);
    kh_reader_init(&r, w.data, w.size, false, &arena);
    return r;
}

static void begin(void)
{
    kh_writer_init(&w, test_heap);
    kh_arena_init(&arena, test_heap, 4096);
}

static void end(void)
{
    kh_writer_free(&w);
    kh_arena_free(&arena);
}

static struct kh_consumer_subscription subscription(void)
{
    static struct kh_string topics[] = {{"a", 1}, {"b", 1}};
    static int32_t partitions[] = {0, 5};
    static struct kh_consumer_topic owned[] = {{{"a", 1}, partitions, 2}};
    return (struct kh_consumer_subscription){.topics = topics,
                                             .topic_count = 2,
                                             .owned = owned,
                                             .owned_count = 1,
                                             .generation = 7,
                                             .rack = KH_STRING("r")};
}

KH_TEST(consumer_protocol, older_versions_hold_less)
{
    struct kh_consumer_subscription in = subscription(), out;
    for (int version = 0; version <= KH_CONSUMER_PROTOCOL_NEWEST; version++) {
        begin();
        kh_consumer_subscription_encode(&w, version, &in);
        struct kh_reader r = read_back();
        cr_assert_eq(kh_consumer_subscription_decode(&r, &out), version);
        cr_assert(kh_read_end(&r));
        cr_assert_eq(out.topic_count, 2);
        cr_assert(kh_string_equal(out.topics[1], KH_STRING("b")));
        cr_assert_null(out.user_data.data);
        cr_assert_eq(out.owned_count, version >= 1 ? 1 : 0);
        if (version >= 1)
            cr_assert_eq(out.owned[0].partitions[1], 5);
        cr_assert_eq(out.generation, version >= 2 ? 7 : -1);
        cr_assert_eq(out.rack.data != NULL, version >= 3);
        end();
    }
}

KH_TEST(consumer_protocol, a_newer_version_is_read_as_the_newest_known)
{
    struct kh_consumer_subscription in = subscription(), out;
    begin();
    kh_consumer_subscription_encode(&w, KH_CONSUMER_PROTOCOL_NEWEST, &in);
    w.data[1] = 9;
    kh_write_i64(&w, 1); /* a field of v9 */
    struct kh_reader r = read_back();
    cr_assert_eq(kh_consumer_subscription_decode(&r, &out), 9);
    cr_assert(kh_read_ok(&r));
    cr_assert_eq(kh_read_left(&r), 8);
    cr_assert_eq(out.generation, 7);
    end();
}

KH_TEST(consumer_protocol, an_assignment_comes_back)
{
    struct kh_consumer_subscription s = subscription();
    struct kh_consumer_assignment in = {.topics = s.owned, .topic_count = 1}, out;
    in.user_data = (struct kh_bytes){(const uint8_t *)"u", 1};
    begin();
    kh_consumer_assignment_encode(&w, 1, &in);
    struct kh_reader r = read_back();
    cr_assert_eq(kh_consumer_assignment_decode(&r, &out), 1);
    cr_assert(kh_read_end(&r));
    cr_assert_eq(out.topic_count, 1);
    cr_assert_eq(out.topics[0].partition_count, 2);
    cr_assert_eq(out.user_data.size, 1);
    end();
}

/* Other members' bytes: nothing in them is trusted. */
KH_TEST(consumer_protocol, what_is_cut_short_or_negative_is_refused)
{
    struct kh_consumer_subscription in = subscription(), out;
    begin();
    kh_consumer_subscription_encode(&w, KH_CONSUMER_PROTOCOL_NEWEST, &in);
    for (size_t size = 0; size < w.size; size++) {
        struct kh_reader r;
        kh_reader_init(&r, w.data, size, false, &arena);
        kh_consumer_subscription_decode(&r, &out);
        cr_assert_not(kh_read_ok(&r), "%zu of %zu bytes", size, w.size);
        kh_arena_reset(&arena);
    }
    w.data[0] = 0xff;
    struct kh_reader r = read_back();
    kh_consumer_subscription_decode(&r, &out);
    cr_assert_not(kh_read_ok(&r));
    r = read_back();
    struct kh_consumer_assignment assignment;
    kh_consumer_assignment_decode(&r, &assignment);
    cr_assert_not(kh_read_ok(&r));
    end();
}
