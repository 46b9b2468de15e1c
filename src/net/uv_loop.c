/* A private uv loop behind one descriptor that a host can poll.
 *
 * libuv's own descriptor (uv_backend_fd) tells of sockets and threads, but neither of timers nor of
 * what has been left to do in the next turn. On Linux an outer epoll set holds it and a timerfd,
 * which each dispatch sets to what the loop waits for. What changes between two dispatches reaches
 * the backend by kh_uv_kick, and so makes the descriptor readable.
 *
 * Elsewhere the descriptor is libuv's own: there the host must also dispatch after
 * uv_backend_timeout(kohort_loop_uv(l)). */
#include "base/heap.h"

#include <kohort/kohort.h>
#include <uv.h>

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#endif

struct kohort_loop {
    struct kh_heap heap;
    uv_loop_t uv;
    int fd;
    int timer_fd;
};

#ifdef __linux__

static void close_descriptors(kohort_loop *l)
{
    if (l->fd >= 0)
        close(l->fd);
    if (l->timer_fd >= 0)
        close(l->timer_fd);
}

static int open_descriptors(kohort_loop *l)
{
    l->fd = epoll_create1(EPOLL_CLOEXEC);
    l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event readable = {.events = EPOLLIN};
    if (l->fd >= 0 && l->timer_fd >= 0 &&
        epoll_ctl(l->fd, EPOLL_CTL_ADD, l->timer_fd, &readable) == 0 &&
        epoll_ctl(l->fd, EPOLL_CTL_ADD, uv_backend_fd(&l->uv), &readable) == 0)
        return 0;
    close_descriptors(l);
    return KOHORT_ELIMIT;
}

/* Readable after timeout_ms; 0: at once; -1: not by time. Setting it also makes it unreadable until
 * then. */
static void arm(const kohort_loop *l, int timeout_ms)
{
    struct itimerspec when = {{0, 0}, {0, 0}};
    if (timeout_ms == 0)
        when.it_value.tv_nsec = 1;
    if (timeout_ms > 0) {
        when.it_value.tv_sec = timeout_ms / 1000;
        when.it_value.tv_nsec = timeout_ms % 1000 * 1000000L;
    }
    timerfd_settime(l->timer_fd, 0, &when, NULL);
}

#else

static void close_descriptors(kohort_loop *l)
{
    (void)l;
}

static int open_descriptors(kohort_loop *l)
{
    l->fd = uv_backend_fd(&l->uv);
    return 0;
}

static void arm(const kohort_loop *l, int timeout_ms)
{
    (void)l, (void)timeout_ms;
}

#endif

static void on_idle(uv_idle_t *idle)
{
    uv_close((uv_handle_t *)idle, NULL);
}

/* libuv puts its wake-up descriptor into the backend when it polls for the first time, and it polls
 * only while something is alive: without this a kick from outside would not be seen. */
static void poll_once(kohort_loop *l)
{
    uv_idle_t idle;
    uv_idle_init(&l->uv, &idle);
    uv_idle_start(&idle, on_idle);
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

int kohort_loop_new(kohort_loop **ret)
{
    struct kh_heap heap;
    kh_heap_init(&heap);
    kohort_loop *l = kh_alloc_zeroed(&heap, 1, sizeof *l);
    if (l == NULL)
        return KOHORT_ENOMEM;
    l->heap = heap;
    int error = uv_loop_init(&l->uv);
    if (error != 0) {
        kh_free(&heap, l);
        return error == UV_ENOMEM ? KOHORT_ENOMEM : KOHORT_ELIMIT;
    }
    poll_once(l);
    int status = open_descriptors(l);
    if (status < 0) {
        uv_loop_close(&l->uv);
        kh_free(&heap, l);
        return status;
    }
    *ret = l;
    return 0;
}

struct uv_loop_s *kohort_loop_uv(kohort_loop *l)
{
    return &l->uv;
}

int kohort_loop_fd(const kohort_loop *l)
{
    return l->fd;
}

bool kohort_loop_dispatch(kohort_loop *l)
{
    uv_run(&l->uv, UV_RUN_NOWAIT);
    if (!uv_loop_alive(&l->uv)) {
        arm(l, -1);
        return false;
    }
    uv_update_time(&l->uv); /* callbacks took time, and the wait is counted from it */
    arm(l, uv_backend_timeout(&l->uv));
    return true;
}

int kohort_loop_free(kohort_loop *l)
{
    if (uv_loop_close(&l->uv) != 0)
        return KOHORT_ESTATE;
    close_descriptors(l);
    struct kh_heap heap = l->heap;
    kh_free(&heap, l);
    return 0;
}
