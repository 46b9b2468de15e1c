/* Frames out of the bytes: length, header, then the answer for the oldest request in flight. */
#include "net/connection_internal.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/status.h"
#include "net/request_end.h"
#include "protocol/big_endian.h"
#include "protocol/header.h"

#include <inttypes.h>

enum {
    CORRELATION_ID = 4,          /* bytes: the least that an answer has */
    HEADER_LONGEST = 4 * KH_KIB, /* of a streamed answer, with tags we do not know */
};

static const uint8_t *bytes_of(const struct kh_connection *c)
{
    return c->buffer->data + c->begin;
}

static size_t available(const struct kh_connection *c)
{
    return c->end - c->begin;
}

/* Always false, for `return more(c, n)`. */
static bool more(struct kh_connection *c, size_t need)
{
    c->need = need;
    return false;
}

static void use(struct kh_connection *c, size_t size)
{
    c->begin += size;
    c->frame_left -= size;
}

static bool is_negotiating(const struct kh_connection *c)
{
    return c->state == KH_CONNECTION_NEGOTIATING;
}

static size_t longest_frame(const struct kh_connection *c, const struct kh_flight *flight)
{
    if (is_negotiating(c))
        return KH_LIMIT_UNAUTHENTICATED;
    if (flight->api == KH_API_METADATA)
        return KH_LIMIT_METADATA_FRAME;
    return flight->api == KH_API_FETCH ? KH_LIMIT_FETCH_FRAME : KH_LIMIT_FRAME;
}

static bool read_length(struct kh_connection *c)
{
    const struct kh_flight *flight = kh_connection_oldest(c);
    kohort_error error;
    if (flight == NULL && available(c) > 0) {
        kh_error_broken(&error, &c->peer, "sent %zu bytes that nobody asked for", available(c));
        kh_connection_fail(c, &error, NULL);
        return false;
    }
    if (available(c) < 4)
        return more(c, 4);
    uint32_t length = kh_load_u32(bytes_of(c));
    if (length < CORRELATION_ID || length > longest_frame(c, flight)) {
        if (is_negotiating(c))
            kh_error_not_kafka(&error, &c->peer, bytes_of(c), available(c));
        else
            kh_error_broken(&error, &c->peer,
                            "sent an answer to %s (version %d) of %" PRIi32
                            " bytes; the limit is %zu",
                            kh_api_info(flight->api)->name, flight->version, (int32_t)length,
                            longest_frame(c, flight));
        kh_connection_fail_oldest(c, &error);
        return false;
    }
    c->begin += 4;
    c->frame_left = length;
    bool is_whole = is_negotiating(c) || (flight->request != NULL && flight->request->sink == NULL);
    c->part = is_whole ? KH_FRAME_WHOLE : KH_FRAME_HEADER;
    return true;
}

/* Answers come in the order of the requests; anything else cannot be told apart any more. */
static bool check_correlation(struct kh_connection *c, const struct kh_flight *flight, int32_t id)
{
    kohort_error error;
    if (id == flight->correlation_id)
        return true;
    kh_error_broken(&error, &c->peer,
                    "answered with correlation id %" PRIi32 " where %" PRIi32
                    " (%s, version %d) is the oldest request",
                    id, flight->correlation_id, kh_api_info(flight->api)->name, flight->version);
    kh_connection_fail_oldest(c, &error);
    return false;
}

/* An answer that does not follow the schema, or that would cost too much to hold. */
static void fail_decoding(struct kh_connection *c, const struct kh_reader *r)
{
    const struct kh_flight *flight = kh_connection_oldest(c);
    kohort_error error;
    kh_error_broken(&error, &c->peer,
                    "sent an answer to %s (version %d) that cannot be read: %s, "
                    "at byte %zu of %zu",
                    kh_api_info(flight->api)->name, flight->version, r->wrong, kh_read_offset(r),
                    c->frame_left);
    error.code = r->status;
    kh_connection_fail_oldest(c, &error);
}

/* The frame is used, and its request gone from those in flight, before anyone is told. */
static void give(struct kh_connection *c, const void *message, struct kh_buffer *frame)
{
    struct kh_flight flight = kh_connection_pop(c);
    c->part = KH_FRAME_LENGTH;
    c->need = 0;
    if (is_negotiating(c)) {
        kh_connection_take_versions(c, message);
        return;
    }
    c->answered = true;
    if (flight.request != NULL)
        kh_request_end(c->settings->shared, flight.request,
                       &(struct kh_response){.message = message,
                                             .frame = frame,
                                             .version = flight.version,
                                             .sent_ms = flight.sent_ms,
                                             .broker_id = c->peer.broker_id});
    if (c->events != NULL && c->state == KH_CONNECTION_READY)
        c->events->answered(c->arg, c);
}

/* The buffer, where keeping the frame pins no more than four times as much. */
static struct kh_buffer *worth_keeping(const struct kh_connection *c)
{
    return c->frame_left >= c->buffer->capacity / 4 ? c->buffer : NULL;
}

static bool read_whole(struct kh_connection *c)
{
    struct kh_arena *arena = c->settings->answers;
    const struct kh_flight *flight = kh_connection_oldest(c);
    const struct kh_api_info *info = kh_api_info(flight->api);
    struct kh_reader r;
    if (!is_negotiating(c) && flight->request == NULL) {
        c->part = KH_FRAME_HEADER; /* Cancelled meanwhile: what comes is dropped. */
        return true;
    }
    if (available(c) < c->frame_left)
        return more(c, c->frame_left);

    arena->limit = c->frame_left * KH_LIMIT_ARENA_FACTOR;
    kh_reader_init(&r, bytes_of(c), c->frame_left, false, arena);
    int32_t id = kh_response_header_decode(&r, flight->api, flight->version);
    if (kh_read_ok(&r) && !check_correlation(c, flight, id))
        return false;
    void *message = kh_read_items(&r, 1, info->response_size);
    if (message != NULL)
        info->decode_response(&r, flight->version, message);
    if (!kh_read_end(&r)) {
        fail_decoding(c, &r);
    } else {
        struct kh_buffer *frame = worth_keeping(c);
        use(c, c->frame_left);
        give(c, message, frame);
    }
    kh_arena_reset(arena);
    return c->state != KH_CONNECTION_CLOSED;
}

static bool read_header(struct kh_connection *c)
{
    const struct kh_flight *flight = kh_connection_oldest(c);
    size_t size = available(c) < c->frame_left ? available(c) : c->frame_left;
    struct kh_reader r;
    kh_reader_init(&r, bytes_of(c), size, false, NULL);
    int32_t id = kh_response_header_decode(&r, flight->api, flight->version);
    if (!kh_read_ok(&r) && size < c->frame_left && size < HEADER_LONGEST)
        return more(c, size + 1);
    if (!kh_read_ok(&r)) {
        fail_decoding(c, &r);
        return false;
    }
    if (!check_correlation(c, flight, id))
        return false;
    use(c, kh_read_offset(&r));
    c->part = KH_FRAME_STREAM;
    c->need = 0;
    if (flight->request != NULL && flight->request->sink != NULL)
        flight->request->sink->begin(flight->request->sink, flight->version,
                                     (int64_t)c->frame_left);
    return c->state != KH_CONNECTION_CLOSED;
}

/* Of an answer that nobody waits for. */
static bool drop(struct kh_connection *c)
{
    use(c, available(c) < c->frame_left ? available(c) : c->frame_left);
    if (c->frame_left > 0)
        return more(c, 0);
    give(c, NULL, NULL);
    return c->state != KH_CONNECTION_CLOSED;
}

static void fail_sink(struct kh_connection *c, int64_t status)
{
    const struct kh_flight *flight = kh_connection_oldest(c);
    const char *wrong = flight->request->sink->wrong;
    kohort_error error;
    kh_error_broken(&error, &c->peer, "sent an answer to %s (version %d) that cannot be read: %s",
                    kh_api_info(flight->api)->name, flight->version,
                    wrong != NULL ? wrong : kh_status_text((int)status));
    error.code = (int)status;
    kh_connection_fail_oldest(c, &error);
}

/* The sink left bytes unused: it needs more of them in one piece than it was given. */
static bool gather(struct kh_connection *c, size_t need, size_t left)
{
    if (need <= left)
        need = left + 1;
    if (need > c->frame_left) {
        fail_sink(c, KOHORT_EPROTOCOL);
        return false;
    }
    c->large_batches = need > c->settings->shared->buffers.standard_capacity;
    return more(c, need);
}

static bool read_stream(struct kh_connection *c)
{
    const struct kh_flight *flight = kh_connection_oldest(c);
    if (flight->request == NULL || flight->request->sink == NULL)
        return drop(c);
    size_t size = available(c) < c->frame_left ? available(c) : c->frame_left;
    bool last = size == c->frame_left;
    if (!last && (size == 0 || size < c->need))
        return false;
    size_t need = 0;
    struct kh_stream_sink *sink = flight->request->sink;
    int64_t used = sink->bytes(sink, c->buffer, bytes_of(c), size, last, &need);
    if (c->state == KH_CONNECTION_CLOSED)
        return false;
    if (flight->request == NULL) { /* cancelled inside */
        c->need = 0;
        return true;
    }
    if (used < 0 || (size_t)used > size) {
        fail_sink(c, used < 0 ? used : KOHORT_EPROTOCOL);
        return false;
    }
    use(c, (size_t)used);
    if (c->frame_left == 0) {
        give(c, NULL, NULL);
        return c->state != KH_CONNECTION_CLOSED;
    }
    return (size_t)used < size ? gather(c, need, size - (size_t)used) : more(c, need);
}

bool kh_connection_read_frame(struct kh_connection *c)
{
    if (c->buffer == NULL)
        return false;
    switch (c->part) {
    case KH_FRAME_LENGTH:
        return available(c) > 0 && read_length(c);
    case KH_FRAME_WHOLE:
        return read_whole(c);
    case KH_FRAME_HEADER:
        return read_header(c);
    case KH_FRAME_STREAM:
        return read_stream(c);
    }
    return false;
}
