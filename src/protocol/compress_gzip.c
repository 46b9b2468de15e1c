#include "base/limits.h"
#include "protocol/compress.h"

#include <string.h>
#include <zlib.h>

struct kh_gzip {
    z_stream stream;
};

enum {
    WINDOW = 15 + 16,    /* the largest window, in a gzip wrapper */
    LEAST_OUTPUT = 4096, /* where no size can be told */
    TRAILER_SIZE = 4,    /* the last field of RFC 1952's trailer */
};

static void *allocate(void *heap, unsigned count, unsigned size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return kh_alloc(heap, (size_t)count * size);
}

static void release(void *heap, void *memory)
{
    kh_free(heap, memory);
}

static int open_stream(struct kh_decompressor *d)
{
    struct kh_gzip *gzip;

    if (d->gzip != NULL)
        return inflateReset(&d->gzip->stream) == Z_OK ? 0 : KOHORT_EBUG;
    gzip = kh_alloc_zeroed(d->heap, 1, sizeof *gzip);
    if (gzip == NULL)
        return KOHORT_ENOMEM;
    gzip->stream.zalloc = allocate;
    gzip->stream.zfree = release;
    gzip->stream.opaque = d->heap;
    if (inflateInit2(&gzip->stream, WINDOW) != Z_OK) {
        kh_free(d->heap, gzip);
        return KOHORT_ENOMEM;
    }
    d->gzip = gzip;
    return 0;
}

void kh_gzip_free(struct kh_decompressor *d)
{
    if (d->gzip == NULL)
        return;
    inflateEnd(&d->gzip->stream);
    kh_free(d->heap, d->gzip);
    d->gzip = NULL;
}

/* The trailer ends with the size of what was compressed. A peer wrote it: it saves growing, and is
 * not believed. */
static size_t first_capacity(const uint8_t *in, size_t size, size_t most)
{
    size_t told = LEAST_OUTPUT;

    if (size >= TRAILER_SIZE) {
        const uint8_t *trailer = in + size - TRAILER_SIZE;

        told = (size_t)trailer[0] | (size_t)trailer[1] << 8 | (size_t)trailer[2] << 16 |
               (size_t)trailer[3] << 24;
    }
    return told < LEAST_OUTPUT ? LEAST_OUTPUT : told < most ? told : most;
}

/* Inflates until the input is used up. Members that follow each other are one stream, as for Java's
 * GZIPInputStream. */
static int inflate_all(struct kh_decompressor *d, size_t most, size_t *ret_size)
{
    z_stream *stream = &d->gzip->stream;
    size_t produced = 0;

    for (;;) {
        size_t room = d->capacity < most ? d->capacity : most;
        int result;

        stream->next_out = d->output + produced;
        stream->avail_out = (uInt)(room - produced);
        result = inflate(stream, Z_NO_FLUSH);
        produced = room - stream->avail_out;
        if (result == Z_STREAM_END && stream->avail_in == 0) {
            *ret_size = produced;
            return 0;
        }
        if (result == Z_MEM_ERROR)
            return KOHORT_ENOMEM;
        if (result == Z_STREAM_END && inflateReset(stream) == Z_OK)
            continue;
        if (result != Z_OK && (result != Z_BUF_ERROR || stream->avail_out > 0))
            return KOHORT_ECORRUPT;
        if (stream->avail_out > 0)
            continue;
        int status = kh_decompressor_grow_within(d, most);
        if (status < 0)
            return status;
    }
}

int kh_decompress_gzip(struct kh_decompressor *d, const uint8_t *in, size_t size, size_t *ret_size)
{
    size_t most = kh_decompressor_most(size, KH_LIMIT_RATIO_GZIP);
    int status;

    if (size == 0)
        return KOHORT_ECORRUPT;
    status = open_stream(d);
    if (status == 0)
        status = kh_decompressor_grow(d, first_capacity(in, size, most));
    if (status < 0)
        return status;
    d->gzip->stream.next_in =
        (Bytef *)(uintptr_t)in; /* zlib reads only, and says so with z_const alone */
    d->gzip->stream.avail_in = (uInt)size;
    return inflate_all(d, most, ret_size);
}
