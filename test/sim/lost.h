/* Records that unclean elections took from a log, for the judge: what was fetched before may still
 * be delivered. */
#ifndef TEST_SIM_LOST_H
#define TEST_SIM_LOST_H

#include "sim/log.h"

struct sim_lost_record {
    struct sim_record record;
    size_t truncation; /* which took it */
};

/* The log as it was before its truncation number k. NULL: it had no record there. */
const struct sim_record *sim_lost_record(const struct sim_log *log, size_t k, int64_t offset);
/* Its first record from `offset` on that is visible; INT64_MAX: there is none. */
int64_t sim_lost_next(const struct sim_log *log, size_t k, int64_t offset, bool committed);

#endif
