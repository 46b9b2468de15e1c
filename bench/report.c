#include "report.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

/* User instructions of this process and the threads it will make. */
static int count_instructions(void)
{
    struct perf_event_attr what;

    memset(&what, 0, sizeof what);
    what.type = PERF_TYPE_HARDWARE;
    what.size = sizeof what;
    what.config = PERF_COUNT_HW_INSTRUCTIONS;
    what.exclude_kernel = 1;
    what.inherit = 1;
    return (int)syscall(SYS_perf_event_open, &what, 0, -1, -1, 0);
}

void bench_begin(struct bench_report *report, const char *name)
{
    *report = (struct bench_report){name, count_instructions(), now_ns()};
}

void bench_end(const struct bench_report *report, uint64_t records, uint64_t bytes)
{
    int64_t wall_ns = now_ns() - report->begin_ns;
    uint64_t instructions = 0;
    struct rusage used;
    double user, system;

    getrusage(RUSAGE_SELF, &used);
    user = milliseconds(used.ru_utime);
    system = milliseconds(used.ru_stime);
    printf("name=%s records=%llu bytes=%llu cpu_ns_per_record=%.2f user_ms=%.1f system_ms=%.1f "
           "wall_ms=%.1f rss_kib=%ld",
           report->name, (unsigned long long)records, (unsigned long long)bytes,
           records == 0 ? 0.0 : (user + system) * 1e6 / (double)records, user, system,
           (double)wall_ns / 1e6, used.ru_maxrss);
    if (report->instructions_fd >= 0 &&
        read(report->instructions_fd, &instructions, sizeof instructions) == sizeof instructions)
        printf(" instructions_per_record=%.1f",
               records == 0 ? 0.0 : (double)instructions / (double)records);
    printf("\n");
}
