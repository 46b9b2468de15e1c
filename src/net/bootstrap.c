#include "net/bootstrap.h"

#include "base/status.h"
#include "net/cluster_internal.h"

#include <string.h>

enum { HOST_LONGEST = 255 };

bool kh_host_is_valid(struct kh_string host)
{
    if (host.data == NULL || host.size < 1 || host.size > HOST_LONGEST)
        return false;
    for (int32_t i = 0; i < host.size; i++)
        if (host.data[i] <= ' ' || host.data[i] > '~')
            return false;
    return true;
}

/* 0: not a port. */
static uint16_t parse_port(const char *text, const char *end)
{
    unsigned port = 0;
    if (text == end)
        return 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return 0;
        port = port * 10 + (unsigned)(*text - '0');
        if (port > UINT16_MAX)
            return 0;
    }
    return (uint16_t)port;
}

static int add_server(struct kh_bootstrap *bootstrap, const char *text, const char *end)
{
    const char *colon = end;
    while (colon > text && *colon != ':')
        colon--;
    uint16_t port = colon == text ? 0 : parse_port(colon + 1, end);
    const char *host_end = colon;
    if (*text == '[' && colon > text && colon[-1] == ']') {
        text++;
        host_end--;
    }
    struct kh_string host = {text, (int32_t)(host_end - text)};
    if (port == 0 || !kh_host_is_valid(host))
        return KOHORT_EINVAL;
    struct kh_bootstrap_server *servers =
        kh_resize(bootstrap->heap, bootstrap->servers, bootstrap->count + 1, sizeof *servers);
    if (servers == NULL)
        return KOHORT_ENOMEM;
    bootstrap->servers = servers;
    struct kh_peer peer = {.port = port, .broker_id = -1};
    peer.host = kh_copy_text(bootstrap->heap, host.data, (size_t)host.size);
    if (peer.host == NULL)
        return KOHORT_ENOMEM;
    servers[bootstrap->count++] = (struct kh_bootstrap_server){.peer = peer};
    return 0;
}

int kh_bootstrap_parse(struct kh_bootstrap *bootstrap, struct kh_heap *heap, const char *list)
{
    int status = 0;
    *bootstrap = (struct kh_bootstrap){.heap = heap};
    while (status == 0) {
        size_t size = strcspn(list, ",");
        const char *text = list, *end = list + size;
        while (text < end && *text == ' ')
            text++;
        while (end > text && end[-1] == ' ')
            end--;
        if (text < end)
            status = add_server(bootstrap, text, end);
        if (list[size] == '\0')
            break;
        list += size + 1;
    }
    if (status == 0 && bootstrap->count == 0)
        status = KOHORT_EINVAL;
    if (status != 0)
        kh_bootstrap_free(bootstrap);
    return status;
}

void kh_bootstrap_free(struct kh_bootstrap *bootstrap)
{
    for (size_t i = 0; i < bootstrap->count; i++)
        kh_free(bootstrap->heap, bootstrap->servers[i].peer.host);
    kh_free(bootstrap->heap, bootstrap->servers);
    *bootstrap = (struct kh_bootstrap){.heap = bootstrap->heap};
}

struct kh_bootstrap_server *kh_bootstrap_find(const struct kh_bootstrap *bootstrap,
                                              const char *host, uint16_t port)
{
    for (size_t i = 0; i < bootstrap->count; i++) {
        const struct kh_peer *peer = &bootstrap->servers[i].peer;
        if (peer->port == port && strcmp(peer->host, host) == 0)
            return &bootstrap->servers[i];
    }
    return NULL;
}

/* Fisher and Yates. */
static void shuffle(int32_t *items, size_t count, struct kh_random *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)kh_random_below(random, i);
        int32_t item = items[i - 1];
        items[i - 1] = items[other];
        items[other] = item;
    }
}

int kh_candidates_begin(struct kh_candidates *round, const struct kh_cluster *cluster)
{
    struct kh_shared *shared = cluster->shared;
    size_t nodes = cluster->node_count, servers = cluster->bootstrap.count;
    int32_t *items = kh_resize(shared->heap, round->items, nodes + servers, sizeof *items);
    if (items == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < nodes; i++)
        items[i] = cluster->nodes[i].id;
    for (size_t i = 0; i < servers; i++)
        items[nodes + i] = -1 - (int32_t)i;
    shuffle(items, nodes, &shared->random);
    shuffle(items + nodes, servers, &shared->random);
    *round = (struct kh_candidates){.items = items, .count = nodes + servers};
    return 0;
}

bool kh_candidates_next(struct kh_candidates *round, const struct kh_cluster *cluster,
                        struct kh_peer *ret_peer)
{
    while (round->at < round->count) {
        int32_t item = round->items[round->at++];
        if (item < 0) {
            const struct kh_bootstrap_server *server = &cluster->bootstrap.servers[-1 - item];
            *ret_peer = server->peer;
            ret_peer->versions = server->versions_known ? &server->versions : NULL;
            return true;
        }
        if (kh_cluster_peer(cluster, item, ret_peer))
            return true;
    }
    return false;
}

bool kh_candidates_left(const struct kh_candidates *round)
{
    return round->at < round->count;
}

void kh_candidates_free(struct kh_candidates *round, struct kh_heap *heap)
{
    kh_free(heap, round->items);
    *round = (struct kh_candidates){0};
}
