#include "sim/tcp/bridge.h"

#include "sim/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_SIZE = 64 * 1024, BACKLOG = 64, LISTENERS_AT = 1 };

struct bridged {
    struct kh_list node;
    int descriptor;
    struct sim_end *end;
    struct test_buffer in, out; /* what the other side has not taken yet */
    bool over, broken;          /* the model has ended the link; by a reset */
};

static int64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void listen_for(struct bridge *b, struct sim_broker *broker)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, size) != 0 ||
        listen(descriptor, BACKLOG) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&address, &size) != 0)
        fail("no port of 127.0.0.1");
    b->listeners[broker->id] = descriptor;
    snprintf(broker->host, sizeof broker->host, "127.0.0.1");
    broker->listener.address.port = ntohs(address.sin_port);
}

void bridge_open(struct bridge *b, struct sim_world *w)
{
    *b = (struct bridge){.world = w, .began_us = clock_us()};
    kh_list_init(&b->connections);
    for (int32_t i = 0; i < w->cluster.options.broker_count; i++)
        listen_for(b, sim_cluster_broker(&w->cluster, i));
}

static void close_bridged(struct bridged *c)
{
    const struct linger at_once = {.l_onoff = 1};

    if (c->broken)
        setsockopt(c->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(c->descriptor);
    sim_end_close(c->end);
    kh_list_remove(&c->node);
    test_buffer_free(&c->in);
    test_buffer_free(&c->out);
    free(c);
}

void bridge_close(struct bridge *b)
{
    kh_list_each_safe (node, &b->connections)
        close_bridged(kh_container(node, struct bridged, node));
    for (int32_t i = 0; i < b->world->cluster.options.broker_count; i++)
        close(b->listeners[i]);
    free(b->polled);
}

static void drop_front(struct test_buffer *buffer, size_t size)
{
    buffer->size -= size;
    memmove(buffer->data, buffer->data + size, buffer->size);
}

/* From the socket to the model, as much as it takes. */
static void push_in(struct bridged *c)
{
    int error_number;

    while (c->in.size > 0) {
        int64_t taken = sim_end_send(c->end, c->in.data, c->in.size, &error_number);
        if (taken <= 0)
            return;
        drop_front(&c->in, (size_t)taken);
    }
}

static void changed(void *arg)
{
    static uint8_t piece[PIECE_SIZE];
    struct bridged *c = arg;
    int error_number;
    int64_t size;

    while ((size = sim_end_recv(c->end, piece, sizeof piece, &error_number, NULL)) > 0)
        test_buffer_append(&c->out, piece, (size_t)size);
    c->over = c->over || size != KH_IO_AGAIN;
    c->broken = c->broken || size == KH_IO_FAILED;
    push_in(c);
}

static void connected(void *arg, int error_number)
{
    struct bridged *c = arg;

    c->over = c->over || error_number != 0;
    push_in(c);
}

static const struct sim_end_events events = {.connected = connected, .changed = changed};

static void accept_for(struct bridge *b, int32_t id)
{
    struct sim_broker *broker = sim_cluster_broker(&b->world->cluster, id);
    int on = 1, descriptor = accept(b->listeners[id], NULL, NULL);

    if (descriptor < 0)
        return;
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct bridged *c = sim_new(1, sizeof *c);
    c->descriptor = descriptor;
    c->end = sim_connect(&b->world->network, 0, &broker->listener.address, &events, c);
    kh_list_append(&b->connections, &c->node);
}

/* False: the connection is over. */
static bool go_on(struct bridged *c, short happened)
{
    static uint8_t piece[PIECE_SIZE];

    if ((happened & (POLLIN | POLLHUP | POLLERR)) != 0 && c->in.size == 0) {
        ssize_t size = recv(c->descriptor, piece, sizeof piece, 0);
        if (size == 0 || (size < 0 && errno != EAGAIN))
            return false;
        if (size > 0)
            test_buffer_append(&c->in, piece, (size_t)size);
        push_in(c);
    }
    if (c->out.size > 0) {
        ssize_t size = send(c->descriptor, c->out.data, c->out.size, MSG_NOSIGNAL);
        if (size < 0 && errno != EAGAIN)
            return false;
        if (size > 0)
            drop_front(&c->out, (size_t)size);
    }
    return !c->over || c->out.size > 0;
}

static size_t fill_polled(struct bridge *b, int descriptor)
{
    size_t count = 0, listeners = (size_t)b->world->cluster.options.broker_count;

    for (size_t i = 0; i < LISTENERS_AT + listeners; i++) {
        sim_grow(&b->polled, &b->polled_capacity, count, sizeof *b->polled);
        b->polled[count++] = (struct pollfd){
            .fd = i < LISTENERS_AT ? descriptor : b->listeners[i - LISTENERS_AT], .events = POLLIN};
    }
    kh_list_each (node, &b->connections) {
        const struct bridged *c = kh_container(node, struct bridged, node);
        short wanted = (short)((c->in.size == 0 ? POLLIN : 0) | (c->out.size > 0 ? POLLOUT : 0));
        sim_grow(&b->polled, &b->polled_capacity, count, sizeof *b->polled);
        b->polled[count++] = (struct pollfd){.fd = c->descriptor, .events = wanted};
    }
    return count;
}

static void catch_up(struct bridge *b)
{
    while (sim_step(&b->world->schedule, clock_us() - b->began_us))
        ;
    kh_list_each_safe (node, &b->connections) {
        struct bridged *c = kh_container(node, struct bridged, node);
        if (!go_on(c, 0))
            close_bridged(c);
    }
}

/* -1: nothing is to happen by itself. */
static int wait_ms(const struct bridge *b)
{
    const struct sim_schedule *s = &b->world->schedule;
    int64_t left_us = s->count == 0 ? -1 : s->heap[0]->due_us - (clock_us() - b->began_us);

    if (s->count == 0)
        return -1;
    return left_us <= 0 ? 0 : (int)((left_us + SIM_MS - 1) / SIM_MS);
}

bool bridge_turn(struct bridge *b, int descriptor)
{
    catch_up(b);
    size_t count = fill_polled(b, descriptor), at = LISTENERS_AT;

    if (poll(b->polled, count, wait_ms(b)) < 0 && errno != EINTR)
        fail("poll");
    at += (size_t)b->world->cluster.options.broker_count;
    kh_list_each_safe (node, &b->connections) {
        struct bridged *c = kh_container(node, struct bridged, node);
        if (!go_on(c, b->polled[at++].revents))
            close_bridged(c);
    }
    for (int32_t i = 0; i < b->world->cluster.options.broker_count; i++)
        if (b->polled[LISTENERS_AT + i].revents != 0)
            accept_for(b, i);
    return b->polled[0].revents != 0;
}
