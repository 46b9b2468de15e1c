#include "protocol/record_headers.h"

#include "base/limits.h"
#include "protocol/varint.h"

#include <kohort/kohort.h>

const uint8_t *kh_record_headers_check(const uint8_t *at, const uint8_t *end, int32_t count,
                                       const char **ret_wrong)
{
    if (count < 0 || count > KH_LIMIT_HEADERS) {
        *ret_wrong = "the count of a record's headers is not possible";
        return NULL;
    }
    for (; count > 0; count--) {
        int32_t key_size = 0, value_size = 0;

        at = kh_varint(at, end, &key_size);
        if (at == NULL || key_size < 0 || key_size > end - at)
            break;
        at = kh_varint(at + key_size, end, &value_size);
        if (at == NULL || value_size > end - at)
            break;
        at += value_size < 0 ? 0 : value_size;
    }
    if (count > 0) {
        *ret_wrong = "a record's headers are damaged";
        return NULL;
    }
    return at;
}

/* A varint that was checked before: nothing here can be beyond the record. */
static const uint8_t *checked_varint(const uint8_t *at, int32_t *ret)
{
    uint32_t raw = *at & 127;

    for (int shift = 7; *at >= 128; shift += 7)
        raw |= (uint32_t)(*++at & 127) << shift;
    *ret = (int32_t)kh_zigzag(raw);
    return at + 1;
}

void kohort_header_next(const void **next, kohort_bytes *ret_key, kohort_bytes *ret_value)
{
    const uint8_t *at = *next;
    int32_t size;

    at = checked_varint(at, &size);
    *ret_key = (kohort_bytes){at, size};
    at = checked_varint(at + size, &size);
    *ret_value = size < 0 ? (kohort_bytes){NULL, 0} : (kohort_bytes){at, size};
    *next = at + (size < 0 ? 0 : size);
}
