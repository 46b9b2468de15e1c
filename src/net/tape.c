#include "net/tape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER = 8, PIECE = 512 };

const char *kh_tape_kind_name(uint8_t kind)
{
    static const char *const names[] = {"nothing",
#define NAME(name, text) text,
                                        KH_TAPE_KINDS(NAME)
#undef NAME
    };
    return kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

void kh_tape_init(struct kh_tape *t, const struct kh_record_ring *ring, bool recording,
                  struct kh_heap *heap)
{
    *t = (struct kh_tape){.ring = *ring, .recording = recording, .at = ring->begin, .heap = heap};
    t->hash = UINT64_C(0xcbf29ce484222325);
}

void kh_tape_close(struct kh_tape *t)
{
    kh_free(t->heap, t->room);
    t->room = NULL;
    t->room_size = 0;
    if (t->in_file)
        kh_record_file_close(&t->ring);
}

uint8_t *kh_tape_room(struct kh_tape *t, size_t size)
{
    if (size <= t->room_size && t->room != NULL)
        return t->room;
    uint8_t *grown = kh_resize(t->heap, t->room, size + 1, 1);
    if (grown == NULL)
        return NULL;
    t->room = grown;
    t->room_size = size + 1;
    return grown;
}

/* FNV-1a */
static void hash_bytes(struct kh_tape *t, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        t->hash = (t->hash ^ data[i]) * UINT64_C(0x100000001b3);
}

static void hash_entry(struct kh_tape *t, uint8_t kind, const void *data, size_t size)
{
    hash_bytes(t, &kind, 1);
    hash_bytes(t, data, size);
}

void kh_tape_diverge(struct kh_tape *t, const char *format, ...)
{
    va_list arguments;
    if (kh_tape_diverged(t))
        return;
    int size = snprintf(t->why, sizeof t->why, "event %" PRIu64 ": ", t->event);
    va_start(arguments, format);
    vsnprintf(t->why + size, sizeof t->why - (size_t)size, format, arguments);
    va_end(arguments);
}

/* Moves behind the next entry when it is of this kind and size. */
static bool expect(struct kh_tape *t, uint8_t kind, size_t size, uint64_t *ret_data)
{
    uint8_t found = KH_TAPE_NONE;
    uint32_t found_size = 0;
    uint64_t next = t->at;
    if (kh_tape_diverged(t))
        return false;
    if (kh_tape_ended(t)) {
        t->cut = true;
        kh_tape_diverge(t, "the recording ends within it");
        return false;
    }
    bool is_there = kh_record_ring_next(&t->ring, &next, &found, ret_data, &found_size);
    if (!is_there || found != kind || found_size != size) {
        kh_tape_diverge(t, "recorded is \"%s\" of %u bytes, the library comes to \"%s\" of %zu",
                        kh_tape_kind_name(found), found_size, kh_tape_kind_name(kind), size);
        return false;
    }
    t->at = next;
    return true;
}

static bool is_same(const struct kh_tape *t, uint64_t at, const uint8_t *data, size_t size)
{
    uint8_t piece[PIECE];
    for (size_t i = 0; i < size; i += sizeof piece) {
        size_t here = size - i < sizeof piece ? size - i : sizeof piece;
        kh_record_ring_read(&t->ring, at + i, piece, here);
        if (memcmp(piece, data + i, here) != 0)
            return false;
    }
    return true;
}

void kh_tape_put(struct kh_tape *t, enum kh_tape_kind kind, const void *data, size_t size)
{
    uint64_t at;
    if (t->recording) {
        kh_record_ring_add(&t->ring, (uint8_t)kind, data, size);
    } else {
        if (!expect(t, (uint8_t)kind, size, &at))
            return;
        if (!is_same(t, at, data, size)) {
            if (kind == KH_TAPE_CHECK)
                kh_tape_diverge(t, "what was read up to here is not what was recorded: the file "
                                   "is damaged");
            else
                kh_tape_diverge(t, "\"%s\" is not as recorded", kh_tape_kind_name((uint8_t)kind));
            return;
        }
    }
    if (kind != KH_TAPE_CHECK)
        hash_entry(t, (uint8_t)kind, data, size);
}

void kh_tape_get(struct kh_tape *t, enum kh_tape_kind kind, void *data, size_t size)
{
    uint64_t at;
    if (t->recording) {
        kh_record_ring_add(&t->ring, (uint8_t)kind, data, size);
    } else if (expect(t, (uint8_t)kind, size, &at)) {
        kh_record_ring_read(&t->ring, at, data, size);
    } else {
        memset(data, 0, size);
        return;
    }
    hash_entry(t, (uint8_t)kind, data, size);
}

static void encode(const int64_t *numbers, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count * NUMBER; i++)
        out[i] = (uint8_t)((uint64_t)numbers[i / NUMBER] >> (8 * (i % NUMBER)));
}

static void decode(const uint8_t *in, size_t count, int64_t *numbers)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 0;
        for (size_t k = 0; k < NUMBER; k++)
            value |= (uint64_t)in[i * NUMBER + k] << (8 * k);
        numbers[i] = (int64_t)value;
    }
}

void kh_tape_put_numbers(struct kh_tape *t, enum kh_tape_kind kind, const int64_t *numbers,
                         size_t count)
{
    uint8_t bytes[KH_TAPE_NUMBERS * NUMBER];
    encode(numbers, count, bytes);
    kh_tape_put(t, kind, bytes, count * NUMBER);
}

void kh_tape_get_numbers(struct kh_tape *t, enum kh_tape_kind kind, int64_t *numbers, size_t count)
{
    uint8_t bytes[KH_TAPE_NUMBERS * NUMBER];
    encode(numbers, count, bytes);
    kh_tape_get(t, kind, bytes, count * NUMBER);
    decode(bytes, count, numbers);
}

void kh_tape_begin(struct kh_tape *t, enum kh_tape_kind kind, const int64_t *numbers, size_t count)
{
    if (t->depth++ == 0)
        t->event++;
    kh_tape_put_numbers(t, kind, numbers, count);
}

void kh_tape_end(struct kh_tape *t)
{
    if (--t->depth == 0)
        kh_tape_put_all(t, KH_TAPE_CHECK, (int64_t)t->hash);
}

enum kh_tape_kind kh_tape_peek(const struct kh_tape *t, int64_t numbers[KH_TAPE_NUMBERS],
                               uint32_t *ret_size)
{
    uint8_t kind, bytes[KH_TAPE_NUMBERS * NUMBER] = {0};
    uint64_t data, next = t->at;
    *ret_size = 0;
    memset(numbers, 0, KH_TAPE_NUMBERS * sizeof *numbers);
    if (t->recording || kh_tape_diverged(t) ||
        !kh_record_ring_next(&t->ring, &next, &kind, &data, ret_size))
        return KH_TAPE_NONE;
    kh_record_ring_read(&t->ring, data, bytes, *ret_size < sizeof bytes ? *ret_size : sizeof bytes);
    decode(bytes, KH_TAPE_NUMBERS, numbers);
    return (enum kh_tape_kind)kind;
}

bool kh_tape_ended(const struct kh_tape *t)
{
    return t->at == t->ring.end;
}
