/* The inside of the sticky assignors. */
#ifndef KH_ASSIGNORS_STICKY_INTERNAL_H
#define KH_ASSIGNORS_STICKY_INTERNAL_H

#include "assignors/interests.h"

struct kh_sticky {
    const struct kh_interned *group;
    struct kh_arena *arena;
    /* By rack: a member is there. Not NULL: racks make a difference, and what is held far from its
     * holder while somebody is near is not worth keeping. */
    const bool *racks;
    uint32_t *owners, *loads; /* of kh_shares */
};

static inline bool kh_sticky_somebody_is_near(const struct kh_sticky *s, uint32_t partition)
{
    const struct kh_interned *group = s->group;
    for (uint32_t i = group->rack_first[partition]; i < group->rack_first[partition + 1]; i++)
        if (s->racks[group->racks[i]])
            return true;
    return false;
}

/* Who holds it, is believed, and should keep it if that can be; KH_NONE: nobody. Whether it
 * subscribes to the topic is not asked. */
static inline uint32_t kh_sticky_holder(const struct kh_sticky *s, uint32_t partition)
{
    uint32_t claim = s->group->claims[partition];
    if ((claim & KH_DISPUTED) != 0) /* KH_NONE has the bit too */
        return KH_NONE;
    return s->racks != NULL && !kh_interned_near(s->group, claim, partition) &&
                   kh_sticky_somebody_is_near(s, partition)
               ? KH_NONE
               : claim;
}

/* ---- sticky_equal.c, sticky_general.c: fill `owners` and `loads` ---- */

/* Everybody who subscribes at all subscribes to the same topics. 0 or KOHORT_ENOMEM. */
int kh_sticky_share_equally(struct kh_sticky *s);
/* Whatever the subscriptions. 0 or KOHORT_ENOMEM. */
int kh_sticky_share(struct kh_sticky *s);

/* sticky_racks.c: exchanges partitions that nobody keeps, so that more are near to who has them.
 * Loads stay as they are. 0 or KOHORT_ENOMEM. */
int kh_sticky_bring_near(struct kh_sticky *s);
/* sticky_cycles.c, the last step: in a group that is not large, no layout as even has less moves
 * and partitions far from their members. Where racks make no difference: less moves. 0 or
 * KOHORT_ENOMEM. */
int kh_sticky_cancel_cycles(struct kh_sticky *s);

/* ---- the general case ---- */

/* In no list: it had nothing when somebody looked. */
#define KH_STICKY_UNLISTED (KH_NONE - 1)

/* What a member has of a topic: partitions that it held before (`home`), and those that are new to
 * it (`away`); only the former cost a move when they are passed on. */
struct kh_sticky_holding {
    uint32_t topic, member;
    uint32_t home, away; /* the first, or KH_NONE */
    uint32_t next;       /* of the member's, or KH_NONE; KH_STICKY_UNLISTED */
};

struct kh_sticky_lists {
    struct kh_sticky *s;
    struct kh_interests interests;
    struct kh_sticky_holding *holdings;
    uint32_t holding_count;
    uint32_t *holding_of; /* by pair; KH_NONE: it has never had any */
    uint32_t *held;       /* by member: the first of its holdings; some may have nothing any more */
    uint32_t *next;       /* by partition: of one holding's */
    /* Scratch: see kh_sticky_pair. */
    uint32_t *pair_by_member, looked_at;
};

static inline uint32_t kh_sticky_subscribers(const struct kh_sticky_lists *lists, size_t topic)
{
    return lists->interests.topic_first[topic + 1] - lists->interests.topic_first[topic];
}

/* `pair` is one of this topic. */
void kh_sticky_put(struct kh_sticky_lists *lists, uint32_t topic, uint32_t pair,
                   uint32_t partition);
/* The pair of this member, or KH_NONE, and the topic; KH_NONE: it does not subscribe. Quickest when
 * it is asked topic by topic. */
uint32_t kh_sticky_pair(struct kh_sticky_lists *lists, uint32_t topic, uint32_t member);

/* sticky_flow.c: moves partitions on until nobody can have one less so that somebody who has two
 * fewer gets one more, directly or along a chain. 0 or KOHORT_ENOMEM. */
int kh_sticky_even_out(struct kh_sticky_lists *lists);
/* sticky_return.c: after it, takes back moves that were not needed. 0 or KOHORT_ENOMEM. */
int kh_sticky_take_moves_back(struct kh_sticky_lists *lists);
#endif
