/* sim: plays a scenario with many seeds. Each failure prints what was violated and the one command
 * that tells its story; the last line is "N passed, N failed". */
#include "sim/memory.h"
#include "sim/shrink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64, TWICE_EVERY = 10, FAULTS_MAX = 256, SHRUNK_MAX = 2 };

struct arguments {
    const struct sim_scenario *scenario;
    const char *program;
    uint64_t seeds, from;
    uint64_t jobs;
    bool replay, trace;
    bool whole;       /* failing seeds are told as they are, not shrunk */
    bool some_faults; /* --faults: only these */
    uint32_t numbers[FAULTS_MAX];
    struct sim_fault_choice faults;
};

struct totals {
    uint64_t passed, failed, delivered, commits, joins, virtual_ms;
    uint64_t hash; /* of all seeds, whatever their order */
    struct sim_seen seen;
};

static void usage(void)
{
    fputs("usage: sim [--scenario S] [--seeds N] [--from K] [--jobs J] [--whole]\n"
          "       sim [--scenario S] --replay SEED [--faults N,N,…|none] [--trace]\n",
          stderr);
    exit(2);
}

static uint64_t number(const char *text)
{
    char *end;

    errno = 0;
    uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text == NULL || *text == '\0' || *end != '\0' || errno != 0)
        usage();
    return value;
}

static void read_faults(struct arguments *a, const char *text)
{
    a->some_faults = true;
    a->faults = (struct sim_fault_choice){.numbers = a->numbers};
    if (text == NULL || strcmp(text, "none") == 0)
        return;
    for (const char *at = text; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (a->faults.count == FAULTS_MAX)
            usage();
        a->numbers[a->faults.count++] = (uint32_t)strtoul(at, NULL, 10);
    }
}

static void read_arguments(struct arguments *a, int argc, char **argv)
{
    *a = (struct arguments){.scenario = sim_scenario_find("three-members"),
                            .program = argv[0],
                            .seeds = 100,
                            .jobs = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            a->trace = true;
        else if (strcmp(argv[i], "--whole") == 0)
            a->whole = true;
        else if (strcmp(argv[i], "--scenario") == 0)
            a->scenario = sim_scenario_find(++i < argc ? argv[i] : "");
        else if (strcmp(argv[i], "--seeds") == 0)
            a->seeds = number(++i < argc ? argv[i] : NULL);
        else if (strcmp(argv[i], "--from") == 0)
            a->from = number(++i < argc ? argv[i] : NULL);
        else if (strcmp(argv[i], "--faults") == 0)
            read_faults(a, ++i < argc ? argv[i] : NULL);
        else if (strcmp(argv[i], "--jobs") == 0)
            a->jobs = number(++i < argc ? argv[i] : NULL);
        else if (strcmp(argv[i], "--replay") == 0) {
            a->replay = true;
            a->seeds = 1;
            a->from = number(++i < argc ? argv[i] : NULL);
        } else
            usage();
    }
    if (a->scenario == NULL || a->jobs == 0 || a->jobs > JOBS_MAX)
        usage();
}

/* One seed in ten is played twice: the same seed must tell the same story (S18), although each
 * other time its members are recorded; what was recorded must replay. */
static void play_again(const struct arguments *a, struct sim_run run, struct sim_result *result)
{
    struct sim_result again;

    run.shown = NULL;
    run.recorded = a->replay || run.seed % (2 * TWICE_EVERY) == 0;
    a->scenario->play(&run, &again);
    if (again.hash == result->hash && again.violations == 0)
        return;
    result->violations = 1;
    if (again.violations > 0) {
        memcpy(result->first, again.first, sizeof result->first);
        return;
    }
    snprintf(result->first, sizeof result->first,
             "S18 violated: hash %016" PRIx64 ", then %016" PRIx64, result->hash, again.hash);
}

/* The one command that tells the story, with few faults where few are enough. */
static void tell_failure(const struct arguments *a, uint64_t seed, const struct sim_result *result)
{
    static unsigned shrunk;
    size_t count = 0;

    printf("seed %" PRIu64 ": %s\n    %s --scenario %s --replay %" PRIu64 " --trace", seed,
           result->first, a->program, a->scenario->name, seed);
    if (!a->some_faults && !a->whole && result->faults > 0 && shrunk++ < SHRUNK_MAX) {
        uint32_t *numbers = sim_shrink(a->scenario, seed, result->faults, &count);
        printf(" --faults %s", count == 0 ? "none" : "");
        for (size_t i = 0; i < count; i++)
            printf("%s%" PRIu32, i == 0 ? "" : ",", numbers[i]);
        free(numbers);
    }
    putchar('\n');
    fflush(stdout);
}

static bool play(const struct arguments *a, uint64_t seed, struct totals *totals)
{
    const struct sim_run run = {.seed = seed,
                                .shown = a->trace ? stdout : NULL,
                                .faults = a->some_faults ? &a->faults : NULL};
    struct sim_result result;

    a->scenario->play(&run, &result);
    totals->delivered += result.delivered;
    totals->commits += result.commits;
    totals->joins += result.joins;
    totals->virtual_ms += result.virtual_ms;
    totals->hash += result.hash * (2 * seed + 1);
    sim_seen_add(&totals->seen, &result.seen);
    if (result.violations == 0 && !a->trace && (a->replay || seed % TWICE_EVERY == 0))
        play_again(a, run, &result);
    if (a->replay)
        printf("seed %" PRIu64 ": hash %016" PRIx64 ", %" PRIu64 " ms, %" PRIu64
               " records delivered\n",
               seed, result.hash, result.virtual_ms, result.delivered);
    if (result.violations > 0)
        tell_failure(a, seed, &result);
    return result.violations == 0;
}

static void play_share(const struct arguments *a, uint64_t job, struct totals *totals)
{
    for (uint64_t i = job; i < a->seeds; i += a->jobs)
        if (play(a, a->from + i, totals))
            totals->passed++;
        else
            totals->failed++;
}

static void add(struct totals *to, const struct totals *more)
{
    to->passed += more->passed;
    to->failed += more->failed;
    to->delivered += more->delivered;
    to->commits += more->commits;
    to->joins += more->joins;
    to->virtual_ms += more->virtual_ms;
    to->hash += more->hash;
    sim_seen_add(&to->seen, &more->seen);
}

/* Pipes give a large struct in pieces. */
static bool read_all(int file, void *out, size_t size)
{
    char *at = out;

    while (size > 0) {
        ssize_t got = read(file, at, size);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

/* A job that dies has its seeds counted as failed. */
static void play_in_jobs(const struct arguments *a, struct totals *totals)
{
    int ends[JOBS_MAX];

    fflush(stdout);
    for (uint64_t job = 0; job < a->jobs; job++) {
        int both[2];
        if (pipe(both) != 0)
            exit(2);
        pid_t pid = fork();
        if (pid == 0) {
            struct totals own = {0};
            play_share(a, job, &own);
            fflush(stdout);
            _exit(write(both[1], &own, sizeof own) == (ssize_t)sizeof own ? 0 : 2);
        }
        close(both[1]);
        ends[job] = both[0];
    }
    for (uint64_t job = 0; job < a->jobs; job++) {
        struct totals own;
        if (!read_all(ends[job], &own, sizeof own)) {
            printf("job %" PRIu64 " died\n", job);
            own = (struct totals){.failed = (a->seeds + a->jobs - 1 - job) / a->jobs};
        }
        add(totals, &own);
        close(ends[job]);
        wait(NULL);
    }
}

int main(int argc, char **argv)
{
    struct arguments a;
    struct totals totals = {0};

    read_arguments(&a, argc, argv);
    if (a.jobs == 1)
        play_share(&a, 0, &totals);
    else
        play_in_jobs(&a, &totals);
    printf("%" PRIu64 " s of virtual time, %" PRIu64 " records delivered, %" PRIu64
           " offsets committed, %" PRIu64 " joins; hash of all: %016" PRIx64 "\n",
           totals.virtual_ms / 1000, totals.delivered, totals.commits, totals.joins, totals.hash);
    if (a.seeds > 1)
        sim_seen_report(&totals.seen, stdout);
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", totals.passed, totals.failed);
    return totals.failed == 0 ? 0 : 1;
}
