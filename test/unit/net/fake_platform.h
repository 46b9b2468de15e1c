/* A platform of virtual time whose peers are scripted by the test: streams are queues of bytes, and
 * nothing happens that the test does not say. fake_run() does what is due until all is quiet. */
#ifndef TEST_UNIT_NET_FAKE_PLATFORM_H
#define TEST_UNIT_NET_FAKE_PLATFORM_H

#include "net/cluster.h"
#include "protocol/writer.h"
#include "support/test.h"

struct fake_bytes {
    uint8_t *data;
    size_t size, at; /* at: how many were taken */
};

/* The peer's side of a stream that the code under test has opened. */
struct kh_stream {
    struct fake *fake;
    const struct kh_stream_events *events;
    void *arg;
    struct kh_address address;
    struct fake_bytes to_client, to_peer;
    size_t send_room;                            /* bytes that send takes; SIZE_MAX: any */
    size_t recv_most;                            /* bytes that one recv gives; SIZE_MAX: any */
    int error_number;                            /* of connect, recv and send; 0: none */
    bool connected, told, ended, closed, silent; /* silent: never connects */
    bool wants_readable, wants_writable;
    int recvs, sends;
    size_t asked[64]; /* by the first recvs */
};

struct kh_lookup {
    struct fake *fake;
    char host[256];
    uint16_t port;
    void (*done)(void *arg, const char *error, const struct kh_address *addresses, size_t count);
    void *arg;
    bool ended;
};

/* A request as the peer reads it. */
struct fake_request {
    struct kh_stream *stream;
    enum kh_api api;
    int16_t version;
    int32_t correlation_id;
    char client_id[64];
    const uint8_t *body;
    size_t body_size;
};

enum { FAKE_STREAMS = 64, FAKE_LOOKUPS = 16 };

struct fake {
    struct kh_platform platform;
    struct kh_shared shared;
    struct kh_heap peer_heap;
    int64_t now_ms, due_ms;
    bool woken;
    struct kh_stream *streams[FAKE_STREAMS]; /* in the order of their opening */
    size_t stream_count;
    struct kh_lookup *lookups[FAKE_LOOKUPS];
    size_t lookup_count;
    /* What a new stream does; NULL: it connects. Called inside open: 0, or the error to give there.
     */
    int (*on_open)(struct fake *f, struct kh_stream *s);
    /* Requests that come in while fake_run runs; NULL: they wait for fake_take. */
    void (*on_request)(struct fake *f, struct fake_request *request);
    void *arg;
    char log[8192];
};

void fake_init(struct fake *f);
/* Everything must have been given back. */
void fake_free(struct fake *f);
void fake_run(struct fake *f);
/* Runs, ms by virtual ms as deadlines come, until ms have passed. */
void fake_advance(struct fake *f, int64_t ms);

/* The next whole request of a stream; false: none has come. */
bool fake_take(struct kh_stream *s, struct fake_request *ret_request);
/* As above, of the newest stream, checked. */
struct fake_request fake_expect(struct fake *f, size_t stream, enum kh_api api);
void fake_send(struct kh_stream *s, const void *data, size_t size);
void fake_end(struct kh_stream *s); /* FIN */

/* The body of an answer is written between these two. */
struct kh_writer fake_answer_begin(struct fake *f, const struct fake_request *request);
void fake_answer_end(const struct fake_request *request, struct kh_writer *w);
/* ApiVersions with all that kohort speaks; no other API's range is changed from that but `api`'s.
 */
void fake_answer_versions(struct fake *f, const struct fake_request *request, int16_t error_code);
void fake_answer_versions_with(struct fake *f, const struct fake_request *request, enum kh_api api,
                               int16_t oldest, int16_t newest);
/* Heartbeat, at any version. */
void fake_answer_heartbeat(struct fake *f, const struct fake_request *request, int16_t error_code);

size_t fake_open_streams(const struct fake *f);

#endif
