/* One partition's log as its leader has it: record batches as bytes, and what a consumer must see
 * of them, for the judge. */
#ifndef TEST_SIM_LOG_H
#define TEST_SIM_LOG_H

#include "sim/epochs.h"
#include "sim/transactions.h"
#include "support/records/batch_encoder.h"

struct kh_random;
struct sim_topic;

enum { SIM_LOG_BROKERS = 6 };

/* What became of the transaction that a record was written in. */
enum sim_fate { SIM_PLAIN, SIM_OPEN, SIM_COMMITTED, SIM_ABORTED };

/* Visible to consumers; owned by the log. */
struct sim_record {
    int64_t offset, timestamp_ms;
    struct kh_bytes key, value; /* key may be null */
    struct kh_bytes header;     /* the value of its header "n"; null: it has none */
    int32_t epoch;              /* of the leader that wrote it */
    int64_t producer_id;        /* of a transaction */
    enum sim_fate fate;
    bool removed; /* by compaction; an answer under way may still bring it */
};

struct sim_batch {
    int64_t base_offset, last_offset;
    size_t begin, size;        /* in `bytes` */
    struct test_batch written; /* all but its records */
    enum test_marker marker;   /* of a control batch, */
    bool emptied;              /* from which compaction has taken it */
};

struct sim_log {
    struct sim_topic *topic;
    int32_t partition;
    int32_t leader, leader_epoch;
    int32_t earlier_leader, earlier_leader_epoch;
    int64_t leader_known_us[SIM_LOG_BROKERS]; /* until then a broker names the earlier one */
    int64_t start_offset;
    int64_t *starts; /* those that it had before */
    size_t start_count, start_capacity;
    int64_t end_offset; /* and the high watermark: one replica */
    struct sim_transactions transactions;
    struct sim_epochs epochs;
    struct test_buffer bytes;
    struct sim_batch *batches;
    size_t batch_count, batch_capacity;
    struct sim_record *records; /* by offset */
    size_t record_count, record_capacity;
};

void sim_log_free(struct sim_log *log);
void sim_record_free(struct sim_record *record);

/* What a batch holds; all that is not said is as a plain producer writes it. */
struct sim_batch_shape {
    size_t record_count; /* 0: an empty batch, as compaction leaves it (it keeps its last offset) */
    size_t value_size;
    int64_t timestamp_ms;
    int64_t gap;      /* offsets missing before each record but the first */
    int64_t tail_gap; /* and behind the last one */
    int64_t producer_id;
    bool transactional;
    bool control; /* an end-of-transaction marker: not visible */
    bool aborts;  /* that says so; else it commits */
    bool null_keys, headers, gzip;
};
void sim_log_append(struct sim_log *log, const struct sim_batch_shape *shape);

/* Whether it begins there, or once did: an answer may be on its way for long. */
bool sim_log_began_at(const struct sim_log *log, int64_t offset);
/* The first record at or after `offset` that is visible, to read_committed or to all; NULL: none
 * yet. */
const struct sim_record *sim_log_visible(const struct sim_log *log, int64_t offset, bool committed);
/* The one with this offset, whoever may see it, or the last one that had it; NULL: none ever did.
 */
const struct sim_record *sim_log_record(const struct sim_log *log, int64_t offset);
/* Where it ends for read_committed, or for all. */
int64_t sim_log_end(const struct sim_log *log, bool committed);
/* The batch that holds `offset`, or the first behind it; NULL: beyond the end. */
const struct sim_batch *sim_log_batch(const struct sim_log *log, int64_t offset);
/* Batches from `offset` on, all before `end`, up to max_size bytes, which may cut the last one
 * short (LogSegment.read); nothing where the first is not whole; `at_least_one`: that one always
 * (KIP-74). Points into the log until it grows. */
struct kh_bytes sim_log_read(const struct sim_log *log, int64_t offset, int64_t end,
                             size_t max_size, bool at_least_one);
/* compaction.c: what later records supersede is gone, as `random` has it; of what was aborted all.
 */
void sim_log_compact(struct sim_log *log, struct kh_random *random);
/* Writes a batch with those of its records that are left; returns its size. */
size_t sim_log_write(const struct sim_log *log, struct test_buffer *out, struct sim_batch *batch);

#endif
