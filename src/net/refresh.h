/* Keeps the metadata fresh: one Metadata request at a time for all topics that are wanted, when
 * they are old, when someone asks, and again with backoff until what was asked for is known. */
#ifndef KH_NET_REFRESH_H
#define KH_NET_REFRESH_H

#include "base/backoff.h"
#include "net/metadata_stream.h"
#include "protocol/metadata.h"

struct kh_cluster;

struct kh_refresh {
    struct kh_cluster *cluster;
    struct kh_request request;
    struct kh_metadata_stream stream; /* its answer */
    struct kh_metadata_request message;
    struct kh_metadata_request_topic *topics; /* of the request in flight; NULL: none */
    char *names;                              /* their text: the cluster's own may go meanwhile */
    struct kh_timer timer;                    /* when the next one starts */
    struct kh_backoff backoff;
    struct kh_backoff patience; /* how long the next answer is waited for */
    int64_t ended_ms;           /* the last one; -1: there was none */
    int64_t not_before_ms;      /* the next one, unless it is for a new topic */
    unsigned failures;          /* in a row */
    bool in_flight;
    bool again; /* a topic was added while one was in flight */
};

void kh_refresh_init(struct kh_refresh *refresh, struct kh_cluster *cluster);
/* Its request must have ended. */
void kh_refresh_free(struct kh_refresh *refresh);
void kh_refresh_ask(struct kh_refresh *refresh, const char *why);
/* A topic that nothing is known of: at once, whatever was asked before
 * (Metadata.requestUpdateForNewTopics). */
void kh_refresh_new_topic(struct kh_refresh *refresh);

#endif
