#include "support/records/compress.h"

#include <stdlib.h>

static void require(bool done)
{
    if (!done)
        abort();
}

#ifdef KH_WITH_ZLIB
#include <zlib.h>

static void append_gzip(struct test_buffer *out, const void *data, size_t size)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size};
    uLong bound;

    require(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                         Z_DEFAULT_STRATEGY) == Z_OK);
    bound = deflateBound(&stream, (uLong)size);
    stream.next_out = test_buffer_extend(out, bound);
    stream.avail_out = (uInt)bound;
    require(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out->size -= stream.avail_out;
    deflateEnd(&stream);
}
#endif

#ifdef KH_WITH_SNAPPY
#include <snappy-c.h>

void test_snappy_append_raw(struct test_buffer *out, const void *data, size_t size)
{
    size_t bound = snappy_max_compressed_length(size), made = bound;
    uint8_t *to = test_buffer_extend(out, bound);

    require(snappy_compress(data, size, (char *)to, &made) == SNAPPY_OK);
    out->size -= bound - made;
}

static void append_xerial(struct test_buffer *out, const uint8_t *data, size_t size)
{
    enum { CHUNK = 32 * 1024 };

    test_buffer_append(out, "\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
    for (size_t at = 0; at < size; at += CHUNK) {
        struct test_buffer chunk = {0};

        test_snappy_append_raw(&chunk, data + at, size - at < CHUNK ? size - at : CHUNK);
        test_buffer_append_int(out, chunk.size, 4);
        test_buffer_append(out, chunk.data, chunk.size);
        test_buffer_free(&chunk);
    }
}
#else
void test_snappy_append_raw(struct test_buffer *out, const void *data, size_t size)
{
    (void)out, (void)data, (void)size;
    abort();
}
#endif

#ifdef KH_WITH_LZ4
#include <lz4frame.h>

static void append_lz4(struct test_buffer *out, const void *data, size_t size)
{
    const LZ4F_preferences_t preferences = {
        .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent}};
    size_t bound = LZ4F_compressFrameBound(size, &preferences);
    uint8_t *to = test_buffer_extend(out, bound);
    size_t made = LZ4F_compressFrame(to, bound, data, size, &preferences);

    require(!LZ4F_isError(made));
    out->size -= bound - made;
}
#endif

#ifdef KH_WITH_ZSTD
#include <zstd.h>

static void append_zstd(struct test_buffer *out, const void *data, size_t size)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(size) + 64;
    ZSTD_inBuffer in = {.src = data, .size = size};
    ZSTD_outBuffer to = {.dst = test_buffer_extend(out, bound), .size = bound};

    require(context != NULL);
    /* Content first and the end later: so the frame cannot tell its size. */
    while (in.pos < in.size)
        require(!ZSTD_isError(ZSTD_compressStream2(context, &to, &in, ZSTD_e_continue)));
    require(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end) == 0);
    out->size -= bound - to.pos;
    ZSTD_freeCCtx(context);
}
#endif

bool test_codec_built(enum kh_codec codec)
{
    static const bool built[] = {
        [KH_CODEC_NONE] = true,
#ifdef KH_WITH_ZLIB
        [KH_CODEC_GZIP] = true,
#endif
#ifdef KH_WITH_SNAPPY
        [KH_CODEC_SNAPPY] = true,
#endif
#ifdef KH_WITH_LZ4
        [KH_CODEC_LZ4] = true,
#endif
#ifdef KH_WITH_ZSTD
        [KH_CODEC_ZSTD] = true,
#endif
        [KH_CODEC_ZSTD + 1] = false,
    };

    return built[codec];
}

void test_compress_append(struct test_buffer *out, enum kh_codec codec, const void *data,
                          size_t size)
{
    require(test_codec_built(codec));
    switch (codec) {
    case KH_CODEC_NONE:
        test_buffer_append(out, data, size);
        break;
    case KH_CODEC_GZIP:
#ifdef KH_WITH_ZLIB
        append_gzip(out, data, size);
#endif
        break;
    case KH_CODEC_SNAPPY:
#ifdef KH_WITH_SNAPPY
        append_xerial(out, data, size);
#endif
        break;
    case KH_CODEC_LZ4:
#ifdef KH_WITH_LZ4
        append_lz4(out, data, size);
#endif
        break;
    case KH_CODEC_ZSTD:
#ifdef KH_WITH_ZSTD
        append_zstd(out, data, size);
#endif
        break;
    }
}
