#include "platform_world.h"

#include "base/timers.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t turned_at_ms;
static bool turned;

static void note_time(struct world *w)
{
    turned_at_ms = w->ops->now_ms(w->platform);
    turned = true;
}

KH_TEST(platform_time, the_timer_never_fires_early)
{
    struct world w;
    world_open(&w);
    w.on_turn = note_time;
    for (int i = 0; i < 20; i++) {
        int64_t due_ms = w.ops->now_ms(w.platform) + i % 7;
        turned = false;
        w.ops->set_timer(w.platform, due_ms);
        world_run_until(&w, &turned);
        cr_assert_geq(turned_at_ms, due_ms);
        cr_assert_eq(w.turns, i + 1);
    }
    world_close(&w);
}

KH_TEST(platform_time, the_last_call_counts)
{
    struct world w;
    world_open(&w);
    w.on_turn = note_time;
    int64_t now_ms = w.ops->now_ms(w.platform);
    w.ops->set_timer(w.platform, now_ms + 3600 * 1000);
    w.ops->set_timer(w.platform, now_ms - 5); /* in the past: soon */
    world_run_until(&w, &turned);
    w.ops->set_timer(w.platform, now_ms);
    w.ops->set_timer(w.platform, KH_NEVER);
    world_settle(&w);
    cr_assert_eq(w.turns, 1);
    w.ops->set_timer(w.platform, INT64_MAX - 1);
    world_settle(&w);
    cr_assert_eq(w.turns, 1);
    world_close(&w);
}

KH_TEST(platform_time, clocks_are_of_this_world)
{
    struct world w;
    world_open(&w);
    int64_t before_ms = w.ops->now_ms(w.platform);
    cr_assert_geq(before_ms, 0);
    cr_assert_geq(w.ops->now_ms(w.platform), before_ms);
    cr_assert_gt(w.ops->wall_ms(w.platform), 1700000000000);
    unsigned char a[16] = {0}, b[16] = {0};
    expect_status(w.ops->random(w.platform, a, sizeof a), 0);
    expect_status(w.ops->random(w.platform, b, sizeof b), 0);
    cr_assert_neq(memcmp(a, b, sizeof a), 0);
    world_close(&w);
}

static struct client *reader;
static int readables_at_turn;

static void note_readables(struct world *w)
{
    (void)w;
    readables_at_turn = reader->readables;
}

KH_TEST(platform_time, a_wake_comes_after_what_is_ready)
{
    struct world w;
    world_open(&w);
    uint16_t port;
    int listener = peer_listen(&port);
    struct client c = {0};
    reader = &c;
    client_open(&c, &w, port);
    int peer = peer_accept(listener);
    world_run_until(&w, &c.connected);
    w.ops->want(c.stream, true, false);
    world_settle(&w);
    cr_assert_eq(send(peer, "x", 1, 0), 1);
    w.on_turn = note_readables;
    w.ops->wake(w.platform);
    w.ops->wake(w.platform);
    uv_run(&w.loop, UV_RUN_NOWAIT);
    cr_assert_eq(w.turns, 1, "many wakes are one turn");
    cr_assert_eq(readables_at_turn, 1);
    close(peer);
    close(listener);
    world_close(&w);
}

static void wake_five_times(struct world *w)
{
    if (w->turns < 5)
        w->ops->wake(w->platform);
}

static int loop_turns;

static void count_loop_turn(uv_check_t *check)
{
    (void)check;
    loop_turns++;
}

KH_TEST(platform_time, a_wake_in_a_turn_comes_with_the_next_one)
{
    struct world w;
    world_open(&w);
    world_settle(&w);
    w.on_turn = wake_five_times;
    w.ops->wake(w.platform);
    for (int i = 1; i <= 5; i++) {
        uv_run(&w.loop, UV_RUN_ONCE); /* does not sleep */
        cr_assert_eq(w.turns, i);
    }
    world_settle(&w);
    cr_assert_eq(w.turns, 5);
    world_close(&w);
}

static void stop(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* Row L4 of the reliability plan: nothing to do means no wake-up. */
KH_TEST(platform_time, an_idle_platform_does_not_turn_the_loop)
{
    struct world w;
    world_open(&w);
    uint16_t port;
    int listener = peer_listen(&port);
    struct client c = {0};
    client_open(&c, &w, port);
    int peer = peer_accept(listener);
    world_run_until(&w, &c.connected);
    w.ops->want(c.stream, true, false);
    w.ops->set_timer(w.platform, w.ops->now_ms(w.platform) + 3600 * 1000);
    w.ops->wake(w.platform);
    world_settle(&w);

    bool stopped = false;
    uv_check_t check;
    uv_timer_t timer;
    uv_check_init(&w.loop, &check);
    uv_check_start(&check, count_loop_turn);
    uv_timer_init(&w.loop, &timer);
    timer.data = &stopped;
    uv_timer_start(&timer, stop, 100, 0);
    world_run_until(&w, &stopped);
    cr_assert_leq(loop_turns, 2);
    uv_close((uv_handle_t *)&check, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    close(peer);
    close(listener);
    world_close(&w);
}
