/* What a compressed batch holds. The first byte chooses the codec, and the magic of the batch it
 * came in. */
#include "base/limits.h"
#include "protocol/compress.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kh_decompressor d;
    struct kh_heap heap;
    const uint8_t *out;
    size_t out_size;
    enum kh_codec codec;
    int magic;

    if (size == 0)
        return 0;
    codec = (enum kh_codec)(data[0] % (KH_CODEC_ZSTD + 1));
    magic = data[0] / 8 % 3;
    kh_heap_init(&heap);
    kh_decompressor_init(&d, &heap);
    /* Twice: what the first left in its context must not matter. */
    for (int i = 0; i < 2; i++) {
        int status = magic == 2 ? kh_decompress(&d, codec, data + 1, size - 1, &out, &out_size)
                                : kh_decompress_message(&d, codec, magic, data + 1, size - 1, &out,
                                                        &out_size);

        if (status == 0 && codec != KH_CODEC_NONE && out_size > KH_LIMIT_BATCH_DECOMPRESSED)
            abort();
    }
    kh_decompressor_free(&d);
    if (heap.outstanding != 0)
        abort();
    return 0;
}
