/* A batch as the application sees it: during on_records, or kept. */
#ifndef KH_CONSUMER_KEPT_H
#define KH_CONSUMER_KEPT_H

#include "consumer/consumer.h"

struct kohort_batch {
    kohort_consumer *consumer; /* NULL: it was freed before */
    uint64_t ownership;
    const kohort_record *records;
    size_t count;
    int32_t leader_epoch;
    uint16_t delivery;        /* for its marks */
    struct kh_buffer *buffer; /* where its bytes lie; NULL: somewhere that is used again */
    const uint8_t *bytes;
    size_t size;
    /* Of a kept one. */
    kohort_client *client; /* NULL: not kept */
    struct kh_list node;   /* in the client's */
    int64_t number;        /* of those that its client was asked to keep, from 1 */
    size_t counted;        /* of its credit */
    kohort_record copies[];
};

/* The consumer goes: what is kept of it stays until it is released. */
void kh_kept_orphan(const kohort_consumer *c);

#endif
