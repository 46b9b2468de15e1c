#include "protocol/fetch_stream_steps.h"

#include "protocol/big_endian.h"

int kh_fetch_fail(struct kh_fetch_stream *s, int status, const char *wrong)
{
    s->wrong = wrong;
    s->status = status;
    return status;
}

bool kh_fetch_have(struct kh_fetch_stream *s, uint64_t size)
{
    if (size > s->frame_left)
        kh_fetch_fail(s, KOHORT_EPROTOCOL, "the response ends within a field");
    else if (size > (size_t)(s->end - s->at))
        s->need = (size_t)size;
    else
        return true;
    return false;
}

int kh_fetch_missing(const struct kh_fetch_stream *s)
{
    return s->status < 0 ? s->status : KH_FETCH_EVENT_MORE;
}

void kh_fetch_use(struct kh_fetch_stream *s, size_t size)
{
    s->at += size;
    s->frame_left -= size;
}

void kh_fetch_skip(struct kh_fetch_stream *s, size_t *left)
{
    size_t here = (size_t)(s->end - s->at), size = *left < here ? *left : here;

    kh_fetch_use(s, size);
    *left -= size;
    s->need = *left > 0;
}

bool kh_fetch_peek_uvarint(struct kh_fetch_stream *s, size_t *offset, uint32_t *ret)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 5; i++) {
        uint8_t byte;

        if (!kh_fetch_have(s, *offset + i + 1))
            return false;
        byte = s->at[*offset + i];
        value |= (uint32_t)(byte & 127) << 7 * i;
        if (byte < 128) {
            *offset += i + 1;
            *ret = value;
            return true;
        }
    }
    kh_fetch_fail(s, KOHORT_EPROTOCOL, "a varint does not end");
    return false;
}

bool kh_fetch_peek_length(struct kh_fetch_stream *s, size_t width, size_t *offset, int64_t *ret)
{
    uint32_t compact;

    if (s->flexible) {
        if (!kh_fetch_peek_uvarint(s, offset, &compact))
            return false;
        *ret = (int64_t)compact - 1;
        return true;
    }
    if (!kh_fetch_have(s, *offset + width))
        return false;
    *ret = width == 2 ? kh_load_i16(s->at + *offset) : kh_load_i32(s->at + *offset);
    if (*ret < 0)
        *ret = -1;
    *offset += width;
    return true;
}

bool kh_fetch_read_count(struct kh_fetch_stream *s, size_t item_min, size_t *ret)
{
    size_t offset = 0;
    int64_t count;

    if (!kh_fetch_peek_length(s, 4, &offset, &count))
        return false;
    kh_fetch_use(s, offset);
    if (count < 0)
        kh_fetch_fail(s, KOHORT_EPROTOCOL, "an array is null that may not be");
    else if ((uint64_t)count * item_min > s->frame_left)
        kh_fetch_fail(s, KOHORT_EPROTOCOL, "an array is longer than the response");
    *ret = (size_t)count;
    return s->status == 0;
}
