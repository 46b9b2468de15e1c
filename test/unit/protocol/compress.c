#include "protocol/compress.h"

#include "base/limits.h"
#include "support/records/gzip.h"
#include "support/test.h"

static struct kh_decompressor d;
static struct test_buffer packed;

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

static int unpack(const uint8_t **out, size_t *size)
{
    uint8_t *exact = malloc(packed.size > 0 ? packed.size : 1);
    int status;

    memcpy(exact, packed.data, packed.size);
    status = kh_decompress(&d, KH_CODEC_GZIP, exact, packed.size, out, size);
    free(exact);
    return status;
}

static void expect_unpacked(const uint8_t *plain, size_t size)
{
    const uint8_t *out;
    size_t out_size;

    expect_status(unpack(&out, &out_size), 0);
    cr_assert_eq(out_size, size);
    cr_assert(size == 0 || memcmp(out, plain, size) == 0);
}

KH_TEST(compress, gzip_of_every_size_comes_back)
{
    const size_t sizes[] = {0, 1, 100, 4095, 4096, 4097, 65536, 1000000};

    kh_decompressor_init(&d, test_heap);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *plain = make_plain(sizes[i]);

        test_gzip_append(&packed, plain, sizes[i]);
        expect_unpacked(plain, sizes[i]);
        test_buffer_free(&packed);
        free(plain);
    }
    kh_decompressor_free(&d);
}

KH_TEST(compress, a_steady_state_allocates_nothing)
{
    uint8_t *plain = make_plain(100000);
    size_t allocations;

    kh_decompressor_init(&d, test_heap);
    test_gzip_append(&packed, plain, 100000);
    expect_unpacked(plain, 100000);
    allocations = test_allocations();
    cr_assert_eq(d.capacity, 100000, "the trailer told the size");
    for (int i = 0; i < 3; i++)
        expect_unpacked(plain, 100000);
    cr_assert_eq(test_allocations(), allocations);
    kh_decompressor_free(&d);
    test_buffer_free(&packed);
    free(plain);
}

KH_TEST(compress, members_that_follow_each_other_are_one_stream)
{
    uint8_t *plain = make_plain(50000);

    kh_decompressor_init(&d, test_heap);
    test_gzip_append(&packed, plain, 30000);
    test_gzip_append(&packed, plain + 30000,
                     20000); /* its trailer tells less than there is: it grows */
    expect_unpacked(plain, 50000);
    kh_decompressor_free(&d);
    test_buffer_free(&packed);
    free(plain);
}

KH_TEST(compress, damage_is_found_at_every_byte)
{
    uint8_t *plain = make_plain(3000);
    const uint8_t *out;
    size_t size;

    kh_decompressor_init(&d, test_heap);
    test_gzip_append(&packed, plain, 3000);
    for (size_t at = 0; at < packed.size; at++)
        for (int change = 1; change < 256; change += 17) {
            packed.data[at] ^= (uint8_t)change;
            /* Some bits mean nothing: the header's time, code lengths that are not used. */
            if (unpack(&out, &size) == 0)
                cr_assert(size == 3000 && memcmp(out, plain, size) == 0, "byte %zu", at);
            packed.data[at] ^= (uint8_t)change;
        }
    for (size_t all = packed.size; packed.size > 0; packed.size--)
        if (packed.size < all)
            expect_status(unpack(&out, &size), KOHORT_ECORRUPT);
    expect_status(unpack(&out, &size), KOHORT_ECORRUPT);
    kh_decompressor_free(&d);
    test_buffer_free(&packed);
    free(plain);
}

KH_TEST(compress, no_more_than_the_limit_is_made)
{
    uint8_t *zeros = calloc(1, KH_LIMIT_BATCH_DECOMPRESSED + 1);
    const uint8_t *out;
    size_t size;

    kh_decompressor_init(&d, test_heap);
    test_gzip_append(&packed, zeros, KH_LIMIT_BATCH_DECOMPRESSED);
    expect_status(unpack(&out, &size), 0);
    cr_assert_eq(size, KH_LIMIT_BATCH_DECOMPRESSED);
    test_buffer_free(&packed);
    test_gzip_append(&packed, zeros, KH_LIMIT_BATCH_DECOMPRESSED + 1);
    expect_status(unpack(&out, &size), KOHORT_ELIMIT);
    cr_assert_leq(d.capacity, KH_LIMIT_BATCH_DECOMPRESSED);
    kh_decompressor_free(&d);
    test_buffer_free(&packed);
    free(zeros);
}

KH_TEST(compress, a_trailer_that_lies_costs_no_memory)
{
    const uint8_t *out;
    size_t size;

    kh_decompressor_init(&d, test_heap);
    test_gzip_append(&packed, "short", 5);
    memset(packed.data + packed.size - 4, 0xff, 4);
    expect_status(unpack(&out, &size), KOHORT_ECORRUPT);
    cr_assert_leq(d.capacity, packed.size * KH_LIMIT_DECOMPRESSION_RATIO);
    kh_decompressor_free(&d);
    test_buffer_free(&packed);
}

KH_TEST(compress, memory_that_runs_out_is_an_error)
{
    uint8_t *plain = make_plain(50000);
    const uint8_t *out;
    size_t size;

    test_gzip_append(&packed, plain, 30000);
    test_gzip_append(&packed, plain + 30000, 20000);
    for (size_t i = 0; test_sweep(i); i++) {
        kh_decompressor_init(&d, test_heap);
        expect_status(unpack(&out, &size), test_allocation_failed() ? KOHORT_ENOMEM : 0);
        if (test_allocation_failed())
            expect_status(unpack(&out, &size), 0); /* the context is as good as before */
        kh_decompressor_free(&d);
    }
    test_buffer_free(&packed);
    free(plain);
}

KH_TEST(compress, none_is_the_bytes_themselves_and_others_are_named)
{
    const uint8_t bytes[] = {1, 2, 3}, *out;
    size_t size;

    kh_decompressor_init(&d, test_heap);
    expect_status(kh_decompress(&d, KH_CODEC_NONE, bytes, 3, &out, &size), 0);
    cr_assert(out == bytes && size == 3);
    expect_status(kh_decompress(&d, KH_CODEC_SNAPPY, bytes, 3, &out, &size), KOHORT_ECODEC);
    expect_status(kh_decompress(&d, KH_CODEC_LZ4, bytes, 3, &out, &size), KOHORT_ECODEC);
    expect_status(kh_decompress(&d, KH_CODEC_ZSTD, bytes, 3, &out, &size), KOHORT_ECODEC);
    kh_decompressor_free(&d);
}
