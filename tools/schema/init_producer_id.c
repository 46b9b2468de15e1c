/* InitProducerIdRequest.json, InitProducerIdResponse.json. */
#include "protocol/init_producer_id.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_init_producer_id_request
static const struct schema_field request_fields[] = {
    STRING(transactional_id, "transactionalId", SINCE(0), NULLABLE_SINCE(0)),
    I32(transaction_timeout_ms, "transactionTimeoutMs", SINCE(0)),
    I64(producer_id, "producerId", SINCE(3), DEFAULT(-1)),
    I16(producer_epoch, "producerEpoch", SINCE(3), DEFAULT(-1)),
    BOOL(enable_2pc, "enable2Pc", SINCE(6)),
    BOOL(keep_prepared_txn, "keepPreparedTxn", SINCE(6)),
};
const struct schema schema_init_producer_id_request =
    MESSAGE("InitProducerIdRequest", 22, SCHEMA_REQUEST, 0, 6, 2, request_fields);
#undef OWNER

#define OWNER struct kh_init_producer_id_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0), IGNORABLE),
    I16(error_code, "errorCode", SINCE(0)),
    I64(producer_id, "producerId", SINCE(0), DEFAULT(-1)),
    I16(producer_epoch, "producerEpoch", SINCE(0)),
    I64(ongoing_txn_producer_id, "ongoingTxnProducerId", SINCE(6), DEFAULT(-1)),
    I16(ongoing_txn_producer_epoch, "ongoingTxnProducerEpoch", SINCE(6), DEFAULT(-1)),
};
const struct schema schema_init_producer_id_response =
    MESSAGE("InitProducerIdResponse", 22, SCHEMA_RESPONSE, 0, 6, 2, response_fields);
#undef OWNER
