/* A TCP proxy before the broker that reads along: it writes down each request, can damage answers,
 * stop passing bytes, and names itself (or any port) where the broker names itself, so that
 * clients stay with it. */
#ifndef TEST_SUPPORT_LIVE_PROXY_H
#define TEST_SUPPORT_LIVE_PROXY_H

#include "support/live/stage.h"

#include "protocol/api.h"

struct proxy_request {
    int64_t at_ms;
    size_t connection; /* a number for each, from 0 */
    int16_t api_key, api_version;
    int32_t correlation_id;
};

struct proxy {
    struct stage *stage;
    uv_tcp_t listener;
    int port;
    int advertised_port; /* what Metadata and FindCoordinator say; at first its own */
    char address[64];    /* "host:port", for bootstrap.servers */
    struct proxy_connection *connections;
    size_t connection_count; /* accepted so far */
    struct proxy_request *requests;
    size_t request_count, request_capacity;
    /* May change the bytes of an answer: its length, the correlation id, and on. May be NULL. */
    void (*on_answer)(struct proxy *p, const struct proxy_request *request, uint8_t *frame,
                      size_t size);
    void *arg;
    bool frozen;
};

void proxy_open(struct proxy *p, struct stage *s);
/* Before stage_close(). */
void proxy_close(struct proxy *p);
/* From now on no byte is passed either way; connections stay open. */
void proxy_freeze(struct proxy *p);
void proxy_thaw(struct proxy *p);
/* Requests of one API seen so far. */
size_t proxy_count(const struct proxy *p, enum kh_api api);

#endif
