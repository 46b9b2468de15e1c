#include "support/live/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_HEAD = 4, REQUEST_HEAD = 8, READ_SIZE = 64 * 1024, HOST_MAX = 256 };

/* One direction: what was received and is not passed on yet. */
struct half {
    uv_tcp_t tcp;
    uint8_t *bytes;
    size_t size, capacity;
    bool closed;
};

struct proxy_connection {
    struct proxy *proxy;
    struct proxy_connection *next;
    struct half client, broker;
    uv_connect_t connect;
    size_t number;
    size_t *waiting; /* indices of requests whose answer has not come, in order */
    size_t waiting_count, waiting_capacity;
    bool connected, closing;
};

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int16_t get_i16(const uint8_t *at)
{
    return (int16_t)(at[0] << 8 | at[1]);
}

/* ---- closing ---- */

static void half_closed(uv_handle_t *handle)
{
    struct proxy_connection *c = handle->data;
    if (handle == (uv_handle_t *)&c->client.tcp)
        c->client.closed = true;
    else
        c->broker.closed = true;
    if (!c->client.closed || !c->broker.closed)
        return;
    struct proxy_connection **link = &c->proxy->connections;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    free(c->client.bytes);
    free(c->broker.bytes);
    free(c->waiting);
    free(c);
}

static void close_connection(struct proxy_connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->client.tcp, half_closed);
    uv_close((uv_handle_t *)&c->broker.tcp, half_closed);
}

/* ---- passing on ---- */

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request);
}

static void send_frame(uv_tcp_t *to, const uint8_t *frame, size_t size)
{
    uv_write_t *request = malloc(sizeof *request + size);
    char *copy = (char *)(request + 1);
    memcpy(copy, frame, size);
    uv_buf_t buffer = uv_buf_init(copy, (unsigned)size);
    if (uv_write(request, (uv_stream_t *)to, &buffer, 1, written) != 0)
        free(request);
}

/* Where the broker says how it is reached, the port follows the host in every version. */
static void advertise(const struct proxy *p, uint8_t *frame, size_t size)
{
    uint8_t pattern[HOST_MAX + 4];
    size_t host_size = strlen(live_host()), pattern_size = host_size + 4;
    memcpy(pattern, live_host(), host_size);
    put_u32(pattern + host_size, (uint32_t)live_port());
    for (uint8_t *at = frame;
         (at = memmem(at, size - (size_t)(at - frame), pattern, pattern_size)) != NULL;
         at += pattern_size)
        put_u32(at + host_size, (uint32_t)p->advertised_port);
}

static void take_request(struct proxy_connection *c, uint8_t *frame, size_t size)
{
    struct proxy *p = c->proxy;
    cr_assert(size >= FRAME_HEAD + REQUEST_HEAD, "a request of %zu bytes", size);
    if (p->request_count == p->request_capacity) {
        p->request_capacity = p->request_capacity * 2 + 256;
        p->requests = realloc(p->requests, p->request_capacity * sizeof *p->requests);
    }
    if (c->waiting_count == c->waiting_capacity) {
        c->waiting_capacity = c->waiting_capacity * 2 + 16;
        c->waiting = realloc(c->waiting, c->waiting_capacity * sizeof *c->waiting);
    }
    c->waiting[c->waiting_count++] = p->request_count;
    p->requests[p->request_count++] =
        (struct proxy_request){.at_ms = live_now_ms(),
                               .connection = c->number,
                               .api_key = get_i16(frame + FRAME_HEAD),
                               .api_version = get_i16(frame + FRAME_HEAD + 2),
                               .correlation_id = (int32_t)get_u32(frame + FRAME_HEAD + 4)};
    send_frame(&c->broker.tcp, frame, size);
}

static void take_answer(struct proxy_connection *c, uint8_t *frame, size_t size)
{
    struct proxy *p = c->proxy;
    cr_assert_gt(c->waiting_count, 0, "an answer that nobody waits for");
    const struct proxy_request *request = &p->requests[c->waiting[0]];
    c->waiting_count--;
    memmove(c->waiting, c->waiting + 1, c->waiting_count * sizeof *c->waiting);
    if (request->api_key == kh_api_info(KH_API_METADATA)->key ||
        request->api_key == kh_api_info(KH_API_FIND_COORDINATOR)->key)
        advertise(p, frame, size);
    if (p->on_answer != NULL)
        p->on_answer(p, request, frame, size);
    send_frame(&c->client.tcp, frame, size);
}

static void pass_frames(struct proxy_connection *c, struct half *half)
{
    size_t at = 0;
    while (half->size - at >= FRAME_HEAD) {
        size_t size = FRAME_HEAD + get_u32(half->bytes + at);
        if (half->size - at < size)
            break;
        if (half == &c->client)
            take_request(c, half->bytes + at, size);
        else
            take_answer(c, half->bytes + at, size);
        at += size;
    }
    memmove(half->bytes, half->bytes + at, half->size - at);
    half->size -= at;
}

static struct half *half_of(struct proxy_connection *c, const void *handle)
{
    return handle == &c->client.tcp ? &c->client : &c->broker;
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct half *half = half_of(handle->data, handle);
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
    struct half *half = half_of(c, stream);
    (void)buffer;
    if (size < 0) {
        close_connection(c);
        return;
    }
    half->size += (size_t)size;
    pass_frames(c, half);
}

static void read_both(struct proxy_connection *c)
{
    if (c->closing || !c->connected || c->proxy->frozen)
        return;
    uv_read_start((uv_stream_t *)&c->client.tcp, give_room, received);
    uv_read_start((uv_stream_t *)&c->broker.tcp, give_room, received);
}

/* ---- accepting ---- */

static void connected(uv_connect_t *request, int status)
{
    struct proxy_connection *c = request->data;
    if (status == UV_ECANCELED)
        return;
    if (status != 0) {
        close_connection(c);
        return;
    }
    c->connected = true;
    read_both(c);
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
    uv_ip4_addr(live_host(), live_port(), &address);
    uv_tcp_connect(&c->connect, &c->broker.tcp, (const struct sockaddr *)&address, connected);
}

void proxy_open(struct proxy *p, struct stage *s)
{
    struct sockaddr_in address;
    int size = sizeof address;
    *p = (struct proxy){.stage = s};
    p->listener.data = p;
    uv_tcp_init(&s->loop, &p->listener);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_bind(&p->listener, (const struct sockaddr *)&address, 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&p->listener, 64, accept_client), 0);
    uv_tcp_getsockname(&p->listener, (struct sockaddr *)&address, &size);
    p->port = p->advertised_port = ntohs(address.sin_port);
    snprintf(p->address, sizeof p->address, "127.0.0.1:%d", p->port);
}

void proxy_close(struct proxy *p)
{
    uv_close((uv_handle_t *)&p->listener, NULL);
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next)
        close_connection(c);
    run_until(p->stage, p->connections == NULL);
    free(p->requests);
    p->requests = NULL;
}

void proxy_freeze(struct proxy *p)
{
    p->frozen = true;
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next) {
        uv_read_stop((uv_stream_t *)&c->client.tcp);
        uv_read_stop((uv_stream_t *)&c->broker.tcp);
    }
}

void proxy_thaw(struct proxy *p)
{
    p->frozen = false;
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next)
        read_both(c);
}

size_t proxy_count(const struct proxy *p, enum kh_api api)
{
    size_t count = 0;
    for (size_t i = 0; i < p->request_count; i++)
        count += p->requests[i].api_key == kh_api_info(api)->key;
    return count;
}
