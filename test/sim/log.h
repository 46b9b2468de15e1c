/* One partition's log as its leader has it: record batches as bytes, and what a consumer must see
 * of them, for the judge. */
#ifndef TEST_SIM_LOG_H
#define TEST_SIM_LOG_H

#include "support/records/batch_encoder.h"

struct sim_topic;

enum { SIM_LOG_BROKERS = 6 };

/* Visible to consumers; owned by the log. */
struct sim_record {
    int64_t offset, timestamp_ms;
    struct kh_bytes key, value; /* key may be null */
    struct kh_bytes header;     /* the value of its header "n"; null: it has none */
};

struct sim_batch {
    int64_t base_offset, last_offset;
    size_t begin, size; /* in `bytes` */
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
    struct test_buffer bytes;
    struct sim_batch *batches;
    size_t batch_count, batch_capacity;
    struct sim_record *records; /* by offset */
    size_t record_count, record_capacity;
};

void sim_log_free(struct sim_log *log);

/* What a batch holds; all that is not said is as a plain producer writes it. */
struct sim_batch_shape {
    size_t record_count; /* 0: an empty batch, as compaction leaves it (it keeps its last offset) */
    size_t value_size;
    int64_t timestamp_ms;
    int64_t gap;      /* offsets missing before each record but the first */
    int64_t tail_gap; /* and behind the last one */
    bool control;     /* an end-of-transaction marker: not visible */
    bool null_keys, headers, gzip;
};
void sim_log_append(struct sim_log *log, const struct sim_batch_shape *shape);

/* Whether it begins there, or once did: an answer may be on its way for long. */
bool sim_log_began_at(const struct sim_log *log, int64_t offset);
/* The first visible record at or after `offset`; NULL: none yet. */
const struct sim_record *sim_log_visible(const struct sim_log *log, int64_t offset);
/* The batch that holds `offset`, or the first behind it; NULL: beyond the end. */
const struct sim_batch *sim_log_batch(const struct sim_log *log, int64_t offset);
/* Batches from `offset` on, up to max_size bytes, which may cut the last one short
 * (LogSegment.read); nothing where the first is not whole; `at_least_one`: that one always
 * (KIP-74). Points into the log until it grows. */
struct kh_bytes sim_log_read(const struct sim_log *log, int64_t offset, size_t max_size,
                             bool at_least_one);

#endif
