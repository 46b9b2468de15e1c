/* A Metadata answer into the cache. */
#ifndef KH_NET_METADATA_H
#define KH_NET_METADATA_H

#include "net/cluster.h"
#include "protocol/metadata.h"

/* Replaces the brokers, updates the topics that are wanted. of_all: all topics were asked for, so
 * what is not in the answer does not exist. *ret_incomplete: something there says
 * of itself that it is not settled (no leader at the moment, no such topic yet): ask again soon. 0;
 * KOHORT_ENOMEM; KOHORT_EPROTOCOL when it names no broker that can be reached. */
int kh_metadata_apply(struct kh_cluster *cluster, const struct kh_metadata_response *response,
                      int16_t version, bool of_all, bool *ret_incomplete);

struct kh_topic;
void kh_topic_free(struct kh_cluster *cluster, struct kh_topic *topic);

#endif
