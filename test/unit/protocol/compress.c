#include "protocol/compress.h"

#include "base/limits.h"
#include "support/records/compress.h"
#include "support/test.h"

static struct kh_decompressor d;
static struct test_buffer packed;

/* Every codec of this build. */
#define EACH_CODEC(codec)                                                                          \
    for (enum kh_codec codec = KH_CODEC_GZIP; codec <= KH_CODEC_ZSTD; codec++)                     \
        if (test_codec_built(codec))

/* Text that compresses well, and some that does not. */
static uint8_t *make_plain(size_t size)
{
    uint8_t *plain = malloc(size > 0 ? size : 1);
    uint32_t random = 1;

    for (size_t i = 0; i < size; i++) {
        random = random * 1664525 + 1013904223;
        plain[i] = i % 4096 < 3000 ? (uint8_t)('a' + i % 7) : (uint8_t)(random >> 24);
    }
    return plain;
}

static int unpack_at(enum kh_codec codec, int magic, const uint8_t **out, size_t *size)
{
    uint8_t *exact = malloc(packed.size > 0 ? packed.size : 1);
    int status;

    if (packed.size > 0)
        memcpy(exact, packed.data, packed.size);
    status = kh_decompress_message(&d, codec, magic, exact, packed.size, out, size);
    free(exact);
    return status;
}

static int unpack(enum kh_codec codec, const uint8_t **out, size_t *size)
{
    return unpack_at(codec, 2, out, size);
}

static void expect_unpacked(enum kh_codec codec, const uint8_t *plain, size_t size)
{
    const uint8_t *out;
    size_t out_size;

    expect_status(unpack(codec, &out, &out_size), 0);
    cr_assert_eq(out_size, size, "codec %d: %zu bytes of %zu", codec, out_size, size);
    cr_assert(size == 0 || memcmp(out, plain, size) == 0, "codec %d, %zu bytes", codec, size);
}

KH_TEST(compress, every_size_comes_back)
{
    const size_t sizes[] = {0, 1, 100, 4095, 4096, 4097, 65536, 131072, 131073, 1000000};

    EACH_CODEC(codec)
    {
        kh_decompressor_init(&d, test_heap);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            uint8_t *plain = make_plain(sizes[i]);

            test_compress_append(&packed, codec, plain, sizes[i]);
            expect_unpacked(codec, plain, sizes[i]);
            test_buffer_free(&packed);
            free(plain);
        }
        kh_decompressor_free(&d);
    }
}

KH_TEST(compress, a_steady_state_allocates_nothing)
{
    uint8_t *plain = make_plain(300000);

    EACH_CODEC(codec)
    {
        size_t allocations;

        kh_decompressor_init(&d, test_heap);
        test_compress_append(&packed, codec, plain, 300000);
        expect_unpacked(codec, plain, 300000);
        allocations = test_allocations();
        for (size_t size = 300000; size > 100; size /= 3) {
            test_buffer_free(&packed);
            test_compress_append(&packed, codec, plain, size);
            expect_unpacked(codec, plain, size);
        }
        cr_assert_eq(test_allocations(), allocations, "codec %d", codec);
        if (codec == KH_CODEC_GZIP || codec == KH_CODEC_SNAPPY)
            cr_assert_eq(d.capacity, 300000, "the stream told the size");
        kh_decompressor_free(&d);
        test_buffer_free(&packed);
    }
    free(plain);
}

KH_TEST(compress, streams_that_follow_each_other_are_one)
{
    uint8_t *plain = make_plain(250000);

    EACH_CODEC(codec)
    {
        kh_decompressor_init(&d, test_heap);
        test_compress_append(&packed, codec, plain, 230000);
        /* What gzip's last trailer tells is less than there is: it grows. */
        test_compress_append(&packed, codec, plain + 230000, 20000);
        expect_unpacked(codec, plain, 250000);
        kh_decompressor_free(&d);
        test_buffer_free(&packed);
    }
    free(plain);
}

KH_TEST(compress, damage_is_found_or_left_to_the_checksum)
{
    uint8_t *plain = make_plain(3000);
    const uint8_t *out;
    size_t size;

    EACH_CODEC(codec)
    {
        kh_decompressor_init(&d, test_heap);
        test_compress_append(&packed, codec, plain, 3000);
        for (size_t at = 0; at < packed.size; at++)
            for (int change = 1; change < 256; change += 17) {
                packed.data[at] ^= (uint8_t)change;
                /* gzip alone has a checksum. Some bits mean nothing: its header's time, code
                 * lengths that are not used. */
                if (unpack(codec, &out, &size) == 0 && codec == KH_CODEC_GZIP)
                    cr_assert(size == 3000 && memcmp(out, plain, size) == 0, "byte %zu", at);
                packed.data[at] ^= (uint8_t)change;
            }
        expect_unpacked(codec, plain, 3000); /* the context is as good as before */
        kh_decompressor_free(&d);
        test_buffer_free(&packed);
    }
    free(plain);
}

KH_TEST(compress, no_prefix_is_taken_for_all)
{
    enum { XERIAL_HEADER = 16 };
    uint8_t *plain = make_plain(3000);
    const uint8_t *out;
    size_t size;

    EACH_CODEC(codec)
    {
        kh_decompressor_init(&d, test_heap);
        test_compress_append(&packed, codec, plain, 3000);
        while (packed.size-- > 0) {
            int status = unpack(codec, &out, &size);

            if (codec == KH_CODEC_SNAPPY && packed.size == XERIAL_HEADER)
                cr_assert(status == 0 && size == 0, "it has no chunks");
            else if (codec == KH_CODEC_SNAPPY && packed.size < XERIAL_HEADER)
                cr_assert(status == KOHORT_ECORRUPT || status == KOHORT_ELIMIT);
            else
                expect_status(status, KOHORT_ECORRUPT);
        }
        kh_decompressor_free(&d);
        test_buffer_free(&packed);
    }
    free(plain);
}

KH_TEST(compress, no_more_than_the_limit_is_made)
{
    uint8_t *zeros = calloc(1, KH_LIMIT_BATCH_DECOMPRESSED + 1);
    const uint8_t *out;
    size_t size;

    EACH_CODEC(codec)
    {
        kh_decompressor_init(&d, test_heap);
        test_compress_append(&packed, codec, zeros, KH_LIMIT_BATCH_DECOMPRESSED);
        expect_unpacked(codec, zeros, KH_LIMIT_BATCH_DECOMPRESSED);
        test_buffer_free(&packed);
        test_compress_append(&packed, codec, zeros, KH_LIMIT_BATCH_DECOMPRESSED + 1);
        expect_status(unpack(codec, &out, &size), KOHORT_ELIMIT);
        cr_assert_leq(d.capacity, KH_LIMIT_BATCH_DECOMPRESSED);
        kh_decompressor_free(&d);
        test_buffer_free(&packed);
    }
    free(zeros);
}

KH_TEST(compress, memory_that_runs_out_is_an_error)
{
    uint8_t *plain = make_plain(250000);
    const uint8_t *out;
    size_t size;

    EACH_CODEC(codec)
    {
        test_compress_append(&packed, codec, plain, 230000);
        test_compress_append(&packed, codec, plain + 230000, 20000);
        for (size_t i = 0; test_sweep(i); i++) {
            kh_decompressor_init(&d, test_heap);
            expect_status(unpack(codec, &out, &size), test_allocation_failed() ? KOHORT_ENOMEM : 0);
            if (test_allocation_failed())
                expect_unpacked(codec, plain, 250000); /* the context is as good as before */
            kh_decompressor_free(&d);
        }
        test_buffer_free(&packed);
    }
    free(plain);
}

KH_TEST(compress, snappy_comes_raw_too)
{
    uint8_t *plain = make_plain(70000);

    if (!test_codec_built(KH_CODEC_SNAPPY))
        cr_skip_test("a build without snappy");
    kh_decompressor_init(&d, test_heap);
    test_snappy_append_raw(&packed, plain, 70000);
    expect_unpacked(KH_CODEC_SNAPPY, plain, 70000);
    kh_decompressor_free(&d);
    test_buffer_free(&packed);
    free(plain);
}

KH_TEST(compress, of_lz4_only_magic_0_may_have_a_wrong_header_checksum)
{
    enum { CHECKSUM = 6 };
    uint8_t *plain = make_plain(70000);
    const uint8_t *out;
    size_t size;

    if (!test_codec_built(KH_CODEC_LZ4))
        cr_skip_test("a build without lz4");
    kh_decompressor_init(&d, test_heap);
    test_compress_append(&packed, KH_CODEC_LZ4, plain, 70000);
    for (int change = 0; change < 256; change++) {
        packed.data[CHECKSUM] ^= (uint8_t)change;
        expect_status(unpack_at(KH_CODEC_LZ4, 0, &out, &size), 0);
        cr_assert(size == 70000 && memcmp(out, plain, size) == 0);
        expect_status(unpack_at(KH_CODEC_LZ4, 1, &out, &size), change == 0 ? 0 : KOHORT_ECORRUPT);
        packed.data[CHECKSUM] ^= (uint8_t)change;
    }
    while (packed.size-- > 0)
        expect_status(unpack_at(KH_CODEC_LZ4, 0, &out, &size), KOHORT_ECORRUPT);
    kh_decompressor_free(&d);
    test_buffer_free(&packed);
    free(plain);
}

KH_TEST(compress, of_lz4_a_header_with_every_field_has_its_checksum_too)
{
    /* Content size and dictionary id; xxHash32 of the descriptor is not the library's here. */
    const uint8_t frame[] = {0x04, 0x22, 0x4d, 0x18, 0x69, 0x40, 5, 0,    0, 0, 0,
                             0,    0,    0,    7,    0,    0,    0, 0xff, 5, 0, 0,
                             0x80, 'h',  'e',  'l',  'l',  'o',  0, 0,    0, 0};
    const uint8_t *out;
    size_t size;

    if (!test_codec_built(KH_CODEC_LZ4))
        cr_skip_test("a build without lz4");
    kh_decompressor_init(&d, test_heap);
    expect_status(kh_decompress_message(&d, KH_CODEC_LZ4, 0, frame, sizeof frame, &out, &size), 0);
    cr_assert(size == 5 && memcmp(out, "hello", size) == 0);
    kh_decompressor_free(&d);
}

KH_TEST(compress, none_is_the_bytes_themselves_and_what_is_not_built_is_named)
{
    const uint8_t bytes[] = {1, 2, 3}, *out;
    size_t size;

    kh_decompressor_init(&d, test_heap);
    expect_status(kh_decompress(&d, KH_CODEC_NONE, bytes, 3, &out, &size), 0);
    cr_assert(out == bytes && size == 3);
    for (enum kh_codec codec = KH_CODEC_GZIP; codec <= KH_CODEC_ZSTD; codec++)
        if (!test_codec_built(codec))
            expect_status(kh_decompress(&d, codec, bytes, 3, &out, &size), KOHORT_ECODEC);
    for (int magic = 0; magic < 2; magic++)
        expect_status(kh_decompress_message(&d, KH_CODEC_ZSTD, magic, bytes, 3, &out, &size),
                      KOHORT_ECODEC);
    kh_decompressor_free(&d);
}
