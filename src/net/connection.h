/* One stream to one address of one broker: connected, its versions negotiated, requests pipelined
 * and answers given to them in order (Kafka answers in order: NetworkClient, InFlightRequests).
 * What goes where, and when to connect again, is the lane's.
 *
 * Callbacks come from timers and the platform's events only, never from inside a call made here. */
#ifndef KH_NET_CONNECTION_H
#define KH_NET_CONNECTION_H

#include "base/arena.h"
#include "net/error_text.h"
#include "net/request.h"
#include "net/shared.h"
#include "protocol/writer.h"

/* The legal moves are a table in connection.c. */
enum kh_connection_state {
    KH_CONNECTION_RESOLVING,   /* The name is being looked up; a literal needs no waiting. */
    KH_CONNECTION_CONNECTING,  /* One address of the name is tried after the other. */
    KH_CONNECTION_NEGOTIATING, /* ApiVersions is in flight; behind it, requests to a broker whose
                                  versions are known from before. */
    KH_CONNECTION_READY,       /* Requests go out. */
    KH_CONNECTION_CLOSED,      /* For good. */
    KH_CONNECTION_STATE_COUNT
};

/* What all connections of a cluster have in common. */
struct kh_connection_settings {
    struct kh_shared *shared;
    struct kh_arena *answers; /* where answers are decoded: one at a time, gone after done() */
    struct kh_string client_id;
    int64_t connect_timeout_ms; /* for the name, for each address, and for ApiVersions */
    int64_t idle_close_ms;      /* 0: never */
};

struct kh_connection_events {
    /* What it speaks is assumed: requests may be written behind ApiVersions. */
    void (*assumed)(void *arg, struct kh_connection *c);
    /* Versions are known: requests may be written. */
    void (*ready)(void *arg, struct kh_connection *c);
    /* An answer was read: there is room for another request. */
    void (*answered)(void *arg, struct kh_connection *c);
    /* It has ended, and its requests have been told. why NULL: it was idle. Afterwards it frees
     * itself. */
    void (*closed)(void *arg, struct kh_connection *c, const kohort_error *why);
};

/* A request that was written. It outlives a kh_request that was cancelled: its answer still comes.
 */
struct kh_flight {
    struct kh_request *request; /* NULL: cancelled, or our own ApiVersions */
    enum kh_api api;
    int16_t version;
    int32_t correlation_id;
    uint64_t starts_at; /* bytes that were queued before it */
    int64_t sent_ms;    /* -1: not one byte has gone yet */
};

/* A broker reads the next request of a connection when it has answered the last. More in flight
 * only hides the way there, and what is written can no longer be overtaken by a heartbeat. */
enum { KH_CONNECTION_FLIGHTS = 8 };

/* Where the receive path stands in a frame. */
enum kh_frame_part {
    KH_FRAME_LENGTH,
    KH_FRAME_WHOLE,  /* decoded when all of it lies together */
    KH_FRAME_HEADER, /* of one that is used, or dropped, as it arrives */
    KH_FRAME_STREAM,
};

struct kh_connection {
    const struct kh_connection_settings *settings;
    const struct kh_connection_events *events; /* NULL: nobody wants to know any more */
    void *arg;
    struct kh_peer peer;
    enum kh_connection_state state;
    unsigned depth;        /* of our functions on the stack: it is freed when none is */
    struct kh_timer timer; /* of the state: start, setup, idle */
    int64_t opened_ms, active_ms;
    bool was_ready, answered; /* answered: something but ApiVersions */

    struct kh_lookup *lookup;
    struct kh_address *addresses;
    size_t address_count, address_at;
    struct kh_stream *stream;

    struct kh_broker_versions versions; /* from READY on; from the start when they are assumed */
    bool versions_assumed;              /* they are those of an earlier connection */
    bool versions_noted;                /* its owner's: they are known to be good */
    int16_t negotiated_at;              /* the version of ApiVersions in flight */

    struct kh_flight flights[KH_CONNECTION_FLIGHTS]; /* a ring */
    size_t flight_first, flight_count;
    int32_t correlation_id;
    struct kh_writer out;
    size_t out_sent; /* of `out` and its tail; while there is one nothing is queued */
    uint64_t bytes_queued, bytes_sent;
    bool wants_writable;
    int send_error_number;              /* 0: none; told from the timer */
    int16_t version_told[KH_API_COUNT]; /* which choice is in the log, plus one */

    struct kh_buffer *buffer; /* NULL: nothing is received */
    size_t begin, end;        /* in `buffer`: received and not yet used */
    size_t need;              /* bytes that must lie together before more can be told */
    size_t frame_left;        /* of the frame at `begin` */
    enum kh_frame_part part;
    bool large_batches; /* the last one did not fit a standard buffer */
};

/* Connects to the peer (host is copied), soon. 0 or KOHORT_ENOMEM. */
int kh_connection_open(struct kh_connection **ret, const struct kh_connection_settings *settings,
                       const struct kh_peer *peer, const struct kh_connection_events *events,
                       void *arg);
/* No callback comes any more: neither closed() nor done() of what is in flight. */
void kh_connection_abandon(struct kh_connection *c);
/* Ends it: what is in flight is told `why`. `culprit`, which may be NULL, gets exactly that error,
 * the others KOHORT_EDISCONNECTED (KOHORT_ECLOSED stays what it is). Their done() and closed() fire
 * inside. */
void kh_connection_fail(struct kh_connection *c, const kohort_error *why,
                        const struct kh_request *culprit);

/* Ready, or as good as that, and not too much in flight. */
bool kh_connection_has_room(const struct kh_connection *c);
/* When the oldest request in flight was written; KH_NEVER when there is none. */
int64_t kh_connection_waits_since(const struct kh_connection *c);
/* Chooses the version and queues the bytes; kh_connection_flush sends them. It must have room. 0,
 * or why it cannot be written, in `error` (KOHORT_EVERSION, KOHORT_EINVAL, KOHORT_ENOMEM); then
 * nothing has changed. */
int kh_connection_send(struct kh_connection *c, struct kh_request *request, kohort_error *error);
/* All that is queued leaves in one call. Failures are told from the timer. */
void kh_connection_flush(struct kh_connection *c);
/* Its answer, when it comes, will be dropped. True when nobody waits for any answer any more. */
bool kh_connection_forget(struct kh_connection *c, const struct kh_request *request);

const char *kh_connection_state_name(enum kh_connection_state state);
bool kh_connection_move_is_legal(enum kh_connection_state from, enum kh_connection_state to);

#endif
