#include "protocol/crc32c_ways.h"

#ifdef KH_CRC32C_ARM

#include <arm_acle.h>
#include <arm_neon.h>
#include <string.h>
#ifdef __linux__
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

bool kh_crc32c_arm_usable(void)
{
#ifdef __linux__
    return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#elif defined(__ARM_FEATURE_CRC32)
    return true; /* the build asks for a processor that has it; all of Apple's do */
#else
    return false;
#endif
}

bool kh_crc32c_arm_pmull_usable(void)
{
#ifdef __linux__
    return kh_crc32c_arm_usable() && (getauxval(AT_HWCAP) & HWCAP_PMULL) != 0;
#elif defined(__ARM_FEATURE_AES)
    return kh_crc32c_arm_usable();
#else
    return false;
#endif
}

static inline uint64_t load(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

__attribute__((target("+crc"))) uint32_t kh_crc32c_arm(uint32_t state, const void *data,
                                                       size_t size)
{
    const uint8_t *at = data;

    for (; size >= 8; at += 8, size -= 8)
        state = __crc32cd(state, load(at));
    for (; size > 0; at++, size--)
        state = __crc32cb(state, *at);
    return state;
}

/* As three_lanes in crc32c_x86.c, which says why. */
__attribute__((target("+crc+crypto"))) static inline uint32_t
three_lanes(uint32_t state, const uint8_t *at, size_t lane, uint32_t by_two, uint32_t by_one)
{
    uint32_t first = state, second = 0, third = 0;
    uint64x2_t moved;

#pragma GCC unroll 4
    for (size_t i = 0; i < lane; i += 8) {
        first = __crc32cd(first, load(at + i));
        second = __crc32cd(second, load(at + lane + i));
        third = __crc32cd(third, load(at + 2 * lane + i));
    }
    moved = veorq_u64(vreinterpretq_u64_p128(vmull_p64(first, by_two)),
                      vreinterpretq_u64_p128(vmull_p64(second, by_one)));
    return __crc32cd(0, vgetq_lane_u64(moved, 0)) ^ third;
}

enum { LONG_LANE = 1024, SHORT_LANE = 128 };

__attribute__((target("+crc+crypto"))) uint32_t kh_crc32c_arm_pmull(uint32_t state,
                                                                    const void *data, size_t size)
{
    const uint8_t *at = data;

    for (; size >= 3 * LONG_LANE; at += 3 * LONG_LANE, size -= 3 * LONG_LANE)
        state = three_lanes(state, at, LONG_LANE, 0xa51b6135, 0x170076fa);
    for (; size >= 3 * SHORT_LANE; at += 3 * SHORT_LANE, size -= 3 * SHORT_LANE)
        state = three_lanes(state, at, SHORT_LANE, 0xb9e02b86, 0x0d3b6092);
    return kh_crc32c_arm(state, at, size);
}

#endif
