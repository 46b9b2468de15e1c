/* The brokers of a cluster: their addresses as metadata tells them, and what is remembered of each.
 */
#include "net/cluster_internal.h"

#include "base/limits.h"
#include "base/status.h"

#include <stdlib.h>

/* ---- addresses ---- */

int kh_node_init(struct kh_node *node, struct kh_heap *heap, int32_t id, struct kh_string host,
                 int32_t port, struct kh_string rack)
{
    if (id < 0 || port < 1 || port > UINT16_MAX || !kh_host_is_valid(host))
        return KOHORT_EPROTOCOL;
    *node = (struct kh_node){.id = id, .port = (uint16_t)port};
    node->host = kh_copy_text(heap, host.data, (size_t)host.size);
    if (rack.data != NULL)
        node->rack = kh_copy_text(heap, rack.data, (size_t)rack.size);
    if (node->host != NULL && (node->rack != NULL || rack.data == NULL))
        return 0;
    kh_free(heap, node->host);
    kh_free(heap, node->rack);
    return KOHORT_ENOMEM;
}

static void free_node(struct kh_heap *heap, struct kh_node *node)
{
    kh_free(heap, node->host);
    kh_free(heap, node->rack);
}

void kh_nodes_free(struct kh_heap *heap, struct kh_node *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_node(heap, &nodes[i]);
    kh_free(heap, nodes);
}

static int compare_nodes(const void *a, const void *b)
{
    int32_t left = ((const struct kh_node *)a)->id, right = ((const struct kh_node *)b)->id;
    return (left > right) - (left < right);
}

void kh_cluster_replace_nodes(struct kh_cluster *cluster, struct kh_node *nodes, size_t count)
{
    kh_nodes_free(cluster->shared->heap, cluster->nodes, cluster->node_count);
    if (count > 1)
        qsort(nodes, count, sizeof *nodes, compare_nodes);
    cluster->nodes = nodes;
    cluster->node_count = count;
}

static struct kh_node *find_node(const struct kh_cluster *cluster, int32_t id)
{
    struct kh_node key = {.id = id};
    return cluster->node_count == 0 ? NULL
                                    : bsearch(&key, cluster->nodes, cluster->node_count,
                                              sizeof *cluster->nodes, compare_nodes);
}

const struct kh_node *kh_cluster_node(const struct kh_cluster *cluster, int32_t id)
{
    return find_node(cluster, id);
}

size_t kh_cluster_nodes(const struct kh_cluster *cluster, const struct kh_node **ret_nodes)
{
    *ret_nodes = cluster->nodes;
    return cluster->node_count;
}

int kh_cluster_learn_node(struct kh_cluster *cluster, int32_t id, struct kh_string host,
                          int32_t port)
{
    struct kh_heap *heap = cluster->shared->heap;
    struct kh_node *known = find_node(cluster, id), node;
    if (known != NULL && known->port == port && kh_string_equal(kh_string_of(known->host), host))
        return 0;
    struct kh_string rack = kh_string_of(known == NULL ? NULL : known->rack);
    int status = kh_node_init(&node, heap, id, host, port, rack);
    if (status != 0)
        return status;
    if (known == NULL) {
        size_t count = cluster->node_count;
        struct kh_node *nodes = NULL;
        if (count < KH_LIMIT_BROKERS)
            nodes = kh_resize(heap, cluster->nodes, count + 1, sizeof *nodes);
        if (nodes == NULL) {
            free_node(heap, &node);
            return KOHORT_ENOMEM;
        }
        cluster->nodes = nodes;
        cluster->nodes[cluster->node_count++] = node;
        qsort(nodes, cluster->node_count, sizeof *nodes, compare_nodes);
    } else {
        free_node(heap, known);
        *known = node;
    }
    return 0;
}

/* ---- what is remembered ---- */

static struct kh_string broker_key(const int32_t *id)
{
    return (struct kh_string){(const char *)id, sizeof *id};
}

static struct kh_broker *find_broker(const struct kh_cluster *cluster, int32_t id)
{
    return kh_map_get(&cluster->brokers, broker_key(&id));
}

/* NULL: out of memory, or of patience with ids that a peer makes up. */
static struct kh_broker *get_broker(struct kh_cluster *cluster, int32_t id)
{
    struct kh_heap *heap = cluster->shared->heap;
    struct kh_broker *broker = find_broker(cluster, id);
    if (broker != NULL || cluster->brokers.count >= KH_LIMIT_BROKERS)
        return broker;
    broker = kh_alloc_zeroed(heap, 1, sizeof *broker);
    if (broker == NULL)
        return NULL;
    broker->id = id;
    if (kh_map_put(&cluster->brokers, broker_key(&broker->id), broker) == 0)
        return broker;
    kh_free(heap, broker);
    return NULL;
}

bool kh_cluster_peer(const struct kh_cluster *cluster, int32_t id, struct kh_peer *ret_peer)
{
    const struct kh_node *node = find_node(cluster, id);
    const struct kh_broker *broker = find_broker(cluster, id);
    if (node == NULL)
        return false;
    *ret_peer = (struct kh_peer){.host = node->host, .port = node->port, .broker_id = id};
    ret_peer->reached_before = broker != NULL && broker->reached_host != NULL &&
                               broker->reached_port == node->port &&
                               strcmp(broker->reached_host, node->host) == 0;
    const struct kh_bootstrap_server *server =
        kh_bootstrap_find(&cluster->bootstrap, node->host, node->port);
    if (ret_peer->reached_before && broker->served)
        ret_peer->versions = &broker->versions;
    else if (server != NULL && server->versions_known)
        ret_peer->versions = &server->versions;
    return true;
}

void kh_cluster_reached(struct kh_cluster *cluster, const struct kh_peer *peer,
                        const struct kh_broker_versions *versions)
{
    struct kh_heap *heap = cluster->shared->heap;
    kh_lane_wake(cluster->any); /* What waits there may go here. */
    struct kh_broker *broker = peer->broker_id < 0 ? NULL : get_broker(cluster, peer->broker_id);
    if (broker == NULL)
        return;
    broker->versions_known = true;
    broker->versions = *versions;
    if (peer->reached_before)
        return;
    broker->served = false;
    kh_free(heap, broker->reached_host);
    broker->reached_host = kh_copy_text(heap, peer->host, strlen(peer->host));
    broker->reached_port = peer->port;
}

void kh_cluster_served(struct kh_cluster *cluster, const struct kh_peer *peer,
                       const struct kh_broker_versions *versions)
{
    struct kh_broker *broker = find_broker(cluster, peer->broker_id);
    struct kh_bootstrap_server *server =
        kh_bootstrap_find(&cluster->bootstrap, peer->host, peer->port);
    if (broker != NULL)
        broker->served = true;
    if (server != NULL) {
        server->versions_known = true;
        server->versions = *versions;
    }
}

void kh_cluster_doubt_versions(struct kh_cluster *cluster, const struct kh_peer *peer)
{
    struct kh_broker *broker = find_broker(cluster, peer->broker_id);
    struct kh_bootstrap_server *server =
        kh_bootstrap_find(&cluster->bootstrap, peer->host, peer->port);
    if (broker != NULL)
        broker->served = false;
    if (server != NULL)
        server->versions_known = false;
}

const struct kh_broker_versions *kh_cluster_broker_versions(const struct kh_cluster *cluster,
                                                            int32_t node_id)
{
    const struct kh_broker *broker = find_broker(cluster, node_id);
    return broker == NULL || !broker->versions_known ? NULL : &broker->versions;
}

struct kh_lane *kh_cluster_lane(struct kh_cluster *cluster, int32_t node_id)
{
    if (node_id < 0)
        return cluster->any;
    struct kh_broker *broker = get_broker(cluster, node_id);
    if (broker != NULL && broker->lane == NULL)
        broker->lane = kh_lane_new(cluster, node_id, KH_LANE_SHARED);
    return broker == NULL ? NULL : broker->lane;
}

struct kh_lane *kh_cluster_connected_lane(struct kh_cluster *cluster)
{
    kh_map_each (&cluster->brokers, i) {
        struct kh_broker *broker = cluster->brokers.items[i].value;
        if (broker->lane != NULL && kh_lane_usable_connection(broker->lane) != NULL)
            return broker->lane;
    }
    return NULL;
}

void kh_brokers_free(struct kh_cluster *cluster)
{
    struct kh_heap *heap = cluster->shared->heap;
    kh_map_each (&cluster->brokers, i) {
        struct kh_broker *broker = cluster->brokers.items[i].value;
        kh_free(heap, broker->reached_host);
        kh_free(heap, broker);
    }
    kh_map_free(&cluster->brokers);
    kh_cluster_replace_nodes(cluster, NULL, 0);
}
