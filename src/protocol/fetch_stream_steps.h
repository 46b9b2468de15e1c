/* Inside fetch_stream*.c only: the steps of the stream's machine, one for each state, and what they
 * are made of. */
#ifndef KH_PROTOCOL_FETCH_STREAM_STEPS_H
#define KH_PROTOCOL_FETCH_STREAM_STEPS_H

#include "protocol/fetch_stream.h"

/* A step's answer besides events and errors: the state has moved, step again. */
enum { KH_FETCH_GO_ON = 1000 };

int kh_fetch_step_response_head(struct kh_fetch_stream *s);
int kh_fetch_step_topic_count(struct kh_fetch_stream *s);
int kh_fetch_step_topic(struct kh_fetch_stream *s);
int kh_fetch_step_partition_count(struct kh_fetch_stream *s);
int kh_fetch_step_partition_head(struct kh_fetch_stream *s);
int kh_fetch_step_aborted_count(struct kh_fetch_stream *s);
int kh_fetch_step_aborted(struct kh_fetch_stream *s);
int kh_fetch_step_records_size(struct kh_fetch_stream *s);
int kh_fetch_step_batch_head(struct kh_fetch_stream *s);
int kh_fetch_step_batch_body(struct kh_fetch_stream *s);
int kh_fetch_step_records_skip(struct kh_fetch_stream *s);
int kh_fetch_step_tag_count(struct kh_fetch_stream *s);
int kh_fetch_step_tag_head(struct kh_fetch_stream *s);
int kh_fetch_step_tag_body(struct kh_fetch_stream *s);
int kh_fetch_step_tag_skip(struct kh_fetch_stream *s);
int kh_fetch_step_struct_end(struct kh_fetch_stream *s);

/* The fields of a struct have been read: its tagged fields follow, if the version has them; then
 * its end. */
void kh_fetch_read_tags(struct kh_fetch_stream *s, enum kh_fetch_struct tags_of);
int kh_fetch_tell_last_batch(struct kh_fetch_stream *s, int64_t next_offset);

/* A field is an atom: it is used whole or not at all. */

/* Returns `status`, for good. */
int kh_fetch_fail(struct kh_fetch_stream *s, int status, const char *wrong);
/* Whether `size` bytes lie here together. If not, the step ends with kh_fetch_missing(). */
bool kh_fetch_have(struct kh_fetch_stream *s, uint64_t size);
/* The answer of a step that could not have its bytes: they are still to come, or never will. */
int kh_fetch_missing(const struct kh_fetch_stream *s);
void kh_fetch_use(struct kh_fetch_stream *s, size_t size);
/* Passes over what is here of *left bytes. */
void kh_fetch_skip(struct kh_fetch_stream *s, size_t *left);
/* Reads an unsigned varint that starts *offset bytes from here; moves *offset behind it. False:
 * missing. */
bool kh_fetch_peek_uvarint(struct kh_fetch_stream *s, size_t *offset, uint32_t *ret);
/* The same with the length of a field or array, -1 when it is null: compact, or of `width` bytes, 2
 * or 4. */
bool kh_fetch_peek_length(struct kh_fetch_stream *s, size_t width, size_t *offset, int64_t *ret);
/* Uses the count of an array that may not be null, whose items take item_min bytes or more. False:
 * missing. */
bool kh_fetch_read_count(struct kh_fetch_stream *s, size_t item_min, size_t *ret);

#endif
