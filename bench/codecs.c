/* What decompressing a batch costs beside the codec library's own call into a buffer that is large
 * enough: the least CPU time of each, measured in turn.
 *
 *   codecs [KIB [ROUNDS]] */
#include "protocol/compress.h"
#include "support/records/compress.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

struct bench {
    struct kh_decompressor d;
    struct test_buffer packed;
    uint8_t *plain, *room;
    size_t size;
    z_stream gzip;
    LZ4F_dctx *lz4;
    ZSTD_DCtx *zstd;
};

/* Lines as programs log them. */
static void fill(uint8_t *to, size_t size)
{
    uint32_t random = 1;
    size_t at = 0;
    char line[160];

    while (at < size) {
        int written;

        random = random * 1664525 + 1013904223;
        written =
            snprintf(line, sizeof line,
                     "{\"time\":17000%08u,\"level\":\"info\",\"user\":\"u%u\",\"path\":\"/api/v%u/"
                     "items/%u\",\"bytes\":%u}\n",
                     (unsigned)at, random >> 20, random >> 30, random >> 12, random >> 16);
        if ((size_t)written > size - at)
            written = (int)(size - at);
        memcpy(to + at, line, (size_t)written);
        at += (size_t)written;
    }
}

static size_t own_gzip(struct bench *b)
{
    inflateReset(&b->gzip);
    b->gzip.next_in = b->packed.data;
    b->gzip.avail_in = (uInt)b->packed.size;
    b->gzip.next_out = b->room;
    b->gzip.avail_out = (uInt)b->size;
    inflate(&b->gzip, Z_FINISH);
    return b->gzip.total_out;
}

static size_t own_snappy(struct bench *b)
{
    const uint8_t *at = b->packed.data + 16, *end = b->packed.data + b->packed.size;
    size_t total = 0;

    while (at < end) {
        size_t size = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
        size_t made = b->size - total;

        snappy_uncompress((const char *)at + 4, size, (char *)b->room + total, &made);
        total += made;
        at += 4 + size;
    }
    return total;
}

static size_t own_lz4(struct bench *b)
{
    size_t made = b->size, used = b->packed.size;

    LZ4F_decompress(b->lz4, b->room, &made, b->packed.data, &used, NULL);
    return made;
}

static size_t own_zstd(struct bench *b)
{
    return ZSTD_decompressDCtx(b->zstd, b->room, b->size, b->packed.data, b->packed.size);
}

static size_t ours(struct bench *b, enum kh_codec codec)
{
    const uint8_t *out;
    size_t size;

    return kh_decompress(&b->d, codec, b->packed.data, b->packed.size, &out, &size) == 0 ? size : 0;
}

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void measure(struct bench *b, enum kh_codec codec, const char *name,
                    size_t (*own)(struct bench *b), long rounds)
{
    double least[2] = {1e18, 1e18};

    b->packed.size = 0;
    test_compress_append(&b->packed, codec, b->plain, b->size);
    for (long i = 0; i < 2 * rounds; i++) {
        double begin = now_us(), took;
        size_t made = i % 2 == 0 ? own(b) : ours(b, codec);

        took = now_us() - begin;
        if (made != b->size)
            abort();
        if (took < least[i % 2])
            least[i % 2] = took;
    }
    printf("%-7s %8zu -> %8zu bytes: library %8.1f us, kohort %8.1f us, %+.1f %%\n", name,
           b->packed.size, b->size, least[0], least[1], 100 * (least[1] / least[0] - 1));
}

int main(int argc, char **argv)
{
    struct bench b = {.size = (size_t)(argc > 1 ? strtol(argv[1], NULL, 10) : 1024) * 1024};
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 200;
    struct kh_heap heap;

    kh_heap_init(&heap);
    kh_decompressor_init(&b.d, &heap);
    b.plain = malloc(b.size);
    b.room = malloc(b.size);
    b.zstd = ZSTD_createDCtx();
    if (b.plain == NULL || b.room == NULL || b.zstd == NULL ||
        inflateInit2(&b.gzip, 15 + 16) != Z_OK ||
        LZ4F_isError(LZ4F_createDecompressionContext(&b.lz4, LZ4F_VERSION)))
        return 1;
    fill(b.plain, b.size);
    measure(&b, KH_CODEC_GZIP, "gzip", own_gzip, rounds);
    measure(&b, KH_CODEC_SNAPPY, "snappy", own_snappy, rounds);
    measure(&b, KH_CODEC_LZ4, "lz4", own_lz4, rounds);
    measure(&b, KH_CODEC_ZSTD, "zstd", own_zstd, rounds);
    kh_decompressor_free(&b.d);
    test_buffer_free(&b.packed);
    inflateEnd(&b.gzip);
    LZ4F_freeDecompressionContext(b.lz4);
    ZSTD_freeDCtx(b.zstd);
    free(b.room);
    free(b.plain);
    return 0;
}
