#include "consumer/taped.h"

#include "base/limits.h"
#include "net/record_mask.h"

#include <string.h>

int kh_taped_check_crc(struct kh_tape *t, const uint8_t *data, size_t size, uint32_t crc)
{
    int64_t status = t->recording ? kh_batch_check_crc(data, size, crc) : 0;
    kh_tape_get_numbers(t, KH_TAPE_BATCH, &status, 1);
    return (int)status;
}

static int tape_failure(struct kh_tape *t, int status, const char **wrong)
{
    memset(t->wrong, 0, sizeof t->wrong);
    if (t->recording)
        strncpy(t->wrong, *wrong, sizeof t->wrong - 1);
    kh_tape_get(t, KH_TAPE_TEXT, t->wrong, sizeof t->wrong);
    t->wrong[sizeof t->wrong - 1] = '\0';
    *wrong = t->wrong;
    return status < 0 ? status : KOHORT_ECORRUPT;
}

/* What a replay has of a batch: to where the library would find it. */
static int place(kohort_client *cl, struct kh_buffer *buffer, const uint8_t *data, size_t whole,
                 const struct kh_batch_header *header, size_t size, struct kh_record_cursor *cursor)
{
    struct kh_tape *t = cl->shared.tape;
    bool in_place = kh_batch_codec(header) == KH_CODEC_NONE;
    uint8_t *records;
    if (header->magic < 2) {
        kh_tape_diverge(t, "a batch of magic %d cannot be replayed", header->magic);
        return KOHORT_ECODEC;
    }
    if (size > KH_LIMIT_BATCH_DECOMPRESSED || (in_place && size != whole - KH_BATCH_HEADER)) {
        kh_tape_diverge(t, "a batch holds more than it can: the file is damaged");
        return KOHORT_ECORRUPT;
    }
    if (in_place) {
        records = buffer->data + (data - buffer->data) + KH_BATCH_HEADER;
    } else if (kh_decompressor_grow(&cl->decompressor, size + 1) != 0) {
        return KOHORT_ENOMEM;
    } else {
        records = cl->decompressor.output;
    }
    kh_tape_get(t, KH_TAPE_RECORDS, records, size);
    kh_record_cursor_init(cursor, header, records, size);
    return 0;
}

static void write_down(struct kh_tape *t, const struct kh_batch_header *header,
                       const struct kh_record_cursor *cursor)
{
    uint8_t *copy = kh_tape_room(t, cursor->size);
    if (copy == NULL)
        return; /* A recording without this batch cannot be replayed beyond it. */
    if (header->magic < 2) {
        memset(copy, 0, cursor->size);
    } else {
        memcpy(copy, cursor->records, cursor->size);
        kh_record_mask_records(copy, cursor->size);
    }
    kh_tape_get(t, KH_TAPE_RECORDS, copy, cursor->size);
}

int kh_taped_open(kohort_client *cl, struct kh_buffer *buffer, const uint8_t *data, size_t size,
                  bool check_crcs, struct kh_batch_header *header, struct kh_record_cursor *cursor,
                  const char **ret_wrong)
{
    struct kh_tape *t = cl->shared.tape;
    int64_t result[2] = {0, 0}; /* the status, and the size of what was in it */
    if (t->recording) {
        result[0] =
            kh_batch_open(&cl->decompressor, data, size, check_crcs, header, cursor, ret_wrong);
        result[1] = result[0] == 0 ? (int64_t)cursor->size : 0;
    }
    kh_tape_get_numbers(t, KH_TAPE_BATCH, result, 2);
    if (result[0] != 0)
        return tape_failure(t, (int)result[0], ret_wrong);
    if (t->recording) {
        write_down(t, header, cursor);
        return 0;
    }
    *ret_wrong = "it is not as recorded";
    return place(cl, buffer, data, size, header, (size_t)result[1], cursor);
}
