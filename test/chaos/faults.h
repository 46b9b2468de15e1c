/* What is done to a group and its cluster, by a seed: one fault after the other to the members, and
 * beside that one after the other to the nodes and partitions, each once the cluster is whole. */
#ifndef TEST_CHAOS_FAULTS_H
#define TEST_CHAOS_FAULTS_H

#include "base/random.h"
#include "chaos/group.h"

enum chaos_fault {
    /* To members. */
    CHAOS_JOIN,
    CHAOS_LEAVE,
    CHAOS_KILL,
    CHAOS_PAUSE,     /* SIGSTOP and SIGCONT, within the session */
    CHAOS_OVERSLEEP, /* beyond it */
    CHAOS_JAVA_KILL,
    CHAOS_JAVA_LEAVE,
    CHAOS_LIBRDKAFKA_KILL,
    CHAOS_LIBRDKAFKA_LEAVE,
    /* To the cluster. */
    CHAOS_COORDINATOR_KILL,
    CHAOS_LEADER_KILL,
    CHAOS_NODE_PAUSE,
    CHAOS_ROLL, /* all nodes are restarted cleanly, one after the other */
    CHAOS_LEADER_MOVE,
    CHAOS_GROWTH, /* two partitions more */
    CHAOS_FAULT_COUNT
};

/* Each fault comes as often as it is in the deck before any comes again. */
struct chaos_deck {
    uint8_t cards[32];
    size_t count, next;
};

enum chaos_cluster { CHAOS_WHOLE, CHAOS_BROKEN, CHAOS_MENDING };

struct chaos_faults {
    struct chaos_group *group;
    struct kh_random random;
    struct chaos_deck members, nodes;
    int64_t member_ms;                     /* when the next fault of a member is due */
    int64_t return_ms[CHAOS_CLIENT_COUNT]; /* when a peer that went comes again; 0: it is there */
    enum chaos_cluster cluster;
    int64_t cluster_ms; /* when it is looked after */
    int node;           /* that is not there, or comes again */
    bool node_stopped;
    int to_roll;   /* nodes that are to be restarted after this one */
    bool may_roll; /* a roll takes half a minute */
    size_t counts[CHAOS_FAULT_COUNT];
};

void chaos_faults_begin(struct chaos_faults *f, struct chaos_group *g, uint64_t seed,
                        bool may_roll);
/* Does what is due. */
void chaos_faults_step(struct chaos_faults *f);
/* Wakes everybody, mends the cluster. */
void chaos_faults_end(struct chaos_faults *f);
size_t chaos_faults_total(const struct chaos_faults *f);
const char *chaos_fault_name(enum chaos_fault fault);

#endif
