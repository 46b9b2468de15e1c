#include "protocol/crc32c_ways.h"

static bool always(void)
{
    return true;
}

static const struct kh_crc32c_way ways[] = {
#ifdef KH_CRC32C_X86
    {"VPCLMULQDQ", kh_crc32c_vpclmul_usable, kh_crc32c_vpclmul},
    {"SSE4.2", kh_crc32c_sse42_usable, kh_crc32c_sse42},
#endif
#ifdef KH_CRC32C_ARM
    {"ARMv8 CRC32 and PMULL", kh_crc32c_arm_pmull_usable, kh_crc32c_arm_pmull},
    {"ARMv8 CRC32", kh_crc32c_arm_usable, kh_crc32c_arm},
#endif
    {"table", always, kh_crc32c_table},
};

const struct kh_crc32c_way *kh_crc32c_ways(size_t *ret_count)
{
    *ret_count = sizeof ways / sizeof *ways;
    return ways;
}

/* Asked each time: it is a load and a branch, and a remembered answer would be a global. */
const struct kh_crc32c_way *kh_crc32c_way(void)
{
    const struct kh_crc32c_way *way = ways;

    while (!way->usable())
        way++;
    return way;
}

uint32_t kh_crc32c(const void *data, size_t size)
{
    return ~kh_crc32c_way()->update(UINT32_MAX, data, size);
}
