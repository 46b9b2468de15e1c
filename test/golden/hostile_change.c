#include "hostile.h"

#include "base/limits.h"
#include "base/poison.h"

#include <string.h>

enum {
    SAMPLED = 64,       /* bytes of a vector that are changed outside the long mode, */
    SAMPLED_BATCH = 24, /* and of a batch, which checksums and decompression make slow */
    GUARDED = 21,       /* where the bytes begin that a batch's checksum guards, old or new */
};

/* Of long vectors, which hold long texts and many records alike, only the edges are whole. */
static bool is_passed_over(size_t at, size_t size)
{
    static const struct {
        size_t above, edge, step;
    } cuts[] = {{16 * KH_KIB, 256, 997}, {4 * KH_KIB, KH_KIB, 61}};

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        if (size > cuts[i].above)
            return at >= cuts[i].edge && size - at > cuts[i].edge && at % cuts[i].step != 0;
    return false;
}

static void try_mended(struct hostile *h, const uint8_t *data, size_t size, uint8_t *copy)
{
    memcpy(copy, data, size);
    h->kind->mend(copy, size);
    hostile_try(h, copy, size);
}

/* Reads it as it is, and with what guards it put right. */
static void try_both(struct hostile *h, uint8_t *data, size_t size, uint8_t *copy)
{
    hostile_try(h, data, size);
    if (h->kind->mend != NULL)
        try_mended(h, data, size, copy);
}

void hostile_cut(struct hostile *h)
{
    struct vector *v = &h->golden.vector;
    uint8_t *copy = kh_alloc(&h->golden.heap, v->size);

    for (size_t cut = v->size; cut-- > 0 && !h->golden.failure;) {
        if (is_passed_over(cut, v->size))
            continue;
        /* What lies behind is out of sight for AddressSanitizer. */
        kh_poison(v->data + cut, v->size - cut);
        kh_poison(copy + cut, v->size - cut);
        try_both(h, v->data, cut, copy);
        kh_unpoison(v->data, v->size);
        kh_unpoison(copy, v->size);
    }
    kh_free(&h->golden.heap, copy);
}

/* Behind the checksum one value is tried as it is, and all of them mended: a checksum tells any two
 * values of one byte apart, so that all of the former end at it. */
static void change_byte(struct hostile *h, size_t at, uint8_t *copy)
{
    /* The ends of each range that varints, lengths, counts and codes have. */
    static const uint8_t telling[16] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x10, 0x20,
                                        0x3f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff};
    struct vector *v = &h->golden.vector;
    uint8_t was = v->data[at];

    for (int i = 0; i < (h->whole ? 256 : 16) && !h->golden.failure; i++) {
        v->data[at] = h->whole ? (uint8_t)i : telling[i];
        if (h->kind->mend == NULL || i == 0 || at < GUARDED)
            try_both(h, v->data, v->size, copy);
        else
            try_mended(h, v->data, v->size, copy);
    }
    v->data[at] = was;
}

/* Outside the long mode from line to line others: a version's vectors are alike, so that together
 * they are changed nearly everywhere. */
void hostile_bytes(struct hostile *h)
{
    const struct vector *v = &h->golden.vector;
    uint8_t *copy = kh_alloc(&h->golden.heap, v->size);
    size_t most = h->schema == NULL ? SAMPLED_BATCH : SAMPLED;
    size_t step = h->whole || v->size <= most ? 1 : v->size / most;

    for (size_t at = h->golden.line % step; at < v->size; at += step)
        if (step > 1 || !is_passed_over(at, v->size))
            change_byte(h, at, copy);
    kh_free(&h->golden.heap, copy);
}

/* ---- Counts and lengths ---- */

struct length {
    size_t at, size; /* where it stands */
    enum { INT16, INT32, COMPACT, ZIGZAG } form;
    bool is_sure;   /* it is one, so more than there is must be refused */
    bool is_mended; /* by what guards the bytes: then it is tried without */
};

static size_t put_varint(uint8_t *at, uint64_t value)
{
    size_t size = 0;

    for (; value >= 128; value >>= 7)
        at[size++] = (uint8_t)(value | 128);
    at[size++] = (uint8_t)value;
    return size;
}

static size_t put_length(uint8_t *at, const struct length *length, int64_t value)
{
    size_t size = length->form == INT16 ? 2 : 4;

    switch (length->form) {
    case COMPACT: /* one more than what it counts; as far as 32 bits go */
        return put_varint(at, (uint32_t)(value + 1));
    case ZIGZAG:
        return put_varint(at, (uint64_t)value << 1 ^ (0 - ((uint64_t)value >> 63)));
    case INT16:
    case INT32:
        break;
    }
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)((uint64_t)value >> (8 * (size - 1 - i)));
    return size;
}

static void lie(struct hostile *h, const struct length *length, int64_t value, bool is_too_much)
{
    const struct vector *v = &h->golden.vector;
    size_t behind = v->size - length->at - length->size, put, size;
    uint8_t bytes[10], *data;

    put = put_length(bytes, length, value);
    size = length->at + put + behind;
    data = kh_alloc(&h->golden.heap, size);
    memcpy(data, v->data, length->at);
    memcpy(data + length->at, bytes, put);
    memcpy(data + length->at + put, v->data + length->at + length->size, behind);
    if (h->kind->mend != NULL && !length->is_mended)
        h->kind->mend(data, size);
    if (hostile_try(h, data, size) == 0 && is_too_much && length->is_sure)
        fail(&h->golden, "the length at byte %zu may be %lld, with %zu bytes behind it", length->at,
             (long long)value, behind);
    kh_free(&h->golden.heap, data);
}

static void lie_in_every_way(struct hostile *h, const struct length *length)
{
    int64_t left = (int64_t)(h->golden.vector.size - length->at - length->size);
    int64_t most = length->form == INT16 ? INT16_MAX : INT32_MAX;

    lie(h, length, -2, false);
    lie(h, length, -1, false);
    lie(h, length, 0, false);
    if (left + 1 <= most)
        lie(h, length, left + 1, true);
    lie(h, length, most, most > left);
}

/* Of a message every array, text and bytes, as the table says. */
static void lie_at_place(void *arg, const struct schema_place *place)
{
    struct hostile *h = arg;
    bool flexible = h->info != NULL && kh_api_flexible(h->info, h->golden.vector.version);
    struct length length = {.at = place->begin + h->before,
                            .form = flexible                       ? COMPACT
                                    : place->type == SCHEMA_STRING ? INT16
                                                                   : INT32,
                            .is_sure = true};

    if (place->type != SCHEMA_STRING && place->type != SCHEMA_BYTES && place->type != SCHEMA_ARRAY)
        return;
    if (is_passed_over(length.at, h->golden.vector.size) || h->golden.failure)
        return;
    length.size = length.form == INT16 ? 2 : 4;
    if (length.form == COMPACT)
        for (length.size = 1; h->golden.vector.data[length.at + length.size - 1] >= 128;)
            length.size++;
    lie_in_every_way(h, &length);
}

static void lie_in_message(struct hostile *h)
{
    const struct vector *v = &h->golden.vector;
    const struct schema_trace trace = {lie_at_place, h};
    int version = v->version < h->schema->newest ? v->version : h->schema->newest;
    struct kh_arena arena;
    struct kh_reader r;
    void *message = kh_alloc_zeroed(&h->golden.heap, 1, h->schema->size);

    kh_arena_init(&arena, &h->golden.heap, KH_LIMIT_ARENAS);
    if (v->size >= h->before && version >= 0) {
        kh_reader_init(&r, v->data + h->before, v->size - h->before,
                       schema_flexible(h->schema, version), &arena);
        schema_decode_traced(h->schema, version, &r, message, &trace);
    }
    kh_arena_free(&arena);
    kh_free(&h->golden.heap, message);
}

/* A batch's own: its length, last offset delta and count. */
static void lie_in_head(struct hostile *h)
{
    enum { AT_LENGTH = 8, AT_LAST_OFFSET_DELTA = 23, AT_COUNT = 57 };
    struct length length = {.at = AT_LENGTH, .size = 4, .form = INT32, true, .is_mended = true};
    const struct vector *v = &h->golden.vector;

    if (v->size < KH_BATCH_HEADER || v->version < 2)
        return;
    lie_in_every_way(h, &length);
    length.is_mended = false;
    length.at = AT_COUNT;
    lie_in_every_way(h, &length);
    length.is_sure = false; /* compaction may have taken the last records */
    length.at = AT_LAST_OFFSET_DELTA;
    lie_in_every_way(h, &length);
}

/* Anything in its records may be a length. */
static void lie_in_batch(struct hostile *h)
{
    enum { HEADER_V0 = 18 };
    const struct vector *v = &h->golden.vector;
    bool is_old = v->version < 2;

    lie_in_head(h);
    for (size_t at = is_old ? HEADER_V0 : KH_BATCH_HEADER; at + 4 < v->size; at++) {
        struct length length = {.at = at, .size = is_old ? 4 : 1, .form = is_old ? INT32 : ZIGZAG};

        if (h->golden.failure || is_passed_over(at, v->size) ||
            (!h->whole && (at + h->golden.line) % 8 != 0))
            continue;
        while (!is_old && v->data[at + length.size - 1] >= 128 && at + length.size < v->size)
            length.size++;
        lie_in_every_way(h, &length);
    }
}

void hostile_lengths(struct hostile *h)
{
    if (h->schema == NULL)
        lie_in_batch(h);
    else
        lie_in_message(h);
}
