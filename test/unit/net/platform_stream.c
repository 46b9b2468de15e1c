#include "platform_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

KH_TEST(platform_stream, a_refused_connect_is_told_with_its_reason)
{
    struct world w;
    world_open(&w);
    uint16_t port;
    close(peer_listen(&port)); /* nobody listens there now */
    struct client c = {0};
    client_open(&c, &w, port);
    bool at_once = c.failed;
    world_run_until(&w, &c.failed);
    cr_assert_eq(c.error_number, ECONNREFUSED);
    world_settle(&w);
    cr_assert_eq(c.readables + c.writables, 0);
    if (!at_once)
        w.ops->close(c.stream);
    world_close(&w);
}

struct pair {
    struct world world;
    struct client client;
    int peer;
};

static void pair_open(struct pair *pair)
{
    uint16_t port;
    *pair = (struct pair){0};
    world_open(&pair->world);
    int listener = peer_listen(&port);
    client_open(&pair->client, &pair->world, port);
    pair->peer = peer_accept(listener);
    close(listener);
    world_run_until(&pair->world, &pair->client.connected);
}

static void pair_close(struct pair *pair)
{
    pair->world.ops->close(pair->client.stream);
    if (pair->peer >= 0)
        close(pair->peer);
    world_close(&pair->world);
}

KH_TEST(platform_stream, events_come_only_when_wanted)
{
    struct pair pair;
    pair_open(&pair);
    struct client *c = &pair.client;
    cr_assert_eq(send(pair.peer, "abc", 3, 0), 3);
    world_settle(&pair.world);
    cr_assert_eq(c->readables + c->writables, 0);
    pair.world.ops->want(c->stream, true, false);
    world_settle(&pair.world);
    cr_assert_geq(c->readables, 2, "again and again until it is read");
    cr_assert_eq(c->writables, 0);
    char got[8];
    int error_number = 0;
    cr_assert_eq(pair.world.ops->recv(c->stream, got, sizeof got, &error_number), 3);
    cr_assert_eq(pair.world.ops->recv(c->stream, got, sizeof got, &error_number), KH_IO_AGAIN);
    c->readables = 0;
    world_settle(&pair.world);
    cr_assert_eq(c->readables, 0);
    pair.world.ops->want(c->stream, false, true);
    uv_run(&pair.world.loop, UV_RUN_ONCE);
    cr_assert_eq(c->writables, 1);
    pair_close(&pair);
}

/* Sends until the socket takes no more; returns how much it took. 20 spans are more than go at a
 * time. */
static size_t send_all_that_fits(struct client *c, const uint8_t *data, size_t size, int *refused)
{
    size_t sent = 0;
    while (sent < size) {
        struct kh_span spans[20];
        int count = 0, error_number = 0;
        for (size_t at = sent; count < 20 && at < size; count++) {
            size_t part = size - at < 40000 ? size - at : (size_t)(count * 1999);
            spans[count] = (struct kh_span){data + at, part};
            at += part;
        }
        int64_t n = c->world->ops->send(c->stream, spans, count, &error_number);
        if (n == KH_IO_AGAIN) {
            *refused += 1;
            break;
        }
        cr_assert_gt(n, 0);
        sent += (size_t)n;
    }
    return sent;
}

/* 8 MiB do not fit into the buffers of a socket: sends are cut, then refused, until the peer reads.
 */
KH_TEST(platform_stream, a_slow_peer_is_waited_for_and_gets_every_byte)
{
    enum { SIZE = 8 << 20 };
    struct pair pair;
    pair_open(&pair);
    struct client *c = &pair.client;
    uint8_t *data = malloc(SIZE), *received = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    size_t sent = 0, got = 0;
    int refused = 0;
    while (got < SIZE) {
        pair.world.ops->want(c->stream, false, sent < SIZE);
        c->writables = 0;
        uv_run(&pair.world.loop, UV_RUN_NOWAIT);
        if (c->writables > 0)
            sent += send_all_that_fits(c, data + sent, SIZE - sent, &refused);
        ssize_t n = recv(pair.peer, received + got, SIZE - got < 65536 ? SIZE - got : 65536, 0);
        got += n > 0 ? (size_t)n : 0;
    }
    cr_assert_gt(refused, 0, "the buffers were full at least once");
    cr_assert_eq(memcmp(data, received, SIZE), 0);
    free(data);
    free(received);
    pair_close(&pair);
}

KH_TEST(platform_stream, the_end_is_read_as_zero)
{
    struct pair pair;
    pair_open(&pair);
    struct client *c = &pair.client;
    cr_assert_eq(send(pair.peer, "x", 1, 0), 1);
    close(pair.peer);
    pair.peer = -1;
    pair.world.ops->want(c->stream, true, false);
    uv_run(&pair.world.loop, UV_RUN_ONCE);
    cr_assert_eq(c->readables, 1);
    char got[8];
    int error_number = 0;
    cr_assert_eq(pair.world.ops->recv(c->stream, got, sizeof got, &error_number), 1);
    uv_run(&pair.world.loop, UV_RUN_ONCE);
    cr_assert_eq(pair.world.ops->recv(c->stream, got, sizeof got, &error_number), 0);
    pair_close(&pair);
}

static void reset_by_peer(struct pair *pair)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(pair->peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(pair->peer);
    pair->peer = -1;
}

KH_TEST(platform_stream, a_reset_is_readable_until_it_is_read)
{
    struct pair pair;
    pair_open(&pair);
    struct client *c = &pair.client;
    reset_by_peer(&pair);
    world_settle(&pair.world);
    cr_assert_eq(c->readables, 0, "nobody has asked");
    pair.world.ops->want(c->stream, true, false);
    world_settle(&pair.world);
    cr_assert_geq(c->readables, 2);
    char got[8];
    int error_number = 0;
    cr_assert_eq(pair.world.ops->recv(c->stream, got, sizeof got, &error_number), KH_IO_FAILED);
    cr_assert_eq(error_number, ECONNRESET);
    pair_close(&pair);
}

/* SIGPIPE would end this process. */
KH_TEST(platform_stream, sending_to_a_closed_peer_fails_without_a_signal)
{
    struct pair pair;
    pair_open(&pair);
    struct client *c = &pair.client;
    reset_by_peer(&pair);
    struct kh_span span = {"x", 1};
    int64_t n = 0;
    int error_number = 0;
    for (int i = 0; i < 3; i++) {
        n = pair.world.ops->send(c->stream, &span, 1, &error_number);
        world_settle(&pair.world);
    }
    cr_assert_eq(n, KH_IO_FAILED);
    cr_assert_eq(error_number, EPIPE);
    pair_close(&pair);
}

KH_TEST(platform_stream, may_be_closed_in_each_of_its_callbacks)
{
    struct world w;
    world_open(&w);
    uint16_t port;
    int listener = peer_listen(&port);

    struct client first = {.close_when_connected = true};
    client_open(&first, &w, port);
    world_run_until(&w, &first.connected);
    int peer = peer_accept(listener);
    close(peer);

    struct client second = {.close_when_readable = true};
    client_open(&second, &w, port);
    world_run_until(&w, &second.connected);
    peer = peer_accept(listener);
    cr_assert_eq(send(peer, "x", 1, 0), 1);
    w.ops->want(second.stream, true, true);
    while (second.readables == 0)
        uv_run(&w.loop, UV_RUN_ONCE);
    world_settle(&w);
    cr_assert_eq(second.readables, 1);
    cr_assert_eq(second.writables, second.writables_at_close, "not even of the same event");
    char end;
    struct timeval patience = {.tv_sec = 10};
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert(recv(peer, &end, 1, 0) == 0 || errno == ECONNRESET, "the socket is closed at once");
    close(peer);

    struct client third = {0}; /* before it is connected */
    client_open(&third, &w, port);
    w.ops->close(third.stream);
    world_settle(&w);
    cr_assert(!third.connected && !third.failed);
    close(listener);
    world_close(&w);
}

KH_TEST(platform_stream, running_out_of_memory_opens_nothing)
{
    struct world w;
    world_open(&w);
    uint16_t port;
    int listener = peer_listen(&port);
    struct kh_address address;
    kh_address_parse("127.0.0.1", port, &address);
    static const struct kh_stream_events none;
    struct kh_stream *stream;
    int error_number;
    test_fail_allocation(0);
    expect_status(w.ops->open(w.platform, &address, &none, NULL, &stream, &error_number),
                  KOHORT_ENOMEM);
    close(listener);
    world_close(&w);
}

/* A free even port: Linux gives those to sockets that connect, one after the other. */
static uint16_t free_ephemeral_port(void)
{
    for (uint16_t port = 40000; port < 60000; port += 2) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int status = bind(fd, (struct sockaddr *)&address, sizeof address);
        close(fd);
        if (status == 0)
            return port;
    }
    cr_assert_fail("no port is free");
    return 0;
}

/* Of 15,000 connects to a closed port in the ephemeral range one is given that very port as its
 * own, and reaches itself. */
KH_TEST(platform_stream, a_connection_to_itself_is_refused)
{
    struct world w;
    world_open(&w);
    uint16_t port = free_ephemeral_port();
    for (int i = 0; i < 15000; i++) {
        struct client c = {0};
        client_open(&c, &w, port);
        bool at_once = c.failed;
        while (!c.connected && !c.failed)
            uv_run(&w.loop, UV_RUN_ONCE);
        cr_assert(c.failed, "reached itself at attempt %d", i);
        if (!at_once)
            w.ops->close(c.stream);
    }
    world_close(&w);
}
