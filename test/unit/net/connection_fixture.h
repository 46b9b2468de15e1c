/* One connection on the fake platform, and requests that remember how they ended. */
#ifndef TEST_UNIT_NET_CONNECTION_FIXTURE_H
#define TEST_UNIT_NET_CONNECTION_FIXTURE_H

#include "fake_platform.h"
#include "net/connection.h"
#include "protocol/fetch.h"
#include "protocol/heartbeat.h"

struct fixture {
    struct fake fake;
    struct kh_arena answers;
    struct kh_connection_settings settings;
    struct kh_connection *c; /* NULL once it has ended */
    int assumptions, readies, answers_told, closes;
    bool idle; /* closed without an error */
    kohort_error why;
};

struct asked {
    struct kh_request request;
    struct kh_heartbeat_request message;
    struct fixture *fixture;
    int ends;
    int status;
    int16_t error_code; /* of the answer */
    int16_t version;
    int64_t sent_ms;
    kohort_error error;
    struct asked *cancels; /* inside done */
};

extern const struct kh_connection_events fixture_events; /* their arg: the fixture */

void fixture_init(struct fixture *x);
void fixture_free(struct fixture *x);
/* To this host, as a bootstrap address (broker_id -1) or as a broker's own. */
void fixture_open(struct fixture *x, const char *host, int32_t broker_id);
/* To a broker that spoke these versions before. */
void fixture_open_known(struct fixture *x, const struct kh_broker_versions *versions);
/* To 127.0.0.1:9092, versions answered. */
void fixture_ready(struct fixture *x);
/* A Heartbeat, or what the request holds already. As kh_connection_send. */
int ask(struct fixture *x, struct asked *asked);

#endif
