/* Who subscribes to what, both ways: a *pair* is one member's interest in one topic. Needed where
 * subscriptions differ. */
#ifndef KH_ASSIGNORS_INTERESTS_H
#define KH_ASSIGNORS_INTERESTS_H

#include "assignors/intern.h"

struct kh_interests {
    uint32_t pair_count;
    uint32_t *member_first; /* by rank: its first pair; one more ends the last. Topics in order */
    uint32_t *member_of;    /* by pair */
    uint32_t *topic_of;     /* by pair */
    uint32_t *topic_first;  /* by topic: its first place in pair_of; one more ends the last */
    uint32_t *pair_of;      /* the pairs of a topic, by rank */
};

/* All memory is the arena's. 0 or KOHORT_ENOMEM. */
int kh_interests_init(struct kh_interests *interests, const struct kh_interned *group,
                      struct kh_arena *arena);

#endif
