#include "protocol/message_set.h"

#include "base/status.h"
#include "protocol/big_endian.h"
#include "protocol/crc32.h"

/* Where a message's fields lie (LegacyRecord.java); with magic 0 there is no timestamp. */
enum {
    AT_SIZE = 8,
    AT_CRC = 12,
    AT_MAGIC = 16,
    AT_ATTRIBUTES = 17,
    AT_TIMESTAMP = 18,
    TIMESTAMP_SIZE = 8,
    SMALLEST = 26, /* magic 0, key and value null */
};

enum { CODEC_BITS = 7, LOG_APPEND_TIME = 8 };

struct message {
    int64_t offset, timestamp_ms;
    uint32_t crc;
    int32_t length;
    int8_t magic;
    uint8_t attributes;
    kohort_bytes key, value;
    size_t size; /* all of it */
};

/* A key or value; any negative size is null, as for Java. */
static const uint8_t *read_bytes(const uint8_t *at, const uint8_t *end, kohort_bytes *ret)
{
    int32_t size;

    if (at == NULL || end - at < 4)
        return NULL;
    size = kh_load_i32(at);
    at += 4;
    if (size > end - at)
        return NULL;
    *ret = size < 0 ? (kohort_bytes){NULL, 0} : (kohort_bytes){at, size};
    return at + ret->size;
}

/* Reads the message that begins at `at`. NULL, or what is wrong. */
static const char *read_message(const uint8_t *at, size_t left, struct message *ret)
{
    const uint8_t *end;

    if (left < SMALLEST)
        return "a message runs beyond its set";
    *ret = (struct message){
        .offset = kh_load_i64(at),
        .timestamp_ms = -1,
        .length = kh_load_i32(at + AT_SIZE),
        .crc = kh_load_u32(at + AT_CRC),
        .magic = (int8_t)at[AT_MAGIC],
        .attributes = at[AT_ATTRIBUTES],
    };
    if (ret->length < SMALLEST - KH_BATCH_PREFIX || (size_t)ret->length > left - KH_BATCH_PREFIX)
        return "a message runs beyond its set";
    if (ret->offset < 0 || ret->offset == INT64_MAX)
        return "a message's offset is not possible";
    ret->size = (size_t)ret->length + KH_BATCH_PREFIX;
    end = at + ret->size;
    at += AT_TIMESTAMP;
    if (ret->magic == 1) {
        if (end - at < TIMESTAMP_SIZE)
            return "a message is shorter than its fields";
        ret->timestamp_ms = kh_load_i64(at);
        at += TIMESTAMP_SIZE;
    }
    at = read_bytes(at, end, &ret->key);
    at = read_bytes(at, end, &ret->value);
    return at == end ? NULL : "a message's parts do not add up to its size";
}

int kh_message_header_read(const uint8_t *message, size_t size, struct kh_batch_header *ret_header,
                           const char **ret_wrong)
{
    struct message m;
    enum kh_codec codec;

    *ret_wrong = read_message(message, size, &m);
    if (*ret_wrong == NULL && m.size != size)
        *ret_wrong = "the message's length does not fit its bytes";
    if (*ret_wrong != NULL)
        return KOHORT_ECORRUPT;
    codec = (enum kh_codec)(m.attributes & CODEC_BITS);
    if (codec >= KH_CODEC_ZSTD) {
        *ret_wrong = "the message names a codec that does not exist for its format";
        return KOHORT_ECODEC;
    }
    if (codec != KH_CODEC_NONE && m.value.data == NULL) {
        *ret_wrong = "a compressed message holds nothing";
        return KOHORT_ECORRUPT;
    }
    *ret_header = (struct kh_batch_header){
        .base_offset = m.offset,
        .base_timestamp_ms = m.timestamp_ms,
        .max_timestamp_ms = m.timestamp_ms,
        .producer_id = -1,
        .length = m.length,
        .partition_leader_epoch = -1,
        .crc = m.crc,
        .base_sequence = -1,
        .count = 1,
        .attributes = m.attributes & (m.magic == 0 ? CODEC_BITS : CODEC_BITS | LOG_APPEND_TIME),
        .producer_epoch = -1,
        .magic = m.magic,
    };
    return 0;
}

int kh_message_check_crc(const uint8_t *message, size_t size, uint32_t expected)
{
    return kh_crc32(message + AT_MAGIC, size - AT_MAGIC) == expected ? 0 : KOHORT_ECORRUPT;
}

struct survey {
    int64_t first, last; /* offsets as they stand inside */
    int32_t count;
};

/* Looks at all messages inside a compressed one: only the last tells where the first lies. */
static const char *look_over(const struct kh_record_cursor *cursor, struct survey *s)
{
    struct message m;

    *s = (struct survey){.first = -1, .last = -1};
    for (size_t at = 0; at < cursor->size; at += m.size) {
        const char *wrong = read_message(cursor->records + at, cursor->size - at, &m);

        if (wrong != NULL)
            return wrong;
        if (m.magic != cursor->magic)
            return "a compressed message holds one of another format";
        if ((m.attributes & CODEC_BITS) != 0)
            return "a compressed message holds a compressed one";
        if (m.offset <= s->last)
            return "the offsets inside a compressed message do not rise";
        if (s->count == 0)
            s->first = m.offset;
        s->last = m.offset;
        s->count++;
    }
    return s->count > 0 ? NULL : "a compressed message holds nothing";
}

/* Offsets inside count from the first message since magic 1 (KIP-31), and the outer one is the
 * last's. Some versions of librdkafka left it 0: then those inside are the offsets, as for Java
 * (AbstractLegacyRecordBatch.DeepRecordsIterator). */
static const char *place(struct kh_record_cursor *cursor, const struct survey *s,
                         struct kh_batch_header *header)
{
    int64_t last = header->base_offset != 0 ? header->base_offset : s->last;

    if (last < s->last)
        return "a compressed message's offset lies below those inside";
    cursor->base_offset = cursor->magic == 0 ? 0 : last - s->last;
    header->base_offset = cursor->base_offset + s->first;
    if (last - header->base_offset > INT32_MAX)
        return "the offsets inside a compressed message lie too far apart";
    header->last_offset_delta = (int32_t)(last - header->base_offset);
    header->count = cursor->left = s->count;
    return NULL;
}

int kh_message_set_open(struct kh_decompressor *d, const uint8_t *message, size_t size,
                        bool check_crcs, struct kh_batch_header *header,
                        struct kh_record_cursor *ret_cursor, const char **ret_wrong)
{
    struct message outer;
    struct survey survey;
    int status;

    *ret_cursor = (struct kh_record_cursor){
        .records = message,
        .size = size,
        .append_time_ms = header->max_timestamp_ms,
        .left = 1,
        .magic = header->magic,
        .log_append_time = kh_batch_log_append_time(header),
    };
    if (kh_batch_codec(header) == KH_CODEC_NONE)
        return 0;
    *ret_wrong = read_message(message, size, &outer);
    if (*ret_wrong != NULL)
        return KOHORT_ECORRUPT;
    status =
        kh_decompress_message(d, kh_batch_codec(header), header->magic, outer.value.data,
                              (size_t)outer.value.size, &ret_cursor->records, &ret_cursor->size);
    if (status < 0) {
        *ret_wrong = kh_status_text(status);
        return status;
    }
    ret_cursor->check_crcs = check_crcs;
    *ret_wrong = look_over(ret_cursor, &survey);
    if (*ret_wrong == NULL)
        *ret_wrong = place(ret_cursor, &survey, header);
    return *ret_wrong == NULL ? 0 : KOHORT_ECORRUPT;
}

int kh_message_cursor_next(struct kh_record_cursor *cursor, int64_t from_offset, kohort_record *out,
                           int max)
{
    int count = 0;

    while (count < max && cursor->left > 0) {
        const uint8_t *at = cursor->records + cursor->at;
        struct message m;

        cursor->wrong = read_message(at, cursor->size - cursor->at, &m);
        if (cursor->wrong == NULL && cursor->check_crcs &&
            kh_message_check_crc(at, m.size, m.crc) != 0)
            cursor->wrong = "the CRC of a message inside a compressed one does not match";
        if (cursor->wrong != NULL)
            return KOHORT_ECORRUPT;
        cursor->at += m.size;
        cursor->left--;
        if (cursor->base_offset + m.offset < from_offset)
            continue;
        out[count++] = (kohort_record){
            .offset = cursor->base_offset + m.offset,
            .timestamp_ms = cursor->log_append_time ? cursor->append_time_ms : m.timestamp_ms,
            .key = m.key,
            .value = m.value,
            .attempt = 1,
        };
    }
    return count;
}
