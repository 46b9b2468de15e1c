/* Compression as Kafka's producers do it. */
#ifndef TEST_SUPPORT_RECORDS_COMPRESS_H
#define TEST_SUPPORT_RECORDS_COMPRESS_H

#include "protocol/batch.h"
#include "support/records/buffer.h"

/* Whether this build has the codec. */
bool test_codec_built(enum kh_codec codec);
/* Appends a stream that holds `data`: a gzip member; snappy in xerial's frame, in chunks of 32 KiB;
 * an lz4 frame in blocks of 64 KiB that tells no size; a zstd frame that tells none. Ends the
 * program in a build without the codec. */
void test_compress_append(struct test_buffer *out, enum kh_codec codec, const void *data,
                          size_t size);
/* Appends one raw snappy stream. */
void test_snappy_append_raw(struct test_buffer *out, const void *data, size_t size);

#endif
