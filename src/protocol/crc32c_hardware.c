#include "protocol/crc32c.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <nmmintrin.h>
#include <string.h>
#include <wmmintrin.h>

bool kh_crc32c_hardware_usable(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

static inline uint64_t load(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* The instruction takes three cycles and one can start each cycle: three lanes side by side keep it
 * busy. Afterwards the first two states are moved behind the lanes that follow them. In the
 * bit-reversed ring a carry-less product with x^(8n-33), reduced by the instruction itself (which
 * multiplies by x^32; the product's own reversal adds the last x), moves a state by n bytes. */
__attribute__((target("sse4.2,pclmul"))) static inline uint32_t
three_lanes(uint32_t state, const uint8_t *at, size_t lane, uint32_t by_two, uint32_t by_one)
{
    uint64_t first = state, second = 0, third = 0;
    __m128i moved;

#pragma GCC unroll 4
    for (size_t i = 0; i < lane; i += 8) {
        first = _mm_crc32_u64(first, load(at + i));
        second = _mm_crc32_u64(second, load(at + lane + i));
        third = _mm_crc32_u64(third, load(at + 2 * lane + i));
    }
    moved = _mm_xor_si128(_mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)first),
                                               _mm_cvtsi64_si128((int64_t)by_two), 0),
                          _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)second),
                                               _mm_cvtsi64_si128((int64_t)by_one), 0));
    return (uint32_t)(_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(moved)) ^ third);
}

enum { LONG_LANE = 1024, SHORT_LANE = 128 };

__attribute__((target("sse4.2,pclmul"))) uint32_t kh_crc32c_hardware(uint32_t state,
                                                                     const void *data, size_t size)
{
    const uint8_t *at = data;

    for (; size >= 3 * LONG_LANE; at += 3 * LONG_LANE, size -= 3 * LONG_LANE)
        state = three_lanes(state, at, LONG_LANE, 0xa51b6135, 0x170076fa);
    for (; size >= 3 * SHORT_LANE; at += 3 * SHORT_LANE, size -= 3 * SHORT_LANE)
        state = three_lanes(state, at, SHORT_LANE, 0xb9e02b86, 0x0d3b6092);
    for (; size >= 8; at += 8, size -= 8)
        state = (uint32_t)_mm_crc32_u64(state, load(at));
    for (; size > 0; at++, size--)
        state = _mm_crc32_u8(state, *at);
    return state;
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>
#include <string.h>

/* The build asks for a processor that has the instruction: every one since ARMv8.1, all of Apple's.
 */
bool kh_crc32c_hardware_usable(void)
{
    return true;
}

uint32_t kh_crc32c_hardware(uint32_t state, const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t word;

    for (; size >= 8; at += 8, size -= 8) {
        memcpy(&word, at, sizeof word);
        state = __crc32cd(state, word);
    }
    for (; size > 0; at++, size--)
        state = __crc32cb(state, *at);
    return state;
}

#else

bool kh_crc32c_hardware_usable(void)
{
    return false;
}

uint32_t kh_crc32c_hardware(uint32_t state, const void *data, size_t size)
{
    return kh_crc32c_table(state, data, size);
}

#endif
