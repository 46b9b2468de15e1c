/* What happened, one English line an event, "[   110] m1 idle -> finding: subscribed". Every line
 * goes into a hash, whether it is kept or not: the same seed must give the same hash. */
#ifndef TEST_SIM_TRACE_H
#define TEST_SIM_TRACE_H

#include "sim/schedule.h"

#include <stdio.h>

enum sim_trace_kind {
    SIM_TRACE_MEMBER = 1,   /* states; partitions assigned, revoked, lost; closed */
    SIM_TRACE_RECORDS = 2,  /* delivered, acknowledged, committed */
    SIM_TRACE_REQUESTS = 4, /* as the brokers see and answer them */
    SIM_TRACE_GROUP = 8,    /* what the coordinator does on its own */
    SIM_TRACE_NETWORK = 16,
    SIM_TRACE_FAULT = 32, /* what the scenario does to them all */
    SIM_TRACE_LOG = 64,   /* the library's own log */
    SIM_TRACE_ALL = 127,
};

struct sim_trace {
    const struct sim_schedule *schedule;
    uint64_t hash;
    unsigned kept; /* kinds that `text` collects */
    char *text;    /* terminated; NULL while empty */
    size_t size, capacity;
    unsigned shown; /* kinds that go to `out` at once */
    FILE *out;
};

void sim_trace_init(struct sim_trace *t, const struct sim_schedule *schedule);
void sim_trace_free(struct sim_trace *t);
void sim_trace(struct sim_trace *t, enum sim_trace_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What was kept since the last call; valid until the next line. */
const char *sim_trace_take(struct sim_trace *t);

#endif
