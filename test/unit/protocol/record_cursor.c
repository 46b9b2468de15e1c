#include "protocol/batch.h"

#include "support/records/batch_encoder.h"
#include "support/test.h"

static struct test_buffer buffer;
static kohort_record records[1024];
static struct kh_record_cursor cursor;

static void start(void)
{
    struct kh_batch_header header;
    const char *wrong = "";

    expect_status(kh_batch_header_read(buffer.data, buffer.size, &header, &wrong), 0);
    kh_record_cursor_init(&cursor, &header, buffer.data + KH_BATCH_HEADER,
                          buffer.size - KH_BATCH_HEADER);
}

static void encode(const struct test_batch *batch)
{
    test_buffer_free(&buffer);
    test_batch_append(&buffer, batch);
    start();
}

static void encode_records(const struct test_record *list, size_t count)
{
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.base_offset = list[0].offset;
    batch.records = list;
    batch.record_count = count;
    encode(&batch);
}

static bool equal(kohort_bytes a, struct kh_bytes b)
{
    return a.size == b.size && (a.data == NULL) == (b.data == NULL) &&
           (a.size == 0 || memcmp(a.data, b.data, (size_t)a.size) == 0);
}

static void expect_record(const kohort_record *got, const struct test_record *want)
{
    const void *next = got->headers;

    cr_assert_eq(got->offset, want->offset);
    cr_assert_eq(got->timestamp_ms, want->timestamp_ms);
    cr_assert_eq(got->attempt, 1);
    cr_assert(equal(got->key, want->key));
    cr_assert(equal(got->value, want->value));
    cr_assert_eq(got->header_count, want->header_count);
    for (size_t i = 0; i < want->header_count; i++) {
        kohort_bytes key, value;

        kohort_header_next(&next, &key, &value);
        cr_assert(equal(key, want->headers[i].key));
        cr_assert(equal(value, want->headers[i].value));
    }
}

/* Every shape that the fast and the thorough way could tell apart. */
KH_TEST(record_cursor, reads_records_of_every_shape)
{
    static uint8_t large[70000];
    const struct test_header headers[] = {{test_bytes("k"), test_bytes("v")},
                                          {test_bytes(""), test_bytes("")},
                                          {test_bytes("null"), {NULL, 0}},
                                          {test_bytes("large"), {large, sizeof large}}};
    const struct kh_bytes values[] = {{NULL, 0},     {large, 0},     {large, 1},
                                      {large, 63},   {large, 64},    {large, 8191},
                                      {large, 8192}, {large, 70000}, {large, 100}};
    const int64_t deltas[] = {0,  1,   63,  64,    8191,    8192,
                              -1, -64, -65, -9000, 1 << 21, INT64_C(1) << 40};
    const size_t value_count = sizeof values / sizeof *values;
    int64_t offset = 1000;

    for (size_t i = 0; i < value_count; i++)
        for (size_t j = 0; j < value_count; j++)
            for (size_t k = 0; k < sizeof deltas / sizeof *deltas; k++) {
                const struct test_record list[] = {
                    {offset, 1000000, values[2], values[2], NULL, 0},
                    {offset + 1 + (int64_t)k, 1000000 + deltas[k], values[i], values[j], headers,
                     k % 5},
                    {offset + 20000, 1000001, values[j], values[i], NULL, 0}};

                encode_records(list, 3);
                cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, 1024), 3);
                for (size_t n = 0; n < 3; n++)
                    expect_record(&records[n], &list[n]);
                cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, 1024), 0);
            }
    test_buffer_free(&buffer);
}

/* Each side of each length that an offset's varint can have. */
KH_TEST(record_cursor, counts_as_far_as_a_batch_can)
{
    const int64_t deltas[] = {0,     1,       63,      64,        8191,      8192,      16383,
                              16384, 1048575, 1048576, 134217727, 134217728, 2147483647};
    enum { COUNT = sizeof deltas / sizeof *deltas };
    struct test_record list[COUNT];

    for (int i = 0; i < COUNT; i++)
        list[i] = (struct test_record){.offset = 7 + deltas[i],
                                       .timestamp_ms = 1000 + i,
                                       .key = test_bytes("key"),
                                       .value = test_bytes("value")};
    encode_records(list, COUNT);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, 1024), COUNT);
    for (int i = 0; i < COUNT; i++)
        expect_record(&records[i], &list[i]);
    test_buffer_free(&buffer);
}

enum { MANY = 300 };
static struct test_record many[MANY];

/* Offsets 50, 53, 56, …: a compacted batch. */
static void encode_many(void)
{
    for (int i = 0; i < MANY; i++)
        many[i] = (struct test_record){.offset = 50 + 3 * i,
                                       .timestamp_ms = 1000 + i,
                                       .key = test_bytes(i % 3 == 0 ? NULL : "key"),
                                       .value = test_bytes("the value of a record")};
    encode_records(many, MANY);
}

KH_TEST(record_cursor, gives_slices_of_any_size)
{
    encode_many();
    for (int max = 1; max <= MANY + 1; max += 7) {
        int total = 0, n;

        start();
        while ((n = kh_record_cursor_next(&cursor, 0, records, max)) > 0) {
            cr_assert(n == max || total + n == MANY);
            for (int i = 0; i < n; i++)
                expect_record(&records[i], &many[total + i]);
            total += n;
        }
        cr_assert_eq(n, 0);
        cr_assert_eq(total, MANY);
    }
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, leaves_out_what_lies_below_the_fetch_offset)
{
    encode_many();
    for (int64_t from = 40; from < 50 + 3 * MANY + 10; from++) {
        int first = from <= 50 ? 0 : (int)((from - 50 + 2) / 3), total = first, n;

        start();
        while ((n = kh_record_cursor_next(&cursor, from, records, 7)) > 0)
            for (int i = 0; i < n; i++)
                expect_record(&records[i], &many[total++]);
        cr_assert_eq(n, 0);
        cr_assert_eq(total, first > MANY ? first : MANY);
    }
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, an_empty_batch_has_no_records)
{
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.base_offset = 10;
    batch.last_offset_delta = 5;
    encode(&batch);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, 10), 0);
    test_buffer_append(&buffer, "x", 1);
    test_batch_seal(buffer.data, buffer.size);
    start();
    expect_status(kh_record_cursor_next(&cursor, 0, records, 10), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, log_append_time_holds_for_every_record)
{
    const struct test_record list[] = {{.offset = 0, .timestamp_ms = 10},
                                       {.offset = 1, .timestamp_ms = 20}};
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.log_append_time = true;
    batch.max_timestamp_ms = 777;
    batch.records = list;
    batch.record_count = 2;
    encode(&batch);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, 10), 2);
    cr_assert_eq(records[0].timestamp_ms, 777);
    cr_assert_eq(records[1].timestamp_ms, 777);
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, deltas_count_from_the_delete_horizon_where_there_is_one)
{
    const struct test_record list[] = {{.offset = 0, .timestamp_ms = 1000}};
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.delete_horizon = true;
    batch.base_timestamp_ms = INT64_C(1700000000000);
    batch.records = list;
    batch.record_count = 1;
    encode(&batch);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, 10), 1);
    cr_assert_eq(records[0].timestamp_ms, 1000);
    test_buffer_free(&buffer);
}

static int drain(void)
{
    int n, total = 0;

    while ((n = kh_record_cursor_next(&cursor, 0, records, 4)) > 0)
        total += n;
    cr_assert((n < 0) == (cursor.wrong != NULL), "damage, and damage only, is explained");
    if (n < 0) {
        expect_status(n, KOHORT_ECORRUPT);
        expect_status(kh_record_cursor_next(&cursor, 0, records, 4), KOHORT_ECORRUPT);
    }
    return n < 0 ? n : total;
}

static void set_i32(size_t at, int32_t value)
{
    for (size_t i = 0; i < 4; i++)
        buffer.data[at + i] = (uint8_t)((uint32_t)value >> (24 - 8 * i));
}

KH_TEST(record_cursor, exactly_count_records_fill_a_batch)
{
    encode_many();
    for (int32_t count = 0; count <= MANY + 3; count += 30) {
        set_i32(57, count);
        start();
        cr_assert_eq(drain(), count == MANY ? MANY : KOHORT_ECORRUPT);
    }
    set_i32(57, INT32_MAX);
    start();
    expect_status(drain(), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, offsets_rise_and_stay_below_the_last_one)
{
    const struct test_record falls[] = {
        {.offset = 10}, {.offset = 12}, {.offset = 11}, {.offset = 14}};
    const struct test_record repeats[] = {
        {.offset = 10}, {.offset = 11}, {.offset = 11}, {.offset = 14}};
    const struct test_record precedes[] = {{.offset = 10}, {.offset = 9}, {.offset = 14}};

    encode_records(falls, 4);
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_records(repeats, 4);
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_records(precedes, 3);
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_many();
    set_i32(23, 3 * (MANY - 1) - 1);
    start();
    expect_status(drain(), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, slices_that_precede_damage_are_given)
{
    const struct test_record list[] = {
        {.offset = 10}, {.offset = 11}, {.offset = 12}, {.offset = 12}};

    encode_records(list, 4);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, 2), 2);
    expect_record(&records[1], &list[1]);
    expect_status(kh_record_cursor_next(&cursor, 0, records, 2), KOHORT_ECORRUPT);
    start();
    expect_status(kh_record_cursor_next(&cursor, 0, records, 10), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, timestamps_do_not_overflow)
{
    const struct test_record list[] = {{.offset = 0, .timestamp_ms = 1}};
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.records = list;
    batch.record_count = 1;
    batch.base_timestamp_ms = 0;
    encode(&batch);
    memset(buffer.data + 27, 0xff, 8);
    buffer.data[27] = 0x7f; /* base timestamp INT64_MAX, delta 1 */
    start();
    expect_status(drain(), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

/* Puts one hand-made record behind the header of a batch of one; the record's bytes as they are. */
static void encode_raw(const uint8_t *record, size_t size)
{
    const struct test_record list[] = {{.offset = 0}};

    encode_records(list, 1);
    buffer.size = KH_BATCH_HEADER;
    test_buffer_append(&buffer, record, size);
    test_batch_seal(buffer.data, buffer.size);
    start();
}

/* size, attributes, timestamp, offset, key, value, headers */
#define RECORD(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

KH_TEST(record_cursor, parts_add_up_to_the_size)
{
    encode_raw(RECORD(16, 0, 0, 0, 2, 'k', 2, 'v', 0));
    cr_assert_eq(drain(), 1);
    encode_raw(RECORD(14, 0, 0, 0, 2, 'k', 2, 'v', 0));
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_raw(RECORD(18, 0, 0, 0, 2, 'k', 2, 'v', 0, 0));
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_raw(RECORD(15, 0, 0, 0, 2, 'k', 2, 'v', 0)); /* negative */
    expect_status(drain(), KOHORT_ECORRUPT);
    /* longer than the shortest prefix that is read at once, and followed by more */
    encode_raw(RECORD(50, 0, 0, 0, 36, 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k',
                      'k', 'k', 'k', 'k', 'k', 'k', 2, 'v', 0));
    cr_assert_eq(drain(), 1);
    encode_raw(RECORD(48, 0, 0, 0, 36, 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k', 'k',
                      'k', 'k', 'k', 'k', 'k', 'k', 2, 'v', 0));
    expect_status(drain(), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

/* The first record's size covers the second one too. */
KH_TEST(record_cursor, a_record_does_not_hold_another)
{
    const struct test_record list[] = {{.offset = 0}, {.offset = 1}};
    const struct test_record far[] = {{.offset = 0},
                                      {.offset = 1, .value = test_bytes("0123456789abcdef")}};

    encode_records(list, 2); /* near the batch's end */
    buffer.data[KH_BATCH_HEADER] += 2 * 7;
    start();
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_records(far, 2);
    buffer.data[KH_BATCH_HEADER] += 2 * 23;
    start();
    expect_status(drain(), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, headers_are_checked)
{
    encode_raw(RECORD(22, 0, 0, 0, 1, 1, 2, 2, 'h', 2, 'v', 0)); /* one byte too many */
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_raw(RECORD(20, 0, 0, 0, 1, 1, 2, 2, 'h', 2, 'v'));
    cr_assert_eq(drain(), 1);
    encode_raw(RECORD(18, 0, 0, 0, 1, 1, 2, 2, 'h', 1)); /* a null value */
    cr_assert_eq(drain(), 1);
    encode_raw(RECORD(18, 0, 0, 0, 1, 1, 2, 1, 2, 'v')); /* a null key */
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_raw(RECORD(20, 0, 0, 0, 1, 1, 2, 2, 'h', 4, 'v')); /* a value beyond the record */
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_raw(RECORD(12, 0, 0, 0, 1, 1, 1)); /* -1 of them */
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_raw(RECORD(14, 0, 0, 0, 1, 1, 0xfe, 1)); /* 127 of them */
    expect_status(drain(), KOHORT_ECORRUPT);
    /* -1 of them, where a long value leaves room to read at once */
    encode_raw(RECORD(48, 0, 0, 0, 1, 36, 'v', 'v', 'v', 'v', 'v', 'v', 'v', 'v', 'v', 'v', 'v',
                      'v', 'v', 'v', 'v', 'v', 'v', 'v', 1));
    expect_status(drain(), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(record_cursor, varints_may_be_longer_than_they_need_but_not_without_end)
{
    encode_raw(RECORD(18, 0, 0x80, 0x80, 0x00, 0x80, 0x00, 1, 1, 0));
    cr_assert_eq(drain(), 1);
    encode_raw(
        RECORD(24, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 1, 1, 0, 0)); /* 6 bytes of offset */
    expect_status(drain(), KOHORT_ECORRUPT);
    encode_raw(
        RECORD(30, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 1, 1, 0));
    cr_assert_eq(drain(), 1); /* 10 bytes of timestamp */
    encode_raw(RECORD(32, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0, 1,
                      1, 0));
    expect_status(drain(), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

/* Runs the batch from memory of exactly its size, so that a sanitizer sees its end. */
static int drain_exact(void)
{
    struct test_buffer whole = buffer;
    uint8_t *exact = malloc(buffer.size);
    int result;

    memcpy(exact, buffer.data, buffer.size);
    buffer.data = exact;
    start();
    result = drain();
    buffer = whole;
    free(exact);
    return result;
}

/* Any byte changed, any size: clean under the sanitizers, and never more records than there are. */
KH_TEST(record_cursor, survives_every_change_of_every_byte)
{
    const struct test_header headers[] = {{test_bytes("key"), test_bytes("value")}};
    const struct test_record list[] = {
        {0, 100, test_bytes("key"), test_bytes("value"), headers, 1},
        {1, 101, test_bytes(NULL), test_bytes("another value"), NULL, 0},
        {2, 102, test_bytes("k"), test_bytes(NULL), headers, 1},
    };
    size_t end;

    encode_records(list, 3);
    end = buffer.size;
    for (size_t at = KH_BATCH_HEADER; at < end; at++)
        for (int value = 0; value < 256; value++) {
            uint8_t was = buffer.data[at];

            buffer.data[at] = (uint8_t)value;
            cr_assert_leq(drain_exact(), 3);
            buffer.data[at] = was;
        }
    for (buffer.size = KH_BATCH_HEADER; buffer.size < end; buffer.size++) {
        test_batch_seal(buffer.data, buffer.size);
        expect_status(drain_exact(), KOHORT_ECORRUPT);
    }
    test_buffer_free(&buffer);
}
