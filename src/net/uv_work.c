#include "base/check.h"
#include "base/status.h"
#include "net/uv_internal.h"

struct work_request {
    uv_work_t request;
    struct kh_uv_platform *platform;
    struct kh_work *work;
};

static void on_run(uv_work_t *request)
{
    struct kh_work *work = kh_container(request, struct work_request, request)->work;
    work->run(work);
}

static void on_done(uv_work_t *request, int status)
{
    (void)status; /* nothing cancels it */
    struct work_request *r = kh_container(request, struct work_request, request);
    struct kh_uv_platform *p = r->platform;
    struct kh_work *work = r->work;
    kh_free(p->heap, r);
    kh_uv_enter(p);
    p->pending--;
    work->done(work);
    kh_uv_leave(p);
}

int kh_uv_queue_work(struct kh_platform *platform, struct kh_work *work)
{
    struct kh_uv_platform *p = kh_uv_platform_of(platform);
    if (!kh_check(!p->closing))
        return KOHORT_EBUG;
    struct work_request *r = kh_alloc_zeroed(p->heap, 1, sizeof *r);
    if (r == NULL)
        return KOHORT_ENOMEM;
    r->platform = p;
    r->work = work;
    uv_queue_work(p->loop, &r->request, on_run, on_done); /* fails without on_run only */
    p->pending++;
    return 0;
}
