/* golden [--no-prefixes] [--without CODEC]... [--coverage] FILE...
 *
 * Holds the library against bytes of Kafka's own classes; README.md says what a line of a file is
 * and what is checked of it. The last line is "N passed, N failed"; 1 when something failed, and
 * when nothing was checked. */
#include "golden.h"

#include "coverage.h"
#include "protocol/batch.h"

#include <stdio.h>
#include <string.h>

struct run {
    struct golden golden;
    const char *without[KH_CODEC_ZSTD]; /* codecs that this build lacks: passed over */
    size_t without_count;
    json_t *counts; /* with --coverage: nothing is checked, vectors are counted */
    bool compress;  /* with --compress: batches are printed, and nothing is checked */
    struct golden_count count;
    size_t passed_over;
};

static void check(struct golden *g)
{
    static const struct {
        const char *kind;
        void (*check)(struct golden *g);
    } kinds[] = {
        {"request", check_request},
        {"response", check_response},
        {"header", check_header},
        {"batch", check_batch},
        {"subscription", check_subscription},
        {"assignment", check_assignment},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(g->vector.kind, kinds[i].kind) == 0) {
            kinds[i].check(g);
            return;
        }
    fail(g, "there is no such kind");
}

static bool is_passed_over(const struct run *run, const struct vector *v)
{
    for (size_t i = 0; i < run->without_count; i++) {
        size_t size = strlen(run->without[i]);

        /* A damaged batch has no value that names its codec; its note does. */
        if (strcmp(v->kind, "batch") == 0 && strncmp(v->note, run->without[i], size) == 0 &&
            v->note[size] == ':')
            return true;
    }
    return false;
}

static void check_or_count(struct golden *g, void *arg)
{
    struct run *run = arg;

    if (run->counts != NULL)
        coverage_add(run->counts, &g->vector);
    else if (run->compress)
        print_batch_compressed(g);
    else if (is_passed_over(run, &g->vector))
        run->passed_over++;
    else
        check(g);
}

static int usage(void)
{
    puts("usage: golden [--no-prefixes] [--without CODEC]... [--coverage | --compress] FILE...");
    return 2;
}

static int conclude(struct run *run)
{
    size_t passed = run->count.passed - run->passed_over, failed = run->count.failed;

    if (run->counts != NULL) {
        size_t missing;
        passed = coverage_judge(run->counts, &missing);
        failed += missing;
        json_decref(run->counts);
    }
    if (run->passed_over > 0)
        printf("%zu batches were passed over\n", run->passed_over);
    if (passed + failed == 0)
        puts("nothing was checked");
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct run run = {.golden = {.prefixes = true}};
    int i = 1;

    kh_heap_init(&run.golden.heap);
    kh_random_seed(&run.golden.random, 1);
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--no-prefixes") == 0)
            run.golden.prefixes = false;
        else if (strcmp(argv[i], "--coverage") == 0 && run.counts == NULL)
            run.counts = json_object();
        else if (strcmp(argv[i], "--compress") == 0)
            run.compress = true;
        else if (strcmp(argv[i], "--without") == 0 && i + 1 < argc &&
                 run.without_count < KH_CODEC_ZSTD)
            run.without[run.without_count++] = argv[++i];
        else
            return usage();
    }
    if (i == argc)
        return usage();
    for (; i < argc; i++)
        golden_file(&run.golden, argv[i], check_or_count, &run, &run.count);
    if (run.compress)
        return run.count.failed == 0 ? 0 : 1;
    return conclude(&run);
}
