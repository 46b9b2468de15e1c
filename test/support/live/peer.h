/* Something on a port that is no Kafka broker: it says its fixed bytes to whoever connects. */
#ifndef TEST_SUPPORT_LIVE_PEER_H
#define TEST_SUPPORT_LIVE_PEER_H

#include "support/live/stage.h"

struct peer {
    struct stage *stage;
    uv_tcp_t listener;
    char address[64];   /* "host:port", for bootstrap.servers */
    const void *answer; /* sent once something was received; then the connection is closed */
    size_t answer_size;
    size_t connections; /* accepted so far */
    struct peer_connection *first;
};

void peer_open(struct peer *p, struct stage *s, const void *answer, size_t answer_size);
/* Before stage_close(). */
void peer_close(struct peer *p);

#endif
