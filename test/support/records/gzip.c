#include "support/records/gzip.h"

#include <stdlib.h>

#ifdef KH_WITH_ZLIB

#include <zlib.h>

void test_gzip_append(struct test_buffer *out, const void *data, size_t size)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size};
    uLong bound;

    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        abort();
    bound = deflateBound(&stream, (uLong)size);
    stream.next_out = test_buffer_extend(out, bound);
    stream.avail_out = (uInt)bound;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    out->size -= stream.avail_out;
    deflateEnd(&stream);
}

#else

void test_gzip_append(struct test_buffer *out, const void *data, size_t size)
{
    (void)out, (void)data, (void)size;
    abort();
}

#endif
