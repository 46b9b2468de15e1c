/* Writes a record batch of magic 2 (KIP-98), as a producer sends it. */
#ifndef KH_PROTOCOL_BATCH_ENCODE_H
#define KH_PROTOCOL_BATCH_ENCODE_H

#include "protocol/compressor.h"

struct kh_draft_header {
    kohort_bytes key, value; /* the value may be null */
};

struct kh_draft_record {
    int64_t timestamp_ms;
    int32_t offset_delta;    /* a producer's: the record's index */
    kohort_bytes key, value; /* may be null */
    const struct kh_draft_header *headers;
    size_t header_count;
};

struct kh_batch_draft {
    int64_t base_offset; /* a producer's: 0 */
    int32_t partition_leader_epoch;
    enum kh_codec codec;
    bool transactional, control;
    /* Not idempotent: -1, -1, -1. */
    int64_t producer_id;
    int16_t producer_epoch;
    int32_t base_sequence;
    const struct kh_draft_record *records; /* at least one, offset deltas rise */
    size_t count;
};

#define KH_BATCH_DRAFT_DEFAULTS                                                                    \
    ((struct kh_batch_draft){.partition_leader_epoch = -1,                                         \
                             .producer_id = -1,                                                    \
                             .producer_epoch = -1,                                                 \
                             .base_sequence = -1})

/* What is kept from one batch to the next. */
struct kh_batch_encoder {
    struct kh_writer records;
    struct kh_compressor compressor;
};

void kh_batch_encoder_init(struct kh_batch_encoder *e, struct kh_heap *heap);
void kh_batch_encoder_free(struct kh_batch_encoder *e);

/* Appends the batch to `out`. 0; KOHORT_EINVAL: no records, offset deltas that do not rise, a
 * header without a key, timestamps too far apart; KOHORT_ELIMIT: above KH_LIMIT_BATCH or
 * KH_LIMIT_HEADERS; KOHORT_ECODEC; KOHORT_ENOMEM. After a failure `out` has what it had. */
int kh_batch_encode(struct kh_batch_encoder *e, const struct kh_batch_draft *draft,
                    struct kh_writer *out);

#endif
