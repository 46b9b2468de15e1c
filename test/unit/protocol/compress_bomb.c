/* Streams of 1 MiB that want gigabytes, or say so (catalogue row 57): they end with a clear status,
 * and what they cost is bounded by the limits, whatever they say. */
#include "protocol/compress.h"

#include "base/limits.h"
#include "support/records/compress.h"
#include "support/test.h"

enum { SIZE = KH_MIB };

static struct kh_decompressor d;
static struct test_buffer bomb;

static struct kh_heap heap;
static size_t largest; /* what the codec asked for at once, its window too */

static void *reallocate(void *arg, void *old, size_t size)
{
    largest = size > largest ? size : largest;
    return test_heap->reallocate(arg, old, size);
}

static void begin(enum kh_codec codec)
{
    if (!test_codec_built(codec))
        cr_skip_test("a build without this codec");
    heap = *test_heap;
    heap.reallocate = reallocate;
    largest = 0;
    kh_decompressor_init(&d, &heap);
}

static void expect_end(enum kh_codec codec, int status)
{
    const uint8_t *out;
    size_t size;

    expect_status(kh_decompress(&d, codec, bomb.data, bomb.size, &out, &size), status);
    cr_assert_leq(largest, KH_LIMIT_BATCH_DECOMPRESSED);
    kh_decompressor_free(&d);
    cr_assert_eq(heap.outstanding, test_heap->outstanding);
    test_buffer_free(&bomb);
}

static void append(const char *bytes, size_t size)
{
    test_buffer_append(&bomb, bytes, size);
}

#define APPEND(literal) append(literal, sizeof literal - 1)

KH_TEST(bomb, gzip)
{
    uint8_t *zeros = calloc(1, 16 * KH_MIB);

    begin(KH_CODEC_GZIP);
    while (bomb.size < SIZE)
        test_compress_append(&bomb, KH_CODEC_GZIP, zeros, 16 * KH_MIB);
    free(zeros);
    expect_end(KH_CODEC_GZIP, KOHORT_ELIMIT);
}

KH_TEST(bomb, gzip_whose_trailer_lies)
{
    begin(KH_CODEC_GZIP);
    test_compress_append(&bomb, KH_CODEC_GZIP, "short", 5);
    memset(bomb.data + bomb.size - 4, 0xff, 4);
    expect_end(KH_CODEC_GZIP, KOHORT_ECORRUPT);
}

KH_TEST(bomb, snappy_that_says_4_gib)
{
    begin(KH_CODEC_SNAPPY);
    APPEND("\xff\xff\xff\xff\x0f");
    memset(test_buffer_extend(&bomb, SIZE), 0xfe, SIZE);
    expect_end(KH_CODEC_SNAPPY, KOHORT_ELIMIT);
}

KH_TEST(bomb, snappy_that_says_more_than_its_bytes_can_hold)
{
    begin(KH_CODEC_SNAPPY);
    APPEND("\x80\x80\x80\x08\xfe\1\0"); /* 16 MiB */
    expect_end(KH_CODEC_SNAPPY, KOHORT_ELIMIT);
    cr_assert_eq(largest, 0);
}

/* As much as a stream of this size can give, and it gives less. */
KH_TEST(bomb, snappy_that_says_what_it_could_hold)
{
    begin(KH_CODEC_SNAPPY);
    APPEND("\x80\x80\x80\x08"); /* 16 MiB */
    memset(test_buffer_extend(&bomb, SIZE), 0, SIZE);
    expect_end(KH_CODEC_SNAPPY, KOHORT_ECORRUPT);
}

static void append_xerial_header(void)
{
    append("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
}

KH_TEST(bomb, xerial_of_many_chunks)
{
    static uint8_t zeros[32 * KH_KIB];
    struct test_buffer chunk = {0};

    begin(KH_CODEC_SNAPPY);
    append_xerial_header();
    test_snappy_append_raw(&chunk, zeros, sizeof zeros);
    for (int i = 0; i < 2049; i++) {
        test_buffer_append_int(&bomb, chunk.size, 4);
        test_buffer_append(&bomb, chunk.data, chunk.size);
    }
    test_buffer_free(&chunk);
    expect_end(KH_CODEC_SNAPPY, KOHORT_ELIMIT);
}

/* CVE-2023-34455: the size was believed, or was negative. */
KH_TEST(bomb, xerial_chunks_of_impossible_sizes)
{
    const uint32_t sizes[] = {UINT32_MAX, UINT32_MAX - 1, INT32_MAX, 0, 1, SIZE + 1, 0x82534e41};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        begin(KH_CODEC_SNAPPY);
        append_xerial_header();
        test_buffer_append_int(&bomb, sizes[i], 4);
        memset(test_buffer_extend(&bomb, SIZE), 0x80, SIZE);
        expect_end(KH_CODEC_SNAPPY, KOHORT_ECORRUPT);
    }
}

KH_TEST(bomb, xerial_of_a_version_that_does_not_exist)
{
    begin(KH_CODEC_SNAPPY);
    append("\x82SNAPPY\0\0\0\0\0\0\0\0\1", 16);
    expect_end(KH_CODEC_SNAPPY, KOHORT_ECORRUPT);
}

/* Blocks of 4 MiB, each one literal and one match as long as the block. */
KH_TEST(bomb, lz4)
{
    enum { BLOCK = 4 * KH_MIB, MORE = BLOCK / 255 - 2 };

    begin(KH_CODEC_LZ4);
    APPEND("\x04\x22\x4d\x18\x60\x70\x73");
    while (bomb.size < SIZE) {
        const uint8_t size[] = {(uint8_t)(MORE + 12), (uint8_t)((MORE + 12) >> 8), 0, 0};

        test_buffer_append(&bomb, size, sizeof size);
        APPEND("\x1fx\1\0");
        memset(test_buffer_extend(&bomb, MORE), 0xff, MORE);
        APPEND("\0\x60xxxxxx");
    }
    APPEND("\0\0\0\0");
    expect_end(KH_CODEC_LZ4, KOHORT_ELIMIT);
}

KH_TEST(bomb, lz4_block_larger_than_its_frame_allows)
{
    begin(KH_CODEC_LZ4);
    APPEND("\x04\x22\x4d\x18\x60\x40\x82\xff\xff\xff\x7f");
    memset(test_buffer_extend(&bomb, SIZE), 0, SIZE);
    expect_end(KH_CODEC_LZ4, KOHORT_ECORRUPT);
}

/* 32 GiB: each block is one byte that repeats. `window`: the frame header's descriptor. */
static void append_zstd_blocks(uint8_t window)
{
    APPEND("\x28\xb5\x2f\xfd\0");
    test_buffer_append_int(&bomb, window, 1);
    while (bomb.size < SIZE)
        append("\x02\0\x10x", 4);
    append("\x03\0\x10x", 4);
}

KH_TEST(bomb, zstd)
{
    begin(KH_CODEC_ZSTD);
    append_zstd_blocks(7 << 3); /* a window of 128 KiB */
    expect_end(KH_CODEC_ZSTD, KOHORT_ELIMIT);
}

KH_TEST(bomb, zstd_with_a_window_of_2_gib)
{
    begin(KH_CODEC_ZSTD);
    append_zstd_blocks(21 << 3);
    expect_end(KH_CODEC_ZSTD, KOHORT_ELIMIT);
}

KH_TEST(bomb, zstd_whose_content_size_lies)
{
    begin(KH_CODEC_ZSTD);
    APPEND("\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x40"); /* 2^62 in one segment */
    append("\x03\0\x10x", 4);
    expect_end(KH_CODEC_ZSTD, KOHORT_ELIMIT);
    begin(KH_CODEC_ZSTD);
    APPEND("\x28\xb5\x2f\xfd\x20\x05"); /* 5 */
    append("\x03\0\x10x", 4);
    expect_end(KH_CODEC_ZSTD, KOHORT_ECORRUPT);
}
