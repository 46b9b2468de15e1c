#include "protocol/crc32c_ways.h"

/* A table's entry is linear in its index: the exclusive or of what each of the index's bits stands
 * for. So a row of 256 is written as the eight entries of the powers of two, and the compiler makes
 * the rest. */
#define BIT(n, b, x) (((n) >> (b)&1) != 0 ? (x) : 0u)
#define ENTRY(n, a, b, c, d, e, f, g, h)                                                           \
    (BIT(n, 0, a) ^ BIT(n, 1, b) ^ BIT(n, 2, c) ^ BIT(n, 3, d) ^ BIT(n, 4, e) ^ BIT(n, 5, f) ^     \
     BIT(n, 6, g) ^ BIT(n, 7, h))
#define ENTRY_4(n, ...)                                                                            \
    ENTRY(n, __VA_ARGS__), ENTRY((n) + 1, __VA_ARGS__), ENTRY((n) + 2, __VA_ARGS__),               \
        ENTRY((n) + 3, __VA_ARGS__)
#define ENTRY_16(n, ...)                                                                           \
    ENTRY_4(n, __VA_ARGS__), ENTRY_4((n) + 4, __VA_ARGS__), ENTRY_4((n) + 8, __VA_ARGS__),         \
        ENTRY_4((n) + 12, __VA_ARGS__)
#define ENTRY_64(n, ...)                                                                           \
    ENTRY_16(n, __VA_ARGS__), ENTRY_16((n) + 16, __VA_ARGS__), ENTRY_16((n) + 32, __VA_ARGS__),    \
        ENTRY_16((n) + 48, __VA_ARGS__)
#define ROW(...)                                                                                   \
    {                                                                                              \
        ENTRY_64(0, __VA_ARGS__), ENTRY_64(64, __VA_ARGS__), ENTRY_64(128, __VA_ARGS__),           \
            ENTRY_64(192, __VA_ARGS__)                                                             \
    }

/* table[k][n]: what byte n does to the state when k more bytes follow it ("slicing by 8", Kounavis
 * and Berry 2008). */
static const uint32_t table[8][256] = {
    ROW(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc,
        0x82f63b78),
    ROW(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604,
        0xfbc3faf9),
    ROW(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9,
        0x8b277743),
    ROW(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7,
        0x52a0c93f),
    ROW(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae,
        0x6ea2d55c),
    ROW(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb,
        0x1c08b7d6),
    ROW(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a,
        0xf56e0ef4),
    ROW(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32,
        0x34019664),
};

uint32_t kh_crc32c_table(uint32_t state, const void *data, size_t size)
{
    const uint8_t *at = data;

    for (; size >= 8; at += 8, size -= 8)
        state = table[7][at[0] ^ (state & 255)] ^ table[6][at[1] ^ (state >> 8 & 255)] ^
                table[5][at[2] ^ (state >> 16 & 255)] ^ table[4][at[3] ^ (state >> 24)] ^
                table[3][at[4]] ^ table[2][at[5]] ^ table[1][at[6]] ^ table[0][at[7]];
    for (; size > 0; at++, size--)
        state = state >> 8 ^ table[0][(state ^ *at) & 255];
    return state;
}
