#include "protocol/compress.h"

void kh_decompressor_init(struct kh_decompressor *d, struct kh_heap *heap)
{
    *d = (struct kh_decompressor){.heap = heap};
}

void kh_decompressor_free(struct kh_decompressor *d)
{
#ifdef KH_WITH_ZLIB
    kh_gzip_free(d);
#endif
    kh_free(d->heap, d->output);
    *d = (struct kh_decompressor){.heap = d->heap};
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

int kh_decompress(struct kh_decompressor *d, enum kh_codec codec, const uint8_t *in, size_t size,
                  const uint8_t **ret_out, size_t *ret_size)
{
    int status = KOHORT_ECODEC;

    switch (codec) {
    case KH_CODEC_NONE:
        *ret_out = in;
        *ret_size = size;
        return 0;
    case KH_CODEC_GZIP:
#ifdef KH_WITH_ZLIB
        status = kh_decompress_gzip(d, in, size, ret_size);
#endif
        break;
    case KH_CODEC_SNAPPY:
    case KH_CODEC_LZ4:
    case KH_CODEC_ZSTD:
        break;
    }
    if (status == 0)
        *ret_out = d->output;
    return status;
}
