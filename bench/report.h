/* What a run cost, as one line: the same for every program here, so that run.sh can compare them.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdint.h>

struct bench_report {
    const char *name;
    int instructions_fd; /* -1: the kernel does not count them for us */
    int64_t begin_ns;
};

/* At the start of main(). */
void bench_begin(struct bench_report *report, const char *name);
/* Prints to stdout: name, records, bytes (keys and values), the process's CPU per record (user and
 * system, since it began), wall time, the largest resident size; instructions where they are
 * counted. */
void bench_end(const struct bench_report *report, uint64_t records, uint64_t bytes);

#endif
