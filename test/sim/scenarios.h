/* Long stories that the program `sim` plays with many seeds. */
#ifndef TEST_SIM_SCENARIOS_H
#define TEST_SIM_SCENARIOS_H

#include "sim/world.h"

struct sim_result {
    uint64_t hash, violations;
    uint64_t delivered, commits, joins, virtual_ms;
    char first[640]; /* the first violation; "" */
};

struct sim_scenario {
    const char *name;
    void (*play)(uint64_t seed, FILE *shown, struct sim_result *ret);
};

/* NULL: no such name. */
const struct sim_scenario *sim_scenario_find(const char *name);

#endif
