#include "net/record_mask.h"

#include "protocol/api.h"
#include "protocol/big_endian.h"
#include "protocol/varint.h"

#include <string.h>

enum { REQUEST_HEAD = 8, ANSWER_HEAD = 8, BATCH_KEPT = KH_BATCH_HEADER, MESSAGE_KEPT = 18 };

void kh_record_mask_init(struct kh_record_mask *m, struct kh_heap *heap)
{
    *m = (struct kh_record_mask){.heap = heap};
    kh_fetch_stream_init(&m->fetch, heap);
}

void kh_record_mask_free(struct kh_record_mask *m)
{
    kh_fetch_stream_free(&m->fetch);
    kh_free(m->heap, m->atom);
}

/* ---- requests ---- */

static void begin_request(struct kh_record_mask *m)
{
    int32_t size = kh_load_i32(m->out.head);
    int16_t key = kh_load_i16(m->out.head + 4), version = kh_load_i16(m->out.head + 6);
    if (size < REQUEST_HEAD - 4 || m->count == KH_MASK_FLIGHTS) {
        m->lost = true;
        return;
    }
    size_t at = (m->first + m->count++) % KH_MASK_FLIGHTS;
    m->flights[at].api_key = key;
    m->flights[at].version = version;
    m->out.left = (uint64_t)size - (REQUEST_HEAD - 4);
    m->out.secret = key == kh_api_info(KH_API_SASL_AUTHENTICATE)->key;
}

/* Collects the head of a frame; true once it is whole. */
static bool take_head(struct kh_mask_way *way, size_t wanted, uint8_t **data, size_t *size)
{
    while (way->head_size<wanted && * size> 0) {
        way->head[way->head_size++] = *(*data)++;
        (*size)--;
    }
    return way->head_size == wanted;
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

void kh_record_mask_sent(struct kh_record_mask *m, uint8_t *data, size_t size)
{
    while (size > 0 && !m->lost) {
        if (m->out.left == 0) {
            if (!take_head(&m->out, REQUEST_HEAD, &data, &size))
                return;
            m->out.head_size = 0;
            begin_request(m);
            continue;
        }
        size_t here = least(m->out.left, size);
        if (m->out.secret)
            memset(data, 0, here);
        m->out.left -= here;
        data += here;
        size -= here;
    }
    if (m->lost && size > 0)
        memset(data, 0, size);
}

/* ---- answers ---- */

static void begin_answer(struct kh_record_mask *m)
{
    int32_t size = kh_load_i32(m->in.head);
    if (size < ANSWER_HEAD - 4 || m->count == 0) {
        m->lost = true;
        return;
    }
    int16_t key = m->flights[m->first].api_key, version = m->flights[m->first].version;
    m->first = (m->first + 1) % KH_MASK_FLIGHTS;
    m->count--;
    m->in.left = (uint64_t)size - (ANSWER_HEAD - 4);
    m->in.secret = key == kh_api_info(KH_API_SASL_AUTHENTICATE)->key;
    m->in.is_fetch = key == kh_api_info(KH_API_FETCH)->key;
    m->atom_size = 0;
    m->batch_at = 0;
    if (!m->in.is_fetch)
        return;
    /* A flexible answer's header ends in tagged fields, which no broker sends: the first byte must
     * say so, else nothing of the body is understood. */
    uint64_t tags = version >= 12 ? 1 : 0;
    if (m->in.left < tags)
        m->in.secret = true;
    else
        kh_fetch_stream_begin(&m->fetch, version, m->in.left - tags);
    m->in.head_size = tags > 0 ? ANSWER_HEAD : 0;
}

/* Records as they pass: the heads of batches stay, their bodies become zeros. */
static void mask_records(struct kh_record_mask *m, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size;) {
        if (m->batch_at < sizeof m->batch) {
            m->batch[m->batch_at++] = data[i++];
            m->batch_size = (uint64_t)(uint32_t)kh_load_i32(m->batch + 8) + KH_BATCH_PREFIX;
            continue;
        }
        uint64_t kept = m->batch[sizeof m->batch - 1] == 2 ? BATCH_KEPT : MESSAGE_KEPT;
        if (m->batch_at >= kept)
            data[i] = 0;
        i++;
        if (++m->batch_at >= m->batch_size)
            m->batch_at = 0;
    }
}

/* A field that began earlier, and what follows it. NULL: no memory. */
static uint8_t *join_atom(struct kh_record_mask *m, const uint8_t *data, size_t size)
{
    if (m->atom_size + size > m->atom_capacity) {
        uint8_t *grown = kh_resize(m->heap, m->atom, m->atom_size + size, 1);
        if (grown == NULL)
            return NULL;
        m->atom = grown;
        m->atom_capacity = m->atom_size + size;
    }
    memcpy(m->atom + m->atom_size, data, size);
    return m->atom;
}

/* Walks the answer's fields; of the records, which the stream passes over as they come, `data` is
 * masked. False: it cannot be read. */
static bool mask_fetch(struct kh_record_mask *m, uint8_t *data, size_t size)
{
    size_t before = m->atom_size, need;
    const uint8_t *given = before == 0 ? data : join_atom(m, data, size);
    int event = KH_FETCH_EVENT_MORE;
    if (given == NULL)
        return false;
    kh_fetch_stream_give(&m->fetch, given, before + size);
    do {
        size_t records = m->fetch.records_left;
        size_t at = kh_fetch_stream_used(&m->fetch, &need);
        event = kh_fetch_stream_next(&m->fetch);
        if (event == KH_FETCH_EVENT_PARTITION) {
            kh_fetch_stream_skip_records(&m->fetch);
            m->batch_at = 0;
        } else if (records > m->fetch.records_left) {
            /* Passing over does not wait for more, so no record is ever part of an atom. */
            mask_records(m, data + (at - before), records - m->fetch.records_left);
        }
    } while (event > 0);
    if (event < 0)
        return false;
    size_t used = kh_fetch_stream_used(&m->fetch, &need);
    size_t rest = before + size - used;
    if (before == 0) {
        m->atom_size = 0;
        if (rest > 0 && join_atom(m, data + used, rest) == NULL)
            return false;
    } else {
        memmove(m->atom, m->atom + used, rest);
    }
    m->atom_size = rest;
    return true;
}

static void mask_answer(struct kh_record_mask *m, uint8_t *data, size_t size)
{
    if (m->in.is_fetch && m->in.head_size > 0 && !m->in.secret) {
        m->in.head_size = 0;
        m->in.secret = *data != 0;
        data++;
        size--;
    }
    if (m->in.is_fetch && !m->in.secret && size > 0)
        m->in.secret = !mask_fetch(m, data, size);
    if (m->in.secret)
        memset(data, 0, size);
}

void kh_record_mask_received(struct kh_record_mask *m, uint8_t *data, size_t size)
{
    while (size > 0 && !m->lost) {
        if (m->in.left == 0) {
            if (!take_head(&m->in, ANSWER_HEAD, &data, &size))
                return;
            m->in.head_size = 0;
            begin_answer(m);
            continue;
        }
        size_t here = least(m->in.left, size);
        mask_answer(m, data, here);
        m->in.left -= here;
        data += here;
        size -= here;
        if (m->in.left == 0)
            m->in.head_size = 0;
    }
    if (m->lost && size > 0)
        memset(data, 0, size);
}

/* ---- records ---- */

static uint8_t *mask_bytes(uint8_t *at, const uint8_t *end)
{
    int32_t size;
    const uint8_t *data = kh_varint(at, end, &size);
    if (data == NULL || size > end - data)
        return NULL;
    at += data - at;
    if (size > 0) {
        memset(at, 0, (size_t)size);
        at += size;
    }
    return at;
}

/* The record at `at`; where it ends, or NULL. */
static uint8_t *mask_record(uint8_t *at, const uint8_t *end)
{
    int32_t size, offset_delta, headers;
    int64_t timestamp_delta;
    const uint8_t *next = kh_varint(at, end, &size);
    if (next == NULL || size < 1 || size > end - next)
        return NULL;
    end = next + size;
    if ((next = kh_varlong(next + 1, end, &timestamp_delta)) == NULL ||
        (next = kh_varint(next, end, &offset_delta)) == NULL)
        return NULL;
    at += next - at;
    if ((at = mask_bytes(at, end)) == NULL || (at = mask_bytes(at, end)) == NULL ||
        (next = kh_varint(at, end, &headers)) == NULL)
        return NULL;
    at += next - at;
    for (int32_t i = 0; i < headers; i++)
        if ((at = mask_bytes(at, end)) == NULL || (at = mask_bytes(at, end)) == NULL)
            return NULL;
    return at == end ? at : NULL;
}

void kh_record_mask_records(uint8_t *records, size_t size)
{
    uint8_t *at = records, *end = records + size;
    while (at < end) {
        uint8_t *next = mask_record(at, end);
        if (next == NULL) {
            memset(at, 0, (size_t)(end - at));
            return;
        }
        at = next;
    }
}
