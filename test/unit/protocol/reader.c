#include "protocol/reader.h"

#include "base/limits.h"
#include "support/test.h"

#include <string.h>

static struct kh_arena arena;

static struct kh_reader read_bytes_of(const void *data, size_t size, bool flexible)
{
    struct kh_reader r;
    kh_reader_init(&r, data, size, flexible, &arena);
    return r;
}

#define READER(flexible, ...)                                                                      \
    read_bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), flexible)

static void expect_latched(struct kh_reader *r, int status)
{
    expect_status(r->status, status);
    cr_assert_not_null(r->wrong);
    cr_assert_eq(kh_read_left(r), 0);
    cr_assert_not(kh_read_ok(r));
    cr_assert_not(kh_read_end(r));
}

KH_TEST(reader, numbers_are_big_endian)
{
    struct kh_reader r =
        READER(false, 0x02, 0xff, 0x80, 0x01, 0xff, 0xfe, 0x80, 0, 0, 1, 0xff, 0xff, 0xff, 0xfd,
               0x80, 0, 0, 0, 0, 0, 0, 2, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
    cr_assert(kh_read_bool(&r));
    cr_assert_eq(kh_read_i8(&r), -1);
    cr_assert_eq(kh_read_i16(&r), INT16_MIN + 1);
    cr_assert_eq(kh_read_u16(&r), 0xfffe);
    cr_assert_eq(kh_read_i32(&r), INT32_MIN + 1);
    cr_assert_eq(kh_read_u32(&r), 0xfffffffd);
    cr_assert_eq(kh_read_i64(&r), INT64_MIN + 2);
    cr_assert_eq(kh_read_f64(&r), 1.5);
    cr_assert_eq(kh_read_offset(&r), 30);
    cr_assert(kh_read_end(&r));
}

KH_TEST(reader, the_first_failure_stays_and_all_later_reads_give_nothing)
{
    struct kh_reader r = READER(false, 1, 2, 3, 4, 5);
    cr_assert_eq(kh_read_i32(&r), 0x01020304);
    cr_assert_eq(kh_read_i16(&r), 0);
    const char *wrong = r.wrong;
    expect_latched(&r, KOHORT_EPROTOCOL);
    cr_assert_eq(kh_read_offset(&r), 4, "where it went wrong");

    int32_t *items = (int32_t[]){1};
    kh_read_fail(&r, "another");
    cr_assert_eq(kh_read_i8(&r), 0);
    cr_assert_eq(kh_read_uvarint(&r), 0);
    cr_assert_null(kh_read_nullable_string(&r).data);
    cr_assert_null(kh_read_string(&r).data);
    cr_assert_null(kh_read_raw(&r, 0).data);
    cr_assert_eq(kh_read_i32_array(&r, &items), 0);
    cr_assert_null(items);
    cr_assert_null(kh_read_items(&r, 1, 1));
    cr_assert_eq(r.wrong, wrong);
}

KH_TEST(reader, no_bytes_at_all_are_a_message)
{
    struct kh_reader r = read_bytes_of(NULL, 0, true);
    cr_assert(kh_read_end(&r));
    cr_assert_eq(kh_read_i8(&r), 0);
    expect_latched(&r, KOHORT_EPROTOCOL);
}

KH_TEST(reader, what_is_left_over_is_wrong)
{
    struct kh_reader r = READER(false, 1, 2);
    kh_read_i8(&r);
    cr_assert_not(kh_read_end(&r));
    expect_latched(&r, KOHORT_EPROTOCOL);
}

KH_TEST(reader, varints_of_every_length)
{
    struct kh_reader r =
        READER(true, 0x00, 0x7f, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01, 0x02, 0xff, 0xff,
               0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    cr_assert_eq(kh_read_uvarint(&r), 0);
    cr_assert_eq(kh_read_uvarint(&r), 127);
    cr_assert_eq(kh_read_uvarint(&r), 128);
    cr_assert_eq(kh_read_uvarint(&r), UINT32_MAX);
    cr_assert_eq(kh_read_varint(&r), -1);
    cr_assert_eq(kh_read_varint(&r), 1);
    cr_assert_eq(kh_read_varint(&r), INT32_MIN);
    cr_assert_eq(kh_read_varlong(&r), INT64_MIN);
    cr_assert(kh_read_end(&r));
}

KH_TEST(reader, varints_may_be_longer_than_they_need_but_not_than_they_can)
{
    struct kh_reader r = READER(true, 0x81, 0x80, 0x80, 0x80, 0x00);
    cr_assert_eq(kh_read_uvarint(&r), 1);
    cr_assert(kh_read_end(&r));

    r = READER(true, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00);
    kh_read_uvarint(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00);
    kh_read_varlong(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 0x80);
    kh_read_uvarint(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
}

static void expect_text(struct kh_string text, const char *expected)
{
    cr_assert(kh_string_equal(text, kh_string_of(expected)));
}

KH_TEST(reader, null_is_not_empty)
{
    struct kh_reader r = READER(false, 0xff, 0xff, 0, 0, 0, 2, 'h', 'i', 0xff, 0xff, 0xff, 0xff, 0,
                                0, 0, 0, 0, 0, 0, 1, 7);
    expect_text(kh_read_nullable_string(&r), NULL);
    expect_text(kh_read_string(&r), "");
    expect_text(kh_read_string(&r), "hi");
    cr_assert_null(kh_read_nullable_bytes(&r).data);
    struct kh_bytes bytes = kh_read_bytes(&r);
    cr_assert(bytes.data != NULL && bytes.size == 0);
    bytes = kh_read_bytes(&r);
    cr_assert(bytes.data[0] == 7 && bytes.size == 1);
    cr_assert(kh_read_end(&r));

    r = READER(true, 0, 1, 3, 'h', 'i', 0, 1, 2, 7);
    expect_text(kh_read_nullable_string(&r), NULL);
    expect_text(kh_read_string(&r), "");
    expect_text(kh_read_string(&r), "hi");
    cr_assert_null(kh_read_nullable_bytes(&r).data);
    cr_assert_not_null(kh_read_nullable_bytes(&r).data);
    cr_assert_eq(kh_read_bytes(&r).size, 1);
    cr_assert(kh_read_end(&r));
}

KH_TEST(reader, null_latches_where_there_must_be_something)
{
    struct kh_reader r = READER(false, 0xff, 0xff);
    cr_assert_null(kh_read_string(&r).data);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 0);
    cr_assert_null(kh_read_bytes(&r).data);
    expect_latched(&r, KOHORT_EPROTOCOL);
    int32_t *items;
    r = READER(true, 0);
    cr_assert_eq(kh_read_i32_array(&r, &items), 0);
    expect_latched(&r, KOHORT_EPROTOCOL);
}

KH_TEST(reader, lengths_beyond_the_frame_latch)
{
    struct kh_reader r = READER(false, 0, 2, 'h');
    kh_read_string(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(false, 0x7f, 0xff, 0xff, 0xff, 1);
    kh_read_bytes(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 0xff, 0xff, 0xff, 0xff, 0x0f, 1);
    kh_read_bytes(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 1, 2);
    cr_assert_null(kh_read_raw(&r, 3).data);
    expect_latched(&r, KOHORT_EPROTOCOL);
}

KH_TEST(reader, a_compact_string_has_the_same_limit_as_any)
{
    static uint8_t data[3 + KH_LIMIT_NAME + 1] = {0x80, 0x80, 0x02}; /* 32768, as length + 1 */
    struct kh_reader r = read_bytes_of(data, sizeof data - 1, true);
    cr_assert_eq(kh_read_string(&r).size, KH_LIMIT_NAME);
    cr_assert(kh_read_end(&r));
    data[0]++;
    r = read_bytes_of(data, sizeof data, true);
    kh_read_string(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
}

struct item {
    int64_t a, b;
};

KH_TEST(reader, arrays_come_zeroed_from_the_arena)
{
    struct item *items;
    kh_arena_init(&arena, test_heap, 1 << 10);
    struct kh_reader r = READER(false, 0, 0, 0, 2, 1, 2);
    cr_assert_eq(kh_read_array(&r, 1, sizeof *items, &items), 2);
    cr_assert_eq(items[1].b, 0);
    cr_assert_eq(kh_read_left(&r), 2);

    r = READER(false, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
    cr_assert_eq(kh_read_nullable_array(&r, 1, sizeof *items, &items), 0);
    cr_assert_null(items);
    cr_assert_eq(kh_read_nullable_array(&r, 1, sizeof *items, &items), 0);
    cr_assert_not_null(items, "empty is not null");
    cr_assert(kh_read_end(&r));

    int32_t *numbers;
    r = READER(true, 3, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff);
    cr_assert_eq(kh_read_i32_array(&r, &numbers), 2);
    cr_assert(numbers[0] == 1 && numbers[1] == -1);
    cr_assert(kh_read_end(&r));
    kh_arena_free(&arena);
}

KH_TEST(reader, a_count_that_cannot_fit_allocates_nothing)
{
    struct item *items;
    kh_arena_init(&arena, test_heap, 1 << 10);
    struct kh_reader r = READER(false, 0, 0, 0, 3, 1, 2, 3, 4, 5);
    cr_assert_eq(kh_read_array(&r, 2, sizeof *items, &items), 0);
    cr_assert_null(items);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2);
    kh_read_array(&r, 1, sizeof *items, &items);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(false, 0x7f, 0xff, 0xff, 0xff, 1, 2);
    kh_read_array(&r, 1, sizeof *items, &items);
    expect_latched(&r, KOHORT_EPROTOCOL);
    cr_assert_eq(test_allocations(), 0);
}

KH_TEST(reader, the_arenas_limit_is_told_from_a_lack_of_memory)
{
    struct item *items;
    enum { CHUNK_HEAD = 32 };
    kh_arena_init(&arena, test_heap, CHUNK_HEAD + 3 * sizeof *items);
    struct kh_reader r = READER(false, 0, 0, 0, 4, 1, 2, 3, 4);
    kh_read_array(&r, 1, sizeof *items, &items);
    expect_latched(&r, KOHORT_ELIMIT);

    test_fail_allocation(0);
    r = READER(false, 0, 0, 0, 3, 1, 2, 3);
    kh_read_array(&r, 1, sizeof *items, &items);
    expect_latched(&r, KOHORT_ENOMEM);
    kh_arena_free(&arena);
}

KH_TEST(reader, tags_are_only_there_when_flexible)
{
    struct kh_reader r = READER(false, 9);
    kh_skip_tags(&r);
    cr_assert_eq(kh_read_left(&r), 1);

    r = READER(true, 2, 5, 1, 0xaa, 0x80, 0x01, 2, 0xbb, 0xcc, 9);
    kh_skip_tags(&r);
    cr_assert_eq(kh_read_left(&r), 1);
    cr_assert(kh_read_ok(&r));
}

/* Reads tag 1 as an int16 and passes over the others. */
static int16_t read_tag_1(struct kh_reader *r)
{
    int16_t value = 0;
    for (struct kh_tags tags = kh_read_tags(r); kh_next_tag(r, &tags);)
        if (tags.tag == 1)
            value = kh_read_i16(r);
        else
            kh_skip_tag(r, &tags);
    return value;
}

KH_TEST(reader, known_tags_are_read_to_exactly_their_size)
{
    struct kh_reader r = READER(true, 3, 0, 1, 0xaa, 1, 2, 0x12, 0x34, 7, 0);
    cr_assert_eq(read_tag_1(&r), 0x1234);
    cr_assert(kh_read_end(&r));

    r = READER(true, 2, 1, 1, 0x12, 0x34, 0, 0); /* says 1 byte, is 2 */
    read_tag_1(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 1, 1, 3, 0x12, 0x34, 0); /* says 3: the last one is looked at too */
    read_tag_1(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
    r = READER(true, 1, 7, 5, 1, 2, 3, 4); /* beyond the frame */
    read_tag_1(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
}

KH_TEST(reader, a_struct_has_a_limit_of_tagged_fields)
{
    static uint8_t data[2 + 2 * (KH_LIMIT_TAGS + 1)] = {0x80, 0x08}; /* 1024; all fields empty */
    struct kh_reader r = read_bytes_of(data, sizeof data - 2, true);
    kh_skip_tags(&r);
    cr_assert(kh_read_end(&r));
    data[0]++;
    r = read_bytes_of(data, sizeof data, true);
    kh_skip_tags(&r);
    expect_latched(&r, KOHORT_EPROTOCOL);
}
