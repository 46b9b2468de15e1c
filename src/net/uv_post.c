#include "base/check.h"
#include "base/status.h"
#include "net/uv_internal.h"

struct kh_uv_post {
    struct kh_uv_post *next;
    void (*fn)(void *);
    void *arg;
};

static struct kh_uv_post *take_all(struct kh_uv_posts *posts)
{
    uv_mutex_lock(&posts->mutex);
    struct kh_uv_post *first = posts->first;
    posts->first = NULL;
    posts->end = &posts->first;
    uv_mutex_unlock(&posts->mutex);
    return first;
}

static void free_all(struct kh_uv_posts *posts, struct kh_uv_post *first)
{
    uv_mutex_lock(&posts->mutex);
    while (first != NULL) {
        struct kh_uv_post *next = first->next;
        kh_free(&posts->heap, first);
        first = next;
    }
    uv_mutex_unlock(&posts->mutex);
}

static void on_async_closed(uv_handle_t *handle)
{
    struct kh_uv_platform *p = kh_container((uv_async_t *)handle, struct kh_uv_platform, async);
    kh_uv_enter(p);
    p->pending--;
    kh_uv_leave(p);
}

/* What is posted meanwhile comes with the next turn: a post that posts again cannot hold the loop.
 */
static void on_async(uv_async_t *async)
{
    struct kh_uv_platform *p = kh_container(async, struct kh_uv_platform, async);
    kh_uv_enter(p);
    bool last = p->closing;
    struct kh_uv_post *posts = take_all(&p->posts);
    for (struct kh_uv_post *post = posts; post != NULL; post = post->next)
        post->fn(post->arg);
    if (posts != NULL)
        free_all(&p->posts, posts);
    if (last)
        uv_close((uv_handle_t *)&p->async, on_async_closed);
    kh_uv_leave(p);
}

int kh_uv_posts_init(struct kh_uv_platform *p)
{
    kh_heap_init(&p->posts.heap);
    p->posts.end = &p->posts.first;
    if (uv_mutex_init(&p->posts.mutex) != 0)
        return KOHORT_ENOMEM;
    int error = uv_async_init(p->loop, &p->async, on_async);
    if (error != 0) {
        uv_mutex_destroy(&p->posts.mutex);
        return error == UV_ENOMEM ? KOHORT_ENOMEM : KOHORT_ELIMIT;
    }
    p->pending++;
    return 0;
}

/* The handle is closed by its own callback, after what was accepted has run. */
void kh_uv_posts_close(struct kh_uv_platform *p)
{
    uv_mutex_lock(&p->posts.mutex);
    p->posts.closed = true;
    uv_mutex_unlock(&p->posts.mutex);
    uv_async_send(&p->async);
}

void kh_uv_posts_free(struct kh_uv_platform *p)
{
    (void)kh_check(p->posts.heap.outstanding == 0);
    uv_mutex_destroy(&p->posts.mutex);
}

int kh_uv_post(struct kh_platform *platform, void (*fn)(void *), void *arg)
{
    struct kh_uv_platform *p = kh_uv_platform_of(platform);
    struct kh_uv_posts *posts = &p->posts;
    int status = KOHORT_ECLOSED;
    uv_mutex_lock(&posts->mutex);
    if (!posts->closed) {
        struct kh_uv_post *post = kh_alloc(&posts->heap, sizeof *post);
        status = post == NULL ? KOHORT_ENOMEM : 0;
        if (post != NULL) {
            *post = (struct kh_uv_post){.fn = fn, .arg = arg};
            *posts->end = post;
            posts->end = &post->next;
            /* Inside the lock: once it is open, the loop may close the handle. */
            uv_async_send(&p->async);
        }
    }
    uv_mutex_unlock(&posts->mutex);
    return status;
}
