/* Lanes (decision 14): a broker serves one request per connection at a time, so what parks (Fetch;
 * JoinGroup, SyncGroup) never shares a connection with anything else. A lane connects when it has
 * something to send, reconnects with jittered backoff, and looks its broker's address up anew each
 * time.
 *
 * A request that was written ends with KOHORT_EDISCONNECTED when its connection ends. One that was
 * not waits for the next connection until its own deadline; when an attempt to connect fails, at
 * all addresses of the broker, it ends with what went wrong, so that its owner can ask elsewhere.
 */
#ifndef KH_NET_LANE_H
#define KH_NET_LANE_H

#include "net/request.h"

struct kh_cluster;

enum kh_lane_kind {
    KH_LANE_SHARED, /* quick requests of everybody; a second connection opens when one has waited
                       100 ms behind others */
    KH_LANE_FETCH,  /* one per consumer and broker */
    KH_LANE_JOIN,   /* opened for a rebalance, closed after it. What is cancelled here is parked at
                       the broker, perhaps for minutes: its connection is closed with it. */
};

/* The broker's shared lane; lives as long as the cluster. node_id -1: any broker, connected ones
 * first, or a bootstrap address; a request fails there when all have been tried. NULL: out of
 * memory, never for -1. */
struct kh_lane *kh_cluster_lane(struct kh_cluster *cluster, int32_t node_id);
/* How long an answer that any broker can give is waited for, at first: then another broker is
 * asked. It doubles while none answers (a kh_backoff), so that a slow network is waited for in the
 * end. */
enum { KH_LANE_ANY_PATIENCE_MS = 6000 };
/* A lane of one's own. NULL: out of memory. */
struct kh_lane *kh_lane_open(struct kh_cluster *cluster, int32_t node_id, enum kh_lane_kind kind);
/* Cancels what it holds (done is not called) and closes its connection. Legal inside done() and a
 * sink. NULL is ignored. Shared lanes are never closed by their users. */
void kh_lane_close(struct kh_lane *lane);

/* Connects now, once, so that a request that is about to come need not wait. What comes of it shows
 * when something is sent. */
void kh_lane_prepare(struct kh_lane *lane);
/* Queues the request; done() reports how it went, also when nothing could be sent. */
void kh_lane_send(struct kh_lane *lane, struct kh_request *request);

#endif
