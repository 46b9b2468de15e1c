/* Non-blocking sockets of our own under uv_poll_t: uv_write would raise SIGPIPE in a host that has
 * not ignored it. */
#include "base/check.h"
#include "base/status.h"
#include "net/uv_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS: SO_NOSIGPIPE instead */
#endif

/* Spans beyond these go with the next send: a short count is legal anyway. */
enum { SPANS_MAX = 16 };

enum state { CONNECTING, OPEN, FAILED, CLOSED };

struct kh_stream {
    uv_poll_t poll;
    struct kh_uv_platform *platform;
    struct kh_list node;
    const struct kh_stream_events *events;
    void *arg;
    int fd;
    enum state state;
    int wanted; /* UV_READABLE, UV_WRITABLE */
    int polled; /* what libuv was last told; each change costs it two system calls */
};

union socket_address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void update_poll(struct kh_stream *s)
{
    int events = s->state == CONNECTING ? UV_WRITABLE : s->state == OPEN ? s->wanted : 0;
    if (events == s->polled)
        return;
    s->polled = events;
    if (events == 0)
        uv_poll_stop(&s->poll);
    else
        (void)kh_check(uv_poll_start(&s->poll, events, on_poll) == 0);
    kh_uv_kick(s->platform);
}

/* TCP's simultaneous open: a connect to a free port in the ephemeral range of this machine may get
 * that very port as its own and reach itself. It would answer our requests with our requests. */
static bool is_connected_to_itself(int fd)
{
    union socket_address own, peer;
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    memset(&own, 0, sizeof own);
    memset(&peer, 0, sizeof peer);
    if (getsockname(fd, &own.any, &own_size) != 0 || getpeername(fd, &peer.any, &peer_size) != 0)
        return false;
    return own_size == peer_size && memcmp(&own, &peer, own_size) == 0;
}

static void finish_connect(struct kh_stream *s, int poll_status)
{
    int error_number = 0;
    socklen_t size = sizeof error_number;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error_number, &size) != 0)
        error_number = errno;
    if (error_number == 0 && poll_status < 0)
        error_number = ECONNABORTED;
    if (error_number == 0 && is_connected_to_itself(s->fd))
        error_number = ECONNREFUSED;
    s->state = error_number == 0 ? OPEN : FAILED;
    update_poll(s);
    s->events->connected(s->arg, error_number);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct kh_stream *s = kh_container(poll, struct kh_stream, poll);
    struct kh_uv_platform *p = s->platform;
    kh_uv_enter(p);
    if (status < 0) {
        /* libuv has seen an error on the socket and stopped polling. What was received before it
         * can still be read, and recv or send will say which error it is. */
        s->polled = 0;
        events = s->wanted;
    }
    if (s->state == CONNECTING) {
        finish_connect(s, status);
    } else {
        if (s->state == OPEN && (events & s->wanted & UV_READABLE) != 0)
            s->events->readable(s->arg);
        if (s->state == OPEN && (events & s->wanted & UV_WRITABLE) != 0)
            s->events->writable(s->arg);
    }
    if (s->state == OPEN)
        update_poll(s);
    kh_uv_leave(p);
}

static socklen_t make_address(const struct kh_address *address, union socket_address *out)
{
    memset(out, 0, sizeof *out);
    if (!address->ipv6) {
        out->ipv4.sin_family = AF_INET;
        out->ipv4.sin_port = htons(address->port);
        memcpy(&out->ipv4.sin_addr, address->bytes, sizeof out->ipv4.sin_addr);
        return sizeof out->ipv4;
    }
    out->ipv6.sin6_family = AF_INET6;
    out->ipv6.sin6_port = htons(address->port);
    out->ipv6.sin6_scope_id = address->scope_id;
    memcpy(&out->ipv6.sin6_addr, address->bytes, sizeof out->ipv6.sin6_addr);
    return sizeof out->ipv6;
}

/* A connected or connecting socket, or -1 with errno. */
static int connect_socket(const struct kh_address *address)
{
    union socket_address to;
    socklen_t size = make_address(address, &to);
    int type = SOCK_STREAM;
#ifdef SOCK_CLOEXEC
    type |= SOCK_CLOEXEC | SOCK_NONBLOCK;
#endif
    int fd = socket(to.any.sa_family, type, 0);
    if (fd < 0)
        return -1;
#ifndef SOCK_CLOEXEC
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
#endif
    /* As Kafka's Selector sets them. None is worth failing for. */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    if (connect(fd, &to.any, size) == 0 || errno == EINPROGRESS || errno == EINTR)
        return fd;
    int error_number = errno;
    close(fd);
    errno = error_number;
    return -1;
}

int kh_uv_open(struct kh_platform *platform, const struct kh_address *address,
               const struct kh_stream_events *events, void *arg, struct kh_stream **ret_stream,
               int *ret_error_number)
{
    struct kh_uv_platform *p = kh_uv_platform_of(platform);
    if (!kh_check(!p->closing))
        return KOHORT_EBUG;
    struct kh_stream *s = kh_alloc_zeroed(p->heap, 1, sizeof *s);
    if (s == NULL)
        return KOHORT_ENOMEM;
    s->fd = connect_socket(address);
    if (s->fd < 0) {
        *ret_error_number = errno;
        kh_free(p->heap, s);
        return KOHORT_ECONNECT;
    }
    int error = uv_poll_init(p->loop, &s->poll, s->fd);
    if (error != 0) {
        *ret_error_number = -error;
        close(s->fd);
        kh_free(p->heap, s);
        return KOHORT_ECONNECT;
    }
    s->platform = p;
    s->events = events;
    s->arg = arg;
    s->state = CONNECTING;
    kh_list_append(&p->streams, &s->node);
    p->pending++;
    update_poll(s);
    *ret_stream = s;
    return 0;
}

static int64_t failure(int *ret_error_number)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return KH_IO_AGAIN;
    *ret_error_number = errno;
    return KH_IO_FAILED;
}

int64_t kh_uv_recv(struct kh_stream *s, void *out, size_t size, int *ret_error_number)
{
    ssize_t received;
    do {
        received = recv(s->fd, out, size, 0);
    } while (received < 0 && errno == EINTR);
    return received >= 0 ? received : failure(ret_error_number);
}

int64_t kh_uv_send(struct kh_stream *s, const struct kh_span *spans, int count,
                   int *ret_error_number)
{
    struct iovec parts[SPANS_MAX];
    int used = count < SPANS_MAX ? count : SPANS_MAX;
    for (int i = 0; i < used; i++) {
        /* sendmsg only reads, but its type does not say so. */
        memcpy(&parts[i].iov_base, &spans[i].data, sizeof parts[i].iov_base);
        parts[i].iov_len = spans[i].size;
    }
    struct msghdr message = {.msg_iov = parts};
    message.msg_iovlen = (unsigned)used;
    ssize_t sent;
    do {
        sent = sendmsg(s->fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 ? sent : failure(ret_error_number);
}

void kh_uv_want(struct kh_stream *s, bool readable, bool writable)
{
    s->wanted = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    update_poll(s);
}

static void on_closed(uv_handle_t *handle)
{
    struct kh_stream *s = kh_container((uv_poll_t *)handle, struct kh_stream, poll);
    struct kh_uv_platform *p = s->platform;
    kh_uv_enter(p);
    kh_free(p->heap, s);
    p->pending--;
    kh_uv_leave(p);
}

void kh_uv_close(struct kh_stream *s)
{
    if (!kh_check(s->state != CLOSED))
        return;
    s->state = CLOSED;
    kh_list_remove(&s->node);
    uv_close((uv_handle_t *)&s->poll, on_closed);
    close(s->fd); /* uv_close has stopped the polling */
    kh_uv_kick(s->platform);
}

void kh_uv_close_streams(struct kh_uv_platform *p)
{
    kh_list_each_safe (node, &p->streams) {
        kh_uv_close(kh_container(node, struct kh_stream, node));
    }
}
