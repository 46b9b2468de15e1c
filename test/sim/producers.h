/* Who writes into the logs of a world: a plain producer, transactional ones that take turns with
 * it, and the cleaner that takes records away again. */
#ifndef TEST_SIM_PRODUCERS_H
#define TEST_SIM_PRODUCERS_H

#include "sim/world.h"

enum { SIM_PRODUCED_PARTITIONS = 6, SIM_TRANSACTIONAL_MAX = 3 };

struct sim_producers;

/* One transaction after the other; its markers are written one by one, as its coordinator does. */
struct sim_transactional {
    struct sim_event event;
    struct sim_producers *of;
    int64_t producer_id;
    bool is_open, ends, aborts;
    bool touched[SIM_PRODUCED_PARTITIONS]; /* and has no marker yet */
};

struct sim_producers {
    struct sim_event event, cleaner;
    struct sim_world *world;
    struct sim_topic *topic;
    int left; /* batches of the plain one; the others end with it */
    size_t transactional_count;
    struct sim_transactional transactional[SIM_TRANSACTIONAL_MAX];
};

/* Adds topic "t" and begins to write so many batches into it; by the world's random numbers also
 * transactions, and its logs are compacted. */
void sim_producers_start(struct sim_producers *p, struct sim_world *w, int batches);
/* Whether something is still to be written. */
bool sim_producers_busy(const struct sim_producers *p);

#endif
