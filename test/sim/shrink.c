/* Delta debugging (Zeller, Hildebrandt 2002) over the numbers of the faults: halves are left out
 * first, then smaller parts, in the end each fault by itself. */
#include "sim/shrink.h"

#include "sim/memory.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 600 };

struct shrink {
    const struct sim_scenario *scenario;
    uint64_t seed;
    uint32_t *numbers, *tried;
    size_t count;
    int runs;
};

static bool fails_with(struct shrink *s, const uint32_t *numbers, size_t count)
{
    const struct sim_fault_choice choice = {numbers, count};
    const struct sim_run run = {.seed = s->seed, .faults = &choice};
    struct sim_result result;

    s->runs++;
    s->scenario->play(&run, &result);
    return result.violations > 0;
}

/* Leaves out `size` of them from `begin` on, for good if it fails all the same. */
static bool leave_out(struct shrink *s, size_t begin, size_t size)
{
    memcpy(s->tried, s->numbers, begin * sizeof *s->tried);
    memcpy(s->tried + begin, s->numbers + begin + size,
           (s->count - begin - size) * sizeof *s->tried);
    if (!fails_with(s, s->tried, s->count - size))
        return false;
    s->count -= size;
    memcpy(s->numbers, s->tried, s->count * sizeof *s->numbers);
    return true;
}

static void shrink(struct shrink *s)
{
    for (size_t size = (s->count + 1) / 2; size > 0; size /= 2)
        for (size_t begin = 0; begin < s->count && s->runs < RUNS_MAX;) {
            size_t left = s->count - begin;
            if (!leave_out(s, begin, size < left ? size : left))
                begin += size;
        }
}

uint32_t *sim_shrink(const struct sim_scenario *scenario, uint64_t seed, uint32_t faults,
                     size_t *ret_count)
{
    struct shrink s = {.scenario = scenario, .seed = seed, .count = faults};

    s.numbers = sim_new(faults + 1, sizeof *s.numbers);
    s.tried = sim_new(faults + 1, sizeof *s.tried);
    for (uint32_t i = 0; i < faults; i++)
        s.numbers[i] = i;
    shrink(&s);
    free(s.tried);
    *ret_count = s.count;
    if (s.count == 0) {
        free(s.numbers);
        return NULL;
    }
    return s.numbers;
}
