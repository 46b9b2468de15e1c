/* Captures made by hand: a TCP conversation in the formats, link types and IP versions there are.
 */
#ifndef TEST_TOOL_CAPTURE_WRITER_H
#define TEST_TOOL_CAPTURE_WRITER_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t size, capacity;
};

void bytes_add(struct bytes *b, const void *data, size_t size);
void bytes_free(struct bytes *b);

struct shape {
    bool next_generation, big_endian, nanoseconds;
    int link_type;
    bool vlan, is_ipv6, handshake;
    bool reordered; /* some segments change places, some come twice, or overlap */
    size_t segment_max;
    size_t captured_max; /* of a packet; 0: all */
};

enum { CLIENT_PORT = 40000, BROKER_PORT = 9092 };

struct capture_writer {
    struct shape shape;
    struct kh_random random;
    struct bytes out, held; /* held: a packet that is written after the next */
    uint32_t sequences[2];  /* 0: the client's */
    int64_t time_us;
    size_t segments, left_out; /* the segment of this number is not written; counted from 1 */
};

void capture_begin(struct capture_writer *w, const struct shape *shape);
/* What one side sends; in segments. */
void capture_send(struct capture_writer *w, int from, const void *data, size_t size);
/* The file is w->out. */
void capture_end(struct capture_writer *w);
void capture_free(struct capture_writer *w);

#endif
