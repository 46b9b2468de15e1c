#include "protocol/batch.h"

#include "protocol/compress.h"
#include "protocol/crc32.h"
#include "support/records/batch_encoder.h"
#include "support/records/compress.h"
#include "support/records/message_encoder.h"
#include "support/test.h"

enum { MAX = 16 };

static struct kh_decompressor d;
static struct test_buffer buffer, set;
static struct kh_batch_header header;
static struct kh_record_cursor cursor;
static kohort_record records[MAX];
static const char *wrong;

static void begin(void)
{
    kh_decompressor_init(&d, test_heap);
    test_buffer_free(&buffer);
    test_buffer_free(&set);
}

static void end(void)
{
    kh_decompressor_free(&d);
    test_buffer_free(&buffer);
    test_buffer_free(&set);
}

/* Everything a consumer does to a batch. How many records, or the first error. */
static int read_from(int64_t from_offset)
{
    int status;

    wrong = NULL;
    status = kh_batch_header_read(buffer.data, buffer.size, &header, &wrong);
    if (status == 0)
        status = kh_batch_check_crc(buffer.data, buffer.size, header.crc);
    if (status == 0)
        status = kh_batch_open(&d, buffer.data, buffer.size, true, &header, &cursor, &wrong);
    if (status == 0)
        status = kh_record_cursor_next(&cursor, from_offset, records, MAX);
    if (cursor.wrong != NULL)
        wrong = cursor.wrong;
    return status;
}

static void add_inner(int magic, int64_t offset, const char *value)
{
    test_message_append(&set, &(struct test_message){.magic = magic,
                                                     .offset = offset,
                                                     .timestamp_ms = 1000 + offset,
                                                     .value = test_bytes(value)});
}

static void wrap(int magic, int64_t offset, enum kh_codec codec)
{
    test_message_append_set(
        &buffer,
        &(struct test_message){
            .magic = magic, .offset = offset, .timestamp_ms = 5000, .codec = codec},
        &set);
}

KH_TEST(message_set, the_checksum_is_the_one_of_its_standard)
{
    cr_assert_eq(kh_crc32((const uint8_t *)"123456789", 9), 0xcbf43926);
    cr_assert_eq(kh_crc32(NULL, 0), 0);
}

KH_TEST(message_set, one_message_is_a_batch_of_one)
{
    for (int magic = 0; magic < 2; magic++) {
        begin();
        test_message_append(&buffer, &(struct test_message){.magic = magic,
                                                            .offset = 42,
                                                            .timestamp_ms = 1234,
                                                            .key = test_bytes("key"),
                                                            .value = test_bytes("value")});
        cr_assert_eq(read_from(0), 1);
        cr_assert(header.base_offset == 42 && kh_batch_last_offset(&header) == 42);
        cr_assert(header.magic == magic && header.partition_leader_epoch == -1);
        cr_assert(records[0].offset == 42 && records[0].timestamp_ms == (magic == 0 ? -1 : 1234));
        cr_assert(records[0].key.size == 3 && memcmp(records[0].key.data, "key", 3) == 0);
        cr_assert(records[0].value.size == 5 && memcmp(records[0].value.data, "value", 5) == 0);
        cr_assert(records[0].header_count == 0 && records[0].attempt == 1);
        cr_assert_eq(read_from(43), 0);
        end();
    }
}

KH_TEST(message_set, null_and_empty_are_told_apart)
{
    begin();
    test_message_append(&buffer, &(struct test_message){.value = test_bytes("")});
    cr_assert_eq(read_from(0), 1);
    cr_assert(records[0].key.data == NULL && records[0].key.size == 0);
    cr_assert(records[0].value.data != NULL && records[0].value.size == 0);
    end();
}

KH_TEST(message_set, with_magic_1_offsets_inside_are_relative_to_the_last)
{
    for (enum kh_codec codec = KH_CODEC_GZIP; codec <= KH_CODEC_LZ4; codec++) {
        if (!test_codec_built(codec))
            continue;
        begin();
        add_inner(1, 0, "a");
        add_inner(1, 2, "b"); /* compaction took 1 */
        add_inner(1, 3, "c");
        wrap(1, 103, codec);
        cr_assert_eq(read_from(0), 3);
        cr_assert(header.base_offset == 100 && kh_batch_last_offset(&header) == 103);
        cr_assert_eq(header.count, 3);
        cr_assert(records[0].offset == 100 && records[1].offset == 102 && records[2].offset == 103);
        cr_assert(records[0].timestamp_ms == 1000 && records[2].timestamp_ms == 1003);
        cr_assert_eq(read_from(101), 2);
        cr_assert_eq(records[0].offset, 102);
        end();
    }
}

KH_TEST(message_set, with_magic_0_offsets_inside_are_the_logs)
{
    if (!test_codec_built(KH_CODEC_GZIP))
        cr_skip_test("a build without gzip");
    begin();
    add_inner(0, 100, "a");
    add_inner(0, 103, "b");
    wrap(0, 104, KH_CODEC_GZIP); /* the last one was compacted away */
    cr_assert_eq(read_from(0), 2);
    cr_assert(header.base_offset == 100 && kh_batch_last_offset(&header) == 104);
    cr_assert(records[0].offset == 100 && records[1].offset == 103);
    cr_assert_eq(records[0].timestamp_ms, -1);
    end();
}

KH_TEST(message_set, an_outer_offset_of_0_was_not_set)
{
    if (!test_codec_built(KH_CODEC_GZIP))
        cr_skip_test("a build without gzip");
    begin();
    add_inner(1, 0, "a");
    add_inner(1, 1, "b");
    wrap(1, 0, KH_CODEC_GZIP);
    cr_assert_eq(read_from(0), 2);
    cr_assert(records[0].offset == 0 && records[1].offset == 1);
    cr_assert_eq(kh_batch_last_offset(&header), 1);
    end();
}

KH_TEST(message_set, the_brokers_append_time_is_everyones)
{
    if (!test_codec_built(KH_CODEC_GZIP))
        cr_skip_test("a build without gzip");
    begin();
    add_inner(1, 0, "a");
    add_inner(1, 1, "b");
    test_message_append_set(&buffer,
                            &(struct test_message){.magic = 1,
                                                   .offset = 1,
                                                   .timestamp_ms = 7777,
                                                   .codec = KH_CODEC_GZIP,
                                                   .log_append_time = true},
                            &set);
    cr_assert_eq(read_from(0), 2);
    cr_assert(records[0].timestamp_ms == 7777 && records[1].timestamp_ms == 7777);
    end();
}

KH_TEST(message_set, what_is_damaged_is_refused)
{
    begin();
    test_message_append(&buffer, &(struct test_message){.magic = 1,
                                                        .offset = 42,
                                                        .key = test_bytes("key"),
                                                        .value = test_bytes("value")});
    for (size_t at = 0; at < buffer.size; at++) {
        buffer.data[at] ^= 0x81;
        if (at >= 8) /* the offset is the broker's, and not covered */
            cr_assert_lt(read_from(0), 0, "byte %zu", at);
        buffer.data[at] ^= 0x81;
    }
    for (size_t at = 0; at < 8; at += 7) { /* negative; and the highest, which nothing can follow */
        memset(buffer.data, at == 0 ? 0xff : 0x7f, 1);
        memset(buffer.data + 1, 0xff, 7);
        expect_status(read_from(0), KOHORT_ECORRUPT);
    }
    memset(buffer.data, 0, 8);
    for (size_t size = buffer.size; buffer.size > 0; buffer.size--) {
        if (buffer.size == size)
            continue;
        expect_status(read_from(0), KOHORT_ECORRUPT);
        if (buffer.size < 16)
            continue;
        test_message_seal(buffer.data, buffer.size);
        expect_status(read_from(0), KOHORT_ECORRUPT);
    }
    end();
}

KH_TEST(message_set, codecs_that_came_later_are_named)
{
    begin();
    for (int codec = KH_CODEC_ZSTD; codec < 8; codec++) {
        test_buffer_free(&buffer);
        test_message_append(&buffer, &(struct test_message){.codec = (enum kh_codec)codec,
                                                            .value = test_bytes("value")});
        expect_status(read_from(0), KOHORT_ECODEC);
    }
    test_buffer_free(&buffer);
    test_message_append(&buffer, &(struct test_message){.codec = KH_CODEC_GZIP});
    expect_status(read_from(0), KOHORT_ECORRUPT);
    end();
}

/* What add_inner wrote, wrapped: refused, for the reason given. */
static void expect_refused(int magic, int64_t offset, const char *reason)
{
    wrap(magic, offset, KH_CODEC_GZIP);
    expect_status(read_from(0), KOHORT_ECORRUPT);
    cr_assert_str_eq(wrong, reason);
    end();
}

KH_TEST(message_set, what_is_wrong_inside_is_refused)
{
    if (!test_codec_built(KH_CODEC_GZIP))
        cr_skip_test("a build without gzip");
    begin();
    add_inner(0, 0, "a");
    expect_refused(1, 0, "a compressed message holds one of another format");
    begin();
    expect_refused(1, 0, "a compressed message holds nothing");
    begin();
    add_inner(1, 1, "a");
    add_inner(1, 1, "b");
    expect_refused(1, 1, "the offsets inside a compressed message do not rise");
    begin();
    add_inner(1, 5, "a");
    expect_refused(1, 4, "a compressed message's offset lies below those inside");
    begin();
    add_inner(0, 1, "a");
    add_inner(0, (int64_t)INT32_MAX + 2, "b");
    expect_refused(0, (int64_t)INT32_MAX + 2,
                   "the offsets inside a compressed message lie too far apart");
    begin();
    add_inner(1, 0, "a");
    set.size--;
    expect_refused(1, 0, "a message runs beyond its set");
    begin();
    add_inner(1, 0, "a");
    set.data[set.size - 1] ^= 1;
    expect_refused(1, 0, "the CRC of a message inside a compressed one does not match");
    begin();
    test_message_append(&set, &(struct test_message){.magic = 1, .codec = KH_CODEC_SNAPPY});
    expect_refused(1, 0, "a compressed message holds a compressed one");
}

KH_TEST(message_set, a_consumer_that_checks_no_checksums_gets_what_is_there)
{
    if (!test_codec_built(KH_CODEC_GZIP))
        cr_skip_test("a build without gzip");
    begin();
    add_inner(1, 0, "a");
    set.data[set.size - 1] ^= 1;
    wrap(1, 0, KH_CODEC_GZIP);
    expect_status(kh_batch_header_read(buffer.data, buffer.size, &header, &wrong), 0);
    expect_status(kh_batch_open(&d, buffer.data, buffer.size, false, &header, &cursor, &wrong), 0);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, MAX), 1);
    end();
}

KH_TEST(message_set, slices_follow_each_other)
{
    if (!test_codec_built(KH_CODEC_GZIP))
        cr_skip_test("a build without gzip");
    begin();
    for (int i = 0; i < 3 * MAX + 5; i++)
        add_inner(1, i, "value");
    wrap(1, 1000, KH_CODEC_GZIP);
    for (int slice = 0; slice < 3; slice++) {
        int count = slice == 0 ? read_from(0) : kh_record_cursor_next(&cursor, 0, records, MAX);

        cr_assert_eq(count, MAX);
        cr_assert_eq(records[0].offset, 1000 - 3 * MAX - 4 + slice * MAX);
    }
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, MAX), 5);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, MAX), 0);
    end();
}
