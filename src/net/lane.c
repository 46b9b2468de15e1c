/* A lane's requests: queued, written in turn, cancelled, timed out. */
#include "net/lane_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "net/cluster_internal.h"
#include "net/request_end.h"

#include <stdio.h>

static struct kh_request *first_of(const struct kh_list *list)
{
    return kh_container(list->next, struct kh_request, node);
}

void kh_lane_enter(struct kh_lane *lane)
{
    lane->depth++;
}

void kh_lane_leave(struct kh_lane *lane)
{
    struct kh_heap *heap = lane->cluster->shared->heap;
    if (--lane->depth > 0 || !lane->closed)
        return;
    kh_candidates_free(&lane->round, heap);
    kh_free(heap, lane);
}

void kh_lane_wake(struct kh_lane *lane)
{
    struct kh_shared *shared = lane->cluster->shared;
    if (!lane->closed)
        kh_timer_set(&shared->timers, &lane->pump, shared->now_ms);
}

void kh_lane_insert(struct kh_lane *lane, struct kh_request *request)
{
    struct kh_list *after = lane->queue.previous;
    while (after != &lane->queue &&
           kh_container(after, struct kh_request, node)->priority > request->priority)
        after = after->previous;
    request->lane = lane;
    kh_list_append(after->next, &request->node);
}

/* The lane to any broker prefers those that are connected to its own attempts. */
static void hand_over(struct kh_lane *lane)
{
    while (!kh_list_empty(&lane->queue) && kh_lane_usable_connection(lane) == NULL) {
        struct kh_lane *other = kh_cluster_connected_lane(lane->cluster);
        if (other == NULL)
            return;
        struct kh_request *request = first_of(&lane->queue);
        kh_list_remove(&request->node);
        kh_lane_insert(other, request);
        kh_lane_wake(other);
    }
}

static void write_queue(struct kh_lane *lane)
{
    struct kh_connection *c;
    while (!kh_list_empty(&lane->queue) && (c = kh_lane_usable_connection(lane)) != NULL) {
        struct kh_request *request = first_of(&lane->queue);
        kohort_error error;
        kh_list_remove(&request->node);
        if (kh_connection_send(c, request, &error) != 0)
            kh_request_end_unsent(lane->cluster->shared, request, &error);
    }
    for (size_t i = 0; i < lane->connection_count; i++)
        kh_connection_flush(lane->connections[i]);
}

static void pump(struct kh_timer *timer, int64_t now_ms)
{
    struct kh_lane *lane = timer->arg;
    struct kh_shared *shared = lane->cluster->shared;
    (void)now_ms;
    kh_shared_now(shared);
    kh_lane_enter(lane);
    kh_lane_retire_connections(lane);
    if (lane->node_id < 0)
        hand_over(lane);
    write_queue(lane);
    if (!lane->closed && kh_lane_connect_due(lane) <= shared->now_ms)
        kh_lane_connect(lane);
    if (!lane->closed && lane->pump.due_ms == KH_NEVER)
        kh_timer_set(&shared->timers, &lane->pump, kh_lane_connect_due(lane));
    kh_lane_leave(lane);
}

struct kh_lane *kh_lane_new(struct kh_cluster *cluster, int32_t node_id, enum kh_lane_kind kind)
{
    struct kh_lane *lane = kh_alloc_zeroed(cluster->shared->heap, 1, sizeof *lane);
    if (lane == NULL)
        return NULL;
    lane->cluster = cluster;
    lane->node_id = node_id;
    lane->kind = kind;
    kh_list_init(&lane->queue);
    kh_list_init(&lane->failing);
    kh_list_append(&cluster->lanes, &lane->node);
    kh_timer_init(&lane->pump, pump, lane);
    kh_backoff_init(&lane->backoff, cluster->options.reconnect_backoff_ms,
                    cluster->options.reconnect_backoff_max_ms);
    return lane;
}

static void drop_all(struct kh_shared *shared, struct kh_list *list)
{
    while (!kh_list_empty(list))
        kh_request_drop(shared, first_of(list));
}

void kh_lane_close(struct kh_lane *lane)
{
    if (lane == NULL || lane->closed)
        return;
    struct kh_shared *shared = lane->cluster->shared;
    kh_lane_enter(lane);
    lane->closed = true;
    drop_all(shared, &lane->queue);
    drop_all(shared, &lane->failing);
    while (lane->connection_count > 0)
        kh_lane_abandon_connection(lane, lane->connections[0]);
    kh_timer_set(&shared->timers, &lane->pump, KH_NEVER);
    kh_list_remove(&lane->node);
    kh_lane_leave(lane);
}

void kh_lane_fail_queue(struct kh_lane *lane, const kohort_error *why)
{
    kh_lane_enter(lane);
    kh_list_move_behind(&lane->failing, &lane->queue);
    while (!kh_list_empty(&lane->failing))
        kh_request_end_unsent(lane->cluster->shared, first_of(&lane->failing), why);
    kh_lane_leave(lane);
}

void kh_lane_end(struct kh_lane *lane, const kohort_error *why)
{
    kh_lane_enter(lane);
    while (lane->connection_count > 0)
        kh_connection_fail(lane->connections[0], why, NULL);
    kh_lane_fail_queue(lane, why);
    kh_lane_close(lane);
    kh_lane_leave(lane);
}

static void no_answer(const struct kh_request *request, kohort_error *error)
{
    const struct kh_peer *peer = &request->connection->peer;
    char text[KH_PEER_TEXT], address[KH_PEER_TEXT];
    kh_error_set_broker(error, peer->broker_id, kh_peer_address(peer, address, sizeof address));
    kh_error_text(error, "%s did not answer %s within %lld ms; the connection is closed",
                  kh_peer_text(peer, text, sizeof text), kh_api_info(request->api)->name,
                  (long long)request->timeout_ms);
}

static void never_sent(const struct kh_request *request, kohort_error *error)
{
    const struct kh_lane *lane = request->lane;
    char broker[32] = "any broker";
    if (lane->node_id >= 0)
        snprintf(broker, sizeof broker, "broker %d", (int)lane->node_id);
    error->broker_id = lane->node_id;
    kh_error_text(error, "%s could not be sent to %s within %lld ms: %s",
                  kh_api_info(request->api)->name, broker, (long long)request->timeout_ms,
                  lane->problem[0] != '\0' ? lane->problem
                                           : "earlier requests have not been answered");
}

static void deadline_passed(struct kh_timer *timer, int64_t now_ms)
{
    struct kh_request *request = timer->arg;
    struct kh_shared *shared = request->lane->cluster->shared;
    kohort_error error;
    (void)now_ms;
    kh_shared_now(shared);
    kh_error_init(&error, KOHORT_ETIMEDOUT);
    error.retriable = true;
    if (request->connection != NULL) {
        /* What comes next on this connection might be its answer, or another's: the order is lost,
         * and a peer that is silent for so long may be gone (NetworkClient.handleTimedOutRequests).
         */
        no_answer(request, &error);
        kh_connection_fail(request->connection, &error, request);
    } else {
        never_sent(request, &error);
        kh_request_end_unsent(shared, request, &error);
    }
}

void kh_lane_prepare(struct kh_lane *lane)
{
    lane->prepare = lane->connection_count == 0;
    if (lane->prepare)
        kh_lane_wake(lane);
}

void kh_lane_send(struct kh_lane *lane, struct kh_request *request)
{
    struct kh_shared *shared = lane->cluster->shared;
    int64_t longest_ms = KH_NEVER - 1 - kh_shared_now(shared);
    if (!kh_check(request->lane == NULL) || !kh_check(!lane->closed))
        return;
    kh_timer_init(&request->deadline, deadline_passed, request);
    request->connection = NULL;
    request->queued_ms = shared->now_ms;
    kh_lane_insert(lane, request);
    kh_timer_set(&shared->timers, &request->deadline,
                 shared->now_ms +
                     (request->timeout_ms < longest_ms ? request->timeout_ms : longest_ms));
    kh_lane_wake(lane);
}

void kh_request_cancel(struct kh_request *request)
{
    struct kh_lane *lane = request->lane;
    struct kh_connection *c = request->connection;
    if (lane == NULL)
        return;
    kh_request_drop(lane->cluster->shared, request);
    if (c != NULL && kh_connection_forget(c, request) && lane->kind == KH_LANE_JOIN) {
        kh_lane_abandon_connection(lane, c);
        kh_lane_wake(lane);
    }
}
