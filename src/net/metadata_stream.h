/* A Metadata answer as it arrives: a topic at a time goes into the cluster, so that neither the
 * answer of a large cluster is held whole, nor the loop while it is read. */
#ifndef KH_NET_METADATA_STREAM_H
#define KH_NET_METADATA_STREAM_H

#include "net/listing.h"
#include "net/request.h"

struct kh_cluster;

struct kh_metadata_stream {
    struct kh_stream_sink sink;
    struct kh_cluster *cluster;
    bool of_all; /* all topics were asked for */
    /* How it came out, once it was read. */
    int status;         /* KOHORT_ENOMEM, KOHORT_EPROTOCOL: from there on nothing was applied */
    int16_t error_code; /* the broker's */

    int16_t version;
    enum { KH_METADATA_HEAD, KH_METADATA_TOPICS, KH_METADATA_TAIL, KH_METADATA_END } part;
    size_t body_left, topics_left;
    struct kh_listing listing; /* in the making, where somebody wants it */
    bool lists;
};

void kh_metadata_stream_init(struct kh_metadata_stream *stream, struct kh_cluster *cluster);
void kh_metadata_stream_free(struct kh_metadata_stream *stream);

#endif
