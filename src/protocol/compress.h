/* Decompression of record batches. One context a client: what it allocates is kept and used again,
 * so that a steady state allocates nothing. A codec is one file, compress_<codec>.c, and one line
 * in kh_decompress. */
#ifndef KH_PROTOCOL_COMPRESS_H
#define KH_PROTOCOL_COMPRESS_H

#include "base/heap.h"
#include "protocol/batch.h"

struct kh_gzip;
struct LZ4F_dctx_s;
struct ZSTD_DCtx_s;

struct kh_decompressor {
    struct kh_heap *heap;
    uint8_t *output; /* as large as the largest batch so far */
    size_t capacity;
    /* Each is made by the first batch that needs it; snappy needs none. */
    struct kh_gzip *gzip;
    struct LZ4F_dctx_s *lz4;
    struct ZSTD_DCtx_s *zstd;
};

void kh_decompressor_init(struct kh_decompressor *d, struct kh_heap *heap);
void kh_decompressor_free(struct kh_decompressor *d);

/* What `in` holds, valid until the next call; with KH_CODEC_NONE it is `in` itself.
 * KOHORT_ECORRUPT: the stream is damaged. KOHORT_ELIMIT: it gives more than
 * KH_LIMIT_BATCH_DECOMPRESSED, or more than the codec can honestly make of its size. KOHORT_ECODEC:
 * this build lacks the codec. KOHORT_ENOMEM. */
int kh_decompress(struct kh_decompressor *d, enum kh_codec codec, const uint8_t *in, size_t size,
                  const uint8_t **ret_out, size_t *ret_size);
/* The same for the value of a message of magic 0 or 1. zstd came later than these, and is
 * KOHORT_ECODEC; with magic 0 the checksum in an lz4 frame's header is not looked at, because
 * producers of that time computed it over the wrong bytes (KAFKA-3160). */
int kh_decompress_message(struct kh_decompressor *d, enum kh_codec codec, int magic,
                          const uint8_t *in, size_t size, const uint8_t **ret_out,
                          size_t *ret_size);

/* For the codecs: what a stream of this size can give at most, when one byte gives `ratio`. */
size_t kh_decompressor_most(size_t size, size_t ratio);
/* For the codecs: room for at least `capacity` bytes, what was written so far kept. KOHORT_ENOMEM:
 * nothing changed. */
int kh_decompressor_grow(struct kh_decompressor *d, size_t capacity);

/* For the codecs: more room than there is, what was written so far kept. KOHORT_ELIMIT: `most` is
 * full. KOHORT_ENOMEM: nothing changed. */
int kh_decompressor_grow_within(struct kh_decompressor *d, size_t most);

/* The codecs themselves; *ret_size bytes are in d->output. */
int kh_decompress_gzip(struct kh_decompressor *d, const uint8_t *in, size_t size, size_t *ret_size);
void kh_gzip_free(struct kh_decompressor *d);
int kh_decompress_snappy(struct kh_decompressor *d, const uint8_t *in, size_t size,
                         size_t *ret_size);
int kh_decompress_lz4(struct kh_decompressor *d, const uint8_t *in, size_t size,
                      bool any_header_checksum, size_t *ret_size);
void kh_lz4_free(struct kh_decompressor *d);
int kh_decompress_zstd(struct kh_decompressor *d, const uint8_t *in, size_t size, size_t *ret_size);
void kh_zstd_free(struct kh_decompressor *d);

#endif
