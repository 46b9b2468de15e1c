/* A TCP proxy before a broker that reads along: it writes down each request, names itself (or any
 * port) where the broker names itself, so that clients stay with it, and does to the traffic what
 * networks and brokers do: delays it, lets it drip, holds it, cuts it, refuses to be connected to,
 * damages answers, or says errors in the broker's place.
 *
 *     proxy_open(&proxy, &s);
 *     proxy.delay_ms = 2000;                                    both ways, from now on
 *     proxy_hold(&proxy, PROXY_ANSWERS);                        until proxy_release()
 *     proxy_hold_api(&proxy, KH_API_JOIN_GROUP);                what parks in its own lane
 *     proxy_cut_next(&proxy, KH_API_FETCH, 100);
 *     proxy_answer_next(&proxy, KH_API_OFFSET_FETCH, KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, 3);
 *
 * Before a cluster there is one for each node; those in `beside` name each other. */
#ifndef TEST_SUPPORT_LIVE_PROXY_H
#define TEST_SUPPORT_LIVE_PROXY_H

#include "support/live/stage.h"

#include "protocol/api.h"

enum proxy_way { PROXY_NONE = 0, PROXY_REQUESTS = 1, PROXY_ANSWERS = 2, PROXY_BOTH = 3 };

struct proxy_request {
    int64_t at_ms;
    size_t connection; /* a number for each, from 0 */
    int16_t api_key, api_version;
    int32_t correlation_id;
};

struct proxy {
    struct stage *stage;
    char broker_host[64];
    int broker_port;
    uv_tcp_t listener;
    bool refusing;
    int port;
    int advertised_port;  /* what Metadata and FindCoordinator say; at first its own */
    char address[64];     /* "host:port", for bootstrap.servers */
    struct proxy *beside; /* a ring of those before the other brokers of the cluster */
    struct proxy_connection *connections;
    size_t connection_count; /* accepted so far */
    struct proxy_request *requests;
    size_t request_count, request_capacity;
    /* Sees the bytes of a request: its length, the header, and on. May be NULL. */
    void (*on_request)(struct proxy *p, const struct proxy_request *request, const uint8_t *frame,
                       size_t size);
    /* May change the bytes of an answer: its length, the correlation id, and on. May be NULL. */
    void (*on_answer)(struct proxy *p, const struct proxy_request *request, uint8_t *frame,
                      size_t size);
    void *arg;

    int64_t delay_ms;  /* each way, of what comes from now on */
    size_t drip_bytes; /* so many a tick of 5 ms, each way; 0: as they come */
    uv_timer_t tick;   /* while something waits for either */
    enum proxy_way held;
    unsigned held_apis; /* a bit for each */
    int cut_api;        /* the next answer that is cut; -1: none */
    size_t cut_behind;
    size_t cuts; /* done so far */
    struct {
        size_t count; /* how many more answers say */
        int16_t code; /* this */
    } errors[KH_API_COUNT];
};

/* Before the broker of live_bootstrap(). */
void proxy_open(struct proxy *p, struct stage *s);
/* Before the broker at "host:port". beside: another proxy of the same cluster; NULL: the first. */
void proxy_open_before(struct proxy *p, struct stage *s, const char *broker, struct proxy *beside);
/* Before stage_close(). */
void proxy_close(struct proxy *p);
/* Requests of one API seen so far. */
size_t proxy_count(const struct proxy *p, enum kh_api api);

/* ---- proxy_faults.c ---- */

/* From now on no byte is passed these ways; connections stay open, and new ones are accepted. What
 * is held is passed on after proxy_release(). */
void proxy_hold(struct proxy *p, enum proxy_way ways);
/* The same for one connection alone, by its number. */
void proxy_hold_connection(struct proxy *p, size_t number, enum proxy_way ways);
/* Requests of this API are not passed on, nor what comes behind them on their connection. */
void proxy_hold_api(struct proxy *p, enum kh_api api);
void proxy_release(struct proxy *p);
/* The next answer of this API is cut behind so many bytes, and its connection reset. */
void proxy_cut_next(struct proxy *p, enum kh_api api, size_t behind);
/* All connections are reset. */
void proxy_reset(struct proxy *p);
/* Nobody listens here any more, or somebody does again. */
void proxy_refuse(struct proxy *p, bool refused);
/* The next `count` requests of this API do not reach the broker: they are answered with an error,
 * in the layout of their version. */
void proxy_answer_next(struct proxy *p, enum kh_api api, int16_t error_code, size_t count);

#endif
