/* One ownership of one partition: its machine, its three numbers (position, acknowledged,
 * committed), what was received for it and waits, and what the application has not acknowledged
 * yet. */
#ifndef KH_CONSUMER_PARTITION_H
#define KH_CONSUMER_PARTITION_H

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/list.h"
#include "base/timers.h"
#include "consumer/deadlines.h"
#include "consumer/done_map.h"
#include "consumer/redelivery.h"
#include "consumer/tracker.h"
#include "protocol/batch.h"

#include <kohort/kohort.h>

enum kh_partition_state {
    KH_PARTITION_ASSIGNED,   /* on_assigned has not returned yet; with
                                membership.only, all the time.               -> RESOLVING, FETCHING,
                                RESETTING, REVOKING, ENDED */
    KH_PARTITION_RESOLVING,  /* Asking the group for the committed offset.   -> FETCHING, RESETTING,
                                SUSPENDED, REVOKING, ENDED */
    KH_PARTITION_RESETTING,  /* Asking the leader for its start or end.      -> FETCHING, SUSPENDED,
                                REVOKING, ENDED */
    KH_PARTITION_VALIDATING, /* Asking a new leader whether its log has the position.
                                                                            -> FETCHING, RESETTING,
                                SUSPENDED, REVOKING, ENDED */
    KH_PARTITION_FETCHING,   /* Has a position.                              -> VALIDATING,
                                RESETTING, BACKING_OFF, SUSPENDED, REVOKING, ENDED */
    KH_PARTITION_BACKING_OFF, /* Waits before it is fetched again.          -> FETCHING, RESETTING,
                                 REVOKING, ENDED */
    KH_PARTITION_SUSPENDED, /* Waits for kohort_seek().                     -> FETCHING, RESETTING,
                               REVOKING, ENDED */
    KH_PARTITION_REVOKING,  /* Being handed back: nothing is delivered.     -> ENDED */
    KH_PARTITION_ENDED,     /* No longer ours. */
    KH_PARTITION_STATE_COUNT
};

/* How far the records of a batch have come. */
struct kh_batch_walk {
    struct kh_batch_header header;
    struct kh_record_cursor cursor;
    struct kh_buffer *buffer; /* that they lie in; NULL: the decompressor has them */
    bool hidden; /* control records, or of an aborted transaction: only the position passes them */
};

/* A batch received and not (wholly) delivered. */
struct kh_waiting_batch {
    struct kh_list node;
    struct kh_buffer *buffer; /* one reference */
    const uint8_t *data;
    size_t size;
    bool opened; /* its walk has begun */
    struct kh_batch_walk walk;
};

struct kohort_partition {
    kohort_consumer *consumer;
    char *topic;
    int32_t number;
    uint32_t slot; /* where the consumer's table holds it */
    uint64_t ownership;
    enum kh_partition_state state;
    bool paused;
    bool stuck; /* records are overdue, and nothing is delivered before (on.stuck=suspend) */
    bool end_reported;
    bool looking_up;    /* a ListOffsets for it is under way */
    bool commit_wanted; /* what a commit would say has moved since the last one */
    bool awaits_commit; /* nothing is delivered before that is committed */
    bool commit_unsure; /* a commit was not answered: the group may have that one, or `committed` */
    bool reset_by_policy;        /* else by kohort_seek */
    bool reset_keeps;            /* it only asks where the log begins: kh_partition_go_on_from() */
    uint8_t unknown_epochs;      /* answers in a row that know no epoch of its kind */
    uint16_t truncated_delivery; /* see truncated_from */

    int64_t position;      /* the next offset to deliver */
    int64_t delivered_end; /* behind all that was delivered: above the position while some of it is
                              fetched again */
    int64_t started_at;    /* where it last started, or was sought to; -1: not yet */
    int64_t fetch_offset;  /* the next to ask for: beyond what waits */
    uint32_t
        fetch_serial; /* changes when fetching starts anew: an answer to an older one is dropped */
    int32_t leader_epoch;    /* of the last batch delivered, or as the group has stored it; -1: not
                                known */
    int32_t validated_epoch; /* the leader's when the position was last known to be in its log; -1:
                                never */
    int32_t asked_epoch;     /* the leader's that is asked about it now */
    uint32_t asked_serial;   /* the fetch_serial that a question under way is about; 0: none is */
    int32_t leader;          /* fetched from; -1: not known */
    int64_t committed;       /* -1: none, or not known */
    int64_t commit_floor;    /* the application has committed so far by itself; -1: it has not */
    const struct kh_named_offset *named; /* what the commit being built says in its place */
    int64_t named_offset; /* of the one under way; -1: it says what is acknowledged */
    int64_t high_watermark, last_stable_offset, log_start_offset;
    int64_t reset_target; /* what ListOffsets is asked for: -2 beginning, -1 end */
    int64_t reset_from;   /* for the event: the position before; -1: there was none */

    struct kh_tracker tracker;
    const kohort_record *slice; /* what on_records holds now; NULL outside of it */
    uint32_t slice_count;   /* 0 once the tracker has taken it, for an acknowledgement inside the
                               callback */
    struct kh_list waiting; /* struct kh_waiting_batch */
    size_t waiting_bytes;
    size_t kept_bytes; /* of batches that the application keeps */
    uint64_t demand;   /* records that it asked for, with demand.mode=pull */
    struct kh_redelivery redelivery;
    struct kh_deadlines deadlines; /* with processing.timeout.ms */
    struct kh_done_map done_map;   /* finished by those who owned it before */
    uint32_t done_serial; /* changes with what a commit's map would say (commit.metadata=done), */
    uint32_t done_asked, done_committed; /* and what the one under way, and the last one, said */
    uint16_t delivery; /* changes when something is to come again: marks carry it */
    uint16_t
        oldest_delivery; /* since the position was last set: what an earlier one gave comes again */
    int64_t again_at_ms; /* not before */
    /* The log lost what was delivered from here to there, and has other records in its place: marks
     * that are older than truncated_delivery do not speak of them. INT64_MAX: it has not. */
    int64_t truncated_from, truncated_to;
    struct kh_backoff backoff;
    struct kh_timer retry;
    const char *why; /* why it is not fetching, for a person */
    void *data;
};

int kh_partition_new(kohort_partition **ret, kohort_consumer *c, struct kh_string topic,
                     int32_t number);
/* Drops what waits; the state must be ENDED. */
void kh_partition_free(kohort_partition *p);

/* The only writer of p->state. `why` is for a person; it must be a literal. */
void kh_partition_enter(kohort_partition *p, enum kh_partition_state next, const char *why);

/* The application knows of it. With membership.only that is all. */
void kh_partition_begin(kohort_partition *p);
/* Starts fetching at offset, whatever came before; answers under way are dropped. The leader epoch
 * is that of the record before; -1: not known, then nothing can say whether it is lost. */
void kh_partition_start_at(kohort_partition *p, int64_t offset, int32_t leader_epoch);
/* What is under way for the old position, and what waits, no longer counts. */
void kh_partition_begin_anew(kohort_partition *p);
/* Sets the position by ListOffsets: target -2 (beginning) or -1 (end). */
void kh_partition_reset(kohort_partition *p, int64_t target, bool by_policy, const char *why);
/* Does what auto.offset.reset says; none: SUSPENDED with an event that explains. */
void kh_partition_reset_by_policy(kohort_partition *p, const char *why);
/* A broker says that the position is out of range. While it goes back for what was refused, only
 * what of that is gone is given up: what was acknowledged does not come again. */
void kh_partition_out_of_range(kohort_partition *p);
/* Then, once it is known where the log begins. */
void kh_partition_go_on_from(kohort_partition *p, int64_t log_start);
/* FETCHING again, from the position, after the backoff: the handler or the broker failed. */
void kh_partition_back_off(kohort_partition *p, const char *why);

/* Nothing is delivered any more: revoked or lost. */
void kh_partition_stop(kohort_partition *p, const char *why);

/* Drops what was received and not delivered; the next Fetch asks from the position. */
void kh_partition_drop_waiting(kohort_partition *p);
/* Keeps a batch for later: by reference, or copied when it is small beside its buffer. NULL: out of
 * memory. */
struct kh_waiting_batch *kh_partition_keep(kohort_partition *p, struct kh_buffer *buffer,
                                           const uint8_t *data, size_t size);

/* Whether records may go to the application now. */
bool kh_partition_deliverable(const kohort_partition *p);
/* Whether the next Fetch to its leader should ask for it. */
bool kh_partition_fetchable(const kohort_partition *p);
/* Records that the application works on: delivered, neither acknowledged nor refused. */
static inline uint32_t kh_partition_outstanding(const kohort_partition *p)
{
    return p->tracker.unacknowledged - p->redelivery.waiting;
}
/* Behind all that was read: the position, or what was delivered before it went back. */
static inline int64_t kh_partition_read_end(const kohort_partition *p)
{
    return p->delivered_end > p->position ? p->delivered_end : p->position;
}
/* The slice in on_records counts as delivered. */
void kh_partition_take_slice(kohort_partition *p, bool done);
/* Acknowledges, also inside on_records. 0; KOHORT_EINVAL: not delivered; KOHORT_ESTALE: delivered
 * again since, or refused. */
int kh_partition_ack(kohort_partition *p, int64_t first, int64_t last, uint16_t delivery);
/* Whether some of the range is outstanding, and all of it of this delivery. Errors as above, and
 * KOHORT_EINVAL when nothing is. Inside on_records what it holds counts as delivered from then on.
 */
int kh_partition_find_held(kohort_partition *p, int64_t first, int64_t last, uint16_t delivery);
/* Refuses: what of it is outstanding comes again, in order, in `delay_ms`; and nothing else before.
 * Errors as above; KOHORT_ENOMEM. */
int kh_partition_nack(kohort_partition *p, int64_t first, int64_t last, uint16_t delivery,
                      int64_t delay_ms);
/* Goes back to the lowest refused, if there is one. */
void kh_partition_rewind(kohort_partition *p, const char *why);
/* Where it ends for this consumer; -1: not known. */
int64_t kh_partition_end(const kohort_partition *p);
/* What waits up to `last` is no longer in the log: nobody can be given it again. How many. */
uint32_t kh_partition_give_up(kohort_partition *p, int64_t last);
/* What a commit would say: the lowest offset not acknowledged. */
int64_t kh_partition_acked(const kohort_partition *p);
bool kh_partition_move_is_legal(enum kh_partition_state from, enum kh_partition_state to);
const char *kh_partition_state_name(enum kh_partition_state state);

#endif
