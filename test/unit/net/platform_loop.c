/* kohort_loop inside an epoll loop: the host waits without any timeout and dispatches only when the
 * descriptor is readable. */
#include "platform_world.h"

#include <fcntl.h>
#include <kohort/kohort.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct host {
    kohort_loop *loop;
    struct kh_platform *platform;
    int epoll_fd, turns, wakes; /* wakes: how often a turn asks for another one */
    bool turned, closed;
};

static void on_turn(void *arg)
{
    struct host *host = arg;
    host->turns++;
    host->turned = host->turns > host->wakes;
    if (!host->turned)
        host->platform->ops->wake(host->platform);
}

static void host_open(struct host *host)
{
    *host = (struct host){0};
    expect_status(kohort_loop_new(&host->loop), 0);
    expect_status(kh_uv_platform_new(&host->platform, kohort_loop_uv(host->loop), test_heap), 0);
    host->platform->turn = on_turn;
    host->platform->turn_arg = host;
    host->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event readable = {.events = EPOLLIN};
    cr_assert_eq(epoll_ctl(host->epoll_fd, EPOLL_CTL_ADD, kohort_loop_fd(host->loop), &readable),
                 0);
}

/* Sleeps for as long as it takes: a wake-up that is missing hangs the test. */
static void host_run_until(struct host *host, const bool *done)
{
    while (!*done) {
        struct epoll_event event;
        cr_assert_eq(epoll_wait(host->epoll_fd, &event, 1, -1), 1);
        kohort_loop_dispatch(host->loop);
    }
}

/* Until there is nothing to do at once; returns how often there was. */
static int host_settle(struct host *host)
{
    struct epoll_event event;
    int dispatches = 0;
    while (epoll_wait(host->epoll_fd, &event, 1, 0) == 1) {
        kohort_loop_dispatch(host->loop);
        cr_assert_lt(++dispatches, 1000, "the descriptor stays readable with nothing to do");
    }
    return dispatches;
}

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static void host_close(struct host *host)
{
    expect_status(kohort_loop_free(host->loop), KOHORT_ESTATE);
    host->platform->ops->shutdown(host->platform, on_closed, &host->closed);
    host_run_until(host, &host->closed);
    while (kohort_loop_dispatch(host->loop))
        ;
    host_settle(host);
    expect_status(kohort_loop_free(host->loop), 0);
    close(host->epoll_fd);
}

KH_TEST(platform_loop, is_readable_for_a_timer_set_from_outside)
{
    struct host host;
    host_open(&host);
    host_settle(&host);
    for (int i = 0; i < 5; i++) {
        host.turned = false;
        int64_t due_ms = host.platform->ops->now_ms(host.platform) + 5 * i;
        host.platform->ops->set_timer(host.platform, due_ms);
        host_run_until(&host, &host.turned);
        cr_assert_geq(host.platform->ops->now_ms(host.platform), due_ms);
    }
    host_close(&host);
}

KH_TEST(platform_loop, is_readable_for_a_timer_brought_forward)
{
    struct host host;
    host_open(&host);
    int64_t now_ms = host.platform->ops->now_ms(host.platform);
    host.platform->ops->set_timer(host.platform, now_ms + 3600 * 1000);
    host_settle(&host);
    host.platform->ops->set_timer(host.platform, now_ms + 5);
    host_run_until(&host, &host.turned);
    host_close(&host);
}

KH_TEST(platform_loop, is_readable_for_a_wake_and_for_a_post)
{
    struct host host;
    host_open(&host);
    host_settle(&host);
    host.platform->ops->wake(host.platform);
    host_run_until(&host, &host.turned);
    host_settle(&host);
    bool posted = false;
    expect_status(host.platform->ops->post(host.platform, on_closed, &posted), 0);
    host_run_until(&host, &posted);
    host_close(&host);
}

KH_TEST(platform_loop, is_readable_while_a_turn_asks_for_another)
{
    struct host host;
    host_open(&host);
    host_settle(&host);
    host.wakes = 5;
    host.platform->ops->wake(host.platform);
    host_run_until(&host, &host.turned);
    cr_assert_eq(host.turns, 6);
    host_close(&host);
}

KH_TEST(platform_loop, is_not_readable_for_a_timer_of_what_has_ended)
{
    struct host host;
    host_open(&host);
    host.platform->ops->set_timer(host.platform, host.platform->ops->now_ms(host.platform) + 30);
    host_settle(&host);
    host.platform->ops->shutdown(host.platform, on_closed, &host.closed);
    host_run_until(&host, &host.closed);
    while (kohort_loop_dispatch(host.loop))
        ;
    struct epoll_event event;
    cr_assert_eq(epoll_wait(host.epoll_fd, &event, 1, 60), 0);
    close(host.epoll_fd);
    expect_status(kohort_loop_free(host.loop), 0);
}

KH_TEST(platform_loop, is_quiet_when_there_is_nothing_to_do)
{
    struct host host;
    host_open(&host);
    host.platform->ops->set_timer(host.platform,
                                  host.platform->ops->now_ms(host.platform) + 3600 * 1000);
    host_settle(&host);
    cr_assert_eq(host_settle(&host), 0);
    host_close(&host);
}

struct listener {
    struct host *host;
    struct kh_stream *stream;
    bool connected, received;
};

static void on_connected(void *arg, int error_number)
{
    struct listener *l = arg;
    cr_assert_eq(error_number, 0);
    l->connected = true;
}

static void on_readable(void *arg)
{
    struct listener *l = arg;
    char got[8];
    int error_number;
    l->received = true;
    cr_assert_gt(l->host->platform->ops->recv(l->stream, got, sizeof got, &error_number), 0);
}

static const struct kh_stream_events events = {on_connected, on_readable, NULL};

KH_TEST(platform_loop, is_readable_for_sockets_opened_and_wanted_from_outside)
{
    struct host host;
    host_open(&host);
    host_settle(&host);
    const struct kh_platform_ops *ops = host.platform->ops;
    uint16_t port;
    int error_number, listener = peer_listen(&port);
    struct kh_address address;
    kh_address_parse("127.0.0.1", port, &address);
    struct listener l = {.host = &host};
    expect_status(ops->open(host.platform, &address, &events, &l, &l.stream, &error_number), 0);
    host_run_until(&host, &l.connected);
    int peer = peer_accept(listener);
    host_settle(&host);
    ops->want(l.stream, true, false);
    host_settle(&host);
    cr_assert_eq(send(peer, "abc", 3, 0), 3);
    host_run_until(&host, &l.received);
    cr_assert_eq(host_settle(&host), 0);
    close(peer);
    close(listener);
    host_close(&host);
}

static void on_found(void *arg, const char *error, const struct kh_address *found, size_t count)
{
    (void)error, (void)found, (void)count;
    *(bool *)arg = true;
}

KH_TEST(platform_loop, is_readable_for_the_end_of_a_lookup)
{
    struct host host;
    host_open(&host);
    host_settle(&host);
    bool found = false;
    cr_assert_not_null(
        host.platform->ops->resolve(host.platform, "localhost", 1, on_found, &found));
    host_run_until(&host, &found);
    host_close(&host);
}

static int open_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

KH_TEST(platform_loop, without_anything_on_it_waits_for_nothing)
{
    int descriptors = 0;
    for (int i = 0; i < 2;
         i++) { /* with its first loop a process also gets libuv's own pipe, for good */
        kohort_loop *loop;
        expect_status(kohort_loop_new(&loop), 0);
        cr_assert_not(kohort_loop_dispatch(loop));
        cr_assert_not(kohort_loop_dispatch(loop));
        expect_status(kohort_loop_free(loop), 0);
        cr_assert(i == 0 || open_descriptors() == descriptors, "every one is closed again");
        descriptors = open_descriptors();
    }
}
