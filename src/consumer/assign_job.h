/* One run of the leader's assignor: two steps, each in the platform's work queue when it is
 * estimated to take long (decision 15), at once when not. While a step runs its memory is the
 * worker's: what the members sent was taken from the machine, all else lies in blocks that were
 * allocated before, on the loop. It is kept until SyncGroup, which sends the layout from where it
 * lies, has been answered. */
#ifndef KH_CONSUMER_ASSIGN_JOB_H
#define KH_CONSUMER_ASSIGN_JOB_H

#include "base/block_heap.h"
#include "coordinator/assign.h"
#include "coordinator/member.h"
#include "net/platform.h"

struct kh_assign_step {
    struct kh_block_heap block;
    struct kh_arena arena;
    size_t size; /* of the block; doubled when it was too small */
};

/* A broker that says where it is. */
struct kh_assign_node {
    int32_t id;
    struct kh_string rack;
};

struct kh_assign_job {
    struct kh_work work;
    struct kh_platform *platform;
    struct kh_heap *heap;
    kohort_consumer *consumer; /* NULL: the result is not wanted any more */
    bool assigning;            /* the second step */
    bool running;

    struct kh_assignor assignor;
    struct kh_member_round round;
    uint32_t seed;
    struct kh_assign_step read, assign;
    struct kh_assign_group group; /* of the first step */
    /* assign_topics.c's, on the loop. */
    struct kh_arena topics_arena;
    struct kh_assignor_topic *topics; /* NULL: not begun */
    size_t topic_count, partition_count, topics_listed;
    struct kh_assign_node *nodes; /* by rising id */
    size_t node_count;
    bool racked;                        /* some member says where it is */
    struct kh_sync_group_layout layout; /* of the second step */
    int status;
    kohort_error error; /* of KOHORT_EASSIGNOR */
};

/* Takes the round from the machine and starts to read it. NULL: out of memory. */
struct kh_assign_job *kh_assign_job_new(kohort_consumer *c);
/* Once it is not running, `status` is 0 and topics are filled in. */
void kh_assign_job_assign(struct kh_assign_job *job);
/* Of one whose layout was handed in, piece by piece: to give back tens of megabytes at once would
 * hold the loop. False: nothing but the layout is left. */
bool kh_assign_job_shrink(struct kh_assign_job *job);
/* Now, or when the worker is done with it. */
void kh_assign_job_drop(struct kh_assign_job *job);

#endif
