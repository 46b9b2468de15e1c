/* Decompression of record batches. One context a client: what it allocates is kept and used again,
 * so that a steady state allocates nothing. A codec is one file, compress_<codec>.c, and one line
 * in kh_decompress. */
#ifndef KH_PROTOCOL_COMPRESS_H
#define KH_PROTOCOL_COMPRESS_H

#include "base/heap.h"
#include "protocol/batch.h"

struct kh_gzip;

struct kh_decompressor {
    struct kh_heap *heap;
    uint8_t *output; /* as large as the largest batch so far */
    size_t capacity;
    struct kh_gzip *gzip; /* made by the first gzip batch */
};

void kh_decompressor_init(struct kh_decompressor *d, struct kh_heap *heap);
void kh_decompressor_free(struct kh_decompressor *d);

/* What `in` holds, valid until the next call; with KH_CODEC_NONE it is `in` itself.
 * KOHORT_ECORRUPT: the stream is damaged. KOHORT_ELIMIT: it gives more than
 * KH_LIMIT_BATCH_DECOMPRESSED, or more than the codec can honestly make of its size. KOHORT_ECODEC:
 * this build lacks the codec. KOHORT_ENOMEM. */
int kh_decompress(struct kh_decompressor *d, enum kh_codec codec, const uint8_t *in, size_t size,
                  const uint8_t **ret_out, size_t *ret_size);

/* For the codecs: room for at least `capacity` bytes, what was written so far kept. KOHORT_ENOMEM:
 * nothing changed. */
int kh_decompressor_grow(struct kh_decompressor *d, size_t capacity);

/* The codecs themselves; *ret_size bytes are in d->output. */
int kh_decompress_gzip(struct kh_decompressor *d, const uint8_t *in, size_t size, size_t *ret_size);
void kh_gzip_free(struct kh_decompressor *d);

#endif
