/* The virtual platform, held to what src/net/platform.h promises. */
#include "sim/virtual_platform.h"

#include "base/timers.h"
#include "support/test.h"

#include <errno.h>

enum { SOME_BYTES = 300000 };

struct host {
    struct sim_schedule schedule;
    struct kh_random random;
    struct sim_trace trace;
    struct sim_network network;
    struct sim_platform platform;
    struct sim_listener listener;
    struct sim_end *peer; /* who accepted */
    uint8_t peer_bytes[SOME_BYTES];
    size_t peer_size;
    int peer_error; /* 0: none; -1: the end */
    int turns, posts, closed, connects, connect_error;
    int64_t last_turn_ms;
    struct kh_stream *stream;
    size_t received, written;
    int receive_error; /* 0: none; -1: the end */
    char name_error[64];
    int lookups;
};

static const struct kh_platform_ops *ops(struct host *h)
{
    return h->platform.base.ops;
}

static void turn(void *arg)
{
    struct host *h = arg;
    h->turns++;
    h->last_turn_ms = sim_now_ms(&h->schedule);
}

static void peer_changed(void *arg)
{
    struct host *h = arg;
    int64_t size;
    int error_number = 0;

    while ((size = sim_end_recv(h->peer, h->peer_bytes + h->peer_size,
                                sizeof h->peer_bytes - h->peer_size, &error_number, NULL)) > 0)
        h->peer_size += (size_t)size;
    if (size != KH_IO_AGAIN)
        h->peer_error = size == 0 ? -1 : error_number;
}

static const struct sim_end_events peer_events = {.changed = peer_changed};

static void accept_peer(struct sim_listener *listener, struct sim_end *end)
{
    struct host *h = kh_container(listener, struct host, listener);
    h->peer = end;
    sim_end_accept(end, &peer_events, h);
}

static struct host *new_host(void)
{
    struct host *h = kh_alloc_zeroed(test_heap, 1, sizeof *h);

    kh_random_seed(&h->random, 5);
    sim_trace_init(&h->trace, &h->schedule);
    sim_network_init(&h->network, &h->schedule, &h->random, &h->trace);
    sim_platform_init(&h->platform, &h->network, 1, 7);
    h->platform.base.turn = turn;
    h->platform.base.turn_arg = h;
    h->listener.accept = accept_peer;
    h->listener.address = (struct kh_address){.bytes = {10, 0, 0, 1}, .port = 9092};
    sim_listen(&h->network, &h->listener);
    sim_network_name(&h->network, "here", &h->listener.address);
    return h;
}

static void run(struct host *h, int64_t duration_ms)
{
    int64_t until_us = h->schedule.now_us + duration_ms * SIM_MS;
    while (sim_step(&h->schedule, until_us))
        ;
}

static void on_shut_down(void *arg)
{
    ((struct host *)arg)->closed++;
}

static void free_host(struct host *h)
{
    if (!h->platform.shut_down)
        ops(h)->shutdown(&h->platform.base, on_shut_down, h);
    if (h->peer != NULL)
        sim_end_close(h->peer);
    run(h, 10000);
    cr_assert_eq(h->closed, 1);
    sim_platform_free(&h->platform);
    sim_network_free(&h->network);
    sim_trace_free(&h->trace);
    sim_schedule_free(&h->schedule);
    kh_free(test_heap, h);
}

KH_TEST(sim_platform, the_timer_is_one_and_can_be_moved)
{
    struct host *h = new_host();

    ops(h)->set_timer(&h->platform.base, 50);
    ops(h)->set_timer(&h->platform.base, 20);
    run(h, 100);
    cr_assert_eq(h->turns, 1);
    cr_assert_eq(h->last_turn_ms, 20);
    ops(h)->set_timer(&h->platform.base, 200);
    ops(h)->set_timer(&h->platform.base, KH_NEVER);
    run(h, 200);
    cr_assert_eq(h->turns, 1);
    ops(h)->set_timer(&h->platform.base, 1); /* has passed */
    run(h, 0);
    cr_assert_eq(h->turns, 2);
    free_host(h);
}

static void count_post(void *arg)
{
    ((struct host *)arg)->posts++;
}

KH_TEST(sim_platform, wakes_and_posts_come_soon_and_never_inside)
{
    struct host *h = new_host();

    ops(h)->wake(&h->platform.base);
    ops(h)->wake(&h->platform.base);
    expect_status(ops(h)->post(&h->platform.base, count_post, h), KOHORT_OK);
    expect_status(ops(h)->post(&h->platform.base, count_post, h), KOHORT_OK);
    cr_assert_eq(h->turns + h->posts, 0);
    run(h, 0);
    cr_assert_eq(h->turns, 1);
    cr_assert_eq(h->posts, 2);
    free_host(h);
}

KH_TEST(sim_platform, a_suspended_process_is_late)
{
    struct host *h = new_host();

    ops(h)->set_timer(&h->platform.base, 20);
    sim_platform_suspend(&h->platform, 500 * SIM_MS);
    run(h, 499);
    cr_assert_eq(h->turns, 0);
    run(h, 1);
    cr_assert_eq(h->turns, 1);
    free_host(h);
}

static void on_connected(void *arg, int error_number)
{
    struct host *h = arg;
    h->connects++;
    h->connect_error = error_number;
}

static void on_readable(void *arg)
{
    struct host *h = arg;
    uint8_t piece[1000];
    int error_number = 0;
    int64_t size = ops(h)->recv(h->stream, piece, sizeof piece, &error_number);

    if (size > 0)
        h->received += (size_t)size;
    else if (size != KH_IO_AGAIN) {
        h->receive_error = size == 0 ? -1 : error_number;
        ops(h)->want(h->stream, false, false);
    }
}

static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

/* Writes what is left of SOME_BYTES, in two spans. */
static void on_writable(void *arg)
{
    struct host *h = arg;
    uint8_t bytes[5000];
    size_t size = SOME_BYTES - h->written < sizeof bytes ? SOME_BYTES - h->written : sizeof bytes;
    int error_number = 0;

    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(h->written + i);
    const struct kh_span spans[] = {{bytes, size / 3}, {bytes + size / 3, size - size / 3}};
    int64_t sent = ops(h)->send(h->stream, spans, 2, &error_number);
    if (sent > 0)
        h->written += (size_t)sent;
    if (h->written == SOME_BYTES)
        ops(h)->want(h->stream, true, false);
}

static const struct kh_stream_events stream_events = {on_connected, on_readable, on_writable};

static void connect_stream(struct host *h)
{
    int error_number;

    expect_status(ops(h)->open(&h->platform.base, &h->listener.address, &stream_events, h,
                               &h->stream, &error_number),
                  KOHORT_OK);
    cr_assert_eq(h->connects, 0, "never inside the call");
    run(h, 100);
}

KH_TEST(sim_platform, bytes_arrive_whole_and_in_order)
{
    struct host *h = new_host();

    h->network.short_io = true;
    h->network.piece_max = 700;
    connect_stream(h);
    cr_assert_eq(h->connects, 1);
    ops(h)->want(h->stream, true, true);
    run(h, 60000);
    cr_assert_eq(h->written, SOME_BYTES);
    cr_assert_eq(h->peer_size, SOME_BYTES);
    for (size_t i = 0; i < SOME_BYTES; i++)
        cr_assert_eq(h->peer_bytes[i], byte_at(i), "byte %zu", i);
    ops(h)->close(h->stream);
    run(h, 100);
    cr_assert_eq(h->peer_error, -1, "the end");
    free_host(h);
}

KH_TEST(sim_platform, a_cut_link_gives_what_came_before_it)
{
    struct host *h = new_host();
    int error_number;

    connect_stream(h);
    ops(h)->want(h->stream, true, false);
    sim_end_cut_behind(h->peer, 3);
    cr_assert_eq(sim_end_send(h->peer, "abcdef", 6, &error_number), 6);
    run(h, 100);
    cr_assert_eq(h->received, 3);
    cr_assert_eq(h->receive_error, ECONNRESET);
    cr_assert_eq(h->peer_error, ECONNRESET);
    free_host(h);
}

KH_TEST(sim_platform, what_was_held_back_comes_later)
{
    struct host *h = new_host();
    int error_number;

    connect_stream(h);
    ops(h)->want(h->stream, true, false);
    sim_end_silence(h->peer, true);
    cr_assert_eq(sim_end_send(h->peer, "abcdef", 6, &error_number), 6);
    run(h, 5000);
    cr_assert_eq(h->received, 0);
    sim_end_silence(h->peer, false);
    run(h, 100);
    cr_assert_eq(h->received, 6);
    free_host(h);
}

KH_TEST(sim_platform, nobody_listens_or_nobody_answers)
{
    struct host *h = new_host();

    h->listener.state = SIM_REFUSING;
    connect_stream(h);
    cr_assert_eq(h->connect_error, ECONNREFUSED);
    ops(h)->close(h->stream);
    h->connects = 0;
    h->listener.state = SIM_SILENT;
    connect_stream(h);
    run(h, 100000);
    cr_assert_eq(h->connects, 0);
    free_host(h);
}

static void on_lookup(void *arg, const char *error, const struct kh_address *addresses,
                      size_t count)
{
    struct host *h = arg;
    h->lookups++;
    snprintf(h->name_error, sizeof h->name_error, "%s", error == NULL ? "" : error);
    if (error == NULL) {
        cr_assert_eq(count, 1);
        cr_assert_eq(addresses[0].port, 1234);
        cr_assert_eq(addresses[0].bytes[0], 10);
    }
}

KH_TEST(sim_platform, names_are_found_or_not)
{
    struct host *h = new_host();

    ops(h)->resolve(&h->platform.base, "here", 1234, on_lookup, h);
    cr_assert_eq(h->lookups, 0);
    run(h, 100);
    cr_assert_eq(h->lookups, 1);
    cr_assert_str_eq(h->name_error, "");
    ops(h)->resolve(&h->platform.base, "nowhere", 1234, on_lookup, h);
    run(h, 100);
    cr_assert_eq(h->lookups, 2);
    cr_assert_str_neq(h->name_error, "");
    ops(h)->resolve_cancel(ops(h)->resolve(&h->platform.base, "here", 1234, on_lookup, h));
    run(h, 100);
    cr_assert_eq(h->lookups, 2);
    free_host(h);
}

struct counted_work {
    struct kh_work work;
    int runs, dones;
};

static void count_run(struct kh_work *work)
{
    kh_container(work, struct counted_work, work)->runs++;
}

static void count_done(struct kh_work *work)
{
    kh_container(work, struct counted_work, work)->dones++;
}

KH_TEST(sim_platform, accepted_work_is_done_also_at_the_end)
{
    struct host *h = new_host();
    struct counted_work w = {.work = {count_run, count_done}};

    expect_status(ops(h)->queue_work(&h->platform.base, &w.work), KOHORT_OK);
    expect_status(ops(h)->post(&h->platform.base, count_post, h), KOHORT_OK);
    ops(h)->wake(&h->platform.base);
    ops(h)->shutdown(&h->platform.base, on_shut_down, h);
    cr_assert_eq(w.dones + h->closed, 0);
    run(h, 1000);
    cr_assert_eq(w.runs, 1);
    cr_assert_eq(w.dones, 1);
    cr_assert_eq(h->posts, 1);
    cr_assert_eq(h->turns, 0, "no turn after shutdown");
    expect_status(ops(h)->post(&h->platform.base, count_post, h), KOHORT_ECLOSED);
    free_host(h);
}
