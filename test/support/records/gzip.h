#ifndef TEST_SUPPORT_RECORDS_GZIP_H
#define TEST_SUPPORT_RECORDS_GZIP_H

#include "support/records/buffer.h"

/* Appends one gzip member; ends the program in a build without zlib. */
void test_gzip_append(struct test_buffer *out, const void *data, size_t size);

#endif
