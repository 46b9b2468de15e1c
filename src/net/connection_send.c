/* Requests are encoded one behind the other, and leave together. */
#include "net/connection_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "protocol/header.h"

#include <errno.h>

/* What an empty writer may keep: a connection that is idle should cost little. */
enum { KEPT_CAPACITY = 4096 };

struct kh_flight *kh_connection_oldest(struct kh_connection *c)
{
    return c->flight_count == 0 ? NULL : &c->flights[c->flight_first];
}

struct kh_flight *kh_connection_flight(struct kh_connection *c, size_t i)
{
    return &c->flights[(c->flight_first + i) % KH_CONNECTION_FLIGHTS];
}

/* The tail is its owner's, who has been told, or does not wait any more: half of a request has gone
 * out, and with the other half gone nothing can follow it. */
static void lose_tail(struct kh_connection *c)
{
    if (c->out.tail.size == 0)
        return;
    c->out.tail = (struct kh_bytes){NULL, 0};
    c->send_error_number = ECANCELED;
    if (c->state == KH_CONNECTION_READY)
        kh_connection_set_timer(c, 0);
}

struct kh_flight kh_connection_pop(struct kh_connection *c)
{
    struct kh_flight flight = c->flights[c->flight_first];
    c->flight_first = (c->flight_first + 1) % KH_CONNECTION_FLIGHTS;
    c->flight_count--;
    if (c->flight_count == 0) /* a tail is the newest one's */
        lose_tail(c);
    return flight;
}

bool kh_connection_has_room(const struct kh_connection *c)
{
    bool open = c->state == KH_CONNECTION_READY ||
                (c->state == KH_CONNECTION_NEGOTIATING && c->versions_assumed);
    return open && c->flight_count < KH_CONNECTION_FLIGHTS && c->send_error_number == 0 &&
           c->out.tail.size == 0;
}

int64_t kh_connection_waits_since(const struct kh_connection *c)
{
    if (c->flight_count == 0)
        return KH_NEVER;
    int64_t sent_ms = c->flights[c->flight_first].sent_ms;
    return sent_ms < 0 ? c->settings->shared->now_ms : sent_ms;
}

int kh_connection_write(struct kh_connection *c, enum kh_api api, int16_t version,
                        const void *message, struct kh_request *request)
{
    const struct kh_api_info *info = kh_api_info(api);
    struct kh_writer *w = &c->out;
    size_t before = w->size;
    if (!kh_check(c->flight_count < KH_CONNECTION_FLIGHTS))
        return KOHORT_EBUG;
    w->flexible = kh_api_flexible(info, version);
    size_t length_at = kh_write_i32_later(w);
    kh_request_header_encode(w, &(struct kh_request_header){.api_key = info->key,
                                                            .api_version = version,
                                                            .correlation_id = c->correlation_id,
                                                            .client_id = c->settings->client_id});
    info->encode_request(w, version, message);
    if (w->status != 0) {
        int status = w->status;
        w->status = 0;
        w->size = before;
        return status;
    }
    size_t size = w->size - before + (size_t)w->tail.size;
    kh_write_patch_i32(w, length_at, (int32_t)(size - 4));
    *kh_connection_flight(c, c->flight_count++) =
        (struct kh_flight){.request = request,
                           .api = api,
                           .version = version,
                           .correlation_id = c->correlation_id,
                           .starts_at = c->bytes_queued,
                           .sent_ms = -1};
    c->correlation_id = c->correlation_id == INT32_MAX ? 0 : c->correlation_id + 1;
    c->bytes_queued += size;
    c->settings->shared->counters.requests_sent++;
    return 0;
}

static void tell_version(struct kh_connection *c, enum kh_api api, int16_t version)
{
    const struct kh_shared *shared = c->settings->shared;
    const struct kh_api_info *info = kh_api_info(api);
    char peer[KH_PEER_TEXT];
    if (c->version_told[api] == version + 1)
        return;
    c->version_told[api] = (int16_t)(version + 1);
    kh_log(&shared->log, KH_LOG_DEBUG,
           "%s to %s at version %d (broker %d to %d, kohort %d to %d, api.versions %d to %d)",
           info->name, kh_peer_text(&c->peer, peer, sizeof peer), version,
           c->versions.ranges[api].oldest, c->versions.ranges[api].newest, info->oldest,
           info->newest, shared->versions.ranges[api].oldest, shared->versions.ranges[api].newest);
}

static void explain_unwritten(const struct kh_connection *c, kohort_error *error,
                              const char *address)
{
    const char *name = kh_api_info((enum kh_api)kh_api_by_key(error->api_key))->name;
    if (error->code == KOHORT_EVERSION)
        kh_error_text(error,
                      "%s: version %d, the newest that the broker at %s and api.versions leave, "
                      "cannot carry %s; remove that, or let a newer version be spoken",
                      name, error->api_version, address, c->out.unsupported);
    else
        kh_error_text(error, "%s cannot be written at version %d, which broker %s needs: %s", name,
                      error->api_version, address, kh_status_text(error->code));
}

int kh_connection_send(struct kh_connection *c, struct kh_request *request, kohort_error *error)
{
    char address[KH_PEER_TEXT];
    kh_error_init(error, KOHORT_EVERSION);
    kh_error_set_broker(error, c->peer.broker_id,
                        kh_peer_address(&c->peer, address, sizeof address));
    int version = kh_version_choose(&c->settings->shared->versions, &c->versions, request->api,
                                    request->version, request->newest_version, error);
    if (version < 0)
        return version;
    int status = kh_connection_write(c, request->api, (int16_t)version, request->message, request);
    if (status != 0) {
        kh_error_init(error, status);
        kh_error_set_broker(error, c->peer.broker_id, address);
        kh_error_set_api(error, request->api, (int16_t)version);
        explain_unwritten(c, error, address);
        return status;
    }
    request->connection = c;
    tell_version(c, request->api, (int16_t)version);
    return 0;
}

bool kh_connection_forget(struct kh_connection *c, const struct kh_request *request)
{
    bool is_unwanted = true;
    if (c->flight_count > 0 && kh_connection_flight(c, c->flight_count - 1)->request == request)
        lose_tail(c);
    for (size_t i = 0; i < c->flight_count; i++) {
        if (kh_connection_flight(c, i)->request == request)
            kh_connection_flight(c, i)->request = NULL;
        is_unwanted = is_unwanted && kh_connection_flight(c, i)->request == NULL;
    }
    return is_unwanted;
}

/* Counts from before the call that wrote the first byte: no session clock may run late. */
static void mark_sent(struct kh_connection *c, size_t sent)
{
    c->bytes_sent += sent;
    c->settings->shared->counters.bytes_sent += sent;
    c->out_sent += sent;
    for (size_t i = 0; i < c->flight_count; i++) {
        struct kh_flight *flight = kh_connection_flight(c, i);
        if (flight->sent_ms < 0 && flight->starts_at < c->bytes_sent)
            flight->sent_ms = c->settings->shared->now_ms;
    }
}

static void want_writable(struct kh_connection *c, bool wanted)
{
    if (c->wants_writable == wanted)
        return;
    c->wants_writable = wanted;
    c->settings->shared->platform->ops->want(c->stream, true, wanted);
}

/* What is left of `out`, then of its tail. */
static int list_spans(const struct kh_connection *c, struct kh_span *spans)
{
    int count = 0;
    size_t size = c->out.size, tail = (size_t)c->out.tail.size;
    size_t tail_sent = c->out_sent > size ? c->out_sent - size : 0;
    if (c->out_sent < size)
        spans[count++] = (struct kh_span){c->out.data + c->out_sent, size - c->out_sent};
    if (tail_sent < tail)
        spans[count++] = (struct kh_span){c->out.tail.data + tail_sent, tail - tail_sent};
    return count;
}

/* 0, or the system's error number. */
static int send_queued(struct kh_connection *c)
{
    struct kh_span spans[2];
    int error_number = 0, count = list_spans(c, spans);
    if (count == 0)
        return 0; /* and there may be no memory yet to point into */
    int64_t sent = c->settings->shared->platform->ops->send(c->stream, spans, count, &error_number);
    if (sent == KH_IO_FAILED)
        return error_number;
    if (sent > 0)
        mark_sent(c, (size_t)sent);
    bool is_all = c->out_sent == c->out.size + (size_t)c->out.tail.size;
    want_writable(c, !is_all);
    if (is_all) {
        c->out_sent = 0;
        if (c->out.capacity > KEPT_CAPACITY)
            kh_writer_free(&c->out);
        else
            kh_writer_reset(&c->out);
    }
    return 0;
}

void kh_connection_flush(struct kh_connection *c)
{
    if (c->stream == NULL || c->wants_writable || c->send_error_number != 0)
        return; /* What is written meanwhile goes when the socket takes bytes again. */
    c->send_error_number = send_queued(c);
    if (c->send_error_number != 0)
        kh_connection_set_timer(c, 0);
}

void kh_connection_writable(void *arg)
{
    struct kh_connection *c = arg;
    kh_connection_begin(c);
    int error_number = send_queued(c);
    if (error_number != 0) {
        kohort_error error;
        kh_error_disconnected(&error, &c->peer, error_number);
        kh_connection_fail(c, &error, NULL);
    } else if (c->out.size == 0) {
        want_writable(c, false);
    }
    kh_connection_end(c);
}
