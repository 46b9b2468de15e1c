/* A group in dense numbers, as assignors work on it. Members are numbered by rank, their place in
 * the order that the assignor wants; topics as in the input; partitions of all topics in one row.
 */
#ifndef KH_ASSIGNORS_INTERN_H
#define KH_ASSIGNORS_INTERN_H

#include "assignors/assignor.h"
#include "assignors/topic_names.h"

#define KH_NONE UINT32_MAX
/* Set in a claim that two members of one generation make: neither is believed. */
#define KH_DISPUTED ((uint32_t)1 << 31)

/* Topics that some member subscribes to: rising, each once, only such that exist. */
struct kh_topic_set {
    const uint32_t *topics;
    uint32_t count;
};

struct kh_interned {
    uint32_t member_count, topic_count, partition_count;
    uint32_t *order;                  /* by rank: the member's index in the input */
    uint32_t *first;                  /* by topic: its partition 0; one more ends the last */
    const struct kh_topic_set **sets; /* by rank; members of equal subscriptions mostly share one */
    bool cooperative;                 /* what one still holds is not given to another (KIP-429) */
    bool equal;                       /* all who subscribe to anything subscribe to the same: */
    const struct kh_topic_set *everything; /* that is this; NULL: nobody subscribes to anything */
    /* By partition: who says to hold it, KH_NONE, or with KH_DISPUTED. NULL: the assignor does not
     * ask. */
    uint32_t *claims;
    /* KIP-881, in numbers. member_racks NULL: no member says where it is, or no replica does. */
    uint32_t *member_racks; /* by rank; KH_NONE: it does not say */
    uint32_t *rack_first;   /* by partition: its first place in racks; one more ends the last */
    uint32_t *racks;        /* rising, each once for a partition */
    uint32_t rack_count;
};

/* All memory is the arena's, but for what is freed again. 0 or KOHORT_ENOMEM. */
int kh_intern(const struct kh_assignor *assignor, const struct kh_assignor_input *input,
              struct kh_arena *arena, struct kh_interned *ret);

static inline bool kh_interned_subscribes(const struct kh_interned *group, uint32_t rank)
{
    return group->sets[rank]->count > 0;
}

/* Whether the member subscribes to this topic. */
static inline bool kh_interned_wants(const struct kh_interned *group, uint32_t rank, uint32_t topic)
{
    const struct kh_topic_set *set = group->sets[rank];
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->topics[middle] < topic)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && set->topics[low] == topic;
}

/* ---- claims.c ---- */

/* Fills `claims` from what the members say. Bytes that cannot be read claim nothing; of two who
 * claim one partition the higher generation is believed, of equal ones neither is. */
int kh_intern_claims(struct kh_interned *group, const struct kh_assignor *assignor,
                     const struct kh_assignor_input *input, struct kh_topic_names *names,
                     struct kh_arena *arena);

/* ---- racks.c ---- */

int kh_intern_racks(struct kh_interned *group, const struct kh_assignor_input *input,
                    struct kh_arena *arena);
/* A member that does not say where it is is near to everything. */
bool kh_interned_near(const struct kh_interned *group, uint32_t rank, uint32_t partition);
/* Whether racks make a difference for these partitions: some subscriber is in some replica's rack,
 * and not all partitions are in the same racks (AbstractPartitionAssignor.useRackAwareAssignment).
 */
bool kh_interned_racks_matter(const struct kh_interned *group, const bool *rack_of_a_subscriber,
                              uint32_t begin, uint32_t end);

#endif
