#include "protocol/batch.h"

#include "base/limits.h"
#include "protocol/big_endian.h"
#include "protocol/crc32c.h"
#include "protocol/message_set.h"
#include "protocol/record_headers.h"

/* Where the header's fields lie (DefaultRecordBatch.java). */
enum {
    AT_LENGTH = 8,
    AT_LEADER_EPOCH = 12,
    AT_MAGIC = 16,
    AT_CRC = 17,
    AT_ATTRIBUTES = 21,
    AT_LAST_OFFSET_DELTA = 23,
    AT_BASE_TIMESTAMP = 27,
    AT_MAX_TIMESTAMP = 35,
    AT_PRODUCER_ID = 43,
    AT_PRODUCER_EPOCH = 51,
    AT_BASE_SEQUENCE = 53,
    AT_COUNT = 57,
    SMALLEST_LENGTH =
        14, /* of a magic 0 message with a null key and value (LegacyRecord.RECORD_OVERHEAD_V0) */
};

int kh_batch_peek_size(const uint8_t *data, size_t *ret_size)
{
    int32_t length = kh_load_i32(data + AT_LENGTH);

    if (length < SMALLEST_LENGTH)
        return KOHORT_ECORRUPT;
    if (length > KH_LIMIT_BATCH - KH_BATCH_PREFIX)
        return KOHORT_ELIMIT;
    *ret_size = (size_t)length + KH_BATCH_PREFIX;
    return 0;
}

static void load_header(const uint8_t *batch, struct kh_batch_header *header)
{
    *header = (struct kh_batch_header){
        .base_offset = kh_load_i64(batch),
        .length = kh_load_i32(batch + AT_LENGTH),
        .partition_leader_epoch = kh_load_i32(batch + AT_LEADER_EPOCH),
        .magic = (int8_t)batch[AT_MAGIC],
        .crc = kh_load_u32(batch + AT_CRC),
        .attributes = kh_load_i16(batch + AT_ATTRIBUTES),
        .last_offset_delta = kh_load_i32(batch + AT_LAST_OFFSET_DELTA),
        .base_timestamp_ms = kh_load_i64(batch + AT_BASE_TIMESTAMP),
        .max_timestamp_ms = kh_load_i64(batch + AT_MAX_TIMESTAMP),
        .producer_id = kh_load_i64(batch + AT_PRODUCER_ID),
        .producer_epoch = kh_load_i16(batch + AT_PRODUCER_EPOCH),
        .base_sequence = kh_load_i32(batch + AT_BASE_SEQUENCE),
        .count = kh_load_i32(batch + AT_COUNT),
    };
}

static int judge_header(const struct kh_batch_header *header, size_t size, const char **ret_wrong)
{
    if (header->length < KH_BATCH_HEADER - KH_BATCH_PREFIX || kh_batch_size(header) != size)
        *ret_wrong = "the batch's length does not fit its bytes";
    else if (header->count < 0)
        *ret_wrong = "the batch's record count is negative";
    else if (header->base_offset < 0) /* not under the checksum: the broker's own */
        *ret_wrong = "the batch's first offset is negative";
    else if (header->last_offset_delta < 0)
        *ret_wrong = "the batch's last offset lies before its first";
    /* The position after the batch must exist too. */
    else if (header->base_offset > INT64_MAX - 1 - header->last_offset_delta)
        *ret_wrong = "the batch's last offset overflows";
    else
        return 0;
    return KOHORT_ECORRUPT;
}

int kh_batch_header_read(const uint8_t *batch, size_t size, struct kh_batch_header *ret_header,
                         const char **ret_wrong)
{
    struct kh_batch_header header;
    int status;

    if (size > AT_MAGIC && batch[AT_MAGIC] < 2)
        return kh_message_header_read(batch, size, ret_header, ret_wrong);
    if (size > AT_MAGIC && batch[AT_MAGIC] > 2) {
        *ret_wrong = "the batch has a message format newer than this library (magic above 2)";
        return KOHORT_ECODEC;
    }
    if (size < KH_BATCH_HEADER) {
        *ret_wrong = "the batch is shorter than its header";
        return KOHORT_ECORRUPT;
    }
    load_header(batch, &header);
    status = judge_header(&header, size, ret_wrong);
    if (status < 0)
        return status;
    if (kh_batch_codec(&header) > KH_CODEC_ZSTD) {
        *ret_wrong = "the batch names a codec that does not exist";
        return KOHORT_ECODEC;
    }
    *ret_header = header;
    return 0;
}

int kh_batch_check_crc(const uint8_t *batch, size_t size, uint32_t expected)
{
    uint32_t crc;

    if (batch[AT_MAGIC] < 2)
        return kh_message_check_crc(batch, size, expected);
    /* What precedes the attributes is the broker's to change, and not covered. */
    crc = kh_crc32c(batch + AT_ATTRIBUTES, size - AT_ATTRIBUTES);
    return crc == expected ? 0 : KOHORT_ECORRUPT;
}
