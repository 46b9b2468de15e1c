#include "protocol/writer.h"

#include "base/limits.h"
#include "support/test.h"

#include <string.h>

static struct kh_writer w;

static void expect_written(const void *expected, size_t size)
{
    expect_status(w.status, 0);
    cr_assert_eq(w.size, size, "%zu bytes, not %zu", w.size, size);
    cr_assert(memcmp(w.data, expected, size) == 0);
    kh_writer_free(&w);
}

#define EXPECT(...)                                                                                \
    expect_written((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void begin(bool flexible)
{
    kh_writer_init(&w, test_heap);
    w.flexible = flexible;
}

static const struct kh_bytes two = {(const uint8_t *)"hi", 2};
static const struct kh_bytes none = {(const uint8_t *)"", 0};
static const struct kh_bytes null;

KH_TEST(writer, numbers_are_big_endian)
{
    begin(false);
    kh_write_bool(&w, true);
    kh_write_i8(&w, -2);
    kh_write_i16(&w, INT16_MIN + 1);
    kh_write_u16(&w, 0xfffe);
    kh_write_i32(&w, INT32_MIN + 1);
    kh_write_u32(&w, 0xfffffffd);
    kh_write_i64(&w, INT64_MIN + 2);
    kh_write_f64(&w, 1.5);
    EXPECT(1, 0xfe, 0x80, 1, 0xff, 0xfe, 0x80, 0, 0, 1, 0xff, 0xff, 0xff, 0xfd, 0x80, 0, 0, 0, 0, 0,
           0, 2, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
}

KH_TEST(writer, varints_take_the_shortest_form)
{
    begin(false);
    kh_write_uvarint(&w, 0);
    kh_write_uvarint(&w, 127);
    kh_write_uvarint(&w, 128);
    kh_write_uvarint(&w, UINT32_MAX);
    EXPECT(0, 0x7f, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x0f);
    begin(false);
    kh_write_varint(&w, -1);
    kh_write_varint(&w, 64);
    kh_write_varint(&w, INT32_MIN);
    kh_write_varlong(&w, 1);
    kh_write_varlong(&w, INT64_MIN);
    EXPECT(1, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
           0xff, 0xff, 1);
}

KH_TEST(writer, null_is_not_empty)
{
    begin(false);
    kh_write_nullable_string(&w, (struct kh_string){NULL, 0});
    kh_write_string(&w, KH_STRING(""));
    kh_write_string(&w, KH_STRING("hi"));
    kh_write_nullable_bytes(&w, null);
    kh_write_bytes(&w, none);
    kh_write_bytes(&w, two);
    kh_write_nullable_array(&w, 0, true);
    kh_write_array(&w, 0);
    kh_write_i32_array(&w, (const int32_t[]){-1}, 1);
    EXPECT(0xff, 0xff, 0, 0, 0, 2, 'h', 'i', 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 2, 'h',
           'i', 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff);
    begin(true);
    kh_write_nullable_string(&w, (struct kh_string){NULL, 0});
    kh_write_string(&w, KH_STRING(""));
    kh_write_string(&w, KH_STRING("hi"));
    kh_write_nullable_bytes(&w, null);
    kh_write_bytes(&w, none);
    kh_write_bytes(&w, two);
    kh_write_nullable_array(&w, 0, true);
    kh_write_array(&w, 0);
    kh_write_i32_array(&w, (const int32_t[]){-1}, 1);
    EXPECT(0, 1, 3, 'h', 'i', 0, 1, 3, 'h', 'i', 0, 1, 2, 0xff, 0xff, 0xff, 0xff);
}

/* What was written before stays, and nothing is added. */
static void expect_refused(int status)
{
    size_t size = w.size;
    expect_status(w.status, status);
    kh_write_i64(&w, 1);
    kh_write_unsupported(&w, true, "it");
    cr_assert_eq(w.size, size);
    expect_status(w.status, status);
    kh_writer_free(&w);
}

KH_TEST(writer, what_cannot_be_written_latches)
{
    static const char text[KH_LIMIT_NAME + 1];

    begin(true);
    kh_write_string(&w, (struct kh_string){NULL, 0});
    expect_refused(KOHORT_EINVAL);
    begin(true);
    kh_write_bytes(&w, null);
    expect_refused(KOHORT_EINVAL);
    begin(true);
    kh_write_string(&w, (struct kh_string){text, KH_LIMIT_NAME});
    expect_status(w.status, 0);
    kh_write_string(&w, (struct kh_string){text, sizeof text});
    expect_refused(KOHORT_EINVAL);
    begin(false);
    kh_write_string(&w, (struct kh_string){text, -1});
    expect_refused(KOHORT_EINVAL);
    begin(false);
    kh_write_array(&w, (size_t)INT32_MAX + 1);
    expect_refused(KOHORT_EINVAL);
    begin(false);
    kh_write_nullable_array(&w, 1, true);
    expect_refused(KOHORT_EINVAL);
    begin(false);
    kh_write_unsupported(&w, false, "nothing");
    expect_status(w.status, 0);
    kh_write_unsupported(&w, true, "it");
    expect_refused(KOHORT_EVERSION);
}

KH_TEST(writer, tags_are_only_there_when_flexible)
{
    begin(false);
    kh_write_tags(&w);
    kh_write_tag_count(&w, 0);
    kh_write_i8(&w, 1);
    EXPECT(1);
    begin(true);
    kh_write_tags(&w);
    EXPECT(0);
}

KH_TEST(writer, the_size_of_a_tagged_field_is_put_before_it)
{
    static const uint8_t zeros[200];

    begin(true);
    kh_write_tag_count(&w, 3);
    size_t tag = kh_write_tag_begin(&w, 0);
    kh_write_i16(&w, 0x1234);
    kh_write_tag_end(&w, tag);
    tag = kh_write_tag_begin(&w, 300);
    kh_write_tag_end(&w, tag);
    tag = kh_write_tag_begin(&w, 301);
    kh_write_raw(&w, zeros, sizeof zeros);
    kh_write_i8(&w, 7);
    kh_write_tag_end(&w, tag);
    static const uint8_t head[] = {3, 0, 2, 0x12, 0x34, 0xac, 2, 0, 0xad, 2, 0xc9, 1};
    cr_assert_eq(w.size, sizeof head + sizeof zeros + 1);
    cr_assert(memcmp(w.data, head, sizeof head) == 0);
    cr_assert(memcmp(w.data + sizeof head, zeros, sizeof zeros) == 0);
    cr_assert_eq(w.data[w.size - 1], 7);
    kh_writer_free(&w);
}

KH_TEST(writer, a_length_can_be_put_in_later)
{
    begin(false);
    size_t at = kh_write_i32_later(&w);
    kh_write_i8(&w, 9);
    kh_write_patch_i32(&w, at, 1);
    EXPECT(0, 0, 0, 1, 9);
}

KH_TEST(writer, reset_keeps_the_memory_and_forgets_the_rest)
{
    begin(true);
    kh_write_i32(&w, 1);
    kh_write_string(&w, (struct kh_string){NULL, 0});
    kh_writer_reset(&w);
    kh_write_i8(&w, 5);
    cr_assert_eq(test_allocations(), 1);
    EXPECT(5);
}

static void write_much(void)
{
    begin(true);
    size_t frame = kh_write_i32_later(&w);
    for (int i = 0; i < 1000; i++) {
        kh_write_tag_count(&w, 1);
        size_t tag = kh_write_tag_begin(&w, 1);
        kh_write_string(&w, KH_STRING("a string"));
        kh_write_uvarint(&w, 1000);
        kh_write_tag_end(&w, tag);
    }
    kh_write_patch_i32(&w, frame, (int32_t)w.size);
}

KH_TEST(writer, any_allocation_may_fail)
{
    for (size_t i = 0; test_sweep(i); i++) {
        write_much();
        expect_status(w.status, test_allocation_failed() ? KOHORT_ENOMEM : 0);
        if (w.status == 0)
            cr_assert_eq(w.size, 4 + 1000 * (3 + 9 + 2));
        kh_writer_free(&w);
    }
}
