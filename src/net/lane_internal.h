/* The parts of a lane among themselves, and what the cluster needs of them. */
#ifndef KH_NET_LANE_INTERNAL_H
#define KH_NET_LANE_INTERNAL_H

#include "base/backoff.h"
#include "net/bootstrap.h"
#include "net/connection.h"
#include "net/lane.h"

enum { KH_LANE_CONNECTIONS = 2 };

struct kh_lane {
    struct kh_cluster *cluster;
    struct kh_list node; /* in the cluster's */
    int32_t node_id;     /* -1: any */
    enum kh_lane_kind kind;
    struct kh_list queue;   /* not yet written: by priority, then by arrival */
    struct kh_list failing; /* being told that they were not */
    struct kh_connection *connections[KH_LANE_CONNECTIONS];
    size_t connection_count;
    struct kh_timer pump; /* writes, connects */
    struct kh_backoff backoff;
    int64_t retry_ms;           /* no attempt to connect before that */
    struct kh_candidates round; /* of the lane to any broker */
    char problem[256]; /* why the last connection failed; empty: nothing is known to be wrong */
    bool prepare;      /* connect though nothing is queued */
    unsigned depth;    /* of our functions on the stack: it is freed when none is */
    bool closed;
};

struct kh_lane *kh_lane_new(struct kh_cluster *cluster, int32_t node_id, enum kh_lane_kind kind);
/* As kh_lane_close, but every request is told. */
void kh_lane_end(struct kh_lane *lane, const kohort_error *why);

void kh_lane_enter(struct kh_lane *lane);
void kh_lane_leave(struct kh_lane *lane);
/* Writes and connects at the next turn. */
void kh_lane_wake(struct kh_lane *lane);
void kh_lane_insert(struct kh_lane *lane, struct kh_request *request);
/* Tells all that is queued; what is sent meanwhile stays. */
void kh_lane_fail_queue(struct kh_lane *lane, const kohort_error *why);

/* A connection to write the next request to; NULL: none now. */
struct kh_connection *kh_lane_usable_connection(struct kh_lane *lane);
/* Lets go of connections that nothing waits on: to an address that is no longer the broker's, or to
 * a bootstrap address while a broker is connected. */
void kh_lane_retire_connections(struct kh_lane *lane);
void kh_lane_abandon_connection(struct kh_lane *lane, struct kh_connection *connection);
/* When a new connection is due; KH_NEVER: none is needed. */
int64_t kh_lane_connect_due(const struct kh_lane *lane);
void kh_lane_connect(struct kh_lane *lane);

#endif
