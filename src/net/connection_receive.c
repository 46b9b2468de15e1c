/* Bytes in. An ordinary answer is decoded when all of it lies together; a streamed one (Fetch,
 * Metadata) goes to its sink as it arrives. Buffers come from the client's pool and go back as soon
 * as nothing is in them, so that the next connection receives where the cache is warm, and an idle
 * one holds none. */
#include "net/connection_internal.h"

#include "base/error.h"
#include "base/limits.h"

enum {
    ROUNDS = 4,                /* full buffers in one go, before others get their turn */
    ROUND_MOST = 512 * KH_KIB, /* of a buffer that is larger */
    ROUNDS_MS = 10,            /* and that, if whoever is handed them works long */
    ROOM_LEAST = 16 * KH_KIB,  /* less is not worth a system call, if little must be moved */
    BATCH_HEAD = 4 * KH_KIB,   /* what is read of a large batch until its size is known */
    DOUBTED = KH_MIB,          /* of an answer: with that much come, the rest is believed */
};

/* Bytes that must fit behind `begin`. What a peer claims is only believed as far as it has kept its
 * word: the buffer of a long answer doubles as it fills, but not forever: copying tens of megabytes
 * would hold the loop, and pages that nothing came into cost nothing. For a batch the sink vouches.
 */
static size_t wanted_capacity(const struct kh_connection *c)
{
    size_t standard = c->settings->shared->buffers.standard_capacity;
    size_t believed = standard;
    if (c->part != KH_FRAME_WHOLE || c->need <= standard)
        return c->need > 0 ? c->need : 1;
    while (believed <= c->end - c->begin)
        believed *= 2;
    if (believed > DOUBTED)
        return c->need;
    return c->need < believed ? c->need : believed;
}

static bool has_room(const struct kh_connection *c, size_t wanted)
{
    size_t used = c->end - c->begin, room = c->buffer->capacity - c->end;
    return c->buffer->capacity - c->begin >= wanted &&
           (room >= ROOM_LEAST || (room > 0 && used >= ROOM_LEAST));
}

static bool make_room(struct kh_connection *c)
{
    size_t wanted = wanted_capacity(c), used = c->end - c->begin;
    bool is_ours = c->buffer != NULL && c->buffer->references == 1;
    if (is_ours && used == 0)
        c->begin = c->end = 0;
    if (c->buffer != NULL && has_room(c, wanted))
        return true;
    if (is_ours && wanted <= c->buffer->capacity && used < c->buffer->capacity) {
        memmove(c->buffer->data, c->buffer->data + c->begin, used);
    } else {
        struct kh_buffer *buffer = kh_buffer_take(&c->settings->shared->buffers, wanted);
        if (buffer == NULL)
            return false;
        if (c->buffer != NULL) {
            memcpy(buffer->data, c->buffer->data + c->begin, used);
            kh_buffer_release(c->buffer);
        }
        c->buffer = buffer;
    }
    c->begin = 0;
    c->end = used;
    return true;
}

/* An end that comes while nothing is asked for is the broker's own idle close. */
static void fail_at_end(struct kh_connection *c, int error_number)
{
    kohort_error error;
    if (c->state == KH_CONNECTION_NEGOTIATING && !c->versions_assumed)
        kh_error_closed_at_first_request(&error, &c->peer);
    else if (!c->answered && c->flight_count > 0 && !c->versions_assumed)
        kh_error_closed_after_versions(&error, &c->peer);
    else
        kh_error_disconnected(&error, &c->peer, error_number);
    bool was_idle = c->flight_count == 0 && c->answered;
    kh_connection_fail(c, was_idle ? NULL : &error, NULL);
}

/* False when the socket has no more for now. */
static bool receive(struct kh_connection *c)
{
    struct kh_shared *shared = c->settings->shared;
    int error_number = 0;
    if (!make_room(c)) {
        kohort_error error;
        kh_error_init(&error, KOHORT_ENOMEM);
        kh_connection_fail(c, &error, NULL);
        return false;
    }
    size_t room = c->buffer->capacity - c->end;
    if (c->large_batches && c->begin == c->end && room > BATCH_HEAD)
        room = BATCH_HEAD;
    if (room > ROUND_MOST)
        room = ROUND_MOST;
    int64_t size =
        shared->platform->ops->recv(c->stream, c->buffer->data + c->end, room, &error_number);
    if (size == KH_IO_AGAIN)
        return false;
    if (size <= 0) {
        fail_at_end(c, error_number);
        return false;
    }
    c->end += (size_t)size;
    c->active_ms = shared->now_ms;
    shared->counters.bytes_received += (uint64_t)size;
    return (size_t)size == room;
}

static bool is_open(const struct kh_connection *c)
{
    return c->state != KH_CONNECTION_CLOSED;
}

/* Whoever is handed what is received may work on it for long: heartbeats must not wait for more. */
static bool deadline_is_due(struct kh_shared *shared)
{
    return kh_shared_now(shared) >= kh_timers_due(&shared->timers);
}

void kh_connection_readable(void *arg)
{
    struct kh_connection *c = arg;
    kh_connection_begin(c);
    struct kh_shared *shared = c->settings->shared;
    int64_t until_ms = shared->now_ms + ROUNDS_MS;
    bool more = true;
    for (int round = 0; round < ROUNDS && more && is_open(c); round++) {
        more = receive(c);
        while (is_open(c) && kh_connection_read_frame(c))
            continue;
        more = more && !deadline_is_due(shared) && shared->now_ms < until_ms;
    }
    if (is_open(c) && c->begin == c->end && c->buffer != NULL) {
        kh_buffer_release(c->buffer);
        c->buffer = NULL;
        c->begin = c->end = 0;
    }
    kh_connection_end(c);
}
