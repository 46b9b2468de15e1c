#include "net/uv_platform.h"

#include "base/check.h"
#include "base/status.h"
#include "base/timers.h"
#include "net/uv_internal.h"

#include <time.h>

void kh_uv_enter(struct kh_uv_platform *p)
{
    p->depth++;
}

void kh_uv_leave(struct kh_uv_platform *p)
{
    p->depth--;
    if (p->depth > 0 || !p->closing || p->pending > 0)
        return;
    void (*closed)(void *) = p->closed;
    void *closed_arg = p->closed_arg;
    kh_uv_posts_free(p);
    kh_free(p->heap, p);
    closed(closed_arg);
}

void kh_uv_kick(struct kh_uv_platform *p)
{
    if (p->depth == 0 && !p->closing)
        uv_async_send(&p->async);
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return -1;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_ms(struct kh_platform *platform)
{
    (void)platform;
#ifdef CLOCK_BOOTTIME
    int64_t boot_ms = clock_ms(CLOCK_BOOTTIME);
    if (boot_ms >= 0)
        return boot_ms;
#endif
    return clock_ms(CLOCK_MONOTONIC); /* macOS: counts a suspend as well */
}

static int64_t wall_ms(struct kh_platform *platform)
{
    (void)platform;
    return clock_ms(CLOCK_REALTIME);
}

static void turn(struct kh_uv_platform *p)
{
    kh_uv_enter(p);
    p->base.turn(p->base.turn_arg);
    kh_uv_leave(p);
}

static void on_timer(uv_timer_t *timer);

/* uv_timer_start counts from the time that the loop read at the start of its turn; what has passed
 * since is added, so that the loop's clock, which is the host's too, need not be moved. What is due
 * already is not: the loop, whose clock stands still until it polls, would wait for that. */
static void start_timer(struct kh_uv_platform *p)
{
    int64_t wait_ms = p->due_ms - now_ms(&p->base);
    if (wait_ms > 0)
        wait_ms += (int64_t)(uv_hrtime() / 1000000) - (int64_t)uv_now(p->loop);
    uv_timer_start(&p->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct kh_uv_platform *p = kh_container(timer, struct kh_uv_platform, timer);
    if (now_ms(&p->base) < p->due_ms) { /* both clocks are cut to milliseconds */
        start_timer(p);
        return;
    }
    p->due_ms = KH_NEVER;
    turn(p);
}

static void set_timer(struct kh_platform *platform, int64_t due_ms)
{
    struct kh_uv_platform *p = kh_uv_platform_of(platform);
    if (p->closing || due_ms == p->due_ms)
        return;
    p->due_ms = due_ms;
    if (due_ms == KH_NEVER) {
        uv_timer_stop(&p->timer);
        return;
    }
    start_timer(p);
    kh_uv_kick(p);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void on_after_io(uv_check_t *check)
{
    struct kh_uv_platform *p = kh_container(check, struct kh_uv_platform, after_io);
    uv_check_stop(&p->after_io);
    uv_idle_stop(&p->no_wait);
    turn(p);
}

static void wake(struct kh_platform *platform)
{
    struct kh_uv_platform *p = kh_uv_platform_of(platform);
    if (p->closing)
        return;
    uv_check_start(&p->after_io, on_after_io);
    uv_idle_start(&p->no_wait, on_idle);
    kh_uv_kick(p);
}

static int random_bytes(struct kh_platform *platform, void *out, size_t size)
{
    (void)platform;
    return uv_random(NULL, NULL, out, size, 0, NULL) == 0 ? 0 : KOHORT_ENOMEM;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct kh_uv_platform *p = handle->data;
    kh_uv_enter(p);
    p->pending--;
    kh_uv_leave(p);
}

static void shutdown_platform(struct kh_platform *platform, void (*closed)(void *arg), void *arg)
{
    struct kh_uv_platform *p = kh_uv_platform_of(platform);
    if (!kh_check(!p->closing))
        return;
    p->closing = true;
    p->closed = closed;
    p->closed_arg = arg;
    kh_uv_close_streams(p);
    kh_uv_cancel_lookups(p);
    uv_close((uv_handle_t *)&p->timer, on_handle_closed);
    uv_close((uv_handle_t *)&p->after_io, on_handle_closed);
    uv_close((uv_handle_t *)&p->no_wait, on_handle_closed);
    kh_uv_posts_close(p);
}

static const struct kh_platform_ops ops = {
    .now_ms = now_ms,
    .wall_ms = wall_ms,
    .set_timer = set_timer,
    .wake = wake,
    .post = kh_uv_post,
    .queue_work = kh_uv_queue_work,
    .random = random_bytes,
    .open = kh_uv_open,
    .recv = kh_uv_recv,
    .send = kh_uv_send,
    .want = kh_uv_want,
    .close = kh_uv_close,
    .resolve = kh_uv_resolve,
    .resolve_cancel = kh_uv_resolve_cancel,
    .shutdown = shutdown_platform,
};

int kh_uv_platform_new(struct kh_platform **ret, struct uv_loop_s *loop, struct kh_heap *heap)
{
    struct kh_uv_platform *p = kh_alloc_zeroed(heap, 1, sizeof *p);
    if (p == NULL)
        return KOHORT_ENOMEM;
    p->base.ops = &ops;
    p->heap = heap;
    p->loop = loop;
    p->due_ms = KH_NEVER;
    kh_list_init(&p->streams);
    kh_list_init(&p->lookups);
    int status = kh_uv_posts_init(p);
    if (status < 0) {
        kh_free(heap, p);
        return status;
    }
    uv_timer_init(loop, &p->timer);
    uv_check_init(loop, &p->after_io);
    uv_idle_init(loop, &p->no_wait);
    p->timer.data = p->after_io.data = p->no_wait.data = p;
    p->pending += 3;
    *ret = &p->base;
    return 0;
}
