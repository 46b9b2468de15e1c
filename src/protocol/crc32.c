#include "protocol/crc32.h"

/* Half a byte at a time: such messages are rare, and a table of 64 bytes does not push anything out
 * of the cache. A build without zlib needs this too. */
uint32_t kh_crc32(const uint8_t *data, size_t size)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t state = UINT32_MAX;

    for (; size > 0; data++, size--) {
        state ^= *data;
        state = state >> 4 ^ table[state & 15];
        state = state >> 4 ^ table[state & 15];
    }
    return ~state;
}
