/* Members whose clients are recorded, and replayed at the end. */
#ifndef TEST_SIM_RECORDING_H
#define TEST_SIM_RECORDING_H

#include "sim/world.h"

/* The tape for the member's client; NULL when its world is not recorded. */
struct kh_tape *sim_recording_begin(struct sim_member *m);
/* Replays what was recorded: the library must do the same once more, to the end. */
void sim_recording_check(struct sim_world *w);
void sim_recording_free(struct sim_member *m);

#endif
