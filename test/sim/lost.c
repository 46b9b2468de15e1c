#include "sim/lost.h"

/* Whether one that is still there, or was taken later, was there before truncation k. */
static bool was_there(const struct sim_log *log, size_t k, const struct sim_record *record)
{
    return record->epoch < log->epochs.truncations[k].epoch;
}

const struct sim_record *sim_lost_record(const struct sim_log *log, size_t k, int64_t offset)
{
    for (size_t i = 0; i < log->record_count; i++)
        if (log->records[i].offset == offset && was_there(log, k, &log->records[i]))
            return &log->records[i];
    for (size_t i = 0; i < log->epochs.lost_count; i++) {
        const struct sim_lost_record *lost = &log->epochs.lost[i];
        if (lost->record.offset == offset && lost->truncation >= k &&
            was_there(log, k, &lost->record))
            return &lost->record;
    }
    return NULL;
}

static bool is_visible(const struct sim_record *record, bool committed)
{
    return !record->removed &&
           !(committed && (record->fate == SIM_ABORTED || record->fate == SIM_OPEN));
}

int64_t sim_lost_next(const struct sim_log *log, size_t k, int64_t offset, bool committed)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < log->record_count; i++) {
        const struct sim_record *record = &log->records[i];
        if (record->offset >= offset && record->offset < next && was_there(log, k, record) &&
            is_visible(record, committed))
            next = record->offset;
    }
    for (size_t i = 0; i < log->epochs.lost_count; i++) {
        const struct sim_lost_record *lost = &log->epochs.lost[i];
        if (lost->record.offset >= offset && lost->record.offset < next && lost->truncation >= k &&
            was_there(log, k, &lost->record) && is_visible(&lost->record, committed))
            next = lost->record.offset;
    }
    return next;
}
