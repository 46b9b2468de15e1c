#include "net/record_ring.h"

#include <string.h>

/* Where the header's fields stand; numbers are little-endian. */
enum { AT_VERSION = 8, AT_SIZE = 16, AT_BEGIN = 24, AT_END = 32, AT_LOST = 40 };

static const char magic[8] = {'K', 'O', 'H', 'O', 'R', 'T', 'R', 'C'};

static void store(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t load(const uint8_t *in, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)in[i] << (8 * i);
    return value;
}

static void store_header(struct kh_record_ring *r)
{
    store(r->memory + AT_BEGIN, r->begin, 8);
    store(r->memory + AT_END, r->end, 8);
    store(r->memory + AT_LOST, r->lost, 8);
}

void kh_record_ring_format(struct kh_record_ring *r, uint8_t *memory, size_t size)
{
    *r = (struct kh_record_ring){.memory = memory, .size = size - KH_RECORD_HEADER};
    memset(memory, 0, KH_RECORD_HEADER);
    memcpy(memory, magic, sizeof magic);
    store(memory + AT_VERSION, KH_RECORD_VERSION, 4);
    store(memory + AT_SIZE, r->size, 8);
    store_header(r);
}

const char *kh_record_ring_open(struct kh_record_ring *r, uint8_t *memory, size_t size)
{
    if (size < KH_RECORD_HEADER || memcmp(memory, magic, sizeof magic) != 0)
        return "it is no recording of kohort";
    if (load(memory + AT_VERSION, 4) != KH_RECORD_VERSION)
        return "it was written by another version of kohort";
    *r = (struct kh_record_ring){
        .memory = memory,
        .size = load(memory + AT_SIZE, 8),
        .begin = load(memory + AT_BEGIN, 8),
        .end = load(memory + AT_END, 8),
        .lost = load(memory + AT_LOST, 8),
    };
    if (r->size != size - KH_RECORD_HEADER || r->size <= KH_RECORD_ENTRY)
        return "it was cut short";
    if (r->begin > r->end || r->end - r->begin > r->size || (r->lost == 0) != (r->begin == 0))
        return "its header is damaged";
    return NULL;
}

static void write_at(struct kh_record_ring *r, uint64_t at, const void *data, size_t size)
{
    size_t from = (size_t)(at % r->size), first = (size_t)r->size - from;
    uint8_t *ring = r->memory + KH_RECORD_HEADER;
    if (size == 0)
        return;
    if (first > size)
        first = size;
    memcpy(ring + from, data, first);
    memcpy(ring, (const uint8_t *)data + first, size - first);
}

void kh_record_ring_read(const struct kh_record_ring *r, uint64_t at, void *out, size_t size)
{
    size_t from = (size_t)(at % r->size), first = (size_t)r->size - from;
    const uint8_t *ring = r->memory + KH_RECORD_HEADER;
    if (size == 0)
        return;
    if (first > size)
        first = size;
    memcpy(out, ring + from, first);
    memcpy((uint8_t *)out + first, ring, size - first);
}

bool kh_record_ring_next(const struct kh_record_ring *r, uint64_t *at, uint8_t *ret_kind,
                         uint64_t *ret_data, uint32_t *ret_size)
{
    uint8_t head[KH_RECORD_ENTRY];
    if (*at > r->end || r->end - *at < sizeof head)
        return false;
    kh_record_ring_read(r, *at, head, sizeof head);
    *ret_kind = head[0];
    *ret_size = (uint32_t)load(head + 1, 4);
    if (*ret_size > r->end - *at - sizeof head)
        return false;
    *ret_data = *at + sizeof head;
    *at = *ret_data + *ret_size;
    return true;
}

static void drop_oldest(struct kh_record_ring *r)
{
    uint8_t kind;
    uint64_t data;
    uint32_t size;
    if (!kh_record_ring_next(r, &r->begin, &kind, &data, &size))
        r->begin = r->end;
    r->lost++;
}

void kh_record_ring_add(struct kh_record_ring *r, uint8_t kind, const void *data, size_t size)
{
    uint8_t head[KH_RECORD_ENTRY];
    if (size > r->size - sizeof head) {
        while (r->begin < r->end)
            drop_oldest(r);
        r->begin = ++r->end; /* `begin` is 0 only while nothing was lost. */
        r->lost++;
        store_header(r);
        return;
    }
    while (r->end - r->begin + sizeof head + size > r->size)
        drop_oldest(r);
    /* What is overwritten is no longer told of, and what is new is not told of before it is there:
     * the file of a process that was killed can be read. */
    store(r->memory + AT_BEGIN, r->begin, 8);
    store(r->memory + AT_LOST, r->lost, 8);
    head[0] = kind;
    store(head + 1, size, 4);
    write_at(r, r->end, head, sizeof head);
    write_at(r, r->end + sizeof head, data, size);
    r->end += sizeof head + size;
    store_header(r);
}
