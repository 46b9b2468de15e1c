#include "protocol/compressor.h"
#include "base/limits.h"
#include "protocol/big_endian.h"

#include <string.h>

void kh_compressor_init(struct kh_compressor *c, struct kh_heap *heap)
{
    *c = (struct kh_compressor){.heap = heap};
}

#if defined(KH_WITH_ZLIB) || defined(KH_WITH_SNAPPY) || defined(KH_WITH_LZ4) ||                    \
    defined(KH_WITH_ZSTD)
/* Room for `capacity` bytes; what was made before is void. */
static int make_room(struct kh_compressor *c, size_t capacity)
{
    uint8_t *output;

    if (capacity <= c->capacity)
        return 0;
    output = kh_resize(c->heap, c->output, capacity, 1);
    if (output == NULL)
        return KOHORT_ENOMEM;
    c->output = output;
    c->capacity = capacity;
    return 0;
}
#endif

#if defined(KH_WITH_ZSTD) || (defined(KH_WITH_LZ4) && defined(KH_LZ4_CUSTOM_MEMORY))
static void *allocate(void *heap, size_t size)
{
    return kh_alloc(heap, size);
}

static void release(void *heap, void *memory)
{
    kh_free(heap, memory);
}
#endif

#ifdef KH_WITH_ZLIB
#include <zlib.h>

struct kh_deflate {
    z_stream stream;
};

static void *allocate_items(void *heap, unsigned count, unsigned size)
{
    return kh_alloc(heap, (size_t)count * size); /* zlib asks for less than 300 KiB in all */
}

static void release_items(void *heap, void *memory)
{
    kh_free(heap, memory);
}

static int open_gzip(struct kh_compressor *c)
{
    enum {
        WINDOW = 15 + 16,
        MEMORY = 8
    }; /* the largest window in a gzip wrapper; zlib's default */
    struct kh_deflate *gzip;

    if (c->gzip != NULL)
        return deflateReset(&c->gzip->stream) == Z_OK ? 0 : KOHORT_EBUG;
    gzip = kh_alloc_zeroed(c->heap, 1, sizeof *gzip);
    if (gzip == NULL)
        return KOHORT_ENOMEM;
    gzip->stream.zalloc = allocate_items;
    gzip->stream.zfree = release_items;
    gzip->stream.opaque = c->heap;
    if (deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        kh_free(c->heap, gzip);
        return KOHORT_ENOMEM;
    }
    c->gzip = gzip;
    return 0;
}

static int compress_gzip(struct kh_compressor *c, const uint8_t *in, size_t size, size_t *ret_size)
{
    int status = open_gzip(c);

    if (status == 0)
        status = make_room(c, deflateBound(&c->gzip->stream, (uLong)size));
    if (status < 0)
        return status;
    c->gzip->stream.next_in = (Bytef *)(uintptr_t)in; /* zlib reads only */
    c->gzip->stream.avail_in = (uInt)size;
    c->gzip->stream.next_out = c->output;
    c->gzip->stream.avail_out = (uInt)c->capacity;
    if (deflate(&c->gzip->stream, Z_FINISH) != Z_STREAM_END)
        return KOHORT_EBUG;
    *ret_size = c->capacity - c->gzip->stream.avail_out;
    return 0;
}
#endif

#ifdef KH_WITH_SNAPPY
#include <snappy-c.h>

/* SnappyOutputStream's frame: a magic, two versions, then chunks of 32 KiB with their sizes. */
static int compress_snappy(struct kh_compressor *c, const uint8_t *in, size_t size,
                           size_t *ret_size)
{
    enum { CHUNK = 32 * KH_KIB, CHUNK_HEADER = 4 };
    static const uint8_t head[] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1};
    size_t chunks = (size + CHUNK - 1) / CHUNK, made = sizeof head;
    int status =
        make_room(c, sizeof head + chunks * (CHUNK_HEADER + snappy_max_compressed_length(CHUNK)));

    if (status < 0)
        return status;
    memcpy(c->output, head, sizeof head);
    for (size_t at = 0; at < size; at += CHUNK) {
        size_t part = size - at < CHUNK ? size - at : CHUNK;
        size_t got = snappy_max_compressed_length(part);

        if (snappy_compress((const char *)in + at, part, (char *)c->output + made + CHUNK_HEADER,
                            &got) != SNAPPY_OK)
            return KOHORT_EBUG;
        kh_store_u32(c->output + made, (uint32_t)got);
        made += CHUNK_HEADER + got;
    }
    *ret_size = made;
    return 0;
}
#endif

#ifdef KH_WITH_LZ4
#define LZ4F_STATIC_LINKING_ONLY /* for a context on a heap of our own */
#include <lz4frame.h>

static int open_lz4(struct kh_compressor *c)
{
    if (c->lz4 != NULL)
        return 0;
#ifdef KH_LZ4_CUSTOM_MEMORY
    LZ4F_CustomMem memory = {
        .customAlloc = allocate, .customFree = release, .opaqueState = c->heap};

    c->lz4 = LZ4F_createCompressionContext_advanced(memory, LZ4F_VERSION);
#else
    /* Before 1.9.4 liblz4 took its memory from malloc alone. */
    if (LZ4F_isError(LZ4F_createCompressionContext(&c->lz4, LZ4F_VERSION)))
        c->lz4 = NULL;
#endif
    return c->lz4 != NULL ? 0 : KOHORT_ENOMEM;
}

static int compress_lz4(struct kh_compressor *c, const uint8_t *in, size_t size, size_t *ret_size)
{
    const LZ4F_preferences_t preferences = {
        .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent},
        .autoFlush = 1, /* else a buffer is allocated for each frame */
    };
    size_t steps[3], made = 0;
    int status = open_lz4(c);

    if (status == 0)
        status = make_room(c, LZ4F_HEADER_SIZE_MAX + LZ4F_compressBound(size, &preferences));
    if (status < 0)
        return status;
    for (int i = 0; i < 3; made += steps[i], i++) {
        uint8_t *to = c->output + made;
        size_t room = c->capacity - made;

        steps[i] = i == 0   ? LZ4F_compressBegin(c->lz4, to, room, &preferences)
                   : i == 1 ? LZ4F_compressUpdate(c->lz4, to, room, in, size, NULL)
                            : LZ4F_compressEnd(c->lz4, to, room, NULL);
        if (LZ4F_isError(steps[i]))
            return KOHORT_ENOMEM; /* the room is enough: nothing else can be missing */
    }
    *ret_size = made;
    return 0;
}
#endif

#ifdef KH_WITH_ZSTD
#define ZSTD_STATIC_LINKING_ONLY /* for a context on a heap of our own */
#include <zstd.h>

static int compress_zstd(struct kh_compressor *c, const uint8_t *in, size_t size, size_t *ret_size)
{
    ZSTD_customMem memory = {.customAlloc = allocate, .customFree = release, .opaque = c->heap};
    int status = make_room(c, ZSTD_compressBound(size));
    size_t made;

    if (status < 0)
        return status;
    if (c->zstd == NULL)
        c->zstd = ZSTD_createCCtx_advanced(memory);
    if (c->zstd == NULL)
        return KOHORT_ENOMEM;
    made = ZSTD_compressCCtx(c->zstd, c->output, c->capacity, in, size, ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(made))
        return KOHORT_ENOMEM; /* the room is enough: nothing else can be missing */
    *ret_size = made;
    return 0;
}
#endif

void kh_compressor_free(struct kh_compressor *c)
{
#ifdef KH_WITH_ZLIB
    if (c->gzip != NULL)
        deflateEnd(&c->gzip->stream);
    kh_free(c->heap, c->gzip);
#endif
#ifdef KH_WITH_LZ4
    LZ4F_freeCompressionContext(c->lz4);
#endif
#ifdef KH_WITH_ZSTD
    ZSTD_freeCCtx(c->zstd);
#endif
    kh_free(c->heap, c->output);
    kh_compressor_init(c, c->heap);
}

static int pack(struct kh_compressor *c, enum kh_codec codec, const uint8_t *in, size_t size,
                size_t *ret_size)
{
    (void)c, (void)in, (void)size, (void)ret_size; /* in a build without codecs */
    switch (codec) {
    case KH_CODEC_GZIP:
#ifdef KH_WITH_ZLIB
        return compress_gzip(c, in, size, ret_size);
#else
        break;
#endif
    case KH_CODEC_SNAPPY:
#ifdef KH_WITH_SNAPPY
        return compress_snappy(c, in, size, ret_size);
#else
        break;
#endif
    case KH_CODEC_LZ4:
#ifdef KH_WITH_LZ4
        return compress_lz4(c, in, size, ret_size);
#else
        break;
#endif
    case KH_CODEC_ZSTD:
#ifdef KH_WITH_ZSTD
        return compress_zstd(c, in, size, ret_size);
#else
        break;
#endif
    case KH_CODEC_NONE:
        break;
    }
    return KOHORT_ECODEC;
}

int kh_compress(struct kh_compressor *c, enum kh_codec codec, const uint8_t *in, size_t size,
                const uint8_t **ret_out, size_t *ret_size)
{
    int status;

    if (size > KH_LIMIT_BATCH_DECOMPRESSED)
        return KOHORT_ELIMIT;
    if (codec == KH_CODEC_NONE) {
        *ret_out = in;
        *ret_size = size;
        return 0;
    }
    status = pack(c, codec, in, size, ret_size);
    if (status == 0)
        *ret_out = c->output;
    return status;
}
