/* What a leader knows of epochs: where each begins in its log (Kafka's LeaderEpochFileCache), and,
 * for the judge, what unclean elections have taken from the log. */
#ifndef TEST_SIM_EPOCHS_H
#define TEST_SIM_EPOCHS_H

#include <stddef.h>
#include <stdint.h>

struct kh_random;
struct sim_broker;
struct sim_log;
struct sim_lost_record;

struct sim_epoch {
    int32_t epoch;
    int64_t start_offset;
};

struct sim_truncation {
    int32_t epoch;    /* of the leader that lacked it */
    int64_t from, to; /* offsets that ended then */
};

struct sim_epochs {
    struct sim_epoch *entries; /* rising in both */
    size_t count, capacity;
    struct sim_truncation *truncations; /* as they came */
    size_t truncation_count, truncation_capacity;
    struct sim_lost_record *lost; /* struct sim_lost_record: records that they took */
    size_t lost_count, lost_capacity;
};

void sim_epochs_free(struct sim_epochs *e);
/* LeaderEpochFileCache.assign: a leader begins its epoch there. What says otherwise goes. */
void sim_epochs_assign(struct sim_epochs *e, int32_t epoch, int64_t start_offset);
/* LeaderEpochFileCache.truncateFromStart: the log begins there. */
void sim_epochs_begin_at(struct sim_epochs *e, int64_t start_offset);
/* LeaderEpochFileCache.endOffsetFor; the end is -1: not known. */
struct sim_epoch sim_epochs_end_of(const struct sim_epochs *e, int32_t epoch, int64_t log_end);
/* The epoch that this offset belongs to; -1: none. */
int32_t sim_epochs_at(const struct sim_epochs *e, int64_t offset);

/* Partition.localLogWithEpochOrThrow: what who asks this broker, and believes in this leader epoch
 * (-1: in none), is told. */
int16_t sim_broker_judge_epoch(const struct sim_broker *b, const struct sim_log *log,
                               int32_t current_leader_epoch);

/* How far back the log may end: at the end of a batch, `most` of them behind the one before, and
 * behind every transaction. */
int64_t sim_log_choose_cut(const struct sim_log *log, struct kh_random *random, uint64_t most);
/* The next leader, in the next epoch, ends there. */
void sim_log_truncate(struct sim_log *log, int64_t end);

#endif
