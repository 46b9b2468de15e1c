/* Reads Kafka's wire types out of a frame. The first bad read latches: `wrong` names it, every
 * later read gives zero or null, and the caller asks once, at the end (kh_read_end). What is read
 * points into the frame; arrays come from the arena. */
#ifndef KH_PROTOCOL_READER_H
#define KH_PROTOCOL_READER_H

#include "base/arena.h"
#include "base/bytes.h"

struct kh_reader {
    const uint8_t *begin, *at, *end;
    struct kh_arena *arena;
    const char *wrong; /* NULL: all good so far */
    int status;        /* 0; with `wrong`: KOHORT_EPROTOCOL, KOHORT_ELIMIT or KOHORT_ENOMEM */
    bool flexible;     /* KIP-482: compact lengths and tagged fields; set once from the api table */
};

/* `arena` may be NULL where no array is read. */
void kh_reader_init(struct kh_reader *r, const void *data, size_t size, bool flexible,
                    struct kh_arena *arena);

static inline bool kh_read_ok(const struct kh_reader *r)
{
    return r->wrong == NULL;
}
static inline size_t kh_read_left(const struct kh_reader *r)
{
    return (size_t)(r->end - r->at);
}
/* Where the reader is, for messages about what went wrong. */
static inline size_t kh_read_offset(const struct kh_reader *r)
{
    return (size_t)(r->at - r->begin);
}
/* Latches `wrong` and KOHORT_EPROTOCOL; the first failure stays. From then on nothing is left. */
void kh_read_fail(struct kh_reader *r, const char *wrong);
/* True when nothing was wrong and nothing is left; latches otherwise. */
bool kh_read_end(struct kh_reader *r);

bool kh_read_bool(struct kh_reader *r); /* any byte but 0 is true, as Kafka's reader has it */
int8_t kh_read_i8(struct kh_reader *r);
int16_t kh_read_i16(struct kh_reader *r);
uint16_t kh_read_u16(struct kh_reader *r);
int32_t kh_read_i32(struct kh_reader *r);
uint32_t kh_read_u32(struct kh_reader *r);
int64_t kh_read_i64(struct kh_reader *r);
double kh_read_f64(struct kh_reader *r);
struct kh_uuid kh_read_uuid(struct kh_reader *r);
uint32_t kh_read_uvarint(struct kh_reader *r); /* at most 5 bytes; need not be the shortest form */
int32_t kh_read_varint(struct kh_reader *r);   /* zigzag */
int64_t kh_read_varlong(struct kh_reader *r);  /* zigzag, at most 10 bytes */

/* Any negative length is null, as for Kafka's reader. Where there must be something a null latches,
 * and so does a string above KH_LIMIT_NAME. */
struct kh_string kh_read_string(struct kh_reader *r);
struct kh_string kh_read_nullable_string(struct kh_reader *r);
struct kh_bytes kh_read_bytes(struct kh_reader *r);
struct kh_bytes kh_read_nullable_bytes(struct kh_reader *r);
/* The next `size` bytes, whatever they are. */
struct kh_bytes kh_read_raw(struct kh_reader *r, size_t size);

/* Reads an array's count, and puts that many zeroed items of item_size into *items, which must be a
 * pointer to such items. item_min: the fewest bytes an item takes on the wire, at any version; a
 * count that cannot fit in what is left latches before anything is allocated. Returns the count; 0
 * after a latch, *items NULL. A null array latches. */
size_t kh_read_array(struct kh_reader *r, size_t item_min, size_t item_size, void *items);
/* The same, null allowed: *items is NULL then. An empty one has *items that is not NULL. */
size_t kh_read_nullable_array(struct kh_reader *r, size_t item_min, size_t item_size, void *items);
/* `count` zeroed items from the arena, whatever is on the wire; not NULL for none of them. NULL
 * after a latch: memory ran out, or the arena's limit was met. */
void *kh_read_items(struct kh_reader *r, size_t count, size_t item_size);
/* Arrays of int32 are frequent: partitions, replicas. */
size_t kh_read_i32_array(struct kh_reader *r, int32_t **items);
/* And strings, none of them null. */
size_t kh_read_string_array(struct kh_reader *r, struct kh_string **items);

/* Skips the tagged fields that end a struct; nothing when not flexible. */
void kh_skip_tags(struct kh_reader *r);
/* For structs with tagged fields that are known:
 *   for (struct kh_tags tags = kh_read_tags(r); kh_next_tag(r, &tags);)
 *       switch (tags.tag) { case 0: x = kh_read_i64(r); break; default: kh_skip_tag(r, &tags); }
 * kh_next_tag latches when the field before was not read to exactly its size. */
struct kh_tags {
    uint32_t left;
    uint32_t tag, size;
    const uint8_t *field_end;
};
struct kh_tags kh_read_tags(struct kh_reader *r);
bool kh_next_tag(struct kh_reader *r, struct kh_tags *tags);
void kh_skip_tag(struct kh_reader *r, const struct kh_tags *tags);

#endif
