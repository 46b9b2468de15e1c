/* Network byte order in and out of memory of any alignment. The caller has checked the bounds. */
#ifndef KH_PROTOCOL_BIG_ENDIAN_H
#define KH_PROTOCOL_BIG_ENDIAN_H

#include <stdint.h>

/* Compilers turn each of these into one load or store and a byte swap. */
static inline uint16_t kh_load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}
static inline uint32_t kh_load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline uint64_t kh_load_u64(const uint8_t *at)
{
    return (uint64_t)kh_load_u32(at) << 32 | kh_load_u32(at + 4);
}
static inline int16_t kh_load_i16(const uint8_t *at)
{
    return (int16_t)kh_load_u16(at);
}
static inline int32_t kh_load_i32(const uint8_t *at)
{
    return (int32_t)kh_load_u32(at);
}
static inline int64_t kh_load_i64(const uint8_t *at)
{
    return (int64_t)kh_load_u64(at);
}

static inline void kh_store_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}
static inline void kh_store_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}
static inline void kh_store_u64(uint8_t *at, uint64_t value)
{
    kh_store_u32(at, (uint32_t)(value >> 32));
    kh_store_u32(at + 4, (uint32_t)value);
}

/* Not of that order, but as often put by hand: seven bits a byte, the lowest first. */
enum { KH_UVARINT_MAX = 5 };
/* `at` has room for the longest; returns the size. */
static inline uint32_t kh_store_uvarint(uint8_t *at, uint32_t value)
{
    uint32_t size = 0;
    for (; value >= 128; value >>= 7)
        at[size++] = (uint8_t)(value | 128);
    at[size++] = (uint8_t)value;
    return size;
}

#endif
