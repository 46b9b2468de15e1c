#include "protocol/message_set.h"

#include "base/status.h"

int kh_batch_open(struct kh_decompressor *d, const uint8_t *batch, size_t size, bool check_crcs,
                  struct kh_batch_header *header, struct kh_record_cursor *ret_cursor,
                  const char **ret_wrong)
{
    const uint8_t *records;
    size_t records_size;
    int status;

    if (header->magic < 2)
        return kh_message_set_open(d, batch, size, check_crcs, header, ret_cursor, ret_wrong);
    status = kh_decompress(d, kh_batch_codec(header), batch + KH_BATCH_HEADER,
                           size - KH_BATCH_HEADER, &records, &records_size);
    if (status < 0) {
        *ret_wrong = kh_status_text(status);
        return status;
    }
    kh_record_cursor_init(ret_cursor, header, records, records_size);
    return 0;
}
