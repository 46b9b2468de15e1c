/* Finds the few faults of a failing run that matter. */
#ifndef TEST_SIM_SHRINK_H
#define TEST_SIM_SHRINK_H

#include "sim/scenarios.h"

/* Runs the scenario with fewer and fewer faults, as long as it still fails. Returns their numbers,
 * the caller's to free; NULL with *ret_count 0: it fails without any, or has none. */
uint32_t *sim_shrink(const struct sim_scenario *scenario, uint64_t seed, uint32_t faults,
                     size_t *ret_count);

#endif
