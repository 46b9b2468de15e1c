/* Compression of record batches, as Kafka's producers do it. One context a producer: what it
 * allocates is kept and used again. */
#ifndef KH_PROTOCOL_COMPRESSOR_H
#define KH_PROTOCOL_COMPRESSOR_H

#include "protocol/batch.h"
#include "protocol/writer.h"

struct kh_deflate;
struct LZ4F_cctx_s;
struct ZSTD_CCtx_s;

struct kh_compressor {
    struct kh_heap *heap;
    uint8_t *output; /* what the last call made */
    size_t capacity;
    /* Each is made by the first batch that needs it; snappy needs none. */
    struct kh_deflate *gzip;
    struct LZ4F_cctx_s *lz4;
    struct ZSTD_CCtx_s *zstd;
};

void kh_compressor_init(struct kh_compressor *c, struct kh_heap *heap);
void kh_compressor_free(struct kh_compressor *c);

/* *ret_out is valid until the next call; with KH_CODEC_NONE it is `in` itself. gzip makes one
 * member, snappy xerial's frame, lz4 a frame of independent blocks of 64 KiB, zstd one frame.
 * KOHORT_ECODEC: this build lacks the codec. KOHORT_ELIMIT: `in` is above
 * KH_LIMIT_BATCH_DECOMPRESSED. KOHORT_ENOMEM. */
int kh_compress(struct kh_compressor *c, enum kh_codec codec, const uint8_t *in, size_t size,
                const uint8_t **ret_out, size_t *ret_size);

#endif
