/* What the leader's assignor is told of topics: a copy of the metadata, which may change while it
 * runs. */
#ifndef KH_CONSUMER_ASSIGN_TOPICS_H
#define KH_CONSUMER_ASSIGN_TOPICS_H

#include "consumer/assign_job.h"

enum { KH_ASSIGN_TOPICS_LISTED, KH_ASSIGN_TOPICS_MORE };

/* Fills job->topics: those that exist, with their partition counts and racks. Racks of a million
 * partitions take long: MORE asks for another call, in a turn of the loop to come. Negative:
 * KOHORT_ENOMEM. */
int kh_assign_topics_list(kohort_consumer *c, struct kh_assign_job *job);

#endif
