/* CRC-32C (Castagnoli; RFC 3720 appendix B.4), which guards record batches of magic 2. */
#ifndef KH_PROTOCOL_CRC32C_H
#define KH_PROTOCOL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of size bytes, by the fastest way this machine has. */
uint32_t kh_crc32c(const void *data, size_t size);

#endif
