/* What an assignor has decided, and its partitions by member. */
#ifndef KH_ASSIGNORS_SHARES_H
#define KH_ASSIGNORS_SHARES_H

#include "assignors/intern.h"

/* Nobody has anything yet. 0 or KOHORT_ENOMEM. */
int kh_shares_init(struct kh_shares *shares, const struct kh_interned *group,
                   struct kh_arena *arena);

struct kh_share_lists {
    uint32_t *begins;     /* by rank: its first place in partitions; one more ends the last */
    uint32_t *partitions; /* rising for each member */
};

/* 0 or KOHORT_ENOMEM. */
int kh_shares_list(const struct kh_shares *shares, const struct kh_interned *group,
                   struct kh_arena *arena, struct kh_share_lists *ret);

#endif
