/* Messages of magic 0 and 1 (before Kafka 0.11; KIP-31, KIP-32), which old segments still hold. One
 * message of the log is treated as a batch: of one record, or, compressed, of the messages that its
 * value holds. Behind the functions of batch.h, which alone call these. */
#ifndef KH_PROTOCOL_MESSAGE_SET_H
#define KH_PROTOCOL_MESSAGE_SET_H

#include "protocol/batch.h"
#include "protocol/compress.h"

/* As kh_batch_header_read. Until it is opened, a compressed message counts as one record at its own
 * offset, which is that of the last one inside. */
int kh_message_header_read(const uint8_t *message, size_t size, struct kh_batch_header *ret_header,
                           const char **ret_wrong);
int kh_message_check_crc(const uint8_t *message, size_t size, uint32_t expected);
/* As kh_batch_open. */
int kh_message_set_open(struct kh_decompressor *d, const uint8_t *message, size_t size,
                        bool check_crcs, struct kh_batch_header *header,
                        struct kh_record_cursor *ret_cursor, const char **ret_wrong);
/* As kh_record_cursor_next. */
int kh_message_cursor_next(struct kh_record_cursor *cursor, int64_t from_offset, kohort_record *out,
                           int max);

#endif
