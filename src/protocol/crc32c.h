/* CRC-32C (Castagnoli; RFC 3720 appendix B.4), which guards record batches of magic 2. */
#ifndef KH_PROTOCOL_CRC32C_H
#define KH_PROTOCOL_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The checksum of size bytes, by the fastest way this machine has. */
uint32_t kh_crc32c(const void *data, size_t size);

/* The ways there are, for tests that compare them. A way that the machine lacks, or the build, says
 * so. Each continues from `state` and returns the next one; a checksum starts with all bits set and
 * ends inverted. */
uint32_t kh_crc32c_table(uint32_t state, const void *data, size_t size);
bool kh_crc32c_hardware_usable(void);
uint32_t kh_crc32c_hardware(uint32_t state, const void *data, size_t size);

#endif
