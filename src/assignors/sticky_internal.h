/* The inside of the sticky assignors. Members are numbered by rank (their place by member id),
 * partitions of all topics in one row. */
#ifndef KH_ASSIGNORS_STICKY_INTERNAL_H
#define KH_ASSIGNORS_STICKY_INTERNAL_H

#include "assignors/interests.h"

#define KH_NONE UINT32_MAX
/* Set in a claim that two members of one generation make: neither is believed. */
#define KH_DISPUTED ((uint32_t)1 << 31)

struct kh_sticky {
    const struct kh_assignor_input *input;
    struct kh_arena *arena;
    uint32_t *order; /* by rank: the member's index */
    struct kh_interests interests;
    uint32_t partition_count;
    uint32_t *first;  /* by topic: the number of its partition 0; one more ends the last */
    uint32_t *claims; /* by partition: who says to hold it, KH_NONE, or with KH_DISPUTED */
    uint32_t *owners; /* by partition: who shall, or KH_NONE */
    uint32_t *loads;  /* by rank: partitions it shall have */
};

static inline uint32_t kh_sticky_subscribers(const struct kh_sticky *s, size_t topic)
{
    return s->interests.topic_first[topic + 1] - s->interests.topic_first[topic];
}

/* ---- sticky_claims.c ---- */

/* What one member says to hold, since when. */
struct kh_sticky_claim {
    const struct kh_consumer_topic *topics;
    size_t topic_count;
    int32_t generation; /* -1: it does not say */
};

/* 0 or KOHORT_ENOMEM: bytes that cannot be read claim nothing. */
typedef int kh_sticky_reader(const struct kh_consumer_subscription *subscription,
                             struct kh_arena *arena, struct kh_sticky_claim *ret);
int kh_sticky_read_user_data(const struct kh_consumer_subscription *subscription,
                             struct kh_arena *arena, struct kh_sticky_claim *ret);
int kh_sticky_read_owned(const struct kh_consumer_subscription *subscription,
                         struct kh_arena *arena, struct kh_sticky_claim *ret);
/* Fills `claims`. Of two who claim one partition the higher generation is believed, of equal ones
 * neither is. 0 or KOHORT_ENOMEM. */
int kh_sticky_weigh_claims(struct kh_sticky *s, struct kh_topic_names *names,
                           kh_sticky_reader *reader);

/* ---- sticky_equal.c, sticky_general.c: fill `owners` and `loads` ---- */

/* Everybody who subscribes at all subscribes to the same topics. 0 or KOHORT_ENOMEM. */
int kh_sticky_share_equally(struct kh_sticky *s);
/* Whatever the subscriptions. 0 or KOHORT_ENOMEM. */
int kh_sticky_share(struct kh_sticky *s);

/* ---- the general case ---- */

/* Partitions listed by pair: those that their member held before (`home`) and those that are new to
 * it (`away`); only the former cost a move when they are passed on. */
struct kh_sticky_lists {
    struct kh_sticky *s;
    uint32_t *home, *away;    /* by pair: the first, or KH_NONE */
    uint32_t *next;           /* by partition */
    uint32_t *pair_by_member; /* scratch: see kh_sticky_pair */
};

void kh_sticky_put(struct kh_sticky_lists *lists, uint32_t pair, uint32_t partition);
/* kh_sticky_pair finds pairs of this topic until the next call. */
void kh_sticky_look_at(struct kh_sticky_lists *lists, uint32_t topic);
/* The pair of this member, or claimant, and the topic looked at; KH_NONE: it does not subscribe. */
uint32_t kh_sticky_pair(const struct kh_sticky_lists *lists, uint32_t topic, uint32_t member);

/* sticky_moves.c: moves partitions on until nobody can have one less so that somebody who has two
 * fewer gets one more, directly or along a chain; then takes back moves that were not needed. 0 or
 * KOHORT_ENOMEM. */
int kh_sticky_balance(struct kh_sticky_lists *lists);

#endif
