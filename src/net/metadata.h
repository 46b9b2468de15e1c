/* A Metadata answer into the cache. */
#ifndef KH_NET_METADATA_H
#define KH_NET_METADATA_H

#include "net/cluster.h"
#include "protocol/metadata.h"

/* Before the first topic of an answer. */
void kh_metadata_begin(struct kh_cluster *cluster);
/* Replaces the brokers. 0; KOHORT_ENOMEM; KOHORT_EPROTOCOL: none that can be reached is named. */
int kh_metadata_apply_brokers(struct kh_cluster *cluster,
                              const struct kh_metadata_response *response);
/* Updates it if it is wanted. 0 or KOHORT_ENOMEM. */
int kh_metadata_apply_topic(struct kh_cluster *cluster,
                            const struct kh_metadata_response_topic *answer, int16_t version);
/* Behind the last topic. of_all: all topics were asked for, so what is not in the answer does not
 * exist. False: something says of itself that it is not settled (no leader at the moment, no such
 * topic yet): ask again soon. */
bool kh_metadata_end(struct kh_cluster *cluster, bool of_all);

struct kh_topic;
void kh_topic_free(struct kh_cluster *cluster, struct kh_topic *topic);

#endif
