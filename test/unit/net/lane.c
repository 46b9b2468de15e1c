/* Lanes: what waits for what, when connections are opened, and how requests end. */
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

KH_TEST(lane, connects_when_it_has_something_to_send_and_stays_connected)
{
    struct asked a = {0}, b = {0};
    start();
    struct kh_lane *lane = broker_lane(1);
    cr_assert_eq(lane, broker_lane(1));
    fake_run(&x.fake);
    cr_assert_eq(x.fake.stream_count, 0);
    ask(lane, &a, 'a', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    cr_assert_eq(a.status, 0);
    cr_assert_eq(a.broker_id, 1);
    cr_assert_eq(a.version, 4);
    cr_assert_eq(x.fake.streams[0]->address.port, 9001);
    ask(lane, &b, 'b', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    cr_assert_eq(b.status, 0);
    cr_assert_eq(x.fake.stream_count, 1);
    const struct kh_broker_versions *versions = kh_cluster_broker_versions(x.cluster, 1);
    cr_assert_not_null(versions);
    cr_assert_eq(versions->ranges[KH_API_METADATA].oldest, 8);
    cr_assert_null(kh_cluster_broker_versions(x.cluster, 2));
    fixture_free(&x);
}

KH_TEST(lane, heartbeats_go_before_what_is_not_yet_written_all_in_one_call)
{
    struct asked a = {0}, b = {0}, c = {0}, d = {0};
    start();
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 1000);
    ask(broker_lane(1), &b, 'b', KH_PRIORITY_COMMIT, 1000);
    ask(broker_lane(1), &c, 'c', KH_PRIORITY_NORMAL, 1000);
    ask(broker_lane(1), &d, 'd', KH_PRIORITY_HEARTBEAT, 1000);
    fake_run(&x.fake);
    cr_assert_str_eq(story, "dbac");
    cr_assert_eq(x.fake.streams[0]->sends, 2, "ApiVersions, then all four");
    fixture_free(&x);
}

KH_TEST(lane, a_second_connection_opens_behind_a_slow_answer)
{
    struct asked a = {0}, b = {0}, c = {0};
    start();
    x.hold_heartbeats = true;
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 60000);
    fake_advance(&x.fake, 150);
    x.hold_heartbeats = false;
    ask(broker_lane(1), &b, 'b', KH_PRIORITY_NORMAL, 60000);
    fake_advance(&x.fake, 99);
    cr_assert_eq(x.fake.stream_count, 1);
    cr_assert_eq(b.ends, 0);
    fake_advance(&x.fake, 1);
    cr_assert_eq(x.fake.stream_count, 2);
    cr_assert_eq(b.status, 0);
    cr_assert_eq(b.ends, 1);
    ask(broker_lane(1), &c, 'c', KH_PRIORITY_NORMAL, 60000);
    fake_run(&x.fake);
    cr_assert_str_eq(story, "bc", "the second one is used at once");
    cr_assert_eq(x.fake.stream_count, 2);
    fixture_free(&x);
    cr_assert_eq(a.status, KOHORT_ECLOSED);
}

KH_TEST(lane, lanes_that_park_have_one_connection)
{
    struct asked a = {0}, b = {0};
    start();
    struct kh_lane *lane = kh_lane_open(x.cluster, 1, KH_LANE_FETCH);
    x.hold_heartbeats = true;
    ask(lane, &a, 'a', KH_PRIORITY_NORMAL, 60000);
    fake_advance(&x.fake, 1000);
    ask(lane, &b, 'b', KH_PRIORITY_NORMAL, 60000);
    fake_advance(&x.fake, 1000);
    cr_assert_eq(x.heartbeats, 2);
    cr_assert_eq(x.fake.stream_count, 1);
    kh_lane_close(lane);
    fake_run(&x.fake);
    cr_assert_eq(a.ends + b.ends, 0);
    cr_assert_eq(fake_open_streams(&x.fake), 0);
    fixture_free(&x);
}

KH_TEST(lane, O02_what_waits_ends_with_the_reason_when_the_broker_cannot_be_reached)
{
    struct asked a = {0}, b = {0};
    start();
    x.refusing[0] = 9001;
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
    ask(broker_lane(1), &b, 'b', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_str_eq(story, "ab");
    cr_assert_eq(a.status, KOHORT_ECONNECT);
    cr_assert_eq(a.version, -1);
    cr_assert_eq(a.broker_id, 1);
    cr_assert_eq(a.error.api_key, 12);
    cr_assert_str_eq(a.error.broker, "127.0.0.1:9001");
    cr_assert_not_null(strstr(a.error.text, "broker 1 advertises 127.0.0.1:9001"));
    fixture_free(&x);
}

KH_TEST(lane, a_broker_reached_before_is_not_accused_of_a_wrong_listener)
{
    struct asked a = {0}, b = {0};
    start();
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    fake_end(x.fake.streams[0]);
    x.refusing[0] = 9001;
    fake_advance(&x.fake, 100);
    ask(broker_lane(1), &b, 'b', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_str_eq(b.error.text,
                     "cannot connect to broker 1 (127.0.0.1:9001): connection refused "
                     "at 127.0.0.1:9001; is a broker running there?");
    fixture_free(&x);
}

KH_TEST(lane, a_broker_that_was_served_by_is_not_waited_for_until_it_is_doubted)
{
    struct asked a = {0}, b = {0}, c = {0};
    start();
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    x.hold_versions = x.hold_heartbeats = true;
    struct kh_lane *lane = kh_lane_open(x.cluster, 1, KH_LANE_FETCH);
    ask(lane, &b, 'b', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_eq(x.heartbeats, 2, "written behind ApiVersions");
    fake_end(x.fake.streams[1]);
    fake_run(&x.fake);
    cr_assert_eq(b.status, KOHORT_EDISCONNECTED);
    ask(lane, &c, 'c', KH_PRIORITY_NORMAL, 30000);
    fake_advance(&x.fake, 100);
    cr_assert_eq(x.fake.stream_count, 3);
    cr_assert_eq(x.heartbeats, 2, "what it speaks is asked first");
    kh_lane_close(lane);
    fixture_free(&x);
}

/* A listener that wants SASL answers ApiVersions, and closes at anything else. */
KH_TEST(lane, what_only_api_versions_was_answered_by_is_not_assumed)
{
    struct asked a = {0}, b = {0};
    start();
    x.hold_heartbeats = true;
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_eq(x.heartbeats, 1);
    x.hold_versions = true;
    struct kh_lane *lane = kh_lane_open(x.cluster, 1, KH_LANE_FETCH);
    ask(lane, &b, 'b', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_eq(x.fake.stream_count, 2);
    cr_assert_eq(x.heartbeats, 1);
    kh_lane_close(lane);
    fixture_free(&x);
}

KH_TEST(lane, can_be_connected_before_there_is_anything_to_send)
{
    struct asked a = {0};
    start();
    struct kh_lane *lane = broker_lane(1);
    kh_lane_prepare(lane);
    fake_run(&x.fake);
    cr_assert_eq(x.fake.stream_count, 1);
    ask(lane, &a, 'a', KH_PRIORITY_NORMAL, 1000);
    kh_lane_prepare(lane);
    fake_run(&x.fake);
    cr_assert_eq(a.status, 0);
    cr_assert_eq(x.fake.stream_count, 1);

    /* Once: it is no standing order. */
    lane = broker_lane(2);
    x.refusing[0] = 9002;
    kh_lane_prepare(lane);
    fake_advance(&x.fake, 10000);
    size_t attempts = 0;
    for (size_t i = 0; i < x.fake.stream_count; i++)
        attempts += x.fake.streams[i]->address.port == 9002;
    cr_assert_eq(attempts, 1);
    fixture_free(&x);
}

KH_TEST(lane, R19_attempts_back_off_and_an_answer_ends_that)
{
    start();
    x.refusing[0] = 9001;
    int64_t began_ms = x.fake.now_ms, waits[8];
    for (int i = 0; i < 8; i++) {
        struct asked a = {0};
        ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
        int64_t before_ms = x.fake.now_ms;
        while (a.ends == 0)
            fake_advance(&x.fake, 1);
        cr_assert_eq(a.status, KOHORT_ECONNECT);
        waits[i] = x.fake.now_ms - before_ms;
    }
    cr_assert_leq(waits[0], 1);
    cr_assert(waits[1] >= 39 && waits[1] <= 61, "%d", (int)waits[1]);
    cr_assert(waits[2] >= 79 && waits[2] <= 121, "%d", (int)waits[2]);
    cr_assert(waits[7] >= 799 && waits[7] <= 1201, "%d", (int)waits[7]);
    cr_assert_lt(x.fake.now_ms - began_ms, 6000);
    x.refusing[0] = 0;
    struct asked b = {0}, c = {0};
    ask(broker_lane(1), &b, 'b', KH_PRIORITY_NORMAL, 30000);
    fake_advance(&x.fake, 1300);
    cr_assert_eq(b.status, 0);
    fake_end(x.fake.streams[x.fake.stream_count - 1]); /* Idle: no failure. */
    fake_run(&x.fake);
    ask(broker_lane(1), &c, 'c', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_eq(c.status, 0);
    cr_assert_eq(c.ends, 1);
    fake_end(x.fake.streams[x.fake.stream_count - 1]);
    x.refusing[0] = 9001;
    struct asked d = {0}, e = {0};
    ask(broker_lane(1), &d, 'd', KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    ask(broker_lane(1), &e, 'e', KH_PRIORITY_NORMAL, 30000);
    fake_advance(&x.fake, 61);
    cr_assert_eq(e.ends, 1, "the waits begin with the short one again");
    fixture_free(&x);
}

static void close_after_versions(struct fake *f, struct fake_request *request)
{
    if (request->api == KH_API_API_VERSIONS)
        fake_answer_versions(f, request, 0);
    else
        fake_end(request->stream);
}

KH_TEST(lane, R19_a_listener_that_wants_sasl_is_not_stormed)
{
    start();
    x.fake.on_request = close_after_versions;
    int64_t end_ms = x.fake.now_ms + 10000;
    while (x.fake.now_ms < end_ms) {
        struct asked a = {0};
        ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 30000);
        while (a.ends == 0)
            fake_advance(&x.fake, 1);
        cr_assert_eq(a.status, KOHORT_EDISCONNECTED);
        cr_assert_not_null(strstr(a.error.text, "SASL"));
    }
    size_t attempts = 0;
    for (size_t i = 0; i < x.fake.stream_count; i++)
        attempts += x.fake.streams[i]->address.port == 9001;
    cr_assert_leq(attempts, 20);
    fixture_free(&x);
}

KH_TEST(lane, written_ones_end_with_the_connection_and_others_wait_for_the_next)
{
    struct asked a[12] = {{.ends = 0}};
    start();
    x.hold_heartbeats = true;
    struct kh_lane *lane = kh_lane_open(x.cluster, 1, KH_LANE_FETCH);
    for (int i = 0; i < 12; i++)
        ask(lane, &a[i], (char)('a' + i), KH_PRIORITY_NORMAL, 30000);
    fake_run(&x.fake);
    cr_assert_eq(x.heartbeats, KH_CONNECTION_FLIGHTS);
    x.hold_heartbeats = false;
    fake_end(x.fake.streams[0]);
    fake_run(&x.fake);
    cr_assert_str_eq(story, "abcdefgh");
    cr_assert_eq(a[7].status, KOHORT_EDISCONNECTED);
    fake_advance(&x.fake, 100);
    cr_assert_str_eq(story, "abcdefghijkl");
    cr_assert_eq(a[8].status, 0);
    kh_lane_close(lane);
    fixture_free(&x);
}

KH_TEST(lane, a_request_times_out_wherever_it_is)
{
    struct asked a = {0}, b = {0}, c = {0};
    start();
    x.silent[0] = 9001;
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 500);
    fake_advance(&x.fake, 499);
    cr_assert_eq(a.ends, 0);
    fake_advance(&x.fake, 1);
    cr_assert_eq(a.status, KOHORT_ETIMEDOUT);
    cr_assert(a.error.retriable);
    cr_assert_not_null(
        strstr(a.error.text, "Heartbeat could not be sent to broker 1 within 500 ms"));

    x.hold_heartbeats = true;
    ask(broker_lane(2), &b, 'b', KH_PRIORITY_NORMAL, 500);
    ask(broker_lane(2), &c, 'c', KH_PRIORITY_NORMAL, 900);
    fake_advance(&x.fake, 500);
    cr_assert_eq(b.status, KOHORT_ETIMEDOUT);
    cr_assert_str_eq(b.error.text, "broker 2 (127.0.0.1:9002) did not answer Heartbeat within 500 "
                                   "ms; the connection is closed");
    cr_assert_eq(c.status, KOHORT_EDISCONNECTED);
    fixture_free(&x);
}

KH_TEST(lane, cancelled_requests_end_silently_wherever_they_are)
{
    struct asked queued = {0}, written = {0}, zero = {0};
    start();
    kh_request_cancel(&zero.request);
    ask(broker_lane(1), &queued, 'q', KH_PRIORITY_NORMAL, 1000);
    kh_request_cancel(&queued.request);
    kh_request_cancel(&queued.request);
    fake_advance(&x.fake, 2000);
    cr_assert_eq(x.fake.stream_count, 0);
    x.hold_heartbeats = true;
    ask(broker_lane(1), &written, 'w', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    cr_assert_eq(x.heartbeats, 1);
    kh_request_cancel(&written.request);
    fake_advance(&x.fake, 2000);
    cr_assert_str_eq(story, "");
    cr_assert_eq(fake_open_streams(&x.fake), 1);
    fixture_free(&x);
}

KH_TEST(lane, what_is_cancelled_in_a_join_lane_does_not_hold_up_the_next)
{
    struct asked parked = {0}, next = {0};
    start();
    struct kh_lane *lane = kh_lane_open(x.cluster, 1, KH_LANE_JOIN);
    x.hold_heartbeats = true;
    ask(lane, &parked, 'p', KH_PRIORITY_NORMAL, 300000);
    fake_run(&x.fake);
    kh_request_cancel(&parked.request);
    cr_assert_eq(fake_open_streams(&x.fake), 0);
    x.hold_heartbeats = false;
    ask(lane, &next, 'n', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    cr_assert_eq(next.status, 0);
    cr_assert_str_eq(story, "n");
    kh_lane_close(lane);
    fixture_free(&x);
}

KH_TEST(lane, a_broker_that_is_not_known_is_asked_for)
{
    struct asked a = {0}, b = {0};
    fixture_init(&x);
    ask(broker_lane(2), &a, 'a', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    cr_assert_eq(a.status, KOHORT_ECONNECT);
    cr_assert(a.error.retriable);
    cr_assert_not_null(strstr(a.error.text, "broker 2 is not in the cluster's metadata"));
    cr_assert_eq(x.metadata_requests, 1);
    ask(broker_lane(2), &b, 'b', KH_PRIORITY_NORMAL, 1000);
    fake_advance(&x.fake, 100);
    cr_assert_eq(b.status, 0);
    fixture_free(&x);
}

KH_TEST(lane, row49_a_broker_that_moved_is_followed)
{
    struct asked a = {0}, b = {0};
    start();
    ask(broker_lane(1), &a, 'a', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    expect_status(kh_cluster_learn_node(x.cluster, 1, KH_STRING("127.0.0.2"), 9009), 0);
    ask(broker_lane(1), &b, 'b', KH_PRIORITY_NORMAL, 1000);
    fake_run(&x.fake);
    cr_assert_eq(b.status, 0);
    cr_assert(x.fake.streams[0]->closed);
    cr_assert_eq(x.fake.streams[1]->address.port, 9009);
    cr_assert_eq(x.fake.streams[1]->address.bytes[3], 2);
    fixture_free(&x);
}

static struct kh_lane *closing;

static void close_lane(struct asked *asked)
{
    (void)asked;
    kh_lane_close(closing);
}

KH_TEST(lane, may_be_closed_inside_any_end)
{
    for (int how = 0; how < 4; how++) {
        struct asked a[3] = {{.inside = close_lane}};
        start();
        x.refusing[0] = how == 0 ? 9001 : 0; /* fails before it is written */
        x.hold_heartbeats = how >= 2;
        closing = kh_lane_open(x.cluster, 1, KH_LANE_FETCH);
        for (int i = 0; i < 3; i++)
            ask(closing, &a[i], (char)('a' + i), KH_PRIORITY_NORMAL, 1000);
        fake_run(&x.fake);
        if (how == 2) /* fails while it is in flight */
            fake_end(x.fake.streams[0]);
        fake_advance(&x.fake, 5000); /* times out */
        cr_assert_str_eq(story, "a");
        cr_assert_eq(fake_open_streams(&x.fake) - (x.metadata_requests > 0), 0);
        fixture_free(&x);
    }
}

enum { MANY = 10000 };

KH_TEST(lane, row36_ten_thousand_that_wait_end_once_each)
{
    static struct asked many[MANY];
    start();
    x.silent[0] = 9001;
    for (int i = 0; i < MANY; i++)
        ask(broker_lane(1), &many[i], 'm', KH_PRIORITY_COMMIT, 60000);
    fake_advance(&x.fake, 10000);
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(many[i].ends, 1);
        cr_assert_eq(many[i].status, KOHORT_ETIMEDOUT);
    }
    fixture_free(&x);
}

KH_TEST(lane, any_allocation_may_fail)
{
    for (size_t round = 0; test_sweep(round); round++) {
        struct asked a = {0}, b = {0};
        struct kh_lane *lane = NULL;
        int status = fixture_try_init(&x);
        if (status == 0)
            status = kh_cluster_learn_node(x.cluster, 1, KH_STRING("127.0.0.1"), 9001);
        if (status == 0)
            lane = kh_lane_open(x.cluster, 1, KH_LANE_FETCH);
        if (lane != NULL) {
            ask(lane, &a, 'a', KH_PRIORITY_NORMAL, 1000);
            ask(kh_cluster_lane(x.cluster, -1), &b, 'b', KH_PRIORITY_NORMAL, 1000);
            fake_advance(&x.fake, 2000);
            cr_assert_eq(a.ends, 1);
            cr_assert_eq(b.ends, 1);
            if (!test_allocation_failed())
                cr_assert_eq(a.status + b.status, 0);
        }
        kh_lane_close(lane);
        fixture_free(&x);
    }
}
