/* A connection's life: name, address, stream, end. */
#include "net/connection_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "net/request_end.h"

#include <stdio.h>

#define BIT(state) (1u << KH_CONNECTION_##state)

static const unsigned legal_moves[KH_CONNECTION_STATE_COUNT] = {
    [KH_CONNECTION_RESOLVING] = BIT(CONNECTING) | BIT(CLOSED),
    [KH_CONNECTION_CONNECTING] = BIT(NEGOTIATING) | BIT(CLOSED),
    [KH_CONNECTION_NEGOTIATING] = BIT(READY) | BIT(CLOSED),
    [KH_CONNECTION_READY] = BIT(CLOSED),
    [KH_CONNECTION_CLOSED] = 0,
};

static const char *const names[KH_CONNECTION_STATE_COUNT] = {
    [KH_CONNECTION_RESOLVING] = "resolving",     [KH_CONNECTION_CONNECTING] = "connecting",
    [KH_CONNECTION_NEGOTIATING] = "negotiating", [KH_CONNECTION_READY] = "ready",
    [KH_CONNECTION_CLOSED] = "closed",
};

const char *kh_connection_state_name(enum kh_connection_state state)
{
    return names[state];
}

bool kh_connection_move_is_legal(enum kh_connection_state from, enum kh_connection_state to)
{
    return (legal_moves[from] & (1u << to)) != 0;
}

void kh_connection_enter(struct kh_connection *c, enum kh_connection_state next, const char *why)
{
    char peer[KH_PEER_TEXT];
    (void)kh_check(kh_connection_move_is_legal(c->state, next));
    kh_log(&c->settings->shared->log, KH_LOG_DEBUG, "connection to %s: %s -> %s: %s",
           kh_peer_text(&c->peer, peer, sizeof peer), names[c->state], names[next], why);
    c->state = next;
}

void kh_connection_set_timer(struct kh_connection *c, int64_t wait_ms)
{
    struct kh_shared *shared = c->settings->shared;
    kh_timer_set(&shared->timers, &c->timer, shared->now_ms + wait_ms);
}

static void destroy(struct kh_connection *c)
{
    struct kh_heap *heap = c->settings->shared->heap;
    if (c->buffer != NULL)
        kh_buffer_release(c->buffer);
    kh_writer_free(&c->out);
    kh_free(heap, c->addresses);
    kh_free(heap, c->peer.host);
    kh_free(heap, c);
}

void kh_connection_begin(struct kh_connection *c)
{
    c->depth++;
    kh_shared_now(c->settings->shared);
}

void kh_connection_end(struct kh_connection *c)
{
    if (--c->depth == 0 && c->state == KH_CONNECTION_CLOSED)
        destroy(c);
}

static void release_stream(struct kh_connection *c)
{
    struct kh_platform *platform = c->settings->shared->platform;
    if (c->stream != NULL)
        platform->ops->close(c->stream);
    if (c->lookup != NULL)
        platform->ops->resolve_cancel(c->lookup);
    c->stream = NULL;
    c->lookup = NULL;
}

static void shut(struct kh_connection *c, const char *why)
{
    kh_connection_enter(c, KH_CONNECTION_CLOSED, why);
    kh_timer_set(&c->settings->shared->timers, &c->timer, KH_NEVER);
    release_stream(c);
}

/* One by one, each looked up anew: what is told may cancel others (KAFKA-6366 ended in a deep
 * stack). */
static void end_flights(struct kh_connection *c, const kohort_error *why,
                        const struct kh_request *culprit)
{
    while (c->flight_count > 0) {
        struct kh_flight flight = kh_connection_pop(c);
        if (flight.request == NULL)
            continue;
        kohort_error error = *why;
        if (flight.request != culprit && error.code != KOHORT_ECLOSED) {
            error.code = KOHORT_EDISCONNECTED;
            error.retriable = true;
        }
        kh_error_set_api(&error, flight.api, flight.version);
        kh_request_end(c->settings->shared, flight.request,
                       &(struct kh_response){.status = error.code,
                                             .error = &error,
                                             .version = flight.version,
                                             .sent_ms = flight.sent_ms,
                                             .broker_id = c->peer.broker_id});
    }
}

void kh_connection_fail(struct kh_connection *c, const kohort_error *why,
                        const struct kh_request *culprit)
{
    if (c->state == KH_CONNECTION_CLOSED)
        return;
    kh_connection_begin(c);
    shut(c, why == NULL ? "idle" : why->text);
    end_flights(c, why, culprit);
    if (c->events != NULL)
        c->events->closed(c->arg, c, why);
    kh_connection_end(c);
}

void kh_connection_fail_oldest(struct kh_connection *c, const kohort_error *why)
{
    struct kh_flight *oldest = kh_connection_oldest(c);
    kh_connection_fail(c, why, oldest == NULL ? NULL : oldest->request);
}

void kh_connection_abandon(struct kh_connection *c)
{
    kh_connection_begin(c);
    c->events = NULL;
    while (c->flight_count > 0) {
        struct kh_flight flight = kh_connection_pop(c);
        if (flight.request != NULL)
            kh_request_drop(c->settings->shared, flight.request);
    }
    if (c->state != KH_CONNECTION_CLOSED)
        shut(c, "not wanted any more");
    kh_connection_end(c);
}

/* ---- connecting ---- */

static void try_addresses(struct kh_connection *c, int error_number);

static void connected(void *arg, int error_number)
{
    struct kh_connection *c = arg;
    kh_connection_begin(c);
    if (error_number != 0) {
        release_stream(c);
        c->address_at++;
        try_addresses(c, error_number);
    } else {
        kh_connection_enter(c, KH_CONNECTION_NEGOTIATING, "connected");
        c->settings->shared->counters.connections_opened++;
        kh_connection_set_timer(c, c->settings->connect_timeout_ms);
        kh_connection_negotiate(c, kh_connection_first_version(c));
        if (c->versions_assumed && c->state == KH_CONNECTION_NEGOTIATING && c->events != NULL)
            c->events->assumed(c->arg, c);
    }
    kh_connection_end(c);
}

static const struct kh_stream_events stream_events = {
    .connected = connected,
    .readable = kh_connection_readable,
    .writable = kh_connection_writable,
};

/* Each address of the name in turn, as client.dns.lookup=use_all_dns_ips has it, from address_at
 * on. error_number: why the one before failed. */
static void try_addresses(struct kh_connection *c, int error_number)
{
    struct kh_platform *platform = c->settings->shared->platform;
    kohort_error error;
    char address[KH_ADDRESS_TEXT] = "";
    int status = KOHORT_ECONNECT;
    for (; c->address_at < c->address_count; c->address_at++) {
        status = platform->ops->open(platform, &c->addresses[c->address_at], &stream_events, c,
                                     &c->stream, &error_number);
        if (status == 0) {
            kh_connection_set_timer(c, c->settings->connect_timeout_ms);
            return;
        }
        if (status != KOHORT_ECONNECT)
            break;
    }
    if (status == KOHORT_ECONNECT) {
        kh_address_text(&c->addresses[c->address_count - 1], address, sizeof address);
        kh_error_connect(&error, &c->peer, address, error_number);
    } else {
        kh_error_init(&error, status);
    }
    kh_connection_fail(c, &error, NULL);
}

static void take_addresses(struct kh_connection *c, const struct kh_address *addresses,
                           size_t count)
{
    kohort_error error;
    c->addresses = kh_alloc_zeroed(c->settings->shared->heap, count, sizeof *addresses);
    if (c->addresses == NULL) {
        kh_error_init(&error, KOHORT_ENOMEM);
        kh_connection_fail(c, &error, NULL);
        return;
    }
    memcpy(c->addresses, addresses, count * sizeof *addresses);
    c->address_count = count;
    kh_connection_enter(c, KH_CONNECTION_CONNECTING, "address known");
    try_addresses(c, 0);
}

static void resolved(void *arg, const char *why, const struct kh_address *addresses, size_t count)
{
    struct kh_connection *c = arg;
    kh_connection_begin(c);
    c->lookup = NULL;
    if (why == NULL) {
        take_addresses(c, addresses, count);
    } else {
        kohort_error error;
        kh_error_resolve(&error, &c->peer, why);
        kh_connection_fail(c, &error, NULL);
    }
    kh_connection_end(c);
}

static void resolve(struct kh_connection *c)
{
    struct kh_platform *platform = c->settings->shared->platform;
    struct kh_address address;
    if (kh_address_parse(c->peer.host, c->peer.port, &address)) {
        take_addresses(c, &address, 1);
        return;
    }
    c->lookup = platform->ops->resolve(platform, c->peer.host, c->peer.port, resolved, c);
    if (c->lookup == NULL) {
        kohort_error error;
        kh_error_init(&error, KOHORT_ENOMEM);
        kh_connection_fail(c, &error, NULL);
        return;
    }
    kh_connection_set_timer(c, c->settings->connect_timeout_ms);
}

/* ---- time ---- */

static void setup_timed_out(struct kh_connection *c, const char *doing)
{
    kohort_error error;
    kh_error_setup_timeout(&error, &c->peer, doing, c->settings->connect_timeout_ms);
    kh_connection_fail(c, &error, NULL);
}

static void address_timed_out(struct kh_connection *c)
{
    char text[KH_ADDRESS_TEXT], doing[KH_ADDRESS_TEXT + 32];
    const struct kh_address *address = &c->addresses[c->address_at];
    release_stream(c);
    if (++c->address_at < c->address_count) {
        try_addresses(c, 0);
        return;
    }
    snprintf(doing, sizeof doing, "connecting to %s", kh_address_text(address, text, sizeof text));
    setup_timed_out(c, doing);
}

static void versions_timed_out(struct kh_connection *c)
{
    kohort_error error;
    kh_error_silent(&error, &c->peer, c->settings->connect_timeout_ms);
    kh_connection_fail(c, &error, NULL);
}

/* Two things are told from the ready connection's timer: that sending failed, and that nothing has
 * happened for long (connections.max.idle.ms). What is in flight is no idleness. */
static void check_ready(struct kh_connection *c)
{
    int64_t idle_ms = c->settings->shared->now_ms - c->active_ms;
    if (c->send_error_number != 0) {
        kohort_error error;
        kh_error_disconnected(&error, &c->peer, c->send_error_number);
        kh_connection_fail(c, &error, NULL);
    } else if (c->settings->idle_close_ms > 0) {
        if (c->flight_count == 0 && idle_ms >= c->settings->idle_close_ms)
            kh_connection_fail(c, NULL, NULL);
        else
            kh_connection_set_timer(c, c->flight_count > 0 ? c->settings->idle_close_ms
                                                           : c->settings->idle_close_ms - idle_ms);
    }
}

static void fire(struct kh_timer *timer, int64_t now_ms)
{
    struct kh_connection *c = timer->arg;
    (void)now_ms;
    kh_connection_begin(c);
    switch (c->state) {
    case KH_CONNECTION_RESOLVING:
        if (c->lookup == NULL)
            resolve(c);
        else
            setup_timed_out(c, "looking its name up");
        break;
    case KH_CONNECTION_CONNECTING:
        address_timed_out(c);
        break;
    case KH_CONNECTION_NEGOTIATING:
        versions_timed_out(c);
        break;
    case KH_CONNECTION_READY:
        check_ready(c);
        break;
    case KH_CONNECTION_CLOSED:
    case KH_CONNECTION_STATE_COUNT:
        break;
    }
    kh_connection_end(c);
}

int kh_connection_open(struct kh_connection **ret, const struct kh_connection_settings *settings,
                       const struct kh_peer *peer, const struct kh_connection_events *events,
                       void *arg)
{
    struct kh_shared *shared = settings->shared;
    struct kh_connection *c = kh_alloc_zeroed(shared->heap, 1, sizeof *c);
    char *host = kh_copy_text(shared->heap, peer->host, strlen(peer->host));
    if (c == NULL || host == NULL) {
        kh_free(shared->heap, c);
        kh_free(shared->heap, host);
        return KOHORT_ENOMEM;
    }
    c->settings = settings;
    c->events = events;
    c->arg = arg;
    c->peer = *peer;
    c->peer.host = host;
    c->peer.versions = NULL;
    if (peer->versions != NULL) {
        c->versions_assumed = true;
        c->versions = *peer->versions;
    }
    c->opened_ms = shared->now_ms;
    kh_writer_init(&c->out, shared->heap);
    kh_timer_init(&c->timer, fire, c);
    kh_connection_set_timer(c, 0);
    *ret = c;
    return 0;
}
