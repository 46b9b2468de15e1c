/* What is committed: one OffsetFetch or OffsetCommit of a group. Builds the request, reads the
 * answer, and says per partition and for the group what it means. No I/O: the caller sends. */
#ifndef KH_COORDINATOR_OFFSETS_H
#define KH_COORDINATOR_OFFSETS_H

#include "base/arena.h"
#include "coordinator/partition_list.h"
#include "coordinator/verdict.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_fetch.h"

/* Classic groups name topics; from v10 on both APIs know them by id alone. For kh_request's
 * newest_version. */
enum { KH_OFFSETS_NEWEST_VERSION = 9 };

/* ---- OffsetFetch ---- */

struct kh_committed_offset {
    struct kh_string topic;
    int32_t partition;
    enum kh_verdict
        verdict;          /* FINE: the offset holds. Else it must be asked for again, or (PARTITION,
                             FATAL) cannot be had: then no position may be guessed from it. */
    int16_t error_code;   /* Kafka's; 0 with RETRY: the answer passed over this partition */
    int64_t offset;       /* -1: none is committed */
    int32_t leader_epoch; /* -1: not known */
    struct kh_string metadata; /* may be null; points into the answer */
};

struct kh_offset_fetch;

/* For all of `partitions`, which is copied. With RequireStable: UNSTABLE_OFFSET_COMMIT is answered
 * while a transaction has offsets pending, and retried. 0 or KOHORT_ENOMEM. */
int kh_offset_fetch_new(struct kh_offset_fetch **ret, struct kh_heap *heap,
                        struct kh_string group_id, const struct kh_partition_list *partitions);
void kh_offset_fetch_free(struct kh_offset_fetch *fetch);
/* To send, as often as needed; at any version up to KH_OFFSETS_NEWEST_VERSION. */
const struct kh_offset_fetch_request *kh_offset_fetch_message(const struct kh_offset_fetch *fetch);
/* Fills the results. Returns what holds for the group: FINE (look at each result), RETRY, REFIND or
 * FATAL. ret_code: the code that decided, 0 with FINE. */
enum kh_verdict kh_offset_fetch_read(struct kh_offset_fetch *fetch,
                                     const struct kh_offset_fetch_response *response,
                                     int16_t *ret_code);
/* One a partition, in the list's order; verdict RETRY until an answer was read. */
size_t kh_offset_fetch_results(const struct kh_offset_fetch *fetch,
                               const struct kh_committed_offset **ret_results);

/* ---- OffsetCommit ---- */

struct kh_offset_to_commit {
    struct kh_string topic;
    int32_t partition;
    int64_t offset;            /* of the next record to read */
    int32_t leader_epoch;      /* of the last record acknowledged; -1: not known */
    struct kh_string metadata; /* null: none */
    /* After kh_offset_commit_read. FINE: stored. PARTITION: refused, for this partition alone. */
    enum kh_verdict verdict;
    int16_t error_code;
};

/* Who commits. */
struct kh_offset_committer {
    struct kh_string group_id;
    struct kh_string member_id;         /* empty: not a member */
    struct kh_string group_instance_id; /* null: dynamic */
    int32_t generation;                 /* -1: not a member */
};

struct kh_offset_commit;

/* Copies everything; the offsets' order does not matter, their verdict is not read.
 * 0 or KOHORT_ENOMEM. */
int kh_offset_commit_new(struct kh_offset_commit **ret, struct kh_heap *heap,
                         const struct kh_offset_committer *committer,
                         const struct kh_offset_to_commit *offsets, size_t count);
void kh_offset_commit_free(struct kh_offset_commit *commit);
const struct kh_offset_commit_request *
kh_offset_commit_message(const struct kh_offset_commit *commit);
/* Fills the results. Returns what holds for the group, the highest verdict of all partitions but
 * not PARTITION, and in ret_code the code behind it (0 with FINE): REJOIN and the RESET ones are
 * news for the member machine (KH_MEMBER_EV_COMMIT_VERDICT), as REFIND is. */
enum kh_verdict kh_offset_commit_read(struct kh_offset_commit *commit,
                                      const struct kh_offset_commit_response *response,
                                      int16_t *ret_code);
/* Sorted by topic, then partition. */
size_t kh_offset_commit_results(const struct kh_offset_commit *commit,
                                const struct kh_offset_to_commit **ret_results);

#endif
