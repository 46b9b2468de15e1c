#include "fake_platform.h"

#include "base/limits.h"
#include "protocol/big_endian.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake *fake_of(struct kh_platform *platform)
{
    return (struct fake *)(void *)platform;
}

/* ---- the table ---- */

static int64_t now_ms(struct kh_platform *p)
{
    return fake_of(p)->now_ms;
}

static void set_timer(struct kh_platform *p, int64_t due_ms)
{
    fake_of(p)->due_ms = due_ms;
}

static void wake(struct kh_platform *p)
{
    fake_of(p)->woken = true;
}

static int open_stream(struct kh_platform *p, const struct kh_address *address,
                       const struct kh_stream_events *events, void *arg,
                       struct kh_stream **ret_stream, int *ret_error_number)
{
    struct fake *f = fake_of(p);
    void *probe = kh_alloc(f->shared.heap, 1); /* A real one needs memory too. */
    if (probe == NULL)
        return KOHORT_ENOMEM;
    kh_free(f->shared.heap, probe);
    cr_assert_lt(f->stream_count, FAKE_STREAMS);
    struct kh_stream *s = calloc(1, sizeof *s);
    *s = (struct kh_stream){.fake = f, .events = events, .arg = arg, .address = *address};
    s->send_room = s->recv_most = SIZE_MAX;
    f->streams[f->stream_count++] = s;
    int error_number = f->on_open == NULL ? 0 : f->on_open(f, s);
    if (error_number != 0) {
        s->closed = true;
        *ret_error_number = error_number;
        return KOHORT_ECONNECT;
    }
    *ret_stream = s;
    return 0;
}

static int64_t recv_bytes(struct kh_stream *s, void *out, size_t size, int *ret_error_number)
{
    size_t left = s->to_client.size - s->to_client.at;
    cr_assert(s->connected && !s->closed);
    if (s->recvs < 64)
        s->asked[s->recvs] = size;
    s->recvs++;
    if (left == 0 && s->error_number != 0) {
        *ret_error_number = s->error_number;
        return KH_IO_FAILED;
    }
    if (left == 0)
        return s->ended ? 0 : KH_IO_AGAIN;
    size = size < left ? size : left;
    size = size < s->recv_most ? size : s->recv_most;
    memcpy(out, s->to_client.data + s->to_client.at, size);
    s->to_client.at += size;
    return (int64_t)size;
}

static void append(struct fake_bytes *bytes, const void *data, size_t size)
{
    bytes->data = realloc(bytes->data, bytes->size + size + 1);
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static int64_t send_spans(struct kh_stream *s, const struct kh_span *spans, int count,
                          int *ret_error_number)
{
    size_t sent = 0;
    cr_assert(s->connected && !s->closed);
    s->sends++;
    if (s->error_number != 0) {
        *ret_error_number = s->error_number;
        return KH_IO_FAILED;
    }
    for (int i = 0; i < count; i++) {
        size_t size = spans[i].size < s->send_room ? spans[i].size : s->send_room;
        append(&s->to_peer, spans[i].data, size);
        s->send_room -= s->send_room == SIZE_MAX ? 0 : size;
        sent += size;
    }
    return sent == 0 ? KH_IO_AGAIN : (int64_t)sent;
}

static void want(struct kh_stream *s, bool readable, bool writable)
{
    s->wants_readable = readable;
    s->wants_writable = writable;
}

static void close_stream(struct kh_stream *s)
{
    cr_assert_not(s->closed);
    s->closed = true;
}

static struct kh_lookup *
resolve(struct kh_platform *p, const char *host, uint16_t port,
        void (*done)(void *, const char *, const struct kh_address *, size_t), void *arg)
{
    struct fake *f = fake_of(p);
    void *probe = kh_alloc(f->shared.heap, 1);
    if (probe == NULL)
        return NULL;
    kh_free(f->shared.heap, probe);
    cr_assert_lt(f->lookup_count, FAKE_LOOKUPS);
    struct kh_lookup *lookup = calloc(1, sizeof *lookup);
    *lookup = (struct kh_lookup){.fake = f, .port = port, .done = done, .arg = arg};
    snprintf(lookup->host, sizeof lookup->host, "%s", host);
    f->lookups[f->lookup_count++] = lookup;
    return lookup;
}

static void resolve_cancel(struct kh_lookup *lookup)
{
    cr_assert_not(lookup->ended);
    lookup->ended = true;
}

static const struct kh_platform_ops ops = {
    .now_ms = now_ms,
    .set_timer = set_timer,
    .wake = wake,
    .open = open_stream,
    .recv = recv_bytes,
    .send = send_spans,
    .want = want,
    .close = close_stream,
    .resolve = resolve,
    .resolve_cancel = resolve_cancel,
};

/* ---- the loop ---- */

static void earlier(void *arg, int64_t due_ms)
{
    struct fake *f = arg;
    if (due_ms < f->due_ms)
        f->due_ms = due_ms;
}

static void turn(void *arg)
{
    struct fake *f = arg;
    f->shared.counters.turns++;
    f->woken = false;
    kh_timers_run(&f->shared.timers, kh_shared_now(&f->shared));
    f->due_ms = kh_timers_due(&f->shared.timers);
}

static void write_log(void *arg, int level, const char *line)
{
    struct fake *f = arg;
    size_t size = strlen(f->log);
    (void)level;
    snprintf(f->log + size, sizeof f->log - size, "%s\n", line);
}

void fake_init(struct fake *f)
{
    *f = (struct fake){.platform = {.ops = &ops, .turn = turn, .turn_arg = f}};
    f->now_ms = 1000;
    f->due_ms = KH_NEVER;
    kh_heap_init(&f->peer_heap);
    f->shared.heap = test_heap;
    f->shared.platform = &f->platform;
    f->shared.log = (struct kh_log){write_log, f, KH_LOG_DEBUG};
    kh_random_seed(&f->shared.random, 1);
    kh_timers_init(&f->shared.timers);
    f->shared.timers.earlier = earlier;
    f->shared.timers.arg = f;
    kh_buffer_pool_init(&f->shared.buffers, test_heap, KH_RECEIVE_BUFFER, KH_RECEIVE_BUFFERS_KEPT);
    kh_version_ranges_init(&f->shared.versions);
    kh_shared_now(&f->shared);
}

void fake_free(struct fake *f)
{
    cr_assert_eq(kh_timers_due(&f->shared.timers), KH_NEVER, "a timer is still armed");
    cr_assert_eq(f->shared.buffers.live_bytes, 0, "a buffer is still out");
    cr_assert_eq(fake_open_streams(f), 0, "a stream is still open");
    for (size_t i = 0; i < f->stream_count; i++) {
        free(f->streams[i]->to_client.data);
        free(f->streams[i]->to_peer.data);
        free(f->streams[i]);
    }
    for (size_t i = 0; i < f->lookup_count; i++) {
        cr_assert(f->lookups[i]->ended, "a lookup is still under way");
        free(f->lookups[i]);
    }
    kh_buffer_pool_free(&f->shared.buffers);
}

static bool step_stream(struct fake *f, struct kh_stream *s)
{
    struct fake_request request;
    if (s->closed)
        return false;
    if (!s->told) {
        if (s->silent)
            return false;
        s->told = true;
        s->connected = s->error_number == 0;
        s->events->connected(s->arg, s->error_number);
        return true;
    }
    if (f->on_request != NULL && fake_take(s, &request)) {
        f->on_request(f, &request);
        return true;
    }
    if (s->wants_writable && (s->send_room > 0 || s->error_number != 0)) {
        s->events->writable(s->arg);
        return true;
    }
    if (s->wants_readable &&
        (s->to_client.at < s->to_client.size || s->ended || s->error_number != 0)) {
        s->events->readable(s->arg);
        return true;
    }
    return false;
}

void fake_run(struct fake *f)
{
    bool busy = true;
    for (int rounds = 0; busy; rounds++) {
        cr_assert_lt(rounds, 100000, "this never ends");
        busy = false;
        for (size_t i = 0; i < f->stream_count; i++)
            busy = step_stream(f, f->streams[i]) || busy;
        if (f->woken || f->due_ms <= f->now_ms) {
            f->platform.turn(f->platform.turn_arg);
            busy = true;
        }
    }
}

void fake_advance(struct fake *f, int64_t ms)
{
    int64_t end_ms = f->now_ms + ms;
    fake_run(f);
    while (f->due_ms <= end_ms) {
        f->now_ms = f->due_ms;
        fake_run(f);
    }
    f->now_ms = end_ms;
    fake_run(f);
}

/* ---- the peer ---- */

bool fake_take(struct kh_stream *s, struct fake_request *ret_request)
{
    struct fake_bytes *in = &s->to_peer;
    if (in->size - in->at < 4 || in->size - in->at - 4 < kh_load_u32(in->data + in->at))
        return false;
    struct kh_reader r;
    size_t size = kh_load_u32(in->data + in->at);
    kh_reader_init(&r, in->data + in->at + 4, size, false, NULL);
    int api = kh_api_by_key(kh_read_i16(&r));
    cr_assert_geq(api, 0);
    *ret_request = (struct fake_request){.stream = s, .api = (enum kh_api)api};
    ret_request->version = kh_read_i16(&r);
    ret_request->correlation_id = kh_read_i32(&r);
    struct kh_string client_id = kh_read_nullable_string(&r);
    snprintf(ret_request->client_id, sizeof ret_request->client_id, "%.*s", (int)client_id.size,
             client_id.data);
    r.flexible = kh_api_flexible(kh_api_info(ret_request->api), ret_request->version);
    kh_skip_tags(&r);
    cr_assert(kh_read_ok(&r));
    ret_request->body = r.at;
    ret_request->body_size = kh_read_left(&r);
    in->at += 4 + size;
    return true;
}

struct fake_request fake_expect(struct fake *f, size_t stream, enum kh_api api)
{
    struct fake_request request;
    cr_assert_lt(stream, f->stream_count, "stream %zu was not opened", stream);
    cr_assert(fake_take(f->streams[stream], &request), "no request on stream %zu", stream);
    cr_assert_eq(request.api, api, "%s instead of %s", kh_api_info(request.api)->name,
                 kh_api_info(api)->name);
    return request;
}

void fake_send(struct kh_stream *s, const void *data, size_t size)
{
    append(&s->to_client, data, size);
}

void fake_end(struct kh_stream *s)
{
    s->ended = true;
}

struct kh_writer fake_answer_begin(struct fake *f, const struct fake_request *request)
{
    struct kh_writer w;
    kh_writer_init(&w, &f->peer_heap);
    w.flexible = kh_api_flexible(kh_api_info(request->api), request->version);
    kh_write_i32_later(&w);
    kh_write_i32(&w, request->correlation_id);
    if (request->api != KH_API_API_VERSIONS)
        kh_write_tags(&w);
    return w;
}

void fake_answer_end(const struct fake_request *request, struct kh_writer *w)
{
    kh_write_patch_i32(w, 0, (int32_t)w->size - 4);
    cr_assert_eq(w->status, 0);
    fake_send(request->stream, w->data, w->size);
    kh_writer_free(w);
}

static void write_versions(struct kh_writer *w, int version, int16_t error_code, int changed,
                           struct kh_version_range range)
{
    w->flexible = version >= 3;
    kh_write_i16(w, error_code);
    kh_write_array(w, KH_API_COUNT);
    for (int api = 0; api < KH_API_COUNT; api++) {
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        kh_write_i16(w, info->key);
        kh_write_i16(w, api == changed ? range.oldest : info->oldest);
        kh_write_i16(w, api == changed ? range.newest : info->newest);
        kh_write_tags(w);
    }
    if (version >= 1)
        kh_write_i32(w, 0);
    kh_write_tags(w);
}

void fake_answer_versions(struct fake *f, const struct fake_request *request, int16_t error_code)
{
    struct kh_writer w = fake_answer_begin(f, request);
    struct kh_version_range range = {0, 2};
    /* KIP-511: the layout of v0 says which versions the broker knows. */
    if (error_code == KH_KAFKA_UNSUPPORTED_VERSION)
        write_versions(&w, 0, error_code, KH_API_API_VERSIONS, range);
    else
        write_versions(&w, request->version, error_code, -1, range);
    fake_answer_end(request, &w);
}

void fake_answer_versions_with(struct fake *f, const struct fake_request *request, enum kh_api api,
                               int16_t oldest, int16_t newest)
{
    struct kh_writer w = fake_answer_begin(f, request);
    write_versions(&w, request->version, 0, (int)api, (struct kh_version_range){oldest, newest});
    fake_answer_end(request, &w);
}

void fake_answer_heartbeat(struct fake *f, const struct fake_request *request, int16_t error_code)
{
    struct kh_writer w = fake_answer_begin(f, request);
    if (request->version >= 1)
        kh_write_i32(&w, 0);
    kh_write_i16(&w, error_code);
    kh_write_tags(&w);
    fake_answer_end(request, &w);
}

size_t fake_open_streams(const struct fake *f)
{
    size_t count = 0;
    for (size_t i = 0; i < f->stream_count; i++)
        count += !f->streams[i]->closed;
    return count;
}
