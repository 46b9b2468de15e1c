/* Looks for the group that an assignor is slowest at, among shapes from seeds: CPU time from dense
 * numbers to dense numbers, the least of three runs. Prints a JSON line an assignor.
 *
 *   worst [SECONDS [FIRST_SEED]]
 *   worst seed SEED      that one alone, with all assignors */
#include "shapes.h"

#include "assignors/range.h"
#include "assignors/roundrobin.h"
#include "assignors/shares.h"
#include "assignors/sticky.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMBERS = 1000, PARTITIONS = 10000, RUNS = 3, ASSIGNORS = 4, LIMIT_MS = 50 };

static const struct kh_assignor *const assignors[ASSIGNORS] = {
    &kh_assignor_range, &kh_assignor_roundrobin, &kh_assignor_sticky,
    &kh_assignor_cooperative_sticky};

struct worst {
    double ms;
    uint64_t seed;
    char text[160];
    size_t over; /* the limit */
};

static double clock_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Only what may be a new worst case is worth more runs. */
static double measure(const struct kh_assignor *assignor, const struct kh_assignor_input *input,
                      struct kh_heap *heap, double known_ms)
{
    double best = 0;
    for (int i = 0; i < RUNS; i++) {
        struct kh_arena arena;
        struct kh_interned group;
        struct kh_shares shares;
        kh_arena_init(&arena, heap, SIZE_MAX);
        if (kh_intern(assignor, input, &arena, &group) != 0 ||
            kh_shares_init(&shares, &group, &arena) != 0)
            abort();
        double start = clock_ms(CLOCK_THREAD_CPUTIME_ID);
        if (assignor->share(&group, &arena, &shares) != 0)
            abort();
        double ms = clock_ms(CLOCK_THREAD_CPUTIME_ID) - start;
        best = i == 0 || ms < best ? ms : best;
        kh_arena_free(&arena);
        if (best <= known_ms)
            break;
    }
    return best;
}

static void try_seed(uint64_t seed, struct kh_heap *heap, struct worst *worst)
{
    struct kh_arena arena;
    struct shape shape;
    kh_arena_init(&arena, heap, SIZE_MAX);
    shape_make(&shape, &arena, seed, MEMBERS, PARTITIONS);
    for (int i = 0; i < ASSIGNORS; i++) {
        double known = worst[i].ms < LIMIT_MS ? worst[i].ms : LIMIT_MS;
        double ms = measure(assignors[i], &shape.input, heap, known);
        if (ms > LIMIT_MS)
            worst[i].over++;
        if (ms <= worst[i].ms)
            continue;
        worst[i].ms = ms;
        worst[i].seed = seed;
        memcpy(worst[i].text, shape.text, sizeof shape.text);
    }
    kh_arena_free(&arena);
}

int main(int count, char **texts)
{
    struct kh_heap heap;
    struct worst worst[ASSIGNORS] = {{.ms = 0}};
    bool one = count > 2 && strcmp(texts[1], "seed") == 0;
    double seconds = count > 1 && !one ? strtod(texts[1], NULL) : 0;
    uint64_t first = count > 2 ? strtoull(texts[2], NULL, 10) : 1, seed = first;
    kh_heap_init(&heap);
    double end = clock_ms(CLOCK_MONOTONIC) + 1e3 * (count > 1 ? seconds : 60);
    do
        try_seed(seed++, &heap, worst);
    while (!one && clock_ms(CLOCK_MONOTONIC) < end);
    for (int i = 0; i < ASSIGNORS; i++)
        printf("{\"assignor\":\"%s\",\"shapes\":%" PRIu64 ",\"worst_ms\":%.1f,\"limit_ms\":%d,"
               "\"over\":%zu,\"seed\":%" PRIu64 ",\"shape\":\"%s\"}\n",
               assignors[i]->name, seed - first, worst[i].ms, LIMIT_MS, worst[i].over,
               worst[i].seed, worst[i].text);
    return 0;
}
