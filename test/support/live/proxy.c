/* Connections of a proxy, and the frames that pass through them. */
#include "support/live/proxy_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE = 64 * 1024, HOST_MAX = 256 };

static int16_t get_i16(const uint8_t *at)
{
    return (int16_t)(at[0] << 8 | at[1]);
}

/* ---- closing ---- */

static void free_connection(struct proxy_connection *c)
{
    struct proxy_connection **link = &c->proxy->connections;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    for (size_t i = 0; i < c->waiting_count; i++)
        free(c->waiting[i].frame);
    proxy_drop_pieces(&c->client);
    proxy_drop_pieces(&c->broker);
    free(c->client.bytes);
    free(c->broker.bytes);
    free(c->waiting);
    free(c);
}

static void half_closed(uv_handle_t *handle)
{
    struct proxy_connection *c = handle->data;
    if (handle == (uv_handle_t *)&c->client.tcp)
        c->client.closed = true;
    else
        c->broker.closed = true;
    if (c->client.closed && c->broker.closed)
        free_connection(c);
}

void proxy_close_connection(struct proxy_connection *c, bool reset)
{
    if (c->closing)
        return;
    c->closing = true;
    if (!reset || uv_tcp_close_reset(&c->client.tcp, half_closed) != 0)
        uv_close((uv_handle_t *)&c->client.tcp, half_closed);
    uv_close((uv_handle_t *)&c->broker.tcp, half_closed);
}

/* ---- passing on ---- */

/* Where a broker says how it is reached, the port follows the host in every version. */
static void advertise(const struct proxy *p, uint8_t *frame, size_t size)
{
    uint8_t pattern[HOST_MAX + 4];
    size_t host_size = strlen(p->broker_host), pattern_size = host_size + 4;
    memcpy(pattern, p->broker_host, host_size);
    proxy_put_u32(pattern + host_size, (uint32_t)p->broker_port);
    for (uint8_t *at = frame;
         (at = memmem(at, size - (size_t)(at - frame), pattern, pattern_size)) != NULL;
         at += pattern_size)
        proxy_put_u32(at + host_size, (uint32_t)p->advertised_port);
}

static size_t note_request(struct proxy_connection *c, const uint8_t *frame)
{
    struct proxy *p = c->proxy;
    if (p->request_count == p->request_capacity) {
        p->request_capacity = p->request_capacity * 2 + 256;
        p->requests = realloc(p->requests, p->request_capacity * sizeof *p->requests);
    }
    p->requests[p->request_count] = (struct proxy_request){
        .at_ms = live_now_ms(),
        .connection = c->number,
        .api_key = get_i16(frame + PROXY_FRAME_HEAD),
        .api_version = get_i16(frame + PROXY_FRAME_HEAD + 2),
        .correlation_id = (int32_t)proxy_get_u32(frame + PROXY_FRAME_HEAD + 4)};
    return p->request_count++;
}

static struct proxy_waiting shift_waiting(struct proxy_connection *c)
{
    struct proxy_waiting first = c->waiting[0];
    c->waiting_count--;
    memmove(c->waiting, c->waiting + 1, c->waiting_count * sizeof *c->waiting);
    return first;
}

/* Answers go in the order of their questions. */
static void send_own_answers(struct proxy_connection *c)
{
    while (c->waiting_count > 0 && c->waiting[0].frame != NULL) {
        struct proxy_waiting own = shift_waiting(c);
        proxy_send(c, &c->client, own.frame, own.frame_size);
        free(own.frame);
    }
}

static void take_request(struct proxy_connection *c, const uint8_t *frame, size_t size)
{
    cr_assert(size >= PROXY_FRAME_HEAD + PROXY_REQUEST_HEAD, "a request of %zu bytes", size);
    if (c->waiting_count == c->waiting_capacity) {
        c->waiting_capacity = c->waiting_capacity * 2 + 16;
        c->waiting = realloc(c->waiting, c->waiting_capacity * sizeof *c->waiting);
    }
    struct proxy_waiting *waiting = &c->waiting[c->waiting_count++];
    *waiting = (struct proxy_waiting){.request = note_request(c, frame)};
    if (c->proxy->on_request != NULL)
        c->proxy->on_request(c->proxy, &c->proxy->requests[waiting->request], frame, size);
    waiting->frame = proxy_own_answer(c->proxy, frame, size, &waiting->frame_size);
    if (waiting->frame != NULL)
        send_own_answers(c);
    else
        proxy_send(c, &c->broker, frame, size);
}

static void take_answer(struct proxy_connection *c, uint8_t *frame, size_t size)
{
    struct proxy *p = c->proxy;
    cr_assert_gt(c->waiting_count, 0, "an answer that nobody waits for");
    const struct proxy_request *request = &p->requests[shift_waiting(c).request];
    int api = kh_api_by_key(request->api_key);
    if (api == KH_API_METADATA || api == KH_API_FIND_COORDINATOR)
        for (const struct proxy *named = p; named != NULL;
             named = named->beside == p ? NULL : named->beside)
            advertise(named, frame, size);
    if (p->on_answer != NULL)
        p->on_answer(p, request, frame, size);
    if (proxy_cuts(c, (enum kh_api)api, frame, size))
        return;
    proxy_send(c, &c->client, frame, size);
    send_own_answers(c);
}

static void pass_frames(struct proxy_connection *c, struct proxy_half *half)
{
    size_t at = 0;
    if (half->passing)
        return; /* a test's on_answer() holds or releases something */
    half->passing = true;
    while (!c->closing && !proxy_holds(c, half) && half->size - at >= PROXY_FRAME_HEAD) {
        size_t size = PROXY_FRAME_HEAD + proxy_get_u32(half->bytes + at);
        if (half->size - at < size)
            break;
        if (half == &c->client && proxy_holds_request(c->proxy, half->bytes + at))
            break;
        if (half == &c->client)
            take_request(c, half->bytes + at, size);
        else
            take_answer(c, half->bytes + at, size);
        at += size;
    }
    half->size -= at;
    memmove(half->bytes, half->bytes + at, half->size);
    half->passing = false;
}

static struct proxy_half *half_of(struct proxy_connection *c, const void *handle)
{
    return handle == &c->client.tcp ? &c->client : &c->broker;
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct proxy_half *half = half_of(handle->data, handle);
    (void)suggested;
    if (half->capacity - half->size < READ_SIZE) {
        half->capacity = half->capacity * 2 + READ_SIZE;
        half->bytes = realloc(half->bytes, half->capacity);
    }
    *buffer = uv_buf_init((char *)half->bytes + half->size, READ_SIZE);
}

static void received(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct proxy_connection *c = stream->data;
    struct proxy_half *half = half_of(c, stream);
    (void)buffer;
    if (size < 0) {
        proxy_close_connection(c, false);
        return;
    }
    half->size += (size_t)size;
    pass_frames(c, half);
}

static void go_on(struct proxy_connection *c, struct proxy_half *half)
{
    if (c->closing || !c->connected)
        return;
    if (half->size > 0)
        pass_frames(c, half);
    if (c->closing)
        return;
    if (proxy_holds(c, half))
        uv_read_stop((uv_stream_t *)&half->tcp);
    else
        uv_read_start((uv_stream_t *)&half->tcp, give_room, received);
}

void proxy_go_on(struct proxy_connection *c)
{
    go_on(c, &c->client);
    go_on(c, &c->broker);
}

/* ---- accepting ---- */

static void connected(uv_connect_t *request, int status)
{
    struct proxy_connection *c = request->data;
    if (status == UV_ECANCELED)
        return;
    if (status != 0) {
        proxy_close_connection(c, false);
        return;
    }
    c->connected = true;
    proxy_go_on(c);
}

static void accept_client(uv_stream_t *listener, int status)
{
    struct proxy *p = listener->data;
    struct proxy_connection *c = calloc(1, sizeof *c);
    struct sockaddr_in address;
    cr_assert_eq(status, 0, "accept: %s", uv_strerror(status));
    c->proxy = p;
    c->number = p->connection_count++;
    c->next = p->connections;
    p->connections = c;
    c->connect.data = c->client.tcp.data = c->broker.tcp.data = c;
    uv_tcp_init(&p->stage->loop, &c->client.tcp);
    uv_tcp_init(&p->stage->loop, &c->broker.tcp);
    uv_accept(listener, (uv_stream_t *)&c->client.tcp);
    uv_tcp_nodelay(&c->client.tcp, 1);
    uv_tcp_nodelay(&c->broker.tcp, 1);
    uv_ip4_addr(p->broker_host, p->broker_port, &address);
    uv_tcp_connect(&c->connect, &c->broker.tcp, (const struct sockaddr *)&address, connected);
}

void proxy_listen(struct proxy *p, int port)
{
    struct sockaddr_in address;
    int size = sizeof address;
    p->listener.data = p;
    uv_tcp_init(&p->stage->loop, &p->listener);
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_bind(&p->listener, (const struct sockaddr *)&address, 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&p->listener, 64, accept_client), 0);
    uv_tcp_getsockname(&p->listener, (struct sockaddr *)&address, &size);
    p->port = ntohs(address.sin_port);
}

void proxy_open_before(struct proxy *p, struct stage *s, const char *broker, struct proxy *beside)
{
    const char *colon = strrchr(broker, ':');
    *p = (struct proxy){.stage = s, .cut_api = -1};
    cr_assert_not_null(colon, "\"%s\" is not host:port", broker);
    snprintf(p->broker_host, sizeof p->broker_host, "%.*s", (int)(colon - broker), broker);
    p->broker_port = (int)strtol(colon + 1, NULL, 10);
    p->beside = beside == NULL ? p : beside->beside;
    if (beside != NULL)
        beside->beside = p;
    proxy_pipe_init(p);
    proxy_listen(p, 0);
    p->advertised_port = p->port;
    snprintf(p->address, sizeof p->address, "127.0.0.1:%d", p->port);
}

void proxy_open(struct proxy *p, struct stage *s)
{
    proxy_open_before(p, s, live_bootstrap(), NULL);
}

void proxy_close(struct proxy *p)
{
    struct proxy *before = p;
    while (before->beside != p)
        before = before->beside;
    before->beside = p->beside;
    if (!p->refusing)
        uv_close((uv_handle_t *)&p->listener, NULL);
    uv_close((uv_handle_t *)&p->tick, NULL);
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next)
        proxy_close_connection(c, false);
    run_until(p->stage, p->connections == NULL);
    free(p->requests);
    p->requests = NULL;
}

size_t proxy_count(const struct proxy *p, enum kh_api api)
{
    size_t count = 0;
    for (size_t i = 0; i < p->request_count; i++)
        count += p->requests[i].api_key == kh_api_info(api)->key;
    return count;
}
