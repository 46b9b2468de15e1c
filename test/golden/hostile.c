/* hostile FILE...
 *
 * Damages each golden vector in every way that README.md lists, and reads it: whatever comes, the
 * library answers with a value or a status, within its limits. With KOHORT_TEST_LONG in the
 * environment nothing is left out. The last line is "N passed, N failed"; 1 when something failed,
 * and when nothing was tried. */
#include "hostile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void check(struct golden *g, void *arg)
{
    struct hostile *h = arg;

    if (!hostile_begin(h))
        return;
    hostile_try(h, g->vector.data, g->vector.size);
    hostile_cut(h);
    hostile_bytes(h);
    hostile_lengths(h);
    hostile_end(h);
}

int main(int argc, char **argv)
{
    struct golden_count count = {0};
    struct hostile h = {.whole = getenv("KOHORT_TEST_LONG") != NULL};

    hostile_init(&h);
    for (int i = 1; i < argc; i++)
        golden_file(&h.golden, argv[i], check, &h, &count);
    hostile_free(&h);
    printf("%" PRIu64 " inputs\n%zu passed, %zu failed\n", h.inputs, count.passed, count.failed);
    return count.failed == 0 && h.inputs > 0 ? 0 : 1;
}
