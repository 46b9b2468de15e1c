/* Real sockets of loopback before the brokers of the model: each connection is a link of the
 * virtual network, and virtual time is the clock's. */
#ifndef TEST_SIM_TCP_BRIDGE_H
#define TEST_SIM_TCP_BRIDGE_H

#include "sim/world.h"

#include <poll.h>

struct bridge {
    struct sim_world *world;
    int listeners[SIM_BROKERS_MAX];
    struct kh_list connections;
    int64_t began_us; /* of the clock, at virtual time 0 */
    struct pollfd *polled;
    size_t polled_capacity;
};

/* Each broker gets a port of 127.0.0.1, and says that it is there. */
void bridge_open(struct bridge *b, struct sim_world *w);
void bridge_close(struct bridge *b);
/* Does what is due, then waits until something comes or is due. True: `descriptor` is readable. */
bool bridge_turn(struct bridge *b, int descriptor);

#endif
