/* Zigzag varints as records hold them. Kafka's own reader (ByteUtils) drops bits above the type's,
 * and so do we. */
#ifndef KH_PROTOCOL_VARINT_H
#define KH_PROTOCOL_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KH_VARINT_MAX = 5, KH_VARLONG_MAX = 10 };

static inline int64_t kh_zigzag(uint64_t raw)
{
    return (int64_t)(raw >> 1 ^ (0 - (raw & 1)));
}

/* Where the varint at `at` ends; NULL when the bytes end before it does, or it does not end. */
const uint8_t *kh_varint(const uint8_t *at, const uint8_t *end, int32_t *ret);
const uint8_t *kh_varlong(const uint8_t *at, const uint8_t *end, int64_t *ret);

/* The raw bits of a varint of one or two bytes, which the caller knows to be there; moves *at
 * behind it. False: it is longer. */
static inline bool kh_varint_short(const uint8_t *data, size_t *at, uint32_t *ret_raw)
{
    uint32_t first = data[*at], second;

    if (first < 128) {
        *ret_raw = first;
        *at += 1;
        return true;
    }
    second = data[*at + 1];
    *ret_raw = (second << 7) + first - 128;
    *at += 2;
    return second < 128;
}

#endif
