/* Lanes (decision 14): a broker serves one request per connection at a time, so what parks (Fetch; JoinGroup, SyncGroup)
 * never shares a connection with anything else. A lane connects when it has something to send, reconnects with jittered
 * backoff, and looks its broker's address up anew each time. */
#ifndef KH_NET_LANE_H
#define KH_NET_LANE_H

#include "net/request.h"

struct kh_cluster;

enum kh_lane_kind {
    KH_LANE_SHARED, /* quick requests of everybody; a second connection opens when one has waited 100 ms */
    KH_LANE_FETCH,  /* one per consumer and broker */
    KH_LANE_JOIN,   /* opened for a rebalance, closed after it */
};

/* The broker's shared lane; lives as long as the cluster. node_id -1: any broker, or a bootstrap address. NULL: out of memory. */
struct kh_lane *kh_cluster_lane(struct kh_cluster *cluster, int32_t node_id);
/* A lane of one's own. NULL: out of memory. */
struct kh_lane *kh_lane_open(struct kh_cluster *cluster, int32_t node_id, enum kh_lane_kind kind);
/* Cancels what it holds (done is not called) and closes its connection. Shared lanes are never closed by their users. */
void kh_lane_close(struct kh_lane *lane);

/* Queues the request; done() reports how it went, also when nothing could be sent. */
void kh_lane_send(struct kh_lane *lane, struct kh_request *request);

#endif
