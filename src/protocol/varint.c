#include "protocol/varint.h"

static const uint8_t *read_raw(const uint8_t *at, const uint8_t *end, int max_size, uint64_t *ret)
{
    uint64_t raw = 0;

    for (int i = 0; i < max_size && at < end; i++, at++) {
        raw |= (uint64_t)(*at & 127) << 7 * i;
        if (*at < 128) {
            *ret = raw;
            return at + 1;
        }
    }
    return NULL;
}

const uint8_t *kh_varint(const uint8_t *at, const uint8_t *end, int32_t *ret)
{
    uint64_t raw;

    at = read_raw(at, end, KH_VARINT_MAX, &raw);
    if (at != NULL)
        *ret = (int32_t)kh_zigzag((uint32_t)raw);
    return at;
}

const uint8_t *kh_varlong(const uint8_t *at, const uint8_t *end, int64_t *ret)
{
    uint64_t raw;

    at = read_raw(at, end, KH_VARLONG_MAX, &raw);
    if (at != NULL)
        *ret = kh_zigzag(raw);
    return at;
}
