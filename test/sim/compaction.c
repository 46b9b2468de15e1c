/* The log cleaner (LogCleaner.scala, CleanedTransactionMetadata). It never looks behind the last
 * stable offset, nor at the end of the log, which lies in the active segment. */
#include "sim/log.h"
#include "sim/memory.h"
#include "sim/network.h"

#include <stdlib.h>

struct cleaning {
    struct sim_log *log;
    struct kh_random *random;
    size_t upto; /* batches that are looked at */
};

static bool is_data_of(const struct sim_batch *batch, int64_t producer_id)
{
    return !batch->written.control && batch->written.transactional &&
           batch->written.producer_id == producer_id;
}

/* Whether a batch of the transaction that this marker ends is still there. */
static bool is_needed(const struct cleaning *c, size_t marker)
{
    const struct sim_batch *batches = c->log->batches;

    for (size_t i = marker; i-- > 0;) {
        if (is_data_of(&batches[i], batches[marker].written.producer_id))
            return true;
        if (batches[i].written.control &&
            batches[i].written.producer_id == batches[marker].written.producer_id)
            return false;
    }
    return false;
}

/* A marker stays until all that it speaks of has gone, and for delete.retention.ms after that. */
static bool keep_marker(const struct cleaning *c, size_t marker)
{
    struct sim_batch *batch = &c->log->batches[marker];

    if (is_needed(c, marker))
        return true;
    sim_transactions_forget(&c->log->transactions, batch->last_offset);
    batch->emptied = batch->emptied || sim_chance(c->random, 2);
    return !batch->emptied || sim_chance(c->random, 2);
}

/* The last of a producer stays, though empty: its sequence is needed. So does the round's last, for
 * its offset. */
static bool is_kept_empty(const struct cleaning *c, size_t data)
{
    int64_t producer_id = c->log->batches[data].written.producer_id;
    bool is_last = producer_id >= 0;

    for (size_t i = data + 1; i < c->log->batch_count && is_last; i++)
        is_last = !is_data_of(&c->log->batches[i], producer_id);
    return is_last || data + 1 == c->upto;
}

static bool keep_data(const struct cleaning *c, size_t data)
{
    struct sim_log *log = c->log;
    const struct sim_batch *batch = &log->batches[data];
    size_t left = 0;

    for (size_t i = 0; i < log->record_count; i++) {
        struct sim_record *record = &log->records[i];
        if (record->offset < batch->base_offset || record->offset > batch->last_offset)
            continue;
        if (record->fate == SIM_ABORTED || sim_chance(c->random, 3))
            record->removed = true;
        left += !record->removed;
    }
    return left > 0 || is_kept_empty(c, data);
}

/* Writes what is left anew. */
static void rewrite(struct sim_log *log, const bool *kept)
{
    struct test_buffer bytes = {0};
    size_t count = 0;

    for (size_t i = 0; i < log->batch_count; i++) {
        struct sim_batch batch = log->batches[i];
        if (!kept[i])
            continue;
        batch.begin = bytes.size;
        batch.size = sim_log_write(log, &bytes, &batch);
        log->batches[count++] = batch;
    }
    log->batch_count = count;
    test_buffer_free(&log->bytes);
    log->bytes = bytes;
}

void sim_log_compact(struct sim_log *log, struct kh_random *random)
{
    struct cleaning c = {.log = log, .random = random};
    int64_t stable = sim_transactions_stable_offset(log);
    size_t active = 1 + kh_random_below(random, 5);
    bool *kept = sim_new(log->batch_count + 1, sizeof *kept);

    while (c.upto + active < log->batch_count && log->batches[c.upto].last_offset < stable)
        c.upto++;
    for (size_t i = 0; i < log->batch_count; i++)
        kept[i] = i >= c.upto ||
                  (log->batches[i].written.control ? keep_marker(&c, i) : keep_data(&c, i));
    rewrite(log, kept);
    free(kept);
}
