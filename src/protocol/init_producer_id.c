#include "protocol/init_producer_id.h"

void kh_init_producer_id_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_init_producer_id_request *req = request;

    kh_write_nullable_string(w, req->transactional_id);
    kh_write_i32(w, req->transaction_timeout_ms);
    if (version >= 3) { /* KIP-360: the one that had failed goes on */
        kh_write_i64(w, req->producer_id);
        kh_write_i16(w, req->producer_epoch);
    } else {
        kh_write_unsupported(w, req->producer_id != -1, "producer_id");
        kh_write_unsupported(w, req->producer_epoch != -1, "producer_epoch");
    }
    if (version >= 6) { /* KIP-939: two-phase commit */
        kh_write_bool(w, req->enable_2pc);
        kh_write_bool(w, req->keep_prepared_txn);
    } else {
        kh_write_unsupported(w, req->enable_2pc, "enable_2pc");
        kh_write_unsupported(w, req->keep_prepared_txn, "keep_prepared_txn");
    }
    kh_write_tags(w);
}

void kh_init_producer_id_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_init_producer_id_response *res = response;

    *res = (struct kh_init_producer_id_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->error_code = kh_read_i16(r);
    res->producer_id = kh_read_i64(r);
    res->producer_epoch = kh_read_i16(r);
    res->ongoing_txn_producer_id = version >= 6 ? kh_read_i64(r) : -1;    /* KIP-939 */
    res->ongoing_txn_producer_epoch = version >= 6 ? kh_read_i16(r) : -1; /* KIP-939 */
    kh_skip_tags(r);
}
