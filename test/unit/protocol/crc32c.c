#include "protocol/crc32c_ways.h"

#include "support/test.h"

#include <string.h>

enum { SIZE = 3 * 3 * 1024 + 64, SHIFTS = 64 };

/* Fills bytes[0..SIZE). */
static void fill(uint8_t *bytes)
{
    uint64_t random = 7;

    for (size_t i = 0; i < SIZE; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(random >> 56);
    }
}

/* Calls `check` with each way that this processor has. */
static void for_each_way(void (*check)(const struct kh_crc32c_way *way))
{
    size_t count, usable = 0;
    const struct kh_crc32c_way *ways = kh_crc32c_ways(&count);

    for (size_t i = 0; i < count; i++)
        if (ways[i].usable()) {
            check(&ways[i]);
            usable++;
        }
    cr_assert_geq(usable, 1);
    cr_assert(ways[count - 1].usable(), "the last way is everywhere");
}

static uint32_t whole(const struct kh_crc32c_way *way, const void *data, size_t size)
{
    return ~way->update(UINT32_MAX, data, size);
}

static void check_vectors(const struct kh_crc32c_way *way)
{
    uint8_t ascending[32], descending[32], zeros[32] = {0}, ones[32];

    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < 32; i++) {
        ascending[i] = (uint8_t)i;
        descending[i] = (uint8_t)(31 - i);
    }
    cr_assert_eq(whole(way, zeros, 32), 0x8a9136aa, "%s", way->name);
    cr_assert_eq(whole(way, ones, 32), 0x62a8ab43, "%s", way->name);
    cr_assert_eq(whole(way, ascending, 32), 0x46dd794e, "%s", way->name);
    cr_assert_eq(whole(way, descending, 32), 0x113fdb5c, "%s", way->name);
    cr_assert_eq(whole(way, "123456789", 9), 0xe3069283, "%s", way->name);
    cr_assert_eq(whole(way, "", 0), 0, "%s", way->name);
}

KH_TEST(crc32c, equals_the_vectors_of_rfc_3720)
{
    for_each_way(check_vectors);
    cr_assert_eq(kh_crc32c("123456789", 9), 0xe3069283);
}

/* The bytes end where a block of the heap does, so that the sanitizers see a read too far. */
static void check_sizes(const struct kh_crc32c_way *way)
{
    uint8_t *bytes = kh_alloc(test_heap, SIZE);

    fill(bytes);
    for (size_t size = 0; size < SIZE; size += size < 1200 ? 1 : 61) {
        const uint8_t *at = bytes + SIZE - size;

        cr_assert_eq(kh_crc32c_table((uint32_t)size, at, size),
                     way->update((uint32_t)size, at, size), "%s: %zu bytes", way->name, size);
    }
    kh_free(test_heap, bytes);
}

KH_TEST(crc32c, is_the_same_in_every_way_at_every_size)
{
    for_each_way(check_sizes);
}

static void check_alignments(const struct kh_crc32c_way *way)
{
    static uint8_t bytes[SIZE];

    fill(bytes);
    for (size_t shift = 0; shift < SHIFTS; shift++)
        for (size_t size = 250; size < SIZE - SHIFTS; size = size * 2 + 13)
            cr_assert_eq(kh_crc32c_table(1, bytes + shift, size),
                         way->update(1, bytes + shift, size), "%s: %zu bytes at %zu", way->name,
                         size, shift);
}

KH_TEST(crc32c, is_the_same_in_every_way_at_every_alignment)
{
    for_each_way(check_alignments);
}

static void check_continuation(const struct kh_crc32c_way *way)
{
    static uint8_t bytes[SIZE];

    fill(bytes);
    for (size_t cut = 0; cut < 5000; cut += 37) {
        uint32_t state = way->update(UINT32_MAX, bytes, cut);

        cr_assert_eq(~way->update(state, bytes + cut, 5000 - cut), whole(way, bytes, 5000),
                     "%s: cut after %zu bytes", way->name, cut);
    }
}

KH_TEST(crc32c, continues_from_where_it_stopped)
{
    for_each_way(check_continuation);
}

KH_TEST(crc32c, the_first_usable_way_is_the_one_taken)
{
    static uint8_t bytes[SIZE];
    size_t count;
    const struct kh_crc32c_way *way = kh_crc32c_ways(&count);

    while (!way->usable())
        way++;
    cr_assert_eq(kh_crc32c_way(), way);
    fill(bytes);
    cr_assert_eq(kh_crc32c(bytes, SIZE), whole(way, bytes, SIZE));
}
