/* The ways to compute a CRC-32C, for kh_crc32c that chooses one, and for tests that compare them
 * all. */
#ifndef KH_PROTOCOL_CRC32C_WAYS_H
#define KH_PROTOCOL_CRC32C_WAYS_H

#include "protocol/crc32c.h"

#include <stdbool.h>

struct kh_crc32c_way {
    const char *name;
    bool (*usable)(void); /* on this processor */
    /* Continues from `state`, and returns the next one; a checksum starts with all bits set and
     * ends inverted. */
    uint32_t (*update)(uint32_t state, const void *data, size_t size);
};

/* Fastest first. The last one is usable everywhere. */
const struct kh_crc32c_way *kh_crc32c_ways(size_t *ret_count);
/* The first that is usable. */
const struct kh_crc32c_way *kh_crc32c_way(void);

uint32_t kh_crc32c_table(uint32_t state, const void *data, size_t size);

#if defined(__x86_64__) && defined(__GNUC__)
#define KH_CRC32C_X86
bool kh_crc32c_sse42_usable(void);
uint32_t kh_crc32c_sse42(uint32_t state, const void *data, size_t size);
bool kh_crc32c_vpclmul_usable(void);
uint32_t kh_crc32c_vpclmul(uint32_t state, const void *data, size_t size);
#endif

/* Clang's headers know the instructions only in a build for processors that have them all. */
#if defined(__aarch64__) && defined(__AARCH64EL__) &&                                              \
    (!defined(__clang__) || (defined(__ARM_FEATURE_CRC32) && defined(__ARM_FEATURE_AES)))
#define KH_CRC32C_ARM
bool kh_crc32c_arm_usable(void);
uint32_t kh_crc32c_arm(uint32_t state, const void *data, size_t size);
bool kh_crc32c_arm_pmull_usable(void);
uint32_t kh_crc32c_arm_pmull(uint32_t state, const void *data, size_t size);
#endif

#endif
