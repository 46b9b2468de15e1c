/* The inside of a client: what its consumers share, and the turn of the loop. */
#ifndef KH_CONSUMER_CLIENT_H
#define KH_CONSUMER_CLIENT_H

#include "consumer/options.h"
#include "net/cluster.h"
#include "protocol/compress.h"

struct kohort_client {
    struct kh_heap heap;
    struct kh_shared shared;
    struct kh_cluster *cluster;
    struct kh_decompressor decompressor;
    kohort_record *views; /* KH_SLICE_RECORDS of them: where records are decoded for delivery */
    kohort_options *options;
    struct kh_tape *recording; /* NULL, or what kohort_options_set_recording asked for */
    struct kh_list consumers;
    struct kh_list busy;    /* consumers that asked for a turn */
    struct kh_list buried;  /* freed consumers whose memory goes at the end of the turn */
    struct kh_list queries; /* kohort_client_versions in progress */
    struct kh_list kept;    /* batches that applications keep */
    int64_t consumers_made, batches_kept; /* ever: the last one's number */
    int64_t shortest_heartbeat_ms;        /* interval of any consumer so far */
    bool in_turn, closing;
    kohort_done *closed;
    void *closed_arg;
};

/* On any platform. KOHORT_ENOMEM for the client itself leaves the platform to the caller; from then
 * on it is the client's, and a failure shuts it down. `tape`, which outlives it, may be
 * NULL: nothing is recorded, or replayed (platform NULL). */
int kh_client_new(kohort_client **ret, struct kh_platform *platform, const struct kh_heap *heap,
                  kohort_options *o, struct kh_tape *tape);

/* A turn comes soon, if this is not one: its end looks at the same things. */
void kh_client_wake(kohort_client *cl);
/* Runs kh_consumer_turn(c) soon, never inside the caller. */
void kh_client_ask_turn(kohort_consumer *c);

static inline void kh_client_set_timer(kohort_client *cl, struct kh_timer *timer, int64_t due_ms)
{
    kh_timer_set(&cl->shared.timers, timer, due_ms);
}

/* versions.c: ends what is asked when the client closes. */
void kh_client_cancel_queries(kohort_client *cl);

#endif
