/* The parts of a connection among themselves. */
#ifndef KH_NET_CONNECTION_INTERNAL_H
#define KH_NET_CONNECTION_INTERNAL_H

#include "net/connection.h"

/* The only writer of c->state. `why` is for the log. */
void kh_connection_enter(struct kh_connection *c, enum kh_connection_state next, const char *why);
/* Around everything that the platform or a timer calls: frees what has ended meanwhile. */
void kh_connection_begin(struct kh_connection *c);
void kh_connection_end(struct kh_connection *c);
void kh_connection_set_timer(struct kh_connection *c, int64_t wait_ms);

/* Asks for the broker's versions with this version of ApiVersions. */
void kh_connection_negotiate(struct kh_connection *c, int version);
/* The answer; `message` is a struct kh_api_versions_response. */
void kh_connection_take_versions(struct kh_connection *c, const void *message);
/* The version of ApiVersions to begin with. */
int kh_connection_first_version(const struct kh_connection *c);

/* Encodes into `out`, and remembers the flight. 0 or the writer's status, nothing changed. */
int kh_connection_write(struct kh_connection *c, enum kh_api api, int16_t version,
                        const void *message, struct kh_request *request);
/* The oldest in flight; NULL when there is none. */
struct kh_flight *kh_connection_oldest(struct kh_connection *c);
struct kh_flight kh_connection_pop(struct kh_connection *c);
/* The i-th oldest of flight_count. */
struct kh_flight *kh_connection_flight(struct kh_connection *c, size_t i);
/* As an event of the stream. */
void kh_connection_writable(void *arg);
void kh_connection_readable(void *arg);

/* Reads what is in the buffer: answers are given to their requests. False when more is needed, or
 * the connection has ended. */
bool kh_connection_read_frame(struct kh_connection *c);
/* kh_connection_fail, for whoever is at fault in an answer. */
void kh_connection_fail_oldest(struct kh_connection *c, const kohort_error *why);

#endif
