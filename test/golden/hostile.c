/* hostile [--part I/N] FILE...
 *
 * Damages each golden vector in every way that README.md lists, and reads it: whatever comes, the
 * library answers with a value or a status, within its limits. With KOHORT_TEST_LONG in the
 * environment nothing is left out. --part takes every Nth line only, from the Ith on, so that a
 * large file is shared by processors. The last line is "N passed, N failed"; 1 when something
 * failed, and when nothing was tried. */
#include "hostile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(struct golden *g, void *arg)
{
    struct hostile *h = arg;

    if (h->golden.line % h->parts != h->part || !hostile_begin(h))
        return;
    hostile_try(h, g->vector.data, g->vector.size);
    hostile_cut(h);
    hostile_bytes(h);
    hostile_lengths(h);
    hostile_end(h);
}

/* Nothing is looked at after its input, so little has to be kept in quarantine; and new memory for
 * each of millions of inputs is what would take most of the time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1:malloc_context_size=4";
}

int main(int argc, char **argv)
{
    struct golden_count count = {0};
    struct hostile h = {.whole = getenv("KOHORT_TEST_LONG") != NULL, .parts = 1};
    int first = 1;

    if (argc > 2 && strcmp(argv[1], "--part") == 0) {
        if (sscanf(argv[2], "%zu/%zu", &h.part, &h.parts) != 2 || h.part >= h.parts)
            return 2;
        first = 3;
    }
    hostile_init(&h);
    for (int i = first; i < argc; i++)
        golden_file(&h.golden, argv[i], check, &h, &count);
    hostile_free(&h);
    printf("%" PRIu64 " inputs\n%zu passed, %zu failed\n", h.inputs, count.passed, count.failed);
    return count.failed == 0 && h.inputs > 0 ? 0 : 1;
}
