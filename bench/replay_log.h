/* The log that the replay broker serves: endless, and the same batch again and again. It is built
 * once; what differs from one place of the log to another are the eight bytes of the base offset,
 * which no checksum covers. */
#ifndef BENCH_REPLAY_LOG_H
#define BENCH_REPLAY_LOG_H

#include "support/records/batch_encoder.h"

struct replay_options {
    int32_t partitions;
    size_t key_size; /* 0: null */
    size_t value_size;
    size_t batch_size; /* bytes of records, before compression; at least one record */
    bool gzip;
    bool empty; /* nothing to read, ever */
};

struct replay_log {
    struct test_buffer batch; /* at base offset 0 */
    bool empty;
    int32_t batch_records;
};

void replay_log_build(struct replay_log *log, const struct replay_options *options);
void replay_log_free(struct replay_log *log);

#endif
