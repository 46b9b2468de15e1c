/* The parts of `kohort decode`. Nothing of what they read is trusted. */
#ifndef DECODE_H
#define DECODE_H

#include "base/heap.h"
#include "schema/schema_json.h"

#include <stdio.h>

enum { COMPLAINTS_SAID = 50 }; /* on stderr; then they are only counted */

struct decode {
    struct kh_heap heap;
    size_t bytes_shown; /* of a payload; --bytes */
    size_t messages;    /* lines written */
    size_t problems;    /* of those, lines with a problem */
    size_t complaints;  /* on stderr */
};

/* "% text" on stderr. */
void complain(struct decode *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- decode_message.c: one frame, one line of JSON on stdout ---- */

/* A frame without its size. */
struct frame {
    const uint8_t *data;
    size_t size;
    const char *connection; /* NULL: not from a capture */
    int64_t time_us;        /* since 1970; -1: not known */
};

/* A request that was read. */
struct asked {
    int64_t time_us;
    int32_t correlation_id;
    int16_t key, version;
};

/* The requests of one connection that have not been answered. */
struct dialogue {
    struct asked *asked;
    size_t count;
};

void dialogue_free(struct decode *d, struct dialogue *dialogue);
/* Whether a request of this correlation id waits for its answer. */
bool dialogue_awaits(const struct dialogue *dialogue, int32_t correlation_id);

/* Whether a request's header may stand here: a key that Kafka has, a sane version and client id. */
bool looks_like_request(const uint8_t *data, size_t size);
void decode_request(struct decode *d, struct dialogue *dialogue, const struct frame *frame);
/* False, and nothing is written, when no request awaits it. */
bool decode_response(struct decode *d, struct dialogue *dialogue, const struct frame *frame);
/* A message without a header. */
void decode_body(struct decode *d, int16_t key, enum schema_kind kind, int version,
                 const uint8_t *data, size_t size);

/* ---- decode_payload.c ---- */

/* What is shown of bytes: records as their batches, the consumer protocol as its fields, tokens of
 * SASL as their size alone, all else as its size and first bytes. */
struct payload {
    struct decode *decode;
    int16_t key; /* the API's */
};
json_t *payload_show(void *payload, const struct schema_field *field, struct kh_bytes bytes);

/* ---- decode_capture.c: pcap and pcapng ---- */

struct packet {
    const uint8_t *data; /* until the next one */
    size_t size;
    int link_type;
    int64_t time_us;
};

struct capture;

/* Whether a file that begins so is a capture: one byte tells, two if the first is a newline. */
bool capture_begins(const uint8_t *begin, size_t size);
/* begin[0..size) has been read from the file. NULL after complaining. */
struct capture *capture_open(struct decode *d, FILE *file, const uint8_t *begin, size_t size);
/* False at the end, or after complaining. */
bool capture_next(struct capture *c, struct packet *ret_packet);
void capture_close(struct capture *c);

/* ---- decode_packet.c: link, IP and TCP headers ---- */

struct endpoint {
    uint8_t address[16];
    uint8_t address_size; /* 4 or 16 */
    uint16_t port;
};

struct segment {
    struct endpoint from, to;
    uint32_t sequence, acknowledged;
    bool syn, ack;
    const uint8_t *data;
    size_t size;
    size_t cut; /* bytes that were sent but are not in the capture (its snaplen) */
};

enum packet_kind { PACKET_TCP, PACKET_FRAGMENT, PACKET_OTHER };

enum packet_kind packet_read(const struct packet *packet, struct segment *ret_segment);

/* ---- decode_stream.c: segments in order, cut into frames ---- */

struct streams;

/* `port`: the broker's; 0: found out. */
struct streams *streams_new(struct decode *d, uint16_t port);
void streams_take(struct streams *s, const struct segment *segment, int64_t time_us);
/* Says what is left open, and frees all. */
void streams_end(struct streams *s);

#endif
