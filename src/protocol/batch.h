/* Record batches of magic 2 (KIP-98; DefaultRecordBatch, DefaultRecord), and messages of magic 0
 * and 1 as if they were such: the header, the check, and the records as views in slices. Reading
 * allocates nothing. */
#ifndef KH_PROTOCOL_BATCH_H
#define KH_PROTOCOL_BATCH_H

#include "base/bytes.h"

#include <kohort/kohort.h>

enum {
    KH_BATCH_PREFIX = 12, /* base offset and length: enough to know the batch's size */
    KH_BATCH_HEADER = 61,
};

enum kh_codec { KH_CODEC_NONE, KH_CODEC_GZIP, KH_CODEC_SNAPPY, KH_CODEC_LZ4, KH_CODEC_ZSTD };

struct kh_batch_header {
    int64_t base_offset;
    int64_t base_timestamp_ms, max_timestamp_ms;
    int64_t producer_id;
    int32_t length; /* as on the wire: what follows the 12 bytes of the prefix */
    int32_t partition_leader_epoch;
    uint32_t crc;
    int32_t last_offset_delta;
    int32_t base_sequence;
    int32_t count;
    int16_t attributes;
    int16_t producer_epoch;
    int8_t magic;
};

static inline enum kh_codec kh_batch_codec(const struct kh_batch_header *h)
{
    return (enum kh_codec)(h->attributes & 7);
}
static inline bool kh_batch_log_append_time(const struct kh_batch_header *h)
{
    return (h->attributes & 8) != 0;
}
static inline bool kh_batch_transactional(const struct kh_batch_header *h)
{
    return (h->attributes & 16) != 0;
}
static inline bool kh_batch_control(const struct kh_batch_header *h)
{
    return (h->attributes & 32) != 0;
}
static inline bool kh_batch_has_delete_horizon(const struct kh_batch_header *h)
{
    return (h->attributes & 64) != 0;
}
static inline int64_t kh_batch_last_offset(const struct kh_batch_header *h)
{
    return h->base_offset + h->last_offset_delta;
}
/* Bytes of the whole batch. */
static inline size_t kh_batch_size(const struct kh_batch_header *h)
{
    return (size_t)h->length + KH_BATCH_PREFIX;
}

/* The size of the batch that starts at data, from its first KH_BATCH_PREFIX bytes. KOHORT_ECORRUPT
 * when the length is not possible, KOHORT_ELIMIT when it is above KH_LIMIT_BATCH. */
int kh_batch_peek_size(const uint8_t *data, size_t *ret_size);

/* Reads and validates the header of a whole batch. 0; KOHORT_ECORRUPT with *ret_wrong saying why;
 * KOHORT_ECODEC for a magic above 2 or a codec that does not exist. */
int kh_batch_header_read(const uint8_t *batch, size_t size, struct kh_batch_header *ret_header,
                         const char **ret_wrong);
/* The checksum: with magic 2 CRC-32C from the attributes to the end, before that CRC-32 from the
 * magic on. 0 or KOHORT_ECORRUPT. */
int kh_batch_check_crc(const uint8_t *batch, size_t size, uint32_t expected);

/* Walks the records of one batch. */
struct kh_record_cursor {
    const uint8_t *records;
    size_t at, size; /* in records */
    int64_t base_offset, base_timestamp_ms;
    int64_t append_time_ms; /* used for all records when log_append_time */
    uint64_t least_raw; /* offsets rise: no record's delta may lie below; as on the wire, doubled */
    uint32_t last_raw;  /* nor above this, the batch's last */
    int32_t left;       /* records not yet read */
    int8_t magic;
    bool log_append_time;
    bool check_crcs;   /* of messages inside a compressed one */
    const char *wrong; /* NULL, or what is damaged at `at` */
};

struct kh_decompressor;

/* The records of a whole batch whose header was read: decompresses them if they must be. They stay
 * until the decompressor is used again. With magic 0 and 1 only this tells a compressed message's
 * first offset, last offset and count: `header` has them afterwards. 0; KOHORT_ECORRUPT,
 * KOHORT_ELIMIT, KOHORT_ECODEC, KOHORT_ENOMEM with *ret_wrong saying why. */
int kh_batch_open(struct kh_decompressor *d, const uint8_t *batch, size_t size, bool check_crcs,
                  struct kh_batch_header *header, struct kh_record_cursor *ret_cursor,
                  const char **ret_wrong);
/* With magic 2: `records` is what follows the header, decompressed; it must stay while the cursor
 * and the views are used. */
void kh_record_cursor_init(struct kh_record_cursor *cursor, const struct kh_batch_header *header,
                           const uint8_t *records, size_t size);
/* Reads up to `max` records into `out`, those below `from_offset` left out (a batch may start below
 * the fetch offset). Returns how many; fewer than max only at the batch's end. KOHORT_ECORRUPT with
 * `wrong` set: damaged here, `out` is void; what was returned before was good. Headers are checked
 * here, once, and read later by kohort_header_next. `attempt` is 1. */
int kh_record_cursor_next(struct kh_record_cursor *cursor, int64_t from_offset, kohort_record *out,
                          int max);

#endif
