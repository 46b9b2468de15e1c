/* What goes wrong, at random: each seed enables its own kinds, at its own rate (swarm testing), for
 * a time; what was broken is whole again when the faults have been stopped.
 *
 * Each fault has a number, and draws from a generator of its own: leaving one out changes none of
 * the others. So a run that fails can be shrunk to the few faults that matter. */
#ifndef TEST_SIM_FAULTS_H
#define TEST_SIM_FAULTS_H

#include "sim/world.h"

enum sim_fault_kind {
    SIM_FAULT_CUT,         /* all links of one process, or of all, break */
    SIM_FAULT_CUT_LATER,   /* one link breaks behind a byte still to come */
    SIM_FAULT_SILENCE,     /* one link carries nothing one way, for a while */
    SIM_FAULT_SUSPEND,     /* a process stands still (SIGSTOP, a suspended machine) */
    SIM_FAULT_REFUSE,      /* a broker accepts nobody, and its links break */
    SIM_FAULT_BLACK_HOLE,  /* a broker's new links are never answered */
    SIM_FAULT_ERROR,       /* an answer says an error */
    SIM_FAULT_BREAK_OFF,   /* an answer breaks off */
    SIM_FAULT_SLOW,        /* brokers think long */
    SIM_FAULT_NAMES,       /* names are not found */
    SIM_FAULT_CHURN,       /* members come, close, are killed */
    SIM_FAULT_COMMIT,      /* applications commit by themselves */
    SIM_FAULT_LEADER,      /* a partition gets another leader; brokers learn of it in their time */
    SIM_FAULT_COORDINATOR, /* groups get another coordinator, which loads them first */
    SIM_FAULT_SESSIONS,    /* a broker forgets its fetch sessions */
    SIM_FAULT_ADDRESS,     /* a broker comes back at another address */
    SIM_FAULT_DELETE,      /* the beginning of a log is deleted */
    SIM_FAULT_MEMORY,      /* members get none, once or some times in a row */
    SIM_FAULT_SLEEP,       /* a machine sleeps: its timers come late by as much */
    SIM_FAULT_HOLD,        /* an answer is lost on its way, and comes very late */
    SIM_FAULT_TRUNCATION,  /* an unclean leader ends before what was read */
    SIM_FAULT_KINDS
};

/* Which of a run's faults happen, by their numbers, rising; NULL: all. */
struct sim_fault_choice {
    const uint32_t *numbers;
    size_t count;
};

struct sim_faults {
    struct sim_event event;
    struct sim_world *world;
    struct kh_random random; /* of the fault at hand */
    uint64_t seed;
    uint32_t number; /* of the next fault */
    const struct sim_fault_choice *choice;
    unsigned enabled; /* a bit for each kind */
    int64_t pause_max_us;
    bool stopped;
    struct kh_list lasting; /* that end later */
};

void sim_faults_start(struct sim_faults *f, struct sim_world *w,
                      const struct sim_fault_choice *choice);
/* All that lasts ends now; runs on until the last process that stands still goes on. */
void sim_faults_stop(struct sim_faults *f);
const char *sim_fault_name(enum sim_fault_kind kind);
/* An error that a broker may give there: the index-th; 0: there are no more. */
int16_t sim_fault_error(enum kh_api api, size_t index);

/* fault_kinds.c */
void sim_fault_inject(struct sim_faults *f, enum sim_fault_kind kind);
/* What lasts ends now. */
void sim_faults_undo(struct sim_faults *f);

#endif
