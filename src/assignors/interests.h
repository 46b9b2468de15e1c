/* Who subscribes to what, by topic: a *pair* is one member's interest in one topic, and those of a
 * topic lie together, by rank. Needed where subscriptions differ. */
#ifndef KH_ASSIGNORS_INTERESTS_H
#define KH_ASSIGNORS_INTERESTS_H

#include "assignors/intern.h"

struct kh_interests {
    uint32_t pair_count;
    uint32_t *topic_first; /* by topic: its first pair; one more ends the last */
    uint32_t *member_of;   /* by pair */
};

/* All memory is the arena's. 0 or KOHORT_ENOMEM. */
int kh_interests_init(struct kh_interests *interests, const struct kh_interned *group,
                      struct kh_arena *arena);

/* The topic's first pair of a member at or behind `rank`; past its last: there is none. */
static inline uint32_t kh_interests_find(const struct kh_interests *interests, uint32_t topic,
                                         uint32_t rank)
{
    uint32_t low = interests->topic_first[topic], high = interests->topic_first[topic + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (interests->member_of[middle] < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
