/* One record batch, or message of magic 0 or 1, of a log: its length and checksum are put right, so
 * that what they guard is reached. */
#include "base/limits.h"
#include "protocol/compress.h"
#include "support/records/batch_encoder.h"
#include "support/records/compress.h"
#include "support/records/message_encoder.h"

#include <stdlib.h>
#include <string.h>

enum { AT_MAGIC = 16, AT_ATTRIBUTES = 22, CODEC = 7, HEADER_V0 = 26, SLICE = 64 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_batch(const uint8_t *data, size_t size)
{
    return size >= HEADER_V0 && (data[AT_MAGIC] < 2 || size >= KH_BATCH_HEADER);
}

/* Its length and checksum. */
static void seal(uint8_t *batch, size_t size)
{
    if (batch[AT_MAGIC] < 2)
        test_message_seal(batch, size);
    else
        test_batch_seal(batch, size);
}

static void look(const kohort_bytes *bytes)
{
    volatile uint8_t seen = 0;

    if (bytes->size > 0) {
        seen = ((const uint8_t *)bytes->data)[0];
        seen = ((const uint8_t *)bytes->data)[bytes->size - 1];
    }
    (void)seen;
}

static void look_at_record(const kohort_record *record)
{
    const void *next = record->headers;

    look(&record->key);
    look(&record->value);
    for (uint32_t i = 0; i < record->header_count; i++) {
        kohort_bytes key, value;

        kohort_header_next(&next, &key, &value);
        look(&key);
        look(&value);
    }
}

static void read_batch(struct kh_decompressor *d, const uint8_t *batch, size_t size)
{
    struct kh_batch_header header;
    struct kh_record_cursor cursor;
    kohort_record records[SLICE];
    const char *wrong;
    int got;

    if (kh_batch_header_read(batch, size, &header, &wrong) < 0)
        return;
    if (kh_batch_check_crc(batch, size, header.crc) < 0)
        abort();
    if (kh_batch_open(d, batch, size, true, &header, &cursor, &wrong) < 0)
        return;
    while ((got = kh_record_cursor_next(&cursor, INT64_MIN, records, SLICE)) > 0)
        for (int i = 0; i < got; i++) {
            if (records[i].offset < header.base_offset ||
                records[i].offset > kh_batch_last_offset(&header))
                abort();
            look_at_record(&records[i]);
        }
}

/* Records as they are before compression are changed, and compressed again with any codec. */
static size_t mutate_records(uint8_t *batch, size_t size, size_t max_size, unsigned int seed)
{
    static uint8_t plain[KH_MIB];
    struct test_buffer packed = {0};
    struct kh_decompressor d;
    struct kh_heap heap;
    const uint8_t *records;
    size_t plain_size = 0, more = max_size - KH_BATCH_HEADER;
    enum kh_codec codec = (enum kh_codec)(seed % (KH_CODEC_ZSTD + 1));

    kh_heap_init(&heap);
    kh_decompressor_init(&d, &heap);
    if (kh_decompress(&d, (enum kh_codec)(batch[AT_ATTRIBUTES] & CODEC), batch + KH_BATCH_HEADER,
                      size - KH_BATCH_HEADER, &records, &plain_size) == 0 &&
        plain_size <= more)
        memcpy(plain, records, plain_size);
    else
        plain_size = 0;
    kh_decompressor_free(&d);
    if (plain_size == 0)
        return size;
    plain_size = LLVMFuzzerMutate(plain, plain_size, more);
    test_compress_append(&packed, codec, plain, plain_size);
    if (packed.size <= more) {
        memcpy(batch + KH_BATCH_HEADER, packed.data, packed.size);
        size = KH_BATCH_HEADER + packed.size;
        batch[AT_ATTRIBUTES] = (uint8_t)((batch[AT_ATTRIBUTES] & ~CODEC) | (int)codec);
    }
    test_buffer_free(&packed);
    return size;
}

/* The header, or the records, or any bytes; then what guards them is put right. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    bool is_new = is_batch(data, size) && data[AT_MAGIC] == 2;

    if (is_new && seed % 4 == 0)
        LLVMFuzzerMutate(data + AT_ATTRIBUTES, KH_BATCH_HEADER - AT_ATTRIBUTES,
                         KH_BATCH_HEADER - AT_ATTRIBUTES);
    else if (is_new && seed % 4 < 3 && max_size <= KH_MIB)
        size = mutate_records(data, size, max_size, seed >> 2);
    else
        size = LLVMFuzzerMutate(data, size, max_size);
    if (is_batch(data, size))
        seal(data, size);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kh_decompressor d;
    struct kh_heap heap;
    uint8_t *batch;

    if (!is_batch(data, size))
        return 0;
    kh_heap_init(&heap);
    batch = kh_alloc(&heap, size);
    memcpy(batch, data, size);
    seal(batch, size);
    kh_decompressor_init(&d, &heap);
    read_batch(&d, batch, size);
    kh_decompressor_free(&d);
    kh_free(&heap, batch);
    if (heap.outstanding != 0)
        abort();
    return 0;
}
