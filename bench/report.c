#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* getrusage() would tell the size of whoever spawned this process, if that was larger. */
static long largest_resident_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");

    if (status == NULL)
        return 0;
    while (fgets(line, sizeof line, status) != NULL && sscanf(line, "VmHWM: %ld", &kib) != 1)
        continue;
    fclose(status);
    return kib;
}

void bench_begin(struct bench_report *report, const char *name, uint64_t wanted)
{
    const char *spawned = getenv("KOHORT_BENCH_SPAWNED_NS");

    *report = (struct bench_report){.name = name, .warm = wanted / 5, .mark_at = 1};
    report->spawned_ns = spawned == NULL ? clock_ns(CLOCK_MONOTONIC) : strtoll(spawned, NULL, 10);
}

void bench_mark(struct bench_report *report, uint64_t records)
{
    if (report->first_record_ns == 0) {
        report->first_record_ns = clock_ns(CLOCK_MONOTONIC);
        report->start_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        report->mark_at = report->warm;
    }
    if (records >= report->mark_at) {
        report->warm_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        report->warmed = records;
        report->mark_at = UINT64_MAX;
    }
}

void bench_end(const struct bench_report *report, uint64_t records, uint64_t bytes)
{
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - report->warm_cpu_ns;
    uint64_t counted = records - report->warmed;

    printf("name=%s records=%llu bytes=%llu cpu_ns_per_record=%.2f start_cpu_ms=%.2f "
           "first_record_ms=%.2f rss_kib=%ld\n",
           report->name, (unsigned long long)records, (unsigned long long)bytes,
           counted == 0 ? 0.0 : (double)cpu_ns / (double)counted,
           (double)report->start_cpu_ns / 1e6,
           (double)(report->first_record_ns - report->spawned_ns) / 1e6, largest_resident_kib());
    fflush(stdout);
}
