/* The parts of a proxy among themselves. */
#ifndef TEST_SUPPORT_LIVE_PROXY_INTERNAL_H
#define TEST_SUPPORT_LIVE_PROXY_INTERNAL_H

#include "support/live/proxy.h"

enum { PROXY_FRAME_HEAD = 4, PROXY_REQUEST_HEAD = 8 };

/* What is to be sent, later. */
struct proxy_piece {
    struct proxy_piece *next;
    int64_t due_ms;
    size_t size, sent;
    uint8_t bytes[];
};

/* One side: what was received there and is not passed on yet, and what is to be sent there. */
struct proxy_half {
    uv_tcp_t tcp;
    uint8_t *bytes;
    size_t size, capacity;
    struct proxy_piece *first, *last;
    bool passing; /* on the stack */
    bool closed;
};

/* A request whose answer has not come. */
struct proxy_waiting {
    size_t request; /* its index */
    uint8_t *frame; /* what the proxy itself answers; NULL: the broker will */
    size_t frame_size;
};

struct proxy_connection {
    struct proxy *proxy;
    struct proxy_connection *next;
    struct proxy_half client, broker;
    uv_connect_t connect;
    size_t number;
    struct proxy_waiting *waiting; /* in order */
    size_t waiting_count, waiting_capacity;
    enum proxy_way held;
    bool connected, closing;
};

static inline uint32_t proxy_get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void proxy_put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* ---- proxy.c ---- */

void proxy_listen(struct proxy *p, int port);
/* reset: with RST; else with what is still to be sent, and FIN. */
void proxy_close_connection(struct proxy_connection *c, bool reset);
/* Passes on what may be, and reads where reading is allowed. */
void proxy_go_on(struct proxy_connection *c);

/* ---- proxy_pipe.c: delay and drip ---- */

void proxy_pipe_init(struct proxy *p);
void proxy_send(struct proxy_connection *c, struct proxy_half *to, const uint8_t *bytes,
                size_t size);
void proxy_drop_pieces(struct proxy_half *half);

/* ---- proxy_faults.c ---- */

bool proxy_holds(const struct proxy_connection *c, const struct proxy_half *from);
bool proxy_holds_request(const struct proxy *p, const uint8_t *frame);
/* Whether the answer was cut, and the connection with it. */
bool proxy_cuts(struct proxy_connection *c, enum kh_api api, const uint8_t *frame, size_t size);
/* The frame that the proxy answers a request with, the caller's; NULL: the broker is asked. */
uint8_t *proxy_own_answer(struct proxy *p, const uint8_t *frame, size_t size, size_t *ret_size);

#endif
