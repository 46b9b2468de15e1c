/* What a run cost, as one line of name=value pairs: the same for every program here, so that
 * bench.py can compare them. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdint.h>

struct bench_report {
    const char *name;
    uint64_t warm;    /* records: what was used until then is warming up */
    uint64_t mark_at; /* records: something is to be noted then */
    uint64_t warmed;  /* records that were read when warm_cpu_ns was noted */
    int64_t spawned_ns, first_record_ns;
    int64_t start_cpu_ns, warm_cpu_ns;
};

/* At the start of main(). wanted: records of the run; the first fifth of them is warming up. */
void bench_begin(struct bench_report *report, const char *name, uint64_t wanted);
void bench_mark(struct bench_report *report, uint64_t records);
/* Prints to stdout: name, records, bytes (keys and values), the process's CPU per record after
 * warming up (user and system), its CPU until the first record, the time from its spawning to the
 * first record (KOHORT_BENCH_SPAWNED_NS says when that was, by CLOCK_MONOTONIC; else main's start
 * counts), and the largest resident size. */
void bench_end(const struct bench_report *report, uint64_t records, uint64_t bytes);

/* Whenever records were read: how many by now. */
static inline void bench_read(struct bench_report *report, uint64_t records)
{
    if (records >= report->mark_at)
        bench_mark(report, records);
}

#endif
