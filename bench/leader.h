/* What a leader's round costs its loop: the pieces that are not given to the work queue. */
#ifndef BENCH_LEADER_H
#define BENCH_LEADER_H

#include "assignors/assignor.h"
#include "protocol/join_group.h"

struct leader_round {
    struct kh_heap *heap;
    const struct kh_assignor *assignor;
    const struct kh_join_group_response_member *members;
    size_t member_count;
    const struct kh_assignor_topic *topics;
    size_t topic_count, partition_count;
};

/* Milliseconds of CPU, each in one piece. */
struct leader_times {
    double grow;    /* the last growing of the receive buffer */
    double decode;  /* JoinGroup's answer */
    double joined;  /* the machine takes it */
    double prepare; /* memory for the work */
    double hand_in; /* the machine takes the layout, SyncGroup is encoded */
    double let_go;  /* the longest piece of freeing it all */
};

double leader_longest(const struct leader_times *t);
/* False: something failed. */
bool leader_measure(const struct leader_round *round, struct leader_times *ret);

#endif
