/* Long stories that the program `sim` plays with many seeds. */
#ifndef TEST_SIM_SCENARIOS_H
#define TEST_SIM_SCENARIOS_H

#include "sim/faults.h"

struct sim_run {
    uint64_t seed;
    FILE *shown;                           /* NULL, or where the story goes */
    const struct sim_fault_choice *faults; /* NULL: all of them happen */
    bool recorded;                         /* members are recorded, and replayed at the end */
};

struct sim_result {
    uint64_t hash, violations;
    uint64_t delivered, commits, joins, virtual_ms;
    uint32_t faults; /* how many there were to choose from */
    struct sim_seen seen;
    char first[640]; /* the first violation; "" */
};

struct sim_scenario {
    const char *name;
    void (*play)(const struct sim_run *run, struct sim_result *ret);
};

/* NULL: no such name. */
const struct sim_scenario *sim_scenario_find(const char *name);

#endif
