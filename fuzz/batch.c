/* One record batch, or message of magic 0 or 1, of a log: its length and checksum are put right, so
 * that what they guard is reached. */
#include "protocol/compress.h"
#include "support/records/batch_encoder.h"
#include "support/records/message_encoder.h"

#include <stdlib.h>
#include <string.h>

enum { AT_MAGIC = 16, HEADER_V0 = 26, SLICE = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kh_decompressor d;
    struct kh_heap heap;
    uint8_t *batch;

    if (size < HEADER_V0 || (data[AT_MAGIC] >= 2 && size < KH_BATCH_HEADER))
        return 0;
    kh_heap_init(&heap);
    batch = kh_alloc(&heap, size);
    memcpy(batch, data, size);
    if (batch[AT_MAGIC] < 2)
        test_message_seal(batch, size);
    else
        test_batch_seal(batch, size);
    kh_decompressor_init(&d, &heap);
    read_batch(&d, batch, size);
    kh_decompressor_free(&d);
    kh_free(&heap, batch);
    if (heap.outstanding != 0)
        abort();
    return 0;
}
