/* CRC-32 (ISO-HDLC; RFC 1952 section 8), which guards messages of magic 0 and 1. */
#ifndef KH_PROTOCOL_CRC32_H
#define KH_PROTOCOL_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t kh_crc32(const uint8_t *data, size_t size);

#endif
