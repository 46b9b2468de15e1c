/* InitProducerId (22), v0-v6: an id for a producer that is idempotent or has transactions
 * (KIP-98). v6 is unstable in every Kafka up to 4.4. Source: InitProducerIdRequest.json,
 * InitProducerIdResponse.json. */
#ifndef KH_PROTOCOL_INIT_PRODUCER_ID_H
#define KH_PROTOCOL_INIT_PRODUCER_ID_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_init_producer_id_request {
    struct kh_string transactional_id; /* nullable: idempotent only */
    int32_t transaction_timeout_ms;
    int64_t producer_id;    /* v3+ (KIP-360); -1: none yet */
    int16_t producer_epoch; /* v3+ (KIP-360); -1: none yet */
    bool enable_2pc;        /* v6+ (KIP-939) */
    bool keep_prepared_txn; /* v6+ (KIP-939) */
};

#define KH_INIT_PRODUCER_ID_REQUEST_DEFAULTS                                                       \
    ((struct kh_init_producer_id_request){                                                         \
        .producer_id = -1,                                                                         \
        .producer_epoch = -1,                                                                      \
    })

struct kh_init_producer_id_response {
    int32_t throttle_time_ms;
    int16_t error_code;
    int64_t producer_id; /* -1 after an error */
    int16_t producer_epoch;
    int64_t ongoing_txn_producer_id;    /* v6+ (KIP-939); -1: no transaction was prepared */
    int16_t ongoing_txn_producer_epoch; /* v6+ (KIP-939) */
};

void kh_init_producer_id_request_encode(struct kh_writer *w, int version, const void *request);
void kh_init_producer_id_response_decode(struct kh_reader *r, int version, void *response);

#endif
