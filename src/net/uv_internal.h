/* What the files of the libuv platform share. */
#ifndef KH_NET_UV_INTERNAL_H
#define KH_NET_UV_INTERNAL_H

#include "base/heap.h"
#include "base/list.h"
#include "net/platform.h"

#include <uv.h>

struct kh_uv_post;

/* Guarded by the mutex, the heap too: entries are made on any thread. */
struct kh_uv_posts {
    uv_mutex_t mutex;
    struct kh_heap heap;
    struct kh_uv_post *first, **end;
    bool closed;
};

struct kh_uv_platform {
    struct kh_platform base;
    struct kh_heap *heap;
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_check_t after_io; /* runs wakes; `no_wait` keeps the loop from sleeping before it */
    uv_idle_t no_wait;
    uv_async_t async; /* posts, and the kick */
    struct kh_uv_posts posts;
    struct kh_list streams, lookups; /* what shutdown still has to end */
    int64_t due_ms;
    size_t pending; /* handles and requests that libuv will still call back for */
    int depth;      /* of the platform's own callbacks */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

static inline struct kh_uv_platform *kh_uv_platform_of(struct kh_platform *p)
{
    return kh_container(p, struct kh_uv_platform, base);
}

/* Around each callback from libuv. The last one frees the platform: nothing of it may be touched
 * after leave. */
void kh_uv_enter(struct kh_uv_platform *p);
void kh_uv_leave(struct kh_uv_platform *p);
/* What libuv only looks at inside uv_run has changed. */
void kh_uv_kick(struct kh_uv_platform *p);

int kh_uv_posts_init(struct kh_uv_platform *p);
void kh_uv_posts_close(struct kh_uv_platform *p);
void kh_uv_posts_free(struct kh_uv_platform *p);
int kh_uv_post(struct kh_platform *platform, void (*fn)(void *), void *arg);

int kh_uv_queue_work(struct kh_platform *platform, struct kh_work *work);

int kh_uv_open(struct kh_platform *platform, const struct kh_address *address,
               const struct kh_stream_events *events, void *arg, struct kh_stream **ret_stream,
               int *ret_error_number);
int64_t kh_uv_recv(struct kh_stream *s, void *out, size_t size, int *ret_error_number);
int64_t kh_uv_send(struct kh_stream *s, const struct kh_span *spans, int count,
                   int *ret_error_number);
void kh_uv_want(struct kh_stream *s, bool readable, bool writable);
void kh_uv_close(struct kh_stream *s);
void kh_uv_close_streams(struct kh_uv_platform *p);

struct kh_lookup *kh_uv_resolve(struct kh_platform *platform, const char *host, uint16_t port,
                                void (*done)(void *arg, const char *error,
                                             const struct kh_address *addresses, size_t count),
                                void *arg);
void kh_uv_resolve_cancel(struct kh_lookup *lookup);
void kh_uv_cancel_lookups(struct kh_uv_platform *p);

#endif
