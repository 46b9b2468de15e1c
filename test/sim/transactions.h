/* Transactions as the leader of one partition knows them: which are open, which were aborted, and
 * where the last stable offset is (KIP-98; ProducerStateManager, TransactionIndex). */
#ifndef TEST_SIM_TRANSACTIONS_H
#define TEST_SIM_TRANSACTIONS_H

#include "protocol/fetch.h"

struct sim_batch;
struct sim_log;

struct sim_open_transaction {
    int64_t producer_id, first_offset;
};

struct sim_aborted_transaction {
    int64_t producer_id, first_offset;
    int64_t last_offset; /* its marker's */
    int64_t last_stable_offset;
};

struct sim_transactions {
    struct sim_open_transaction *open;
    size_t open_count, open_capacity;
    struct sim_aborted_transaction *aborted; /* as they ended */
    size_t aborted_count, aborted_capacity;
};

void sim_transactions_free(struct sim_transactions *t);
/* A batch was appended to the log. */
void sim_transactions_note(struct sim_log *log, const struct sim_batch *batch);
/* Before it no transaction is open. */
int64_t sim_transactions_stable_offset(const struct sim_log *log);
/* Those that a Fetch from `offset` names which brings `size` bytes, in this order. Into `out`,
 * which has room for all there are; returns how many. */
size_t sim_transactions_list(const struct sim_log *log, int64_t offset, size_t size,
                             struct kh_fetch_response_aborted_transaction *out);
/* Its marker says no more than what has gone: nobody is told of it any more. */
void sim_transactions_forget(struct sim_transactions *t, int64_t last_offset);

#endif
