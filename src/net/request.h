/* One request to a broker and its answer. The caller embeds a kh_request, zeroed before its first
 * use, and keeps it, and the message it points to, until done() or kh_request_cancel(). */
#ifndef KH_NET_REQUEST_H
#define KH_NET_REQUEST_H

#include "base/buffer.h"
#include "base/list.h"
#include "base/timers.h"
#include "protocol/api.h"

#include <kohort/kohort.h>

struct kh_request;
struct kh_lane;
struct kh_connection;

/* An answer; valid during done(). */
struct kh_response {
    int status;                /* 0: decoded. Else the KOHORT_E… that `error` explains. */
    const kohort_error *error; /* NULL when status is 0 */
    const void *message;       /* struct kh_<api>_response; NULL for a Fetch */
    /* What the message's texts and bytes lie in, for who wants to keep them: with a reference on
     * it. NULL where it would pin much more than that: then they are copied. */
    struct kh_buffer *frame;
    int16_t version;   /* that was used; -1: it never went out */
    int64_t sent_ms;   /* when its first byte was written; session clocks count from here */
    int32_t broker_id; /* -1: a bootstrap address */
};

/* The body of a streamed answer (Fetch, Metadata), as it arrives. The request may be cancelled, and
 * its lane closed, inside both. */
struct kh_stream_sink {
    /* Before the first bytes: the version that was used, and the size of the whole body, which is
     * what follows the response header. */
    void (*begin)(struct kh_stream_sink *sink, int16_t version, int64_t body_size);
    /* `data[0..size)` are the next bytes of the body, inside `buffer`. Returns how many were used
     * (what is kept needs a reference on the buffer); sets *need to how many bytes, from the first
     * unused one, must lie together before it is worth calling again (0: any). last: nothing
     * follows these, and all must be used. Negative: the KOHORT_E… that ends the request and the
     * connection. */
    int64_t (*bytes)(struct kh_stream_sink *sink, struct kh_buffer *buffer, const uint8_t *data,
                     size_t size, bool last, size_t *need);
    const char *wrong; /* what, behind a negative one; NULL: its status says enough */
};

struct kh_request {
    enum kh_api api;
    const void *message;         /* struct kh_<api>_request; encoded when it is written */
    struct kh_stream_sink *sink; /* Fetch and Metadata only */
    int64_t timeout_ms;          /* from kh_lane_send; covers waiting for a connection too */
    int16_t version;             /* -1: choose (decision 10); else exactly this one */
    int16_t newest_version;      /* -1: no bound of its own; else choose none above (a Fetch without
                                    topic ids) */
    int8_t priority; /* lower first among those not yet written: heartbeats before commits */
    /* Exactly once, never inside kh_lane_send; not after kh_request_cancel. */
    void (*done)(struct kh_request *request, const struct kh_response *response);
    void *arg;

    /* The lane's and the connection's own. */
    struct kh_list node;
    struct kh_timer deadline;
    struct kh_lane *lane;             /* NULL: not under way */
    struct kh_connection *connection; /* NULL: not yet written */
    int64_t queued_ms;
};

enum { KH_PRIORITY_HEARTBEAT, KH_PRIORITY_COMMIT, KH_PRIORITY_NORMAL };

/* After it done() will not fire; an answer that still comes is read and dropped. Harmless on one
 * that has ended, or was never sent. */
void kh_request_cancel(struct kh_request *request);

#endif
