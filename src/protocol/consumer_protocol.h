/* What consumers tell each other inside JoinGroup and SyncGroup (ConsumerProtocolSubscription.json,
 * ConsumerProtocolAssignment.json): an int16 version, then a body that is never flexible. Written
 * at the newest version; a higher one is read as the newest, what follows is ignored. */
#ifndef KH_PROTOCOL_CONSUMER_PROTOCOL_H
#define KH_PROTOCOL_CONSUMER_PROTOCOL_H

#include "protocol/big_endian.h"
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

/* What a leader reads of thousands of members: `owned` stays as it lies on the wire, and topics
 * that are byte for byte those of the member before are its list. */
struct kh_consumer_subscription_view {
    struct kh_bytes wire_topics; /* as received */
    struct kh_string *topics;
    size_t topic_count;
    struct kh_bytes user_data; /* nullable */
    struct kh_bytes owned;     /* v1+, for kh_consumer_topics_begin; null: not said */
    int32_t generation;
    struct kh_string rack;
};

/* `before` may be NULL. Ask kh_read_ok. */
void kh_consumer_subscription_view(struct kh_reader *r,
                                   const struct kh_consumer_subscription_view *before,
                                   struct kh_consumer_subscription_view *s);
void kh_consumer_assignment_encode(struct kh_writer *w, int version,
                                   const struct kh_consumer_assignment *a);
int kh_consumer_assignment_decode(struct kh_reader *r, struct kh_consumer_assignment *a);

/* ---- topics with their partitions, where they lie ---- */

void kh_consumer_topics_write(struct kh_writer *w, const struct kh_consumer_topic *topics,
                              size_t count);

/* Passes over an array of them; what it is made of. Latches, and gives null, where one is not well
 * formed. */
struct kh_bytes kh_consumer_topics_skip(struct kh_reader *r);

/* Walks what kh_consumer_topics_skip gave; null is no topics. */
struct kh_consumer_topics_cursor {
    struct kh_string topic;
    const uint8_t *partitions; /* big-endian int32s, unaligned */
    uint32_t partition_count;
    uint32_t left;
    const uint8_t *at;
};

static inline void kh_consumer_topics_begin(struct kh_consumer_topics_cursor *cursor,
                                            struct kh_bytes topics)
{
    cursor->left = topics.data == NULL ? 0 : kh_load_u32(topics.data);
    cursor->at = topics.data == NULL ? NULL : topics.data + 4;
}

static inline bool kh_consumer_topics_next(struct kh_consumer_topics_cursor *cursor)
{
    if (cursor->left == 0)
        return false;
    cursor->left--;
    cursor->topic = (struct kh_string){(const char *)cursor->at + 2, kh_load_i16(cursor->at)};
    cursor->at += 2 + cursor->topic.size;
    cursor->partition_count = kh_load_u32(cursor->at);
    cursor->partitions = cursor->at + 4;
    cursor->at = cursor->partitions + (size_t)4 * cursor->partition_count;
    return true;
}

#endif
