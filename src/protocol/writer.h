/* Writes Kafka's wire types into one growing piece of memory. The first failure (memory, a length
 * that cannot be written) latches in `status`; the caller asks once, at the end. */
#ifndef KH_PROTOCOL_WRITER_H
#define KH_PROTOCOL_WRITER_H

#include "base/bytes.h"
#include "base/heap.h"

struct kh_writer {
    struct kh_heap *heap;
    uint8_t *data; /* valid until the next write */
    size_t size, capacity;
    struct kh_bytes tail;    /* follows what is in `data`; see kh_write_tail */
    int status;              /* 0, or the first of KOHORT_ENOMEM, KOHORT_EINVAL, KOHORT_EVERSION */
    bool flexible;           /* as in the reader */
    const char *unsupported; /* with KOHORT_EVERSION: what the version cannot carry */
};

void kh_writer_init(struct kh_writer *w, struct kh_heap *heap);
void kh_writer_free(struct kh_writer *w);
/* Forgets what was written and what failed, keeps the memory. */
void kh_writer_reset(struct kh_writer *w);

void kh_write_bool(struct kh_writer *w, bool value);
void kh_write_i8(struct kh_writer *w, int8_t value);
void kh_write_i16(struct kh_writer *w, int16_t value);
void kh_write_u16(struct kh_writer *w, uint16_t value);
void kh_write_i32(struct kh_writer *w, int32_t value);
void kh_write_u32(struct kh_writer *w, uint32_t value);
void kh_write_i64(struct kh_writer *w, int64_t value);
void kh_write_f64(struct kh_writer *w, double value);
void kh_write_uuid(struct kh_writer *w, const struct kh_uuid *value);
void kh_write_uvarint(struct kh_writer *w, uint32_t value);
void kh_write_varint(struct kh_writer *w, int32_t value);
void kh_write_varlong(struct kh_writer *w, int64_t value);
void kh_write_raw(struct kh_writer *w, const void *data, size_t size);

/* The last bytes of a message, not copied: large ones that were encoded beforehand. They must stay
 * until they are sent, and nothing may be written behind them. */
void kh_write_tail(struct kh_writer *w, struct kh_bytes tail);

/* data NULL where null is not allowed latches KOHORT_EINVAL, and so does a string above
 * KH_LIMIT_NAME. */
void kh_write_string(struct kh_writer *w, struct kh_string value);
void kh_write_nullable_string(struct kh_writer *w, struct kh_string value);
void kh_write_bytes(struct kh_writer *w, struct kh_bytes value);
void kh_write_nullable_bytes(struct kh_writer *w, struct kh_bytes value);
/* An array's count; its items follow. */
void kh_write_array(struct kh_writer *w, size_t count);
/* A null array when is_null. */
void kh_write_nullable_array(struct kh_writer *w, size_t count, bool is_null);
void kh_write_i8_array(struct kh_writer *w, const int8_t *items, size_t count);
void kh_write_i32_array(struct kh_writer *w, const int32_t *items, size_t count);
void kh_write_string_array(struct kh_writer *w, const struct kh_string *items, size_t count);
/* A null array when items is NULL. */
void kh_write_nullable_string_array(struct kh_writer *w, const struct kh_string *items,
                                    size_t count);

/* This version cannot carry a field. Latches KOHORT_EVERSION when it is set: the broker would do
 * something else than what was asked for. Not called for fields that Kafka's schemas call
 * ignorable: those are dropped. `what`: the field, or the option behind it; a literal. */
void kh_write_unsupported(struct kh_writer *w, bool is_set, const char *what);

/* No tagged fields: one zero byte when flexible. */
void kh_write_tags(struct kh_writer *w);
/* For structs that have some, at flexible versions: the count, then each as tag, size, bytes, by
 * rising tag. The size is put in when the field ends.
 *   kh_write_tag_count(w, 1);
 *   size_t tag = kh_write_tag_begin(w, 0);
 *   kh_write_i64(w, x);
 *   kh_write_tag_end(w, tag); */
void kh_write_tag_count(struct kh_writer *w, uint32_t count);
size_t kh_write_tag_begin(struct kh_writer *w, uint32_t tag);
void kh_write_tag_end(struct kh_writer *w, size_t begin);

/* Space for an int32 to be patched: a frame's or batch's length. */
size_t kh_write_i32_later(struct kh_writer *w);
void kh_write_patch_i32(struct kh_writer *w, size_t at, int32_t value);

#endif
