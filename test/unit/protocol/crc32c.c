#include "protocol/crc32c.h"

#include "support/test.h"

#include <string.h>

static uint8_t bytes[3 * 3 * 1024 + 64];

KH_TEST(crc32c, equals_the_vectors_of_rfc_3720)
{
    uint8_t ascending[32], descending[32], zeros[32] = {0}, ones[32];

    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < 32; i++) {
        ascending[i] = (uint8_t)i;
        descending[i] = (uint8_t)(31 - i);
    }
    cr_assert_eq(kh_crc32c(zeros, 32), 0x8a9136aa);
    cr_assert_eq(kh_crc32c(ones, 32), 0x62a8ab43);
    cr_assert_eq(kh_crc32c(ascending, 32), 0x46dd794e);
    cr_assert_eq(kh_crc32c(descending, 32), 0x113fdb5c);
    cr_assert_eq(kh_crc32c("123456789", 9), 0xe3069283);
    cr_assert_eq(kh_crc32c("", 0), 0);
    cr_assert_eq(~kh_crc32c_table(UINT32_MAX, "123456789", 9), 0xe3069283u);
}

KH_TEST(crc32c, is_the_same_by_table_and_by_hardware_at_every_size_and_alignment)
{
    uint64_t random = 7;

    if (!kh_crc32c_hardware_usable())
        cr_skip("this machine has no instruction for it");
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(random >> 56);
    }
    for (size_t size = 0; size < sizeof bytes - 8; size += size < 800 ? 1 : 61)
        for (size_t shift = 0; shift < 8; shift += 3)
            cr_assert_eq(kh_crc32c_table((uint32_t)size, bytes + shift, size),
                         kh_crc32c_hardware((uint32_t)size, bytes + shift, size),
                         "%zu bytes at %zu", size, shift);
}

KH_TEST(crc32c, continues_from_where_it_stopped)
{
    memset(bytes, 'x', sizeof bytes);
    for (size_t cut = 0; cut < 5000; cut += 37) {
        uint32_t state = kh_crc32c_table(UINT32_MAX, bytes, cut);

        cr_assert_eq(~kh_crc32c_table(state, bytes + cut, 5000 - cut), kh_crc32c(bytes, 5000));
        if (kh_crc32c_hardware_usable())
            cr_assert_eq(~kh_crc32c_hardware(state, bytes + cut, 5000 - cut),
                         kh_crc32c(bytes, 5000));
    }
}
