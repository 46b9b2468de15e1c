#include "protocol/batch.h"

#include "base/limits.h"
#include "support/records/batch_encoder.h"
#include "support/test.h"

static struct test_buffer buffer;

/* A batch of one record at offset 100, in `buffer`. */
static void encode_one(void)
{
    const struct test_record record = {
        .offset = 107, .timestamp_ms = 5000, .value = test_bytes("v")};
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.base_offset = 100;
    batch.partition_leader_epoch = 3;
    batch.last_offset_delta = 9;
    batch.transactional = true;
    batch.producer_id = 77;
    batch.producer_epoch = 5;
    batch.base_sequence = 11;
    batch.records = &record;
    batch.record_count = 1;
    test_batch_append(&buffer, &batch);
}

static int read_header(struct kh_batch_header *header)
{
    const char *wrong = NULL;
    int status = kh_batch_header_read(buffer.data, buffer.size, header, &wrong);

    cr_assert((status == 0) == (wrong == NULL), "every refusal says why");
    return status;
}

KH_TEST(batch, header_is_read)
{
    struct kh_batch_header header;
    size_t size;

    encode_one();
    expect_status(read_header(&header), 0);
    cr_assert_eq(header.base_offset, 100);
    cr_assert_eq(header.partition_leader_epoch, 3);
    cr_assert_eq(header.magic, 2);
    cr_assert_eq(header.last_offset_delta, 9);
    cr_assert_eq(kh_batch_last_offset(&header), 109);
    cr_assert_eq(header.base_timestamp_ms, 5000);
    cr_assert_eq(header.max_timestamp_ms, 5000);
    cr_assert_eq(header.producer_id, 77);
    cr_assert_eq(header.producer_epoch, 5);
    cr_assert_eq(header.base_sequence, 11);
    cr_assert_eq(header.count, 1);
    cr_assert_eq(kh_batch_codec(&header), KH_CODEC_NONE);
    cr_assert(kh_batch_transactional(&header));
    cr_assert_not(kh_batch_control(&header));
    cr_assert_not(kh_batch_log_append_time(&header));
    cr_assert_not(kh_batch_has_delete_horizon(&header));
    cr_assert_eq(kh_batch_size(&header), buffer.size);
    expect_status(kh_batch_peek_size(buffer.data, &size), 0);
    cr_assert_eq(size, buffer.size);
    test_buffer_free(&buffer);
}

KH_TEST(batch, checksum_covers_every_byte_from_the_attributes_on)
{
    struct kh_batch_header header;

    encode_one();
    expect_status(read_header(&header), 0);
    expect_status(kh_batch_check_crc(buffer.data, buffer.size, header.crc), 0);
    for (size_t i = 0; i < buffer.size; i++) {
        bool covered = i >= 21;

        buffer.data[i] ^= 1;
        expect_status(kh_batch_check_crc(buffer.data, buffer.size, header.crc),
                      covered ? KOHORT_ECORRUPT : 0);
        buffer.data[i] ^= 1;
    }
    test_buffer_free(&buffer);
}

KH_TEST(batch, base_offset_moves_without_a_new_checksum)
{
    struct kh_batch_header header;

    encode_one();
    test_batch_set_base_offset(buffer.data, INT64_C(0x123456789abcdef0));
    expect_status(read_header(&header), 0);
    cr_assert_eq(header.base_offset, INT64_C(0x123456789abcdef0));
    expect_status(kh_batch_check_crc(buffer.data, buffer.size, header.crc), 0);
    test_buffer_free(&buffer);
}

static void set_i32(size_t at, int32_t value)
{
    for (size_t i = 0; i < 4; i++)
        buffer.data[at + i] = (uint8_t)((uint32_t)value >> (24 - 8 * i));
}

KH_TEST(batch, headers_that_lie_are_refused)
{
    const struct {
        size_t at;
        int32_t value;
    } lies[] = {
        {8, 0},   {8, -1},         {8, INT32_MAX}, {8, INT32_MIN}, {8, 48}, /* length */
        {23, -1}, {23, INT32_MIN},                                          /* last offset delta */
        {57, -1}, {57, INT32_MIN},                                          /* count */
    };
    struct kh_batch_header header;

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        encode_one();
        set_i32(lies[i].at, lies[i].value);
        expect_status(read_header(&header), KOHORT_ECORRUPT);
        test_buffer_free(&buffer);
    }
}

KH_TEST(batch, last_offset_and_the_position_behind_it_must_exist)
{
    struct kh_batch_header header;

    encode_one();
    test_batch_set_base_offset(buffer.data, INT64_MAX - 10);
    expect_status(read_header(&header), 0);
    cr_assert_eq(kh_batch_last_offset(&header), INT64_MAX - 1);
    test_batch_set_base_offset(buffer.data, INT64_MAX - 9);
    expect_status(read_header(&header), KOHORT_ECORRUPT);
    test_batch_set_base_offset(buffer.data, INT64_MAX);
    expect_status(read_header(&header), KOHORT_ECORRUPT);
    test_batch_set_base_offset(buffer.data, -1);
    expect_status(read_header(&header), KOHORT_ECORRUPT);
    test_batch_set_base_offset(buffer.data, INT64_MIN);
    expect_status(read_header(&header), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(batch, a_batch_cut_short_is_refused_at_every_byte)
{
    struct kh_batch_header header;
    const char *wrong;

    encode_one();
    for (size_t size = 0; size < buffer.size; size++)
        expect_status(kh_batch_header_read(buffer.data, size, &header, &wrong), KOHORT_ECORRUPT);
    test_buffer_free(&buffer);
}

KH_TEST(batch, other_formats_and_unknown_codecs_are_named)
{
    struct kh_batch_header header;

    encode_one();
    for (int magic = 0; magic < 256; magic++) {
        buffer.data[16] = (uint8_t)magic;
        expect_status(read_header(&header), magic == 2  ? 0
                                            : magic < 2 ? KOHORT_ECORRUPT /* as a message */
                                                        : KOHORT_ECODEC);
    }
    buffer.data[16] = 2;
    for (int codec = 0; codec < 8; codec++) {
        buffer.data[22] = (uint8_t)codec;
        expect_status(read_header(&header), codec <= KH_CODEC_ZSTD ? 0 : KOHORT_ECODEC);
    }
    test_buffer_free(&buffer);
}

KH_TEST(batch, sizes_that_cannot_be_are_told_from_sizes_too_large)
{
    uint8_t prefix[KH_BATCH_PREFIX] = {0};
    size_t size = 0;
    const struct {
        uint32_t length;
        int status;
    } cases[] = {{0, KOHORT_ECORRUPT},
                 {13, KOHORT_ECORRUPT},
                 {14, 0},
                 {UINT32_MAX, KOHORT_ECORRUPT},
                 {KH_LIMIT_BATCH - 12, 0},
                 {KH_LIMIT_BATCH - 11, KOHORT_ELIMIT},
                 {INT32_MAX, KOHORT_ELIMIT}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t j = 0; j < 4; j++)
            prefix[8 + j] = (uint8_t)(cases[i].length >> (24 - 8 * j));
        expect_status(kh_batch_peek_size(prefix, &size), cases[i].status);
        if (cases[i].status == 0)
            cr_assert_eq(size, cases[i].length + (size_t)12);
    }
}
