/* The lane to any broker: where its requests go. */
#include "cluster_fixture.h"

static struct fixture x;

static struct kh_lane *broker_lane(int32_t id)
{
    struct kh_lane *lane = kh_cluster_lane(x.cluster, id);
    cr_assert_not_null(lane);
    return lane;
}

static void know_brokers(void)
{
    for (size_t i = 0; i < x.broker_count; i++)
        expect_status(kh_cluster_learn_node(x.cluster, x.brokers[i].id,
                                            kh_string_of(x.brokers[i].host), x.brokers[i].port),
                      0);
}

static void start(void)
{
    fixture_init(&x);
    know_brokers();
}

KH_TEST(lane_any, any_takes_a_connected_broker_before_it_connects_itself)
{
    struct asked a = {0}, b = {0};
    start();
    ask(broker_lane(2), &a, 'a', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    ask(kh_cluster_lane(x.cluster, -1), &b, 'b', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    cr_assert_eq(b.status, 0);
    cr_assert_eq(b.broker_id, 2);
    cr_assert_eq(x.fake.stream_count, 1);
    fixture_free(&x);
}

static void restart_with(const char *bootstrap_servers)
{
    kh_cluster_free(x.cluster);
    x.options.bootstrap_servers = bootstrap_servers;
    expect_status(kh_cluster_new(&x.cluster, &x.fake.shared, &x.options), 0);
}

KH_TEST(lane_any, C52_any_tries_each_address_before_it_gives_up)
{
    struct asked a = {0}, b = {0};
    fixture_init(&x);
    restart_with("127.0.0.1:7001,127.0.0.1:7002, [::1]:7003");
    x.refusing[0] = 7001;
    x.refusing[1] = 7002;
    x.refusing[2] = 7003;
    ask(kh_cluster_lane(x.cluster, -1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_eq(a.status, KOHORT_ECONNECT);
    cr_assert_eq(x.fake.stream_count, 3);
    x.refusing[1] = 0;
    ask(kh_cluster_lane(x.cluster, -1), &b, 'b', KH_PRIORITY_NORMAL, 30000);
    fake_advance(&x.fake, 100);
    cr_assert_eq(b.status, 0);
    cr_assert_eq(b.ends, 1);
    cr_assert_eq(b.broker_id, -1);
    fixture_free(&x);
}

KH_TEST(lane_any, row35_any_does_not_wait_for_an_address_that_is_silent)
{
    for (uint64_t seed = 0; seed < 8; seed++) { /* whichever comes first */
        struct asked a = {0};
        fixture_init(&x);
        kh_random_seed(&x.fake.shared.random, seed);
        restart_with("127.0.0.1:7001,127.0.0.1:7002");
        x.silent[0] = 7001;
        ask(kh_cluster_lane(x.cluster, -1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
        fake_advance(&x.fake, 1000);
        cr_assert_eq(a.ends, 1, "after a second the other is tried as well");
        cr_assert_eq(a.status, 0);
        fixture_free(&x);
    }
}

KH_TEST(lane_any, row35_any_passes_by_a_connection_that_has_stalled)
{
    struct asked lost = {0}, near = {0}, next = {0};
    start();
    x.hold_heartbeats = true;
    ask(kh_cluster_lane(x.cluster, -1), &lost, 'l', KH_PRIORITY_NORMAL, 30000);
    fake_advance(&x.fake, 200);
    x.hold_heartbeats = false;
    ask(broker_lane(1), &near, 'n', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    ask(kh_cluster_lane(x.cluster, -1), &next, 'x', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_str_eq(story, "nx");
    cr_assert_eq(next.broker_id, 1);
    fixture_free(&x);
}

KH_TEST(lane_any, any_finds_the_bootstrap_servers_again_when_all_brokers_are_gone)
{
    struct asked a = {0};
    start();
    x.refusing[0] = 9001;
    x.refusing[1] = 9002;
    ask(kh_cluster_lane(x.cluster, -1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
    fake_advance(&x.fake, 100);
    cr_assert_eq(a.status, 0);
    cr_assert_eq(a.broker_id, -1);
    fixture_free(&x);
}
