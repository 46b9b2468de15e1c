#include "sim/transactions.h"

#include "sim/log.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_INTERVAL_BYTES = 4096 }; /* log.index.interval.bytes */

void sim_transactions_free(struct sim_transactions *t)
{
    free(t->open);
    free(t->aborted);
}

static struct sim_open_transaction *find_open(struct sim_transactions *t, int64_t producer_id)
{
    for (size_t i = 0; i < t->open_count; i++)
        if (t->open[i].producer_id == producer_id)
            return &t->open[i];
    return NULL;
}

static void open_one(struct sim_transactions *t, int64_t producer_id, int64_t first_offset)
{
    sim_grow(&t->open, &t->open_capacity, t->open_count, sizeof *t->open);
    t->open[t->open_count++] = (struct sim_open_transaction){producer_id, first_offset};
}

/* ProducerAppendInfo.appendEndTxnMarker: a marker without a transaction of its own ends nothing. */
static void end_one(struct sim_log *log, const struct sim_batch *marker)
{
    struct sim_transactions *t = &log->transactions;
    struct sim_open_transaction *open = find_open(t, marker->written.producer_id);

    if (open == NULL)
        return;
    int64_t first = open->first_offset;
    *open = t->open[--t->open_count];
    bool aborts = marker->marker == TEST_MARKER_ABORT;
    for (size_t i = log->record_count; i > 0 && log->records[i - 1].offset >= first; i--) {
        struct sim_record *record = &log->records[i - 1];
        if (record->fate == SIM_OPEN && record->producer_id == marker->written.producer_id)
            record->fate = aborts ? SIM_ABORTED : SIM_COMMITTED;
    }
    if (!aborts)
        return;
    sim_grow(&t->aborted, &t->aborted_capacity, t->aborted_count, sizeof *t->aborted);
    t->aborted[t->aborted_count++] =
        (struct sim_aborted_transaction){marker->written.producer_id, first, marker->last_offset,
                                         sim_transactions_stable_offset(log)};
}

void sim_transactions_note(struct sim_log *log, const struct sim_batch *batch)
{
    const struct test_batch *written = &batch->written;

    if (written->control)
        end_one(log, batch);
    else if (written->transactional && find_open(&log->transactions, written->producer_id) == NULL)
        open_one(&log->transactions, written->producer_id, batch->base_offset);
}

int64_t sim_transactions_stable_offset(const struct sim_log *log)
{
    int64_t offset = log->end_offset;

    for (size_t i = 0; i < log->transactions.open_count; i++)
        if (log->transactions.open[i].first_offset < offset)
            offset = log->transactions.open[i].first_offset;
    /* UnifiedLog.maybeIncrementFirstUnstableOffset: one may have lost its beginning. */
    return offset < log->start_offset ? log->start_offset : offset;
}

/* OffsetIndex.fetchUpperBoundOffset: one that is outside of what was read, and in general not the
 * smallest, because the index has an entry every few KiB. */
static int64_t upper_bound(const struct sim_log *log, size_t end)
{
    for (size_t i = 1; i < log->batch_count; i++)
        if (log->batches[i].begin >= end && log->batches[i].begin / INDEX_INTERVAL_BYTES !=
                                                log->batches[i - 1].begin / INDEX_INTERVAL_BYTES)
            return log->batches[i].base_offset;
    return log->end_offset;
}

/* TransactionIndex.collectAbortedTxns: those whose range overlaps, as they ended; the search ends
 * at the first behind which nothing within the bound can have been open. */
size_t sim_transactions_list(const struct sim_log *log, int64_t offset, size_t size,
                             struct kh_fetch_response_aborted_transaction *out)
{
    const struct sim_batch *first = sim_log_batch(log, offset);
    int64_t bound = first == NULL ? log->end_offset : upper_bound(log, first->begin + size);
    size_t count = 0;

    for (size_t i = 0; i < log->transactions.aborted_count; i++) {
        const struct sim_aborted_transaction *a = &log->transactions.aborted[i];
        if (a->last_offset >= offset && a->first_offset < bound)
            out[count++] =
                (struct kh_fetch_response_aborted_transaction){a->producer_id, a->first_offset};
        if (a->last_stable_offset >= bound)
            break;
    }
    return count;
}

void sim_transactions_forget(struct sim_transactions *t, int64_t last_offset)
{
    for (size_t i = 0; i < t->aborted_count; i++)
        if (t->aborted[i].last_offset == last_offset) {
            t->aborted_count--;
            memmove(&t->aborted[i], &t->aborted[i + 1],
                    (t->aborted_count - i) * sizeof *t->aborted);
            return;
        }
}
