#include "base/check.h"
#include "base/limits.h"
#include "base/status.h"
#include "net/uv_internal.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

struct kh_lookup {
    uv_getaddrinfo_t request;
    struct kh_uv_platform *platform;
    struct kh_list node;
    uint16_t port;
    int refused; /* what libuv said at once; 0: it is on its way */
    void (*done)(void *arg, const char *error, const struct kh_address *addresses, size_t count);
    void *arg;
};

static bool read_address(const struct sockaddr *from, uint16_t port, struct kh_address *ret)
{
    struct kh_address address = {.port = port};
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const void *)from;
        memcpy(address.bytes, &ipv4->sin_addr, sizeof ipv4->sin_addr);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const void *)from;
        memcpy(address.bytes, &ipv6->sin6_addr, sizeof ipv6->sin6_addr);
        address.ipv6 = true;
        address.scope_id = ipv6->sin6_scope_id;
    } else {
        return false;
    }
    *ret = address;
    return true;
}

/* done NULL: cancelled. The lookup is gone before done runs. */
static void finish(struct kh_lookup *lookup, int status, const struct addrinfo *found)
{
    struct kh_uv_platform *p = lookup->platform;
    void (*done)(void *, const char *, const struct kh_address *, size_t) = lookup->done;
    void *arg = lookup->arg;
    struct kh_address addresses[KH_LIMIT_ADDRESSES];
    size_t count = 0;
    for (; status == 0 && found != NULL && count < KH_LIMIT_ADDRESSES; found = found->ai_next)
        if (read_address(found->ai_addr, lookup->port, &addresses[count]))
            count++;
    kh_list_remove(&lookup->node);
    kh_free(p->heap, lookup);
    p->pending--;
    if (done == NULL)
        return;
    if (count > 0)
        done(arg, NULL, addresses, count);
    else
        done(arg, status == 0 ? "the name has no address" : uv_strerror(status), NULL, 0);
}

static void on_found(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct kh_lookup *lookup = kh_container(request, struct kh_lookup, request);
    struct kh_uv_platform *p = lookup->platform;
    kh_uv_enter(p);
    finish(lookup, status, found);
    uv_freeaddrinfo(found);
    kh_uv_leave(p);
}

static void on_refused(void *arg)
{
    struct kh_lookup *lookup = arg;
    finish(lookup, lookup->refused, NULL);
}

struct kh_lookup *kh_uv_resolve(struct kh_platform *platform, const char *host, uint16_t port,
                                void (*done)(void *arg, const char *error,
                                             const struct kh_address *addresses, size_t count),
                                void *arg)
{
    struct kh_uv_platform *p = kh_uv_platform_of(platform);
    if (!kh_check(!p->closing))
        return NULL;
    struct kh_lookup *lookup = kh_alloc_zeroed(p->heap, 1, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    lookup->platform = p;
    lookup->port = port;
    lookup->done = done;
    lookup->arg = arg;
    /* No AI_ADDRCONFIG: it hides loopback addresses on a machine without a network. */
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    lookup->refused = uv_getaddrinfo(p->loop, &lookup->request, on_found, host, NULL, &hints);
    /* A name that cannot be one (too long, not IDNA) is refused at once, but told later. */
    if (lookup->refused == UV_ENOMEM ||
        (lookup->refused != 0 && kh_uv_post(platform, on_refused, lookup) != 0)) {
        kh_free(p->heap, lookup);
        return NULL;
    }
    kh_list_append(&p->lookups, &lookup->node);
    p->pending++;
    return lookup;
}

void kh_uv_resolve_cancel(struct kh_lookup *lookup)
{
    lookup->done = NULL;
    if (lookup->refused == 0)
        (void)uv_cancel((uv_req_t *)&lookup->request); /* one that runs already ends by itself */
}

void kh_uv_cancel_lookups(struct kh_uv_platform *p)
{
    kh_list_each (node, &p->lookups) {
        kh_uv_resolve_cancel(kh_container(node, struct kh_lookup, node));
    }
}
