/* What an error of a group's coordinator means for the member: contract.md's table "What each group
 * error does", as data. */
#ifndef KH_COORDINATOR_VERDICT_H
#define KH_COORDINATOR_VERDICT_H

#include "base/status.h"
#include "protocol/api.h"

#include <kohort/kohort.h>

/* Ordered: of several codes in one answer, the one with the highest verdict decides. */
enum kh_verdict {
    KH_VERDICT_FINE,
    KH_VERDICT_PARTITION,        /* only this partition failed: the caller is told, nothing else */
    KH_VERDICT_RETRY,            /* the same again, after a backoff */
    KH_VERDICT_REFIND,           /* ask who the coordinator is, then the same again */
    KH_VERDICT_REJOIN,           /* the group rebalances: join again */
    KH_VERDICT_RESET_GENERATION, /* the group went on without us: partitions lost, join again */
    KH_VERDICT_RESET_MEMBER,     /* the group does not know us: forget the member id too */
    KH_VERDICT_TAKE_ID,          /* JoinGroup gave a member id to join with (KIP-394) */
    KH_VERDICT_FATAL,            /* nothing we do by ourselves will help */
};

/* Of JoinGroup, SyncGroup, Heartbeat, OffsetCommit, OffsetFetch or FindCoordinator. Codes without a
 * row: retriable ones are retried, others are fatal. */
enum kh_verdict kh_verdict_of(enum kh_api api, int16_t kafka_code);

/* When no answer came, for the reason that a negative status names: asking somewhere else helps, or
 * nothing does (no version in common, a request that cannot be written). */
enum kh_verdict kh_verdict_of_status(int status, const kohort_error *error);

/* What a person can do about it, a sentence; NULL when there is nothing to say beyond the meaning.
 */
const char *kh_verdict_hint(enum kh_api api, int16_t kafka_code);

#endif
