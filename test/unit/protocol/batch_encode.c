#include "protocol/batch_encode.h"

#include "base/limits.h"
#include "protocol/compress.h"
#include "support/records/batch_encoder.h"
#include "support/records/compress.h"
#include "support/test.h"

enum { COUNT = 600 };

static struct kh_batch_encoder encoder;
static struct kh_writer out;
static char text[COUNT];
static const struct kh_draft_header headers[] = {{{"trace", 5}, {"1234", 4}}, {{"", 0}, {NULL, 0}}};

static void begin(void)
{
    memset(text, 'x', sizeof text);
    kh_batch_encoder_init(&encoder, test_heap);
    kh_writer_init(&out, test_heap);
}

static void end(void)
{
    kh_writer_free(&out);
    kh_batch_encoder_free(&encoder);
}

/* Records of every shape: null, empty and long, times that go back, deltas that leave some out. */
static struct kh_draft_record record_at(int i)
{
    struct kh_draft_record record = {
        .timestamp_ms = 1000000 - i * i,
        .offset_delta = i * 3,
        .key = {i % 3 == 0 ? NULL : text, i % 3 == 0 ? 0 : i % 200},
        .value = {i % 5 == 0 ? NULL : text, i % 5 == 0 ? 0 : i},
    };

    if (i % 4 == 1) {
        record.headers = headers;
        record.header_count = 2;
    }
    return record;
}

static struct kh_batch_draft draft_of(enum kh_codec codec)
{
    static struct kh_draft_record records[COUNT];
    struct kh_batch_draft draft = KH_BATCH_DRAFT_DEFAULTS;

    for (int i = 0; i < COUNT; i++)
        records[i] = record_at(i);
    draft.base_offset = 40;
    draft.codec = codec;
    draft.transactional = true;
    draft.producer_id = 77;
    draft.producer_epoch = 5;
    draft.base_sequence = 11;
    draft.records = records;
    draft.count = COUNT;
    return draft;
}

static void expect_bytes(kohort_bytes here, kohort_bytes wanted)
{
    cr_assert_eq(here.data == NULL, wanted.data == NULL);
    cr_assert_eq(here.size, wanted.size);
    if (here.size > 0)
        cr_assert_eq(memcmp(here.data, wanted.data, (size_t)here.size), 0);
}

static void expect_record(const kohort_record *here, const struct kh_draft_record *wanted)
{
    const void *next = here->headers;

    cr_assert_eq(here->offset, 40 + wanted->offset_delta);
    cr_assert_eq(here->timestamp_ms, wanted->timestamp_ms);
    expect_bytes(here->key, wanted->key);
    expect_bytes(here->value, wanted->value);
    cr_assert_eq(here->header_count, wanted->header_count);
    for (uint32_t i = 0; i < here->header_count; i++) {
        kohort_bytes key, value;

        kohort_header_next(&next, &key, &value);
        expect_bytes(key, wanted->headers[i].key);
        expect_bytes(value, wanted->headers[i].value);
    }
}

/* What the library reads from the batch at out.data + from. */
static void expect_draft(const struct kh_batch_draft *draft, size_t from)
{
    static kohort_record records[COUNT + 1];
    struct kh_decompressor d;
    struct kh_batch_header header;
    struct kh_record_cursor cursor;
    const char *wrong = NULL;
    const uint8_t *batch = out.data + from;
    size_t size = out.size - from;

    kh_decompressor_init(&d, test_heap);
    expect_status(kh_batch_header_read(batch, size, &header, &wrong), 0);
    expect_status(kh_batch_check_crc(batch, size, header.crc), 0);
    cr_assert_eq(kh_batch_codec(&header), draft->codec);
    cr_assert(kh_batch_transactional(&header));
    cr_assert_not(kh_batch_control(&header));
    cr_assert_eq(header.producer_id, 77);
    cr_assert_eq(header.producer_epoch, 5);
    cr_assert_eq(header.base_sequence, 11);
    cr_assert_eq(header.max_timestamp_ms, 1000000);
    cr_assert_eq(header.partition_leader_epoch, -1);
    expect_status(kh_batch_open(&d, batch, size, true, &header, &cursor, &wrong), 0);
    cr_assert_eq(kh_record_cursor_next(&cursor, 0, records, COUNT + 1), COUNT, "%s", cursor.wrong);
    for (size_t i = 0; i < COUNT; i++)
        expect_record(&records[i], &draft->records[i]);
    kh_decompressor_free(&d);
}

KH_TEST(batch_encode, what_is_written_is_read_with_every_codec)
{
    begin();
    for (enum kh_codec codec = KH_CODEC_NONE; codec <= KH_CODEC_ZSTD; codec++) {
        struct kh_batch_draft draft = draft_of(codec);
        size_t from = out.size;

        if (!test_codec_built(codec))
            expect_status(kh_batch_encode(&encoder, &draft, &out), KOHORT_ECODEC);
        else
            expect_status(kh_batch_encode(&encoder, &draft, &out), 0);
        if (test_codec_built(codec))
            expect_draft(&draft, from);
        if (codec != KH_CODEC_NONE)
            cr_assert_lt(out.size - from, 50000, "text of one letter becomes smaller");
    }
    end();
}

KH_TEST(batch_encode, a_steady_state_allocates_nothing)
{
    begin();
    for (enum kh_codec codec = KH_CODEC_NONE; codec <= KH_CODEC_ZSTD; codec++) {
        struct kh_batch_draft draft = draft_of(codec);
        size_t allocations = 0;

        if (!test_codec_built(codec))
            continue;
        for (int i = 0; i < 10; i++) {
            kh_writer_reset(&out);
            expect_status(kh_batch_encode(&encoder, &draft, &out), 0);
            if (i == 1)
                allocations = test_allocations();
        }
        cr_assert_eq(test_allocations(), allocations, "codec %d", codec);
    }
    end();
}

KH_TEST(batch_encode, any_allocation_may_fail)
{
    for (enum kh_codec codec = KH_CODEC_NONE; codec <= KH_CODEC_ZSTD; codec++) {
        struct kh_batch_draft draft = draft_of(codec);

        if (!test_codec_built(codec))
            continue;
        for (size_t i = 0; test_sweep(i); i++) {
            int status;

            begin();
            status = kh_batch_encode(&encoder, &draft, &out);
            cr_assert(status == 0 || status == KOHORT_ENOMEM);
            cr_assert_eq(out.size == 0, status != 0);
            end();
        }
    }
}

static void expect_refused(struct kh_draft_record record, int status)
{
    struct kh_draft_record records[2] = {record_at(0), record};
    struct kh_batch_draft draft = KH_BATCH_DRAFT_DEFAULTS;

    draft.records = records;
    draft.count = 2;
    expect_status(kh_batch_encode(&encoder, &draft, &out), status);
    cr_assert_eq(out.size, 0);
}

KH_TEST(batch_encode, what_cannot_be_is_refused)
{
    const struct kh_draft_header no_key = {{NULL, 0}, {"v", 1}}, negative = {{"k", -1}, {"v", 1}},
                                 negative_value = {{"k", 1}, {"v", -1}};
    const struct kh_draft_header *bad[] = {&no_key, &negative, &negative_value};
    struct kh_batch_draft nothing = KH_BATCH_DRAFT_DEFAULTS;
    struct kh_draft_record record;

    begin();
    expect_status(kh_batch_encode(&encoder, &nothing, &out), KOHORT_EINVAL);
    expect_refused((struct kh_draft_record){.offset_delta = 0}, KOHORT_EINVAL);
    expect_refused((struct kh_draft_record){.offset_delta = -1}, KOHORT_EINVAL);
    expect_refused((struct kh_draft_record){.offset_delta = 1, .timestamp_ms = INT64_MIN},
                   KOHORT_EINVAL);
    expect_refused((struct kh_draft_record){.offset_delta = 1, .key = {"k", -1}}, KOHORT_EINVAL);
    expect_refused((struct kh_draft_record){.offset_delta = 1, .value = {"v", -1}}, KOHORT_EINVAL);
    for (size_t i = 0; i < 3; i++) {
        record = (struct kh_draft_record){.offset_delta = 1, .headers = bad[i], .header_count = 1};
        expect_refused(record, KOHORT_EINVAL);
    }
    end();
}

KH_TEST(batch_encode, what_is_too_large_is_refused_before_it_is_copied)
{
    struct kh_draft_record record = {.offset_delta = 1, .value = {text, KH_LIMIT_BATCH}};

    begin();
    expect_refused(record, KOHORT_ELIMIT); /* the value is never looked at */
    record = (struct kh_draft_record){.offset_delta = 1, .header_count = KH_LIMIT_HEADERS + 1};
    expect_refused(record, KOHORT_ELIMIT);
    end();
}
