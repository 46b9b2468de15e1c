/* Judges a history by the rules of the contract's oracle, from what the members themselves say:
 *
 * LOSS     every record is acknowledged at least once, and no ownership starts beyond one that is
 *          not
 * OVERLAP  no two members hold a partition at once. Who is killed holds nothing any more; who
 * stands still holds it until its session may have ended. In one generation one member delivers
 * STALE    who was woken behind its session's end delivers, acknowledges and commits nothing of
 * what it held ORDER    what is delivered is owned, is what was written, and within an ownership
 * each offset follows the one before COMMIT   no commit goes beyond what is acknowledged, by this
 * ownership and by the group START    an ownership starts where the group's last commit says;
 * excused by a node that died since (the new coordinator may not know all of it) LIFE     assigned,
 * then revoked or lost, once each; no terminal error; nothing is owned at the end
 *
 * Members that are not ours are judged too; what they alone do wrong is counted apart. */
#ifndef TEST_CHAOS_JUDGE_H
#define TEST_CHAOS_JUDGE_H

#include "chaos/history.h"

enum chaos_rule {
    CHAOS_LOSS,
    CHAOS_OVERLAP,
    CHAOS_STALE,
    CHAOS_ORDER,
    CHAOS_COMMIT,
    CHAOS_START,
    CHAOS_LIFE,
    CHAOS_RULE_COUNT
};

struct chaos_verdict {
    size_t ours[CHAOS_RULE_COUNT];  /* broken by kohort, or by nobody in particular */
    size_t peers[CHAOS_RULE_COUNT]; /* by other clients */
    char first[256];                /* what ours did first; empty: nothing */
    char first_peer[256];           /* what a peer did first */
    size_t takeovers;               /* partitions of the killed that somebody else got, */
    int64_t slowest_takeover_us;    /* and how long one took */
    int64_t delivered, duplicates;  /* records; deliveries beyond each one's first */
};

/* What the members were told, and what they are. */
struct chaos_conditions {
    int64_t session_us, heartbeat_us;
    const bool *is_ours; /* by member */
    int64_t produced[CHAOS_PARTITIONS_MAX];
};

const char *chaos_rule_name(enum chaos_rule rule);
/* Sorts the history first. */
void chaos_judge(struct chaos_history *h, const struct chaos_conditions *c,
                 struct chaos_verdict *ret);
/* Of ours. */
size_t chaos_violations(const struct chaos_verdict *v);

#endif
