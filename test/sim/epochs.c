#include "sim/epochs.h"

#include "base/status.h"
#include "sim/call.h"
#include "sim/lost.h"
#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

void sim_epochs_free(struct sim_epochs *e)
{
    for (size_t i = 0; i < e->lost_count; i++)
        sim_record_free(&e->lost[i].record);
    free(e->entries);
    free(e->truncations);
    free(e->lost);
}

/* maybeTruncateNonMonotonicEntries */
void sim_epochs_assign(struct sim_epochs *e, int32_t epoch, int64_t start_offset)
{
    while (e->count > 0 && (e->entries[e->count - 1].epoch >= epoch ||
                            e->entries[e->count - 1].start_offset >= start_offset))
        e->count--;
    sim_grow(&e->entries, &e->capacity, e->count, sizeof *e->entries);
    e->entries[e->count++] = (struct sim_epoch){epoch, start_offset};
}

void sim_epochs_begin_at(struct sim_epochs *e, int64_t start_offset)
{
    size_t gone = 0;

    while (gone < e->count && e->entries[gone].start_offset <= start_offset)
        gone++;
    if (gone == 0)
        return;
    e->entries[--gone].start_offset = start_offset;
    e->count -= gone;
    memmove(e->entries, e->entries + gone, e->count * sizeof *e->entries);
}

struct sim_epoch sim_epochs_end_of(const struct sim_epochs *e, int32_t epoch, int64_t log_end)
{
    size_t higher = 0;

    while (higher < e->count && e->entries[higher].epoch <= epoch)
        higher++;
    if (higher == e->count) /* its own, or one that it has never heard of */
        return e->count > 0 && e->entries[e->count - 1].epoch == epoch
                   ? (struct sim_epoch){epoch, log_end}
                   : (struct sim_epoch){-1, -1};
    int32_t floor = higher == 0 ? epoch : e->entries[higher - 1].epoch;
    return (struct sim_epoch){floor, e->entries[higher].start_offset};
}

int32_t sim_epochs_at(const struct sim_epochs *e, int64_t offset)
{
    int32_t epoch = -1;

    for (size_t i = 0; i < e->count && e->entries[i].start_offset <= offset; i++)
        epoch = e->entries[i].epoch;
    return epoch;
}

int16_t sim_broker_judge_epoch(const struct sim_broker *b, const struct sim_log *log,
                               int32_t current_leader_epoch)
{
    if (log->leader != b->id)
        return KH_KAFKA_NOT_LEADER_OR_FOLLOWER;
    if (current_leader_epoch >= 0 && current_leader_epoch < log->leader_epoch)
        return KH_KAFKA_FENCED_LEADER_EPOCH;
    return current_leader_epoch > log->leader_epoch ? KH_KAFKA_UNKNOWN_LEADER_EPOCH : 0;
}

/* The coordinator of a transaction would write its marker once more; this model has none. */
int64_t sim_log_choose_cut(const struct sim_log *log, struct kh_random *random, uint64_t most)
{
    int64_t end = log->end_offset;
    uint64_t batches = kh_random_below(random, most + 1);

    for (size_t i = log->batch_count; i > 0 && batches > 0; i--, batches--) {
        const struct sim_batch *batch = &log->batches[i - 1];
        if (batch->written.transactional || batch->base_offset < log->start_offset)
            break;
        /* Compaction may have left a gap before it: nobody could read to an end behind that. */
        end = i == 1 ? log->start_offset : batch[-1].last_offset + 1;
        end = end < log->start_offset ? log->start_offset : end;
    }
    return end;
}

static void lose_records(struct sim_log *log, int64_t end)
{
    struct sim_epochs *e = &log->epochs;

    while (log->record_count > 0 && log->records[log->record_count - 1].offset >= end) {
        sim_grow(&e->lost, &e->lost_capacity, e->lost_count, sizeof *e->lost);
        e->lost[e->lost_count++] =
            (struct sim_lost_record){log->records[--log->record_count], e->truncation_count};
    }
}

void sim_log_truncate(struct sim_log *log, int64_t end)
{
    struct sim_epochs *e = &log->epochs;

    if (end == log->end_offset)
        return;
    lose_records(log, end);
    sim_grow(&e->truncations, &e->truncation_capacity, e->truncation_count, sizeof *e->truncations);
    e->truncations[e->truncation_count++] =
        (struct sim_truncation){log->leader_epoch + 1, end, log->end_offset};
    while (log->batch_count > 0 && log->batches[log->batch_count - 1].base_offset >= end)
        log->bytes.size = log->batches[--log->batch_count].begin;
    log->end_offset = end;
}
