/* What consumers tell each other inside JoinGroup and SyncGroup (ConsumerProtocolSubscription.json,
 * ConsumerProtocolAssignment.json): an int16 version, then a body that is never flexible. Written
 * at the newest version; a higher one is read as the newest, what follows is ignored. */
#ifndef KH_PROTOCOL_CONSUMER_PROTOCOL_H
#define KH_PROTOCOL_CONSUMER_PROTOCOL_H

#include "protocol/reader.h"
#include "protocol/writer.h"

enum { KH_CONSUMER_PROTOCOL_NEWEST = 3 };

struct kh_consumer_topic {
    struct kh_string topic;
    int32_t *partitions;
    size_t partition_count;
};

struct kh_consumer_subscription {
    struct kh_string *topics;
    size_t topic_count;
    struct kh_bytes user_data;       /* nullable */
    struct kh_consumer_topic *owned; /* v1+ (KIP-429) */
    size_t owned_count;
    int32_t generation;    /* v2+ (KIP-792); -1: none */
    struct kh_string rack; /* v3+ (KIP-881); null: none */
};

struct kh_consumer_assignment {
    struct kh_consumer_topic *topics;
    size_t topic_count;
    struct kh_bytes user_data; /* nullable */
};

void kh_consumer_subscription_encode(struct kh_writer *w, int version,
                                     const struct kh_consumer_subscription *s);
/* Returns the version that was written there. Ask kh_read_ok. */
int kh_consumer_subscription_decode(struct kh_reader *r, struct kh_consumer_subscription *s);
void kh_consumer_assignment_encode(struct kh_writer *w, int version,
                                   const struct kh_consumer_assignment *a);
int kh_consumer_assignment_decode(struct kh_reader *r, struct kh_consumer_assignment *a);

#endif
