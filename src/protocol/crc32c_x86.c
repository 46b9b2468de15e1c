#include "protocol/crc32c_ways.h"

#ifdef KH_CRC32C_X86

#include <immintrin.h>
#include <string.h>

bool kh_crc32c_sse42_usable(void)
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

__attribute__((target("sse4.2,pclmul"))) uint32_t kh_crc32c_sse42(uint32_t state, const void *data,
                                                                  size_t size)
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

bool kh_crc32c_vpclmul_usable(void)
{
    return __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx2") &&
           kh_crc32c_sse42_usable();
}

#define TARGET_VPCLMUL __attribute__((target("vpclmulqdq,avx2,sse4.2,pclmul")))

TARGET_VPCLMUL static inline __m256i load_wide(const uint8_t *at)
{
    return _mm256_loadu_si256((const void *)at);
}

/* Moves both halves of `wide` by as many bytes as `by` stands for, onto `onto`. */
TARGET_VPCLMUL static inline __m256i fold_wide(__m256i wide, __m256i by, __m256i onto)
{
    __m256i early = _mm256_clmulepi64_epi128(wide, by, 0x00);
    __m256i late = _mm256_clmulepi64_epi128(wide, by, 0x11);

    return _mm256_xor_si256(_mm256_xor_si256(early, late), onto);
}

/* x^(n+31) and x^(n-33), which move 16 bytes by n bits, reversed: of a piece's two words the first
 * has 64 bits farther to go. */
#define BY(early, late)      _mm_set_epi64x((late), (early))
#define BY_WIDE(early, late) _mm256_set_epi64x((late), (early), (late), (early))

enum { WIDE = 32, WIDE_LANES = 8, WIDE_STEP = WIDE * WIDE_LANES };

/* Folding (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", 2009):
 * what was read stands for the same remainder when it is moved behind what comes next. Eight pieces
 * of 32 bytes, one a register, are folded side by side; in the end they become 16 bytes, whose
 * checksum is that of all. `size` is at least WIDE_STEP; *ret_used: a multiple of it. */
TARGET_VPCLMUL static uint32_t fold(uint32_t state, const uint8_t *at, size_t size,
                                    size_t *ret_used)
{
    const __m256i by_step = BY_WIDE(0xdcb17aa4, 0xb9e02b86),
                  by_one = BY_WIDE(0x3da6d0cb, 0xba4fc28e);
    __m256i lanes[WIDE_LANES];
    __m128i left, right;
    size_t used = WIDE_STEP;

#pragma GCC unroll 8
    for (int i = 0; i < WIDE_LANES; i++)
        lanes[i] = load_wide(at + i * WIDE);
    lanes[0] = _mm256_xor_si256(lanes[0], _mm256_set_epi64x(0, 0, 0, state));
    for (; size - used >= WIDE_STEP; used += WIDE_STEP)
#pragma GCC unroll 8
        for (int i = 0; i < WIDE_LANES; i++)
            lanes[i] = fold_wide(lanes[i], by_step, load_wide(at + used + i * WIDE));
#pragma GCC unroll 8
    for (int i = 1; i < WIDE_LANES; i++)
        lanes[i] = fold_wide(lanes[i - 1], by_one, lanes[i]);
    left = _mm256_castsi256_si128(lanes[WIDE_LANES - 1]);
    right = _mm256_extracti128_si256(lanes[WIDE_LANES - 1], 1);
    right = _mm_xor_si128(right, _mm_clmulepi64_si128(left, BY(0xf20c0dfe, 0x493c7d27), 0x00));
    right = _mm_xor_si128(right, _mm_clmulepi64_si128(left, BY(0xf20c0dfe, 0x493c7d27), 0x11));
    *ret_used = used;
    return (uint32_t)_mm_crc32_u64(_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(right)),
                                   (uint64_t)_mm_extract_epi64(right, 1));
}

uint32_t kh_crc32c_vpclmul(uint32_t state, const void *data, size_t size)
{
    size_t used = 0;

    if (size >= WIDE_STEP)
        state = fold(state, data, size, &used);
    return kh_crc32c_sse42(state, (const uint8_t *)data + used, size - used);
}

#endif
