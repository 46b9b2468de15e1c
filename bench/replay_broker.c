/* Serves one topic from memory to one consumer at a time, so that the consumer is what is measured.
 *
 *   replay_broker [--partitions N] [--value-size N] [--key-size N] [--batch-size N] [--gzip]
 *                 [--empty] [--seconds N]
 *
 * Listens on a free port of 127.0.0.1, prints it, and ends when its standard input does, or after
 * --seconds (600). */
#include "broker_socket.h"
#include "replay_fetch.h"
#include "replay_group.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 1024, LARGEST_REQUEST = 1 << 20, RECEIVE = 1 << 16 };

struct connection {
    int fd; /* -1: free */
    struct test_buffer in;
    int64_t due_ms; /* a Fetch is parked until then, at the head of `in`; 0: none is */
};

struct server {
    struct replay_broker broker;
    struct replay_log log;
    struct replay_fetch fetch;
    struct test_buffer out;
    struct connection connections[CONNECTIONS];
    size_t used; /* the first so many; what lies behind was never needed */
    int listener;
    long seconds;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void close_connection(struct connection *c)
{
    close(c->fd);
    test_buffer_free(&c->in);
    *c = (struct connection){.fd = -1};
}

static bool serve(struct server *server, int fd, const uint8_t *frame, size_t size)
{
    struct kh_reader r;
    int16_t key, version;
    int32_t correlation_id;

    kh_reader_init(&r, frame, size, false, NULL);
    key = kh_read_i16(&r);
    version = kh_read_i16(&r);
    correlation_id = kh_read_i32(&r);
    kh_read_nullable_string(&r); /* client_id */
    if (key == 1 && replay_speaks(key, version))
        return replay_fetch_prepare(&server->fetch, &server->log, correlation_id, &r) &&
               replay_fetch_send(&server->fetch, fd);
    server->out.size = 0;
    test_buffer_append_int(&server->out, 0, 4);
    test_buffer_append_int(&server->out, (uint32_t)correlation_id, 4);
    if (!replay_answer(&server->broker, &server->out, key, version, &r)) {
        fprintf(stderr, "replay_broker: API %d version %d is not spoken here\n", key, version);
        return false;
    }
    for (size_t i = 0; i < 4; i++)
        server->out.data[i] = (uint8_t)((server->out.size - 4) >> (24 - 8 * i));
    return bench_send_all(fd, server->out.data, server->out.size);
}

/* True while it has to wait for records that do not come. */
static bool is_parked(const struct server *server, struct connection *c, const uint8_t *frame)
{
    if (!server->log.empty || frame[0] != 0 || frame[1] != 1)
        return false;
    if (c->due_ms == 0)
        c->due_ms = now_ms() + REPLAY_FETCH_WAIT_MS;
    if (c->due_ms > now_ms())
        return true;
    c->due_ms = 0;
    return false;
}

/* Serves every whole request of what was received, up to one that is parked. */
static bool serve_all(struct server *server, struct connection *c)
{
    size_t at = 0;

    while (c->in.size - at >= 4) {
        const uint8_t *p = c->in.data + at;
        size_t size = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

        if (size > LARGEST_REQUEST)
            return false;
        if (size < 8 || c->in.size - at - 4 < size || is_parked(server, c, p + 4))
            break;
        if (!serve(server, c->fd, p + 4, size))
            return false;
        at += 4 + size;
    }
    memmove(c->in.data, c->in.data + at, c->in.size - at);
    c->in.size -= at;
    return true;
}

static void receive(struct server *server, struct connection *c)
{
    uint8_t *to = test_buffer_extend(&c->in, RECEIVE);
    ssize_t got = recv(c->fd, to, RECEIVE, 0);

    c->in.size -= RECEIVE - (got > 0 ? (size_t)got : 0);
    if (got <= 0 || !serve_all(server, c))
        close_connection(c);
}

static void accept_one(struct server *server)
{
    int fd = accept(server->listener, NULL, NULL), on = 1;

    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (server->connections[i].fd < 0) {
            server->connections[i].fd = fd;
            server->used = i < server->used ? server->used : i + 1;
            return;
        }
    close(fd);
}

static bool listen_on_loopback(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, size) < 0 ||
        listen(server->listener, CONNECTIONS) < 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) < 0)
        return false;
    server->broker.port = ntohs(address.sin_port);
    return true;
}

static void serve_due(struct server *server)
{
    for (size_t i = 0; i < server->used; i++) {
        struct connection *c = &server->connections[i];

        if (c->fd >= 0 && c->due_ms != 0 && !serve_all(server, c))
            close_connection(c);
    }
}

/* Until the first parked Fetch is due, or for a second. */
static int wait_ms(const struct server *server)
{
    int64_t least_ms = 1000, now = now_ms();

    for (size_t i = 0; i < server->used; i++) {
        const struct connection *c = &server->connections[i];

        if (c->due_ms != 0 && c->due_ms - now < least_ms)
            least_ms = c->due_ms > now ? c->due_ms - now : 0;
    }
    return (int)least_ms;
}

static void run(struct server *server)
{
    struct pollfd polls[2 + CONNECTIONS] = {{.fd = server->listener, .events = POLLIN},
                                            {.fd = STDIN_FILENO, .events = POLLIN}};
    time_t end = time(NULL) + server->seconds;

    while (time(NULL) < end) {
        size_t used = server->used;
        for (size_t i = 0; i < used; i++)
            polls[2 + i] = (struct pollfd){.fd = server->connections[i].fd, .events = POLLIN};
        if (poll(polls, 2 + used, wait_ms(server)) < 0)
            return;
        serve_due(server);
        if (polls[1].revents != 0)
            return;
        for (size_t i = 0; i < used; i++)
            if (polls[2 + i].revents != 0)
                receive(server, &server->connections[i]);
        if (polls[0].revents != 0)
            accept_one(server);
    }
}

/* Options into `options` and `server`; false: one is not known. */
static bool read_options(int argc, char **argv, struct replay_options *options,
                         struct server *server)
{
    for (int i = 1; i < argc; i++) {
        long value;

        if (strcmp(argv[i], "--gzip") == 0 || strcmp(argv[i], "--empty") == 0) {
            options->gzip |= argv[i][2] == 'g';
            options->empty |= argv[i][2] == 'e';
            continue;
        }
        if (i + 1 == argc)
            return false;
        value = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--partitions") == 0 && value > 0 && value <= 10000)
            options->partitions = (int32_t)value;
        else if (strcmp(argv[i], "--value-size") == 0 && value >= 0 && value <= 1 << 20)
            options->value_size = (size_t)value;
        else if (strcmp(argv[i], "--key-size") == 0 && value >= 0 && value <= 1 << 20)
            options->key_size = (size_t)value;
        else if (strcmp(argv[i], "--batch-size") == 0 && value > 0 && value <= 1 << 24)
            options->batch_size = (size_t)value;
        else if (strcmp(argv[i], "--seconds") == 0 && value > 0 && value <= 86400)
            server->seconds = value;
        else
            return false;
        i++;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct server server;
    struct replay_options options = {.partitions = 1, .value_size = 100, .batch_size = 16384};

    server.seconds = 600;
    if (!read_options(argc, argv, &options, &server)) {
        fprintf(stderr, "usage: replay_broker [--partitions N] [--value-size N] [--key-size N] "
                        "[--batch-size N] [--gzip] [--empty] [--seconds N]\n");
        return 2;
    }
    server.broker.topic = "bench";
    server.broker.partitions = options.partitions;
    for (size_t i = 0; i < CONNECTIONS; i++)
        server.connections[i].fd = -1;
    replay_log_build(&server.log, &options);
    if (!listen_on_loopback(&server)) {
        perror("replay_broker");
        return 1;
    }
    printf("%d\n", server.broker.port);
    fflush(stdout);
    run(&server);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (server.connections[i].fd >= 0)
            close_connection(&server.connections[i]);
    close(server.listener);
    replay_log_free(&server.log);
    replay_fetch_free(&server.fetch);
    test_buffer_free(&server.out);
    return 0;
}
