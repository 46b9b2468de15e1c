#include "platform_world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static void on_turn(void *arg)
{
    struct world *w = arg;
    w->turns++;
    if (w->on_turn != NULL)
        w->on_turn(w);
}

void world_open(struct world *w)
{
    *w = (struct world){0};
    cr_assert_eq(uv_loop_init(&w->loop), 0);
    expect_status(kh_uv_platform_new(&w->platform, &w->loop, test_heap), 0);
    w->platform->turn = on_turn;
    w->platform->turn_arg = w;
    w->ops = w->platform->ops;
}

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

void world_close(struct world *w)
{
    w->ops->shutdown(w->platform, on_closed, &w->closed);
    cr_assert_not(w->closed, "never inside the call");
    cr_assert_eq(uv_run(&w->loop, UV_RUN_DEFAULT), 0);
    cr_assert(w->closed);
    cr_assert_eq(uv_loop_close(&w->loop), 0);
}

void world_run_until(struct world *w, const bool *done)
{
    while (!*done)
        uv_run(&w->loop, UV_RUN_ONCE);
}

void world_settle(struct world *w)
{
    for (int i = 0; i < 10; i++)
        uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void connected(void *arg, int error_number)
{
    struct client *c = arg;
    cr_assert(!c->connected && !c->failed, "once");
    cr_assert_eq(c->readables + c->writables, 0, "nothing comes before it");
    c->connected = error_number == 0;
    c->failed = error_number != 0;
    c->error_number = error_number;
    if (c->close_when_connected)
        c->world->ops->close(c->stream);
}

static void readable(void *arg)
{
    struct client *c = arg;
    c->readables++;
    if (c->close_when_readable) {
        c->writables_at_close = c->writables;
        c->world->ops->close(c->stream);
    }
}

static void writable(void *arg)
{
    struct client *c = arg;
    c->writables++;
}

static const struct kh_stream_events events = {connected, readable, writable};

void client_open(struct client *c, struct world *w, uint16_t port)
{
    struct kh_address address;
    cr_assert(kh_address_parse("127.0.0.1", port, &address));
    c->world = w;
    int status = w->ops->open(w->platform, &address, &events, c, &c->stream, &c->error_number);
    if (status == KOHORT_ECONNECT)
        c->failed = true;
    else
        expect_status(status, 0);
}

static void wait_readable(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&waiting, 1, -1), 1);
}

int peer_listen(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(fd >= 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 8), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int peer_accept(int listener)
{
    wait_readable(listener);
    int fd = accept(listener, NULL, NULL);
    cr_assert(fd >= 0);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}
