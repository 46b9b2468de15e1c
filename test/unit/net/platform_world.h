/* A libuv platform on a loop of its own, and the other side of its sockets as plain non-blocking
 * ones, all in one thread. */
#ifndef TEST_UNIT_NET_PLATFORM_WORLD_H
#define TEST_UNIT_NET_PLATFORM_WORLD_H

#include "net/platform.h"
#include "net/uv_platform.h"
#include "support/test.h"

#include <uv.h>

struct world {
    uv_loop_t loop;
    struct kh_platform *platform;
    const struct kh_platform_ops *ops;
    int turns;
    void (*on_turn)(struct world *w); /* NULL: only counted */
    bool closed;
};

void world_open(struct world *w);
/* Ends the platform and then the loop, on which nothing may be left. */
void world_close(struct world *w);
void world_run_until(struct world *w, const bool *done);
/* As often as the loop has something to do at once. */
void world_settle(struct world *w);

/* A client's stream that counts its events. */
struct client {
    struct world *world;
    struct kh_stream *stream;
    bool connected, failed, close_when_connected, close_when_readable;
    int error_number; /* of connected, recv or send */
    int readables, writables, writables_at_close;
};
void client_open(struct client *c, struct world *w, uint16_t port);

/* Listens on 127.0.0.1; -1 is never returned. */
int peer_listen(uint16_t *ret_port);
/* Waits for the next connection; non-blocking. */
int peer_accept(int listener);

#endif
