/* A real broker: blocking sockets, one thread. */
#include "differential/side.h"
#include "support/live/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void connect_broker(struct side_connection *c)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)live_port())};
    int on = 1;

    cr_assert_eq(inet_pton(AF_INET, live_host(), &address.sin_addr), 1);
    c->descriptor = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(c->descriptor >= 0 &&
                  connect(c->descriptor, (struct sockaddr *)&address, sizeof address) == 0,
              "the broker does not let us in: %s", strerror(errno));
    setsockopt(c->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void disconnect_broker(struct side_connection *c)
{
    close(c->descriptor);
}

static void send_to_broker(struct side_connection *c, const void *data, size_t size)
{
    cr_assert_eq(send(c->descriptor, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void turn_broker(struct side *side, int64_t limit_ms)
{
    struct pollfd polled[SIDE_CONNECTIONS];
    uint8_t piece[16384];

    for (int i = 0; i < SIDE_CONNECTIONS; i++)
        polled[i] =
            (struct pollfd){.fd = side->connections[i].ended ? -1 : side->connections[i].descriptor,
                            .events = POLLIN};
    if (poll(polled, SIDE_CONNECTIONS, (int)limit_ms) <= 0)
        return;
    for (int i = 0; i < SIDE_CONNECTIONS; i++) {
        struct side_connection *c = &side->connections[i];
        if (polled[i].revents == 0)
            continue;
        ssize_t size = recv(c->descriptor, piece, sizeof piece, 0);
        if (size > 0)
            test_buffer_append(&c->in, piece, (size_t)size);
        else
            c->ended = true;
    }
}

const struct side_ops side_broker_ops = {connect_broker, disconnect_broker, send_to_broker,
                                         turn_broker};
