/* A link as network.c and network_link.c share it. */
#ifndef TEST_SIM_NETWORK_INTERNAL_H
#define TEST_SIM_NETWORK_INTERNAL_H

#include "sim/network.h"

struct sim_piece {
    struct sim_piece *next;
    int64_t sent_us, arrives_us;
    size_t size, at;
    uint8_t data[];
};

/* One direction. */
struct sim_pipe {
    struct sim_link *link;
    struct sim_piece *first, *last;
    struct sim_piece *coming; /* the first that has not arrived; NULL: all have */
    size_t held;              /* bytes sent and not read */
    uint64_t sent, arrived, taken;
    int64_t last_arrival_us;
    bool ended;          /* nothing follows */
    bool end_arrived;    /* and the reader may know */
    uint64_t cut_behind; /* UINT64_MAX: not cut */
    bool silent;
    struct kh_list marks; /* by rising place */
    struct sim_event arrival;
};

struct sim_end {
    struct sim_link *link;
    const struct sim_end_events *events;
    void *arg;
    bool closed;
    int error_number; /* 0: whole */
    struct sim_event changed;
};

enum sim_link_state { SIM_LINK_CONNECTING, SIM_LINK_OPEN, SIM_LINK_OVER };

struct sim_link {
    struct kh_list node;
    struct sim_network *network;
    uint64_t number;
    int host;
    struct kh_address address;
    enum sim_link_state state;
    bool vanished;
    int64_t latency_us;
    struct sim_end ends[2];   /* of who connected, of who accepted */
    struct sim_pipe pipes[2]; /* pipes[i] carries what ends[i] sends */
    struct sim_event connect, sweep;
};

static inline int sim_side(const struct sim_end *end)
{
    return end == &end->link->ends[1];
}
/* What this end sends goes here. */
static inline struct sim_pipe *sim_out(const struct sim_end *end)
{
    return &end->link->pipes[sim_side(end)];
}
static inline struct sim_pipe *sim_in(const struct sim_end *end)
{
    return &end->link->pipes[!sim_side(end)];
}

/* network_pipe.c */
void sim_pipe_init(struct sim_link *link, int side);
void sim_pipe_free(struct sim_pipe *pipe);
/* Nothing follows what was sent. */
void sim_pipe_end(struct sim_pipe *pipe);
void sim_pipe_silence(struct sim_pipe *pipe, bool silent);
/* Tells the end soon that something changed. */
void sim_end_note(struct sim_end *end);
/* Both sides meet an error; what has arrived can still be read. */
void sim_link_break(struct sim_link *link, int error_number);
int64_t sim_link_delay(struct sim_link *link);

#endif
