#include "support/live/peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECEIVE_SIZE = 4096 };

struct peer_connection {
    struct peer *peer;
    struct peer_connection *next;
    uv_tcp_t tcp;
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool answered;
    char received[RECEIVE_SIZE];
};

static void closed(uv_handle_t *handle)
{
    struct peer_connection *c = handle->data;
    struct peer_connection **link = &c->peer->first;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    free(c);
}

static void close_connection(struct peer_connection *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->tcp))
        uv_close((uv_handle_t *)&c->tcp, closed);
}

static void shut(uv_shutdown_t *request, int status)
{
    (void)request;
    (void)status;
}

/* The end comes after the answer; the other side closes then, and its bytes are read until it
 * does: closing before would reset the connection, and the answer might be lost. */
static void written(uv_write_t *write, int status)
{
    struct peer_connection *c = write->data;
    if (status == 0)
        uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, shut);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct peer_connection *c = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(c->received, sizeof c->received);
}

static void received(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct peer_connection *c = stream->data;
    const struct peer *p = c->peer;
    (void)buffer;
    if (size < 0 || p->answer_size == 0) {
        close_connection(c);
        return;
    }
    if (c->answered)
        return;
    c->answered = true;
    c->write.data = c;
    uv_buf_t answer = uv_buf_init((char *)(uintptr_t)p->answer, (unsigned)p->answer_size);
    uv_write(&c->write, stream, &answer, 1, written);
}

static void accept_client(uv_stream_t *listener, int status)
{
    struct peer *p = listener->data;
    struct peer_connection *c = calloc(1, sizeof *c);
    cr_assert_eq(status, 0, "accept: %s", uv_strerror(status));
    c->peer = p;
    c->next = p->first;
    p->first = c;
    p->connections++;
    c->tcp.data = c;
    uv_tcp_init(&p->stage->loop, &c->tcp);
    uv_accept(listener, (uv_stream_t *)&c->tcp);
    uv_read_start((uv_stream_t *)&c->tcp, give_room, received);
}

void peer_open(struct peer *p, struct stage *s, const void *answer, size_t answer_size)
{
    struct sockaddr_in address;
    int size = sizeof address;
    *p = (struct peer){.stage = s, .answer = answer, .answer_size = answer_size};
    p->listener.data = p;
    uv_tcp_init(&s->loop, &p->listener);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_bind(&p->listener, (const struct sockaddr *)&address, 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&p->listener, 16, accept_client), 0);
    uv_tcp_getsockname(&p->listener, (struct sockaddr *)&address, &size);
    snprintf(p->address, sizeof p->address, "127.0.0.1:%d", ntohs(address.sin_port));
}

void peer_close(struct peer *p)
{
    uv_close((uv_handle_t *)&p->listener, NULL);
    for (struct peer_connection *c = p->first; c != NULL; c = c->next)
        close_connection(c);
    run_until(p->stage, p->first == NULL);
}
