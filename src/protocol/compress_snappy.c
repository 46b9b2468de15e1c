#include "base/limits.h"
#include "protocol/big_endian.h"
#include "protocol/compress.h"

#include <snappy-c.h>
#include <string.h>

/* Java's producers frame what they compress as snappy-java's SnappyOutputStream does ("xerial"): a
 * magic, two versions, then chunks, each with its size before it. Others send one raw stream, or
 * several framed streams one after another, each with its magic; SnappyInputStream reads all of
 * these. */
static const uint8_t xerial_magic[] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};

enum {
    MAGIC_SIZE = sizeof xerial_magic,
    FRAME_HEADER = MAGIC_SIZE + 8, /* the version, and the lowest one that can read it */
    COMPATIBLE = 1,                /* the only version there ever was */
    CHUNK_HEADER = 4,
};

struct chunks {
    const uint8_t *at, *end;
    const uint8_t *data; /* of the chunk at hand */
    size_t size, output_size;
    int status;
};

static bool is_framed(const uint8_t *at, const uint8_t *end)
{
    return end - at >= FRAME_HEADER && memcmp(at, xerial_magic, MAGIC_SIZE) == 0;
}

/* Moves to the next chunk. False: there is none, or what is there is damaged. */
static bool next_chunk(struct chunks *c)
{
    while (is_framed(c->at, c->end)) {
        if (kh_load_i32(c->at + MAGIC_SIZE) < COMPATIBLE)
            return c->status = KOHORT_ECORRUPT, false;
        c->at += FRAME_HEADER;
    }
    if (c->at == c->end)
        return false;
    c->status = KOHORT_ECORRUPT;
    if (c->end - c->at < CHUNK_HEADER)
        return false;
    c->size = kh_load_u32(c->at);
    c->data = c->at + CHUNK_HEADER;
    if (c->size > (size_t)(c->end - c->data))
        return false;
    if (snappy_uncompressed_length((const char *)c->data, c->size, &c->output_size) != SNAPPY_OK)
        return false;
    c->at = c->data + c->size;
    c->status = 0;
    return true;
}

/* A stream says how large its output is; a peer wrote that, and it is believed as far as the stream
 * can make it true. */
static int add_output(size_t *total, size_t size, size_t output_size)
{
    if (output_size > kh_decompressor_most(size, KH_LIMIT_RATIO_SNAPPY) ||
        output_size > KH_LIMIT_BATCH_DECOMPRESSED - *total)
        return KOHORT_ELIMIT;
    *total += output_size;
    return 0;
}

/* `output_size` is what the stream says, and there is room for it. */
static int unpack(struct kh_decompressor *d, size_t at, const uint8_t *in, size_t size,
                  size_t output_size)
{
    size_t made = output_size;

    if (snappy_uncompress((const char *)in, size, (char *)d->output + at, &made) != SNAPPY_OK)
        return KOHORT_ECORRUPT;
    return made == output_size ? 0 : KOHORT_ECORRUPT;
}

static int unpack_raw(struct kh_decompressor *d, const uint8_t *in, size_t size, size_t *ret_size)
{
    size_t output_size, total = 0;
    int status;

    if (snappy_uncompressed_length((const char *)in, size, &output_size) != SNAPPY_OK)
        return KOHORT_ECORRUPT;
    status = add_output(&total, size, output_size);
    if (status == 0)
        status = kh_decompressor_grow(d, total > 0 ? total : 1);
    if (status == 0)
        status = unpack(d, 0, in, size, total);
    *ret_size = total;
    return status;
}

static int unpack_framed(struct kh_decompressor *d, const uint8_t *in, size_t size,
                         size_t *ret_size)
{
    const struct chunks first = {.at = in, .end = in + size};
    struct chunks c = first;
    size_t total = 0;
    int status = 0;

    /* First the sizes alone, so that the output is made large enough once. */
    while (status == 0 && next_chunk(&c))
        status = add_output(&total, c.size, c.output_size);
    if (status == 0)
        status = c.status;
    if (status == 0)
        status = kh_decompressor_grow(d, total > 0 ? total : 1);
    total = 0;
    for (c = first; status == 0 && next_chunk(&c); total += c.output_size)
        status = unpack(d, total, c.data, c.size, c.output_size);
    *ret_size = total;
    return status;
}

int kh_decompress_snappy(struct kh_decompressor *d, const uint8_t *in, size_t size,
                         size_t *ret_size)
{
    return is_framed(in, in + size) ? unpack_framed(d, in, size, ret_size)
                                    : unpack_raw(d, in, size, ret_size);
}
