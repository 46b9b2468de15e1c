#include "platform_world.h"

#include <string.h>
#include <unistd.h>

static void never(void *arg, const char *error, const struct kh_address *addresses, size_t count)
{
    (void)arg, (void)error, (void)addresses, (void)count;
    cr_assert_fail("a lookup was told of after the end began");
}

static void never_turn(struct world *w)
{
    (void)w;
    cr_assert_fail("a turn after the end began");
}

KH_TEST(platform_shutdown, ends_what_is_still_open)
{
    struct world w;
    world_open(&w);
    uint16_t port;
    int listener = peer_listen(&port);
    struct client open = {0}, connecting = {0};
    client_open(&open, &w, port);
    world_run_until(&w, &open.connected);
    w.ops->want(open.stream, true, true);
    client_open(&connecting, &w, port);
    w.on_turn = never_turn;
    w.ops->set_timer(w.platform, 0);
    w.ops->wake(w.platform);
    cr_assert_not_null(w.ops->resolve(w.platform, "localhost", 1, never, NULL));
    int writables = open.writables;
    world_close(&w);
    cr_assert_eq(open.writables, writables);
    cr_assert_not(connecting.connected);
    close(listener);
}

static void end(struct world *w)
{
    w->ops->shutdown(w->platform, (void (*)(void *))uv_stop, &w->loop);
}

KH_TEST(platform_shutdown, may_begin_inside_a_turn)
{
    struct world w;
    world_open(&w);
    w.on_turn = end;
    w.ops->wake(w.platform);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    cr_assert_eq(w.turns, 1);
    cr_assert_eq(uv_loop_close(&w.loop), 0);
}

KH_TEST(platform_shutdown, an_open_platform_keeps_the_loop_alive)
{
    struct world w;
    world_open(&w);
    world_settle(&w);
    cr_assert(uv_loop_alive(&w.loop));
    world_close(&w);
}

KH_TEST(platform_shutdown, a_platform_that_cannot_be_made_leaves_nothing)
{
    uv_loop_t loop;
    cr_assert_eq(uv_loop_init(&loop), 0);
    struct kh_platform *platform = NULL;
    test_fail_allocation(0);
    expect_status(kh_uv_platform_new(&platform, &loop, test_heap), KOHORT_ENOMEM);
    cr_assert_null(platform);
    cr_assert_eq(uv_loop_close(&loop), 0);
}
