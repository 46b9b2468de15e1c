/* The names of all topics of the cluster, while somebody wants them (subscriptions by pattern). */
#ifndef KH_NET_LISTING_H
#define KH_NET_LISTING_H

#include "base/arena.h"
#include "net/cluster.h"
#include "protocol/metadata.h"

struct kh_listing {
    size_t wanted; /* interests; while there are some each refresh asks for all topics */
    struct kh_listed_topic *topics;
    size_t count;
    struct kh_arena arena; /* of `topics` */
    bool known;
};

void kh_listing_init(struct kh_listing *listing, struct kh_heap *heap);
void kh_listing_free(struct kh_listing *listing);
/* From an answer for all topics: begun, given its topics, and then put in the place of the one
 * before; or freed. 0 or KOHORT_ENOMEM. */
int kh_listing_begin(struct kh_listing *next, struct kh_heap *heap, size_t topic_count);
int kh_listing_add(struct kh_listing *next, const struct kh_metadata_response_topic *topic);
void kh_listing_replace(struct kh_listing *listing, struct kh_listing *next);

#endif
