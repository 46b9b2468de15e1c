/* A lane's connections: which one to write to, when to open another, what follows when one ends. */
#include "net/lane_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "net/cluster_internal.h"

#include <stdio.h>

enum {
    STALL_MS = 100,  /* behind an answer that takes longer nothing more is written (decision 14) */
    HEDGE_MS = 1000, /* an address that takes longer to connect gets company, where any will do */
};

/* The broker has moved to another address meanwhile (KAFKA-7890). */
static bool is_outdated(const struct kh_lane *lane, const struct kh_connection *c)
{
    struct kh_peer peer;
    if (c->peer.broker_id < 0 || !kh_cluster_peer(lane->cluster, c->peer.broker_id, &peer))
        return false;
    return peer.port != c->peer.port || strcmp(peer.host, c->peer.host) != 0;
}

static bool is_stalled(const struct kh_lane *lane, const struct kh_connection *c)
{
    int64_t since_ms = kh_connection_waits_since(c);
    return since_ms != KH_NEVER && lane->cluster->shared->now_ms - since_ms >= STALL_MS;
}

struct kh_connection *kh_lane_usable_connection(struct kh_lane *lane)
{
    struct kh_connection *best = NULL;
    for (size_t i = 0; i < lane->connection_count; i++) {
        struct kh_connection *c = lane->connections[i];
        if (!kh_connection_has_room(c) || is_outdated(lane, c))
            continue;
        /* In lanes of one connection answers take as long as they take. */
        if (lane->kind == KH_LANE_SHARED && is_stalled(lane, c))
            continue;
        if (best == NULL || c->flight_count < best->flight_count)
            best = c;
    }
    return best;
}

static void forget_connection(struct kh_lane *lane, const struct kh_connection *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < lane->connection_count; i++)
        if (lane->connections[i] != c)
            lane->connections[kept++] = lane->connections[i];
    lane->connection_count = kept;
}

void kh_lane_abandon_connection(struct kh_lane *lane, struct kh_connection *connection)
{
    forget_connection(lane, connection);
    kh_connection_abandon(connection);
}

/* Whoever answered first has served its purpose once a broker is known by its id and connected:
 * kept, it would be one connection more for each client. */
static bool is_superfluous(const struct kh_lane *lane, const struct kh_connection *c)
{
    if (lane->node_id < 0)
        return c->state == KH_CONNECTION_READY && kh_cluster_connected_lane(lane->cluster) != NULL;
    return is_outdated(lane, c);
}

void kh_lane_retire_connections(struct kh_lane *lane)
{
    for (size_t i = lane->connection_count; i-- > 0;) {
        struct kh_connection *c = lane->connections[i];
        if (c->flight_count == 0 && is_superfluous(lane, c))
            kh_lane_abandon_connection(lane, c);
    }
}

int64_t kh_lane_connect_due(const struct kh_lane *lane)
{
    size_t most = lane->kind == KH_LANE_SHARED ? KH_LANE_CONNECTIONS : 1;
    int64_t due_ms = lane->retry_ms;
    if (lane->prepare && lane->connection_count == 0)
        return due_ms;
    if (kh_list_empty(&lane->queue) || lane->connection_count >= most)
        return KH_NEVER;
    if (lane->connection_count > 0) {
        const struct kh_connection *c = lane->connections[0];
        const struct kh_request *head = kh_container(lane->queue.next, struct kh_request, node);
        if (is_outdated(lane, c))
            due_ms = lane->retry_ms;
        else if (c->state == KH_CONNECTION_READY)
            due_ms = head->queued_ms + STALL_MS;
        else if (lane->node_id < 0)
            due_ms = c->opened_ms + HEDGE_MS;
        else
            return KH_NEVER;
    }
    return due_ms > lane->retry_ms ? due_ms : lane->retry_ms;
}

static void back_off(struct kh_lane *lane)
{
    struct kh_shared *shared = lane->cluster->shared;
    lane->retry_ms = shared->now_ms + kh_backoff_next(&lane->backoff, &shared->random);
}

static void assumed(void *arg, struct kh_connection *c)
{
    struct kh_lane *lane = arg;
    (void)c;
    if (!kh_list_empty(&lane->queue))
        kh_lane_wake(lane);
}

static void ready(void *arg, struct kh_connection *c)
{
    struct kh_lane *lane = arg;
    lane->problem[0] = '\0';
    kh_cluster_reached(lane->cluster, &c->peer, &c->versions);
    if (!kh_list_empty(&lane->queue))
        kh_lane_wake(lane);
}

/* Only an answer to something real ends the backoff: a listener that wants SASL accepts the
 * connection and answers ApiVersions each time. */
static void answered(void *arg, struct kh_connection *c)
{
    struct kh_lane *lane = arg;
    if (!c->versions_noted)
        kh_cluster_served(lane->cluster, &c->peer, &c->versions);
    c->versions_noted = true;
    kh_backoff_reset(&lane->backoff);
    lane->round.at = lane->round.count;
    if (!kh_list_empty(&lane->queue))
        kh_lane_wake(lane);
}

/* An attempt to connect has failed. What waits is told, unless there are others to try. */
static void setup_failed(struct kh_lane *lane, const kohort_error *why)
{
    if (lane->connection_count > 0) {
        back_off(lane);
        return;
    }
    if (lane->node_id < 0 && kh_candidates_left(&lane->round))
        return;
    back_off(lane);
    kh_lane_fail_queue(lane, why);
}

static void closed(void *arg, struct kh_connection *c, const kohort_error *why)
{
    struct kh_lane *lane = arg;
    struct kh_cluster *cluster = lane->cluster;
    kh_lane_enter(lane);
    forget_connection(lane, c);
    if (c->versions_assumed && !c->was_ready)
        kh_cluster_doubt_versions(cluster, &c->peer);
    if (why != NULL && !cluster->closing) {
        kh_log(&cluster->shared->log, KH_LOG_INFO, "%s", why->text);
        snprintf(lane->problem, sizeof lane->problem, "%.255s", why->text);
        if (c->was_ready)
            back_off(lane);
        else
            setup_failed(lane, why);
        /* The broker may have moved, or its partitions (NetworkClient asks then, too). */
        if (c->peer.broker_id >= 0)
            kh_cluster_refresh(cluster, "a broker was lost");
    }
    kh_lane_wake(lane);
    kh_lane_leave(lane);
}

static const struct kh_connection_events events = {
    .assumed = assumed, .ready = ready, .answered = answered, .closed = closed};

/* 0; KOHORT_ECONNECT: there is no such broker; KOHORT_ENOMEM. */
static int choose_peer(struct kh_lane *lane, struct kh_peer *ret_peer)
{
    if (lane->node_id >= 0)
        return kh_cluster_peer(lane->cluster, lane->node_id, ret_peer) ? 0 : KOHORT_ECONNECT;
    if (kh_candidates_next(&lane->round, lane->cluster, ret_peer))
        return 0;
    int status = kh_candidates_begin(&lane->round, lane->cluster);
    if (status == 0)
        (void)kh_check(kh_candidates_next(&lane->round, lane->cluster, ret_peer));
    return status;
}

void kh_lane_connect(struct kh_lane *lane)
{
    struct kh_cluster *cluster = lane->cluster;
    struct kh_connection *c = NULL;
    struct kh_peer peer;
    kohort_error error;
    lane->prepare = false;
    int status = choose_peer(lane, &peer);
    if (status == 0)
        status = kh_connection_open(&c, &cluster->settings, &peer, &events, lane);
    if (status == 0) {
        lane->connections[lane->connection_count++] = c;
        return;
    }
    if (status == KOHORT_ECONNECT) {
        kh_error_unknown_broker(&error, lane->node_id);
        kh_cluster_refresh(cluster, "a broker is not known");
    } else {
        kh_error_init(&error, status);
    }
    back_off(lane);
    if (lane->connection_count == 0)
        kh_lane_fail_queue(lane, &error);
}
