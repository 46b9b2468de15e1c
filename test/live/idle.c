/* What an idle member costs its host: wake-ups for the answers that it asked for, and at most one
 * in two seconds beside them. */
#include "consumer/client.h"
#include "support/live/admin.h"
#include "support/live/stage.h"

#include <kohort/kohort.h>
#include <sys/epoll.h>
#include <unistd.h>

LIVE_SUITE(idle);

enum { PARTITIONS = 6, WINDOW_MS = 10000, DISPATCH_MS = 200 };

struct host {
    uv_loop_t *loop;
    kohort_loop *embedded; /* NULL: the loop is the host's own */
    int epoll_fd;
    uint64_t wake_ups;
};

/* Sleeps until there is something to do, and does it. */
static void host_turn(struct host *h)
{
    struct epoll_event event;
    if (h->embedded == NULL) {
        uv_run(h->loop, UV_RUN_ONCE);
        h->wake_ups++;
    } else if (epoll_wait(h->epoll_fd, &event, 1, DISPATCH_MS) == 1) {
        kohort_loop_dispatch(h->embedded);
        h->wake_ups++;
    }
}

static int take_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    (void)p, (void)batch, (void)user;
    return KOHORT_DONE;
}

static bool is_idle(const kohort_consumer *c)
{
    const kohort_partitions *owned = kohort_consumer_assignment(c);
    kohort_partition_status status = {.size = sizeof status};
    for (size_t i = 0; i < kohort_partitions_count(owned); i++) {
        kohort_partition_get_status(kohort_partitions_at(owned, i), &status);
        if (status.high_watermark < 0 || status.committed < 0)
            return false;
    }
    return kohort_partitions_count(owned) == PARTITIONS;
}

static void count_wake_ups(struct host *h, const kohort_client *client)
{
    int64_t began_ms = live_now_ms();
    uint64_t requests = client->shared.counters.requests_sent;
    h->wake_ups = 0;
    while (live_now_ms() < began_ms + WINDOW_MS)
        host_turn(h);
    requests = client->shared.counters.requests_sent - requests;
    int64_t passed_ms = live_now_ms() - began_ms;
    cr_expect_geq((int64_t)requests, passed_ms / 1000, "%llu requests",
                  (unsigned long long)requests);
    cr_expect_leq(((int64_t)h->wake_ups - (int64_t)requests - 1) * 2000, passed_ms,
                  "%llu wake-ups for %llu answers in %lld ms", (unsigned long long)h->wake_ups,
                  (unsigned long long)requests, (long long)passed_ms);
}

static void set_true(const kohort_error *error, void *arg)
{
    (void)error;
    *(bool *)arg = true;
}

/* With Kafka's defaults: a heartbeat each 3 s, Fetches parked for 500 ms. */
static void live_idly(struct host *h)
{
    kohort_options *o;
    kohort_client *client;
    kohort_consumer *consumer;
    bool closed = false;
    const char *topic = live_name("t6");
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    handlers.on_records = take_records;
    admin_create_topic(topic, PARTITIONS);
    kohort_options_new(&o);
    kohort_options_set(o, "bootstrap.servers", live_bootstrap());
    kohort_options_set(o, "group.id", live_name("g"));
    /* What follows a join is another matter. */
    kohort_options_set(o, "join.heartbeat.interval.ms", "0");
    expect_status(kohort_client_new(&client, h->loop, o), KOHORT_OK);
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_OK);
    kohort_options_free(o);
    expect_status(kohort_subscribe(consumer, &topic, 1), KOHORT_OK);
    int64_t deadline_ms = live_now_ms() + STAGE_WAIT_MS;
    while (!is_idle(consumer) && live_now_ms() < deadline_ms)
        host_turn(h);
    cr_assert(is_idle(consumer));
    count_wake_ups(h, client);
    kohort_consumer_free(consumer);
    expect_status(kohort_client_close(client, set_true, &closed), KOHORT_OK);
    while (!closed)
        host_turn(h);
}

KH_TEST(idle, a_member_wakes_its_loop_for_answers_and_heartbeats)
{
    uv_loop_t loop;
    struct host h = {.loop = &loop};
    uv_loop_init(&loop);
    live_idly(&h);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&loop), 0);
}

KH_TEST(idle, a_member_behind_a_descriptor_wakes_its_host_as_rarely)
{
    struct host h = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event readable = {.events = EPOLLIN};
    expect_status(kohort_loop_new(&h.embedded), KOHORT_OK);
    h.loop = kohort_loop_uv(h.embedded);
    cr_assert_eq(epoll_ctl(h.epoll_fd, EPOLL_CTL_ADD, kohort_loop_fd(h.embedded), &readable), 0);
    live_idly(&h);
    while (kohort_loop_dispatch(h.embedded))
        ;
    expect_status(kohort_loop_free(h.embedded), KOHORT_OK);
    close(h.epoll_fd);
}
