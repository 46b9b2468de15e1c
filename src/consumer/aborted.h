/* Whose records of a partition's answer belong to aborted transactions (KIP-98, read_committed):
 * the answer's list, decided batch by batch, in the order in which they lie in the log. */
#ifndef KH_CONSUMER_ABORTED_H
#define KH_CONSUMER_ABORTED_H

#include "protocol/batch.h"
#include "protocol/fetch.h"

struct kh_aborted {
    struct kh_fetch_response_aborted_transaction
        *items; /* the answer's: by producer, then offset */
    size_t count;
};

/* The answer's list, which must stay as long as its batches are looked at: it is put in order, in
 * place. */
void kh_aborted_begin(struct kh_aborted *a, struct kh_fetch_response_aborted_transaction *items,
                      size_t count);
/* Whether the next batch belongs to an aborted transaction: its marker is the last that does. */
bool kh_aborted_look(struct kh_aborted *a, const struct kh_batch_header *header);

#endif
