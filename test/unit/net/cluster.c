/* What is wanted of a cluster, when it is asked for, and who is told. */
#include "cluster_fixture.h"

#include "base/error.h"

static struct fixture x;

#define WANT(name)   expect_status(kh_cluster_want_topic(x.cluster, KH_STRING(name)), 0)
#define UNWANT(name) kh_cluster_unwant_topic(x.cluster, KH_STRING(name))

static const struct kh_topic_metadata *topic(const char *name)
{
    const struct kh_topic_metadata *found = kh_cluster_topic(x.cluster, kh_string_of(name));
    cr_assert_not_null(found);
    return found;
}

static struct topic_row healthy(const char *name, uint8_t id, int32_t epoch)
{
    struct topic_row row = {.name = name, .id = id, .partition_count = 3};
    for (int32_t i = 0; i < row.partition_count; i++) {
        row.partitions[i].index = i;
        row.partitions[i].leader = 1 + i % 2;
        row.partitions[i].epoch = epoch;
    }
    return row;
}

static void start(void)
{
    fixture_init(&x);
    x.topics[0] = healthy("t", 7, 5);
    WANT("t");
    fake_run(&x.fake);
    cr_assert_eq(x.metadata_requests, 1);
}

static void refresh(void)
{
    int before = x.metadata_requests;
    fake_advance(&x.fake, 5000);
    if (x.metadata_requests == before) {
        kh_cluster_refresh(x.cluster, "the test wants it");
        fake_advance(&x.fake, 100);
    }
    cr_assert_gt(x.metadata_requests, before);
}

KH_TEST(cluster, a_wanted_topic_is_asked_for_at_once)
{
    fixture_init(&x);
    x.topics[0] = healthy("t", 7, 5);
    cr_assert_null(kh_cluster_topic(x.cluster, KH_STRING("t")));
    WANT("t");
    cr_assert_not(topic("t")->known);
    fake_run(&x.fake);
    const struct kh_topic_metadata *t = topic("t");
    cr_assert(t->known);
    cr_assert_eq(t->error, 0);
    cr_assert_eq(t->partition_count, 3);
    cr_assert_eq(t->partitions[1].leader, 2);
    cr_assert_eq(t->partitions[1].leader_epoch, 5);
    cr_assert_eq(t->partitions[1].replica_count, 2);
    cr_assert_eq(t->partitions[2].replicas[1], 2);
    cr_assert_eq(kh_cluster_topic_by_id(x.cluster, &t->id), t);
    const struct kh_node *nodes;
    cr_assert_eq(kh_cluster_nodes(x.cluster, &nodes), 2);
    cr_assert_eq(nodes[1].id, 2);
    cr_assert_str_eq(nodes[1].host, "127.0.0.1");
    cr_assert_eq(nodes[1].port, 9002);
    cr_assert_str_eq(nodes[1].rack, "rack");
    cr_assert_eq(kh_cluster_node(x.cluster, 1), &nodes[0]);
    cr_assert_null(kh_cluster_node(x.cluster, 3));
    fixture_free(&x);
}

KH_TEST(cluster, interests_are_counted_and_all_go_into_one_request)
{
    start();
    WANT("u");
    WANT("v");
    WANT("u");
    fake_run(&x.fake);
    cr_assert_eq(x.metadata_requests, 2);
    cr_assert_str_eq(x.asked_topics, "t,u,v");
    UNWANT("u");
    UNWANT("v");
    cr_assert_null(kh_cluster_topic(x.cluster, KH_STRING("v")));
    cr_assert_not_null(kh_cluster_topic(x.cluster, KH_STRING("u")));
    UNWANT("u");
    UNWANT("t");
    fake_advance(&x.fake, 400000);
    cr_assert_str_eq(x.asked_topics, "");
    fixture_free(&x);
}

KH_TEST(cluster, a_topic_wanted_while_one_is_in_flight_is_asked_for_next)
{
    start();
    x.hold_metadata = true;
    kh_cluster_refresh(x.cluster, "the test wants it");
    fake_advance(&x.fake, 200);
    cr_assert_eq(x.metadata_requests, 2);
    WANT("u");
    UNWANT("t"); /* its name is still in the request */
    kh_cluster_refresh(x.cluster, "shared with the one in flight");
    fake_advance(&x.fake, 200);
    cr_assert_eq(x.metadata_requests, 2);
    fixture_release(&x);
    fake_run(&x.fake);
    cr_assert_eq(x.metadata_requests, 3);
    cr_assert_str_eq(x.asked_topics, "u");
    x.topics[0] = healthy("u", 8, 1);
    fixture_release(&x);
    fake_run(&x.fake);
    cr_assert(topic("u")->known);
    fixture_free(&x);
}

KH_TEST(cluster, a_new_topic_does_not_wait_for_the_backoff)
{
    start();
    WANT("u");
    kh_cluster_refresh(x.cluster, "this one would have to");
    fake_run(&x.fake);
    cr_assert_eq(x.metadata_requests, 2);
    fixture_free(&x);
}

KH_TEST(cluster, row35_a_broker_that_does_not_answer_is_given_up_for_another)
{
    start();
    x.hold_metadata = true;
    kh_cluster_refresh(x.cluster, "the test wants it");
    fake_advance(&x.fake, 200);
    x.hold_metadata = false;
    x.topics[0].partitions[0].epoch = 6;
    fake_advance(&x.fake, 10500);
    cr_assert_eq(topic("t")->partitions[0].leader_epoch, 6);
    fixture_free(&x);
}

KH_TEST(cluster, metadata_is_refreshed_when_it_is_old)
{
    start();
    fake_advance(&x.fake, 299999);
    cr_assert_eq(x.metadata_requests, 1);
    fake_advance(&x.fake, 1);
    cr_assert_eq(x.metadata_requests, 2);
    fixture_free(&x);
}

KH_TEST(cluster, row48_refreshes_that_do_not_help_back_off)
{
    start();
    for (int ms = 0; ms < 60000; ms++) { /* A leader that says it is none, again and again. */
        kh_cluster_refresh(x.cluster, "not the leader");
        fake_advance(&x.fake, 1);
    }
    cr_assert_leq(x.metadata_requests, 85);
    cr_assert_geq(x.metadata_requests, 50);
    fake_advance(&x.fake, 10000);
    kh_cluster_refresh(x.cluster, "not the leader");
    int before = x.metadata_requests;
    fake_run(&x.fake);
    cr_assert_eq(x.metadata_requests, before + 1, "after a quiet time it is asked for at once");
    kh_cluster_refresh(x.cluster, "not the leader");
    fake_advance(&x.fake, 121);
    cr_assert_eq(x.metadata_requests, before + 2, "and then after the shortest wait");
    fixture_free(&x);
}

KH_TEST(cluster, row48_all_brokers_down_costs_little_and_heals)
{
    start();
    for (size_t i = 0; i < x.fake.stream_count; i++)
        if (!x.fake.streams[i]->closed)
            fake_end(x.fake.streams[i]);
    x.refusing[0] = 9092, x.refusing[1] = 9001, x.refusing[2] = 9002;
    kh_cluster_refresh(x.cluster, "the test wants it");
    size_t turns = x.fake.shared.counters.turns;
    fake_advance(&x.fake, 15000);
    cr_assert_leq(x.fake.stream_count, 60);
    cr_assert_leq(x.fake.shared.counters.turns - turns, 150 + 60, "more than 10 wake-ups a second");
    x.refusing[0] = x.refusing[1] = x.refusing[2] = 0;
    x.topics[0].partitions[0].leader = 2;
    fake_advance(&x.fake, 3000);
    cr_assert_eq(topic("t")->partitions[0].leader, 2);
    int settled = x.metadata_requests;
    fake_advance(&x.fake, 60000);
    cr_assert_eq(x.metadata_requests, settled);
    fixture_free(&x);
}

KH_TEST(cluster, C44_a_missing_topic_is_asked_for_until_it_is_there)
{
    fixture_init(&x);
    x.topics[0] = (struct topic_row){.name = "t", .error = KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION};
    WANT("t");
    fake_advance(&x.fake, 60000);
    cr_assert_eq(topic("t")->error, KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_assert(topic("t")->known);
    cr_assert_leq(x.metadata_requests, 85);
    x.topics[0] = healthy("t", 7, 0);
    fake_advance(&x.fake, 1300);
    cr_assert_eq(topic("t")->error, 0);
    cr_assert_eq(topic("t")->partition_count, 3);
    int settled = x.metadata_requests;
    fake_advance(&x.fake, 60000);
    cr_assert_eq(x.metadata_requests, settled);
    fixture_free(&x);
}

KH_TEST(cluster, what_cannot_heal_by_itself_is_not_asked_for_in_a_loop)
{
    fixture_init(&x);
    x.topics[0] = (struct topic_row){.name = "t", .error = KH_KAFKA_TOPIC_AUTHORIZATION_FAILED};
    WANT("t");
    fake_advance(&x.fake, 60000);
    cr_assert_eq(x.metadata_requests, 1);
    fixture_free(&x);
}

KH_TEST(cluster, a_partition_without_a_leader_is_asked_for_again)
{
    start();
    x.topics[0].partitions[2].leader = -1;
    x.topics[0].partitions[2].error = KH_KAFKA_LEADER_NOT_AVAILABLE;
    x.topics[0].partitions[2].epoch = 6;
    refresh();
    cr_assert_eq(topic("t")->partitions[2].leader, -1);
    x.topics[0].partitions[2].leader = 1;
    x.topics[0].partitions[2].error = 0;
    fake_advance(&x.fake, 1300);
    cr_assert_eq(topic("t")->partitions[2].leader, 1);
    fixture_free(&x);
}

/* ---- listeners ---- */

static struct kh_metadata_listener listeners[3];
static int updates[3], failures;
static kohort_error last_failure;

static void updated(struct kh_metadata_listener *listener)
{
    updates[listener - listeners]++;
    if (listener == &listeners[0]) { /* itself, and one whose turn has not come */
        kh_cluster_unlisten(&listeners[0]);
        kh_cluster_unlisten(&listeners[1]);
    }
}

static void just_updated(struct kh_metadata_listener *listener)
{
    updates[listener - listeners]++;
}

static void failed(struct kh_metadata_listener *listener, const kohort_error *error)
{
    (void)listener;
    failures++;
    last_failure = *error;
}

KH_TEST(cluster, listeners_are_told_and_may_leave_inside)
{
    fixture_init(&x);
    x.topics[0] = healthy("t", 7, 5);
    for (int i = 0; i < 3; i++) {
        listeners[i] = (struct kh_metadata_listener){.updated = updated};
        kh_cluster_listen(x.cluster, &listeners[i]);
    }
    WANT("t");
    fake_run(&x.fake);
    cr_assert_eq(updates[0], 1);
    cr_assert_eq(updates[1], 0);
    cr_assert_eq(updates[2], 1);
    refresh();
    cr_assert_eq(updates[0], 1);
    cr_assert_eq(updates[2], 2);
    kh_cluster_unlisten(&listeners[2]);
    fixture_free(&x);
}

KH_TEST(cluster, O02_listeners_hear_why_nothing_can_be_reached)
{
    fixture_init(&x);
    listeners[0] = (struct kh_metadata_listener){.updated = just_updated, .failed = failed};
    kh_cluster_listen(x.cluster, &listeners[0]);
    x.refusing[0] = 9092;
    WANT("t");
    fake_run(&x.fake);
    cr_assert_eq(failures, 1);
    cr_assert_eq(last_failure.code, KOHORT_ECONNECT);
    cr_assert_eq(last_failure.api_key, 3);
    cr_assert_str_eq(last_failure.text, "cannot connect to 127.0.0.1:9092: connection refused at "
                                        "127.0.0.1:9092; is a broker running there?");
    cr_assert_str_eq(last_failure.broker, "127.0.0.1:9092");
    kh_cluster_unlisten(&listeners[0]);
    fixture_free(&x);
}

KH_TEST(cluster, an_answer_without_brokers_is_a_failure)
{
    fixture_init(&x);
    listeners[0] = (struct kh_metadata_listener){.updated = just_updated, .failed = failed};
    kh_cluster_listen(x.cluster, &listeners[0]);
    x.broker_count = 0;
    WANT("t");
    fake_advance(&x.fake, 1000);
    cr_assert_geq(failures, 1);
    cr_assert_eq(last_failure.code, KOHORT_EPROTOCOL);
    cr_assert_not(topic("t")->known);
    x.broker_count = 2;
    x.topics[0] = healthy("t", 7, 5);
    fake_advance(&x.fake, 1300);
    cr_assert(topic("t")->known);
    kh_cluster_unlisten(&listeners[0]);
    fixture_free(&x);
}

KH_TEST(cluster, a_cluster_that_is_another_now_is_found_from_the_bootstrap_servers)
{
    start();
    x.metadata_error = KH_KAFKA_REBOOTSTRAP_REQUIRED;
    refresh();
    const struct kh_node *nodes;
    cr_assert_eq(kh_cluster_nodes(x.cluster, &nodes), 0);
    x.metadata_error = 0;
    fake_advance(&x.fake, 2000);
    cr_assert_eq(kh_cluster_nodes(x.cluster, &nodes), 2);
    fixture_free(&x);
}

/* What a bootstrap address spoke holds for the broker that turns out to be there. */
KH_TEST(cluster, a_broker_found_at_its_bootstrap_address_is_no_stranger)
{
    struct kh_peer peer;
    start();
    expect_status(kh_cluster_learn_node(x.cluster, 7, KH_STRING("127.0.0.1"), 9092), 0);
    cr_assert(kh_cluster_peer(x.cluster, 7, &peer));
    cr_assert_not_null(peer.versions);
    cr_assert_eq(peer.versions->ranges[KH_API_METADATA].oldest, 8);
    cr_assert(kh_cluster_peer(x.cluster, 1, &peer));
    cr_assert_null(peer.versions, "at another address");
    kh_cluster_doubt_versions(x.cluster, &(struct kh_peer){.host = peer.host, .port = 9092});
    cr_assert(kh_cluster_peer(x.cluster, 7, &peer));
    cr_assert_null(peer.versions);
    UNWANT("t");
    fixture_free(&x);
}

KH_TEST(cluster, bootstrap_lists)
{
    static const char *const bad[] = {
        "",           ",",       "host",     "host:", ":9092",     "host:0",
        "host:65536", "host:9x", "a b:9092", "[::1]", "good:1,bad"};
    fixture_init(&x);
    struct kh_bootstrap list;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_status(kh_bootstrap_parse(&list, test_heap, bad[i]), KOHORT_EINVAL);
    expect_status(kh_bootstrap_parse(&list, test_heap, " kafka:9092 ,[::1]:1,, ::1:65535"), 0);
    cr_assert_eq(list.count, 3);
    cr_assert_str_eq(list.servers[0].peer.host, "kafka");
    cr_assert_eq(list.servers[0].peer.port, 9092);
    cr_assert_str_eq(list.servers[1].peer.host, "::1");
    cr_assert_eq(list.servers[1].peer.port, 1);
    cr_assert_str_eq(list.servers[2].peer.host, "::1");
    cr_assert_eq(list.servers[2].peer.port, 65535);
    kh_bootstrap_free(&list);
    fixture_free(&x);
}

KH_TEST(cluster, any_allocation_may_fail)
{
    for (size_t round = 0; test_sweep(round); round++) {
        int status = fixture_try_init(&x);
        x.topics[0] = healthy("t", 7, 5);
        if (status == 0)
            status = kh_cluster_want_topic(x.cluster, KH_STRING("t"));
        if (status == 0) {
            fake_advance(&x.fake, 10000);
            cr_assert(topic("t")->known, "what fails once is tried again");
            cr_assert_eq(topic("t")->partition_count, 3);
            status = kh_cluster_learn_node(x.cluster, 3, KH_STRING("h"), 1);
            cr_assert_eq(kh_cluster_node(x.cluster, 3) == NULL, status != 0);
        }
        cr_assert(status == 0 || test_allocation_failed());
        fixture_free(&x);
    }
}
