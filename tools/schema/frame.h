/* Frames, without their length: as a broker reads and writes them, and as a client does. */
#ifndef TEST_SUPPORT_SCHEMA_FRAME_H
#define TEST_SUPPORT_SCHEMA_FRAME_H

#include "protocol/api.h"
#include "protocol/header.h"
#include "schema/schema.h"

/* Reads the header of a request. Afterwards the reader stands before the body, flexible as its
 * version is. The table of the body; NULL: there is none, or the header cannot be read. */
const struct schema *schema_read_request_header(struct kh_reader *r, const uint8_t *frame,
                                                size_t size, struct kh_arena *arena,
                                                struct kh_request_header *out);
/* Header and body of a response of the table `s`. */
void schema_write_response(struct kh_writer *w, const struct schema *s, int version,
                           int32_t correlation_id, const void *response);

/* Header and body of a request of the table `s`, whose version is the header's; request NULL: no
 * body. */
void schema_write_request(struct kh_writer *w, const struct schema *s,
                          const struct kh_request_header *header, const void *request);
/* Reads header and body of a response of the table `s`, which comes from the arena; NULL when it
 * cannot be read, and `r` says why. */
void *schema_read_response(struct kh_reader *r, const struct schema *s, int version,
                           struct kh_bytes frame, struct kh_arena *arena,
                           int32_t *ret_correlation_id);

/* A request that was read; the answer comes from the arena. */
struct schema_question {
    enum kh_api api;
    int version;
    const void *request; /* the API's struct */
    struct kh_arena *arena;
};
/* The API's response that says nothing but this error, wherever the API says it. */
void *schema_error_response(const struct schema_question *question, int16_t error_code);

#endif
