#include "protocol/compress.h"

#include "base/limits.h"

void kh_decompressor_init(struct kh_decompressor *d, struct kh_heap *heap)
{
    *d = (struct kh_decompressor){.heap = heap};
}

void kh_decompressor_free(struct kh_decompressor *d)
{
#ifdef KH_WITH_ZLIB
    kh_gzip_free(d);
#endif
#ifdef KH_WITH_LZ4
    kh_lz4_free(d);
#endif
#ifdef KH_WITH_ZSTD
    kh_zstd_free(d);
#endif
    kh_free(d->heap, d->output);
    *d = (struct kh_decompressor){.heap = d->heap};
}

size_t kh_decompressor_most(size_t size, size_t ratio)
{
    return size < KH_LIMIT_BATCH_DECOMPRESSED / ratio ? size * ratio : KH_LIMIT_BATCH_DECOMPRESSED;
}

int kh_decompressor_grow(struct kh_decompressor *d, size_t capacity)
{
    uint8_t *output;

    if (capacity <= d->capacity)
        return 0;
    output = kh_resize(d->heap, d->output, capacity, 1);
    if (output == NULL)
        return KOHORT_ENOMEM;
    d->output = output;
    d->capacity = capacity;
    return 0;
}

int kh_decompressor_grow_within(struct kh_decompressor *d, size_t most)
{
    if (d->capacity >= most)
        return KOHORT_ELIMIT;
    return kh_decompressor_grow(d, d->capacity < most / 2 ? d->capacity * 2 : most);
}

static int decompress(struct kh_decompressor *d, enum kh_codec codec, int magic, const uint8_t *in,
                      size_t size, size_t *ret_size)
{
    (void)d, (void)magic, (void)in, (void)size, (void)ret_size; /* in a build without codecs */
    switch (codec) {
    case KH_CODEC_GZIP:
#ifdef KH_WITH_ZLIB
        return kh_decompress_gzip(d, in, size, ret_size);
#else
        break;
#endif
    case KH_CODEC_SNAPPY:
#ifdef KH_WITH_SNAPPY
        return kh_decompress_snappy(d, in, size, ret_size);
#else
        break;
#endif
    case KH_CODEC_LZ4:
#ifdef KH_WITH_LZ4
        return kh_decompress_lz4(d, in, size, magic == 0, ret_size);
#else
        break;
#endif
    case KH_CODEC_ZSTD:
#ifdef KH_WITH_ZSTD
        if (magic == 2)
            return kh_decompress_zstd(d, in, size, ret_size);
#endif
        break;
    case KH_CODEC_NONE:
        break;
    }
    return KOHORT_ECODEC;
}

int kh_decompress_message(struct kh_decompressor *d, enum kh_codec codec, int magic,
                          const uint8_t *in, size_t size, const uint8_t **ret_out, size_t *ret_size)
{
    int status;

    if (codec == KH_CODEC_NONE) {
        *ret_out = in;
        *ret_size = size;
        return 0;
    }
    status = decompress(d, codec, magic, in, size, ret_size);
    if (status == 0)
        *ret_out = d->output;
    return status;
}

int kh_decompress(struct kh_decompressor *d, enum kh_codec codec, const uint8_t *in, size_t size,
                  const uint8_t **ret_out, size_t *ret_size)
{
    return kh_decompress_message(d, codec, 2, in, size, ret_out, ret_size);
}
