/* The subscribers of each topic as bits, 64 ranks a word; words without any are left out. So of a
 * topic that nearly everybody subscribes to it is quickly said which of some set are among them,
 * and one of few subscribers takes no more room than their list. */
#ifndef KH_ASSIGNORS_SUBSCRIBER_MASKS_H
#define KH_ASSIGNORS_SUBSCRIBER_MASKS_H

#include "assignors/interests.h"

enum { KH_RANKS_A_WORD = 64 };

struct kh_subscriber_word {
    uint64_t bits;
    uint32_t word; /* bit 0 is rank 64 * word */
    uint32_t pair; /* of the lowest one; those of the others follow */
};

struct kh_subscriber_masks {
    struct kh_subscriber_word *words; /* of a topic: rising */
    uint32_t *begins;                 /* by topic; one more ends the last */
};

static inline size_t kh_rank_words(size_t member_count)
{
    return (member_count + KH_RANKS_A_WORD - 1) / KH_RANKS_A_WORD;
}

static inline uint64_t kh_rank_bit(uint32_t rank)
{
    return (uint64_t)1 << rank % KH_RANKS_A_WORD;
}

/* Only the first topic of a class (topic_classes.h) has words. All memory is the arena's. 0 or
 * KOHORT_ENOMEM. */
int kh_subscriber_masks_init(struct kh_subscriber_masks *masks, const struct kh_interned *group,
                             const struct kh_interests *interests, const uint32_t *classes,
                             struct kh_arena *arena);

#endif
