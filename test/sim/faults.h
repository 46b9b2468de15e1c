/* What goes wrong, at random: each seed enables its own kinds, at its own rate (swarm testing), for
 * a time; what was broken is whole again when the faults have been stopped. */
#ifndef TEST_SIM_FAULTS_H
#define TEST_SIM_FAULTS_H

#include "sim/world.h"

enum sim_fault_kind {
    SIM_FAULT_CUT,        /* all links of one process, or of all, break */
    SIM_FAULT_CUT_LATER,  /* one link breaks behind a byte still to come */
    SIM_FAULT_SILENCE,    /* one link carries nothing one way, for a while */
    SIM_FAULT_SUSPEND,    /* a process stands still (SIGSTOP, a suspended machine) */
    SIM_FAULT_REFUSE,     /* a broker accepts nobody, and its links break */
    SIM_FAULT_BLACK_HOLE, /* a broker's new links are never answered */
    SIM_FAULT_ERROR,      /* an answer says an error */
    SIM_FAULT_BREAK_OFF,  /* an answer breaks off */
    SIM_FAULT_SLOW,       /* brokers think long */
    SIM_FAULT_NAMES,      /* names are not found */
    SIM_FAULT_CHURN,      /* members come, close, are killed */
    SIM_FAULT_COMMIT,     /* applications commit by themselves */
    SIM_FAULT_KINDS
};

struct sim_faults {
    struct sim_event event;
    struct sim_world *world;
    struct kh_random *random;
    unsigned enabled; /* a bit for each kind */
    int64_t pause_max_us;
    bool stopped;
    struct kh_list lasting; /* that end later */
    uint64_t counts[SIM_FAULT_KINDS];
};

void sim_faults_start(struct sim_faults *f, struct sim_world *w);
/* All that lasts ends now; runs on until the last process that stands still goes on. */
void sim_faults_stop(struct sim_faults *f);
const char *sim_fault_name(enum sim_fault_kind kind);

#endif
