/* A broker whose versions are known from before: requests go out behind ApiVersions. */
#include "connection_fixture.h"

static struct fixture x;

/* Heartbeat up to this version, everything else as kohort speaks it; ApiVersions up to 4. */
static struct kh_broker_versions versions_with(int16_t heartbeat_newest)
{
    struct kh_version_ranges ours;
    struct kh_broker_versions versions;
    kh_version_ranges_init(&ours);
    memcpy(versions.ranges, ours.ranges, sizeof versions.ranges);
    versions.ranges[KH_API_API_VERSIONS].newest = 4;
    versions.ranges[KH_API_HEARTBEAT].newest = heartbeat_newest;
    return versions;
}

static void open_and_ask(struct asked *beat, int16_t heartbeat_newest)
{
    struct kh_broker_versions versions = versions_with(heartbeat_newest);
    fixture_init(&x);
    fixture_open_known(&x, &versions);
    cr_assert_eq(x.assumptions, 1);
    cr_assert_eq(x.c->state, KH_CONNECTION_NEGOTIATING);
    expect_status(ask(&x, beat), 0);
    kh_connection_flush(x.c);
}

static void expect_replaced(const struct asked *beat)
{
    cr_assert_eq(beat->ends, 1);
    cr_assert_eq(beat->status, KOHORT_EDISCONNECTED);
    cr_assert(beat->error.retriable);
    cr_assert_geq(beat->sent_ms, 0, "its owner must count with it having arrived");
    cr_assert_eq(x.closes, 1);
    cr_assert_eq(x.readies, 0);
    cr_assert_eq(x.why.code, KOHORT_EDISCONNECTED);
    cr_assert_not_null(strstr(x.why.text, "other versions than when it was last connected to"),
                       "%s", x.why.text);
}

KH_TEST(connection_assumed, requests_go_out_behind_api_versions)
{
    struct asked beat = {0};
    open_and_ask(&beat, 3);
    struct fake_request versions = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    struct fake_request heartbeat = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    cr_assert_eq(versions.version, 4, "the newest that was spoken before");
    cr_assert_eq(heartbeat.version, 3);
    fake_answer_versions_with(&x.fake, &versions, KH_API_HEARTBEAT, 0, 4);
    fake_run(&x.fake);
    cr_assert_eq(x.readies, 1);
    cr_assert_eq(beat.ends, 0);
    fake_answer_heartbeat(&x.fake, &heartbeat, KH_KAFKA_REBALANCE_IN_PROGRESS);
    fake_run(&x.fake);
    cr_assert_eq(beat.ends, 1);
    cr_assert_eq(beat.status, 0);
    cr_assert_eq(beat.error_code, KH_KAFKA_REBALANCE_IN_PROGRESS);
    expect_status(ask(&x, &beat), 0);
    kh_connection_flush(x.c);
    cr_assert_eq(fake_expect(&x.fake, 0, KH_API_HEARTBEAT).version, 4, "what it says now counts");
    fixture_free(&x);
}

KH_TEST(connection_assumed, a_version_that_is_gone_ends_the_connection_before_it_is_answered)
{
    struct asked beat = {0};
    open_and_ask(&beat, 4);
    struct fake_request versions = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions_with(&x.fake, &versions, KH_API_HEARTBEAT, 0, 3);
    fake_run(&x.fake);
    expect_replaced(&beat);
    fixture_free(&x);
}

KH_TEST(connection_assumed, a_refused_api_versions_is_not_asked_again_behind_requests)
{
    struct asked beat = {0};
    open_and_ask(&beat, 4);
    struct fake_request versions = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions(&x.fake, &versions, KH_KAFKA_UNSUPPORTED_VERSION);
    fake_run(&x.fake);
    expect_replaced(&beat);
    fixture_free(&x);
}

/* Without requests behind it, it is negotiated as with a stranger. */
KH_TEST(connection_assumed, a_refused_api_versions_alone_is_asked_again)
{
    struct kh_broker_versions known = versions_with(4);
    fixture_init(&x);
    fixture_open_known(&x, &known);
    struct fake_request versions = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions(&x.fake, &versions, KH_KAFKA_UNSUPPORTED_VERSION);
    fake_run(&x.fake);
    versions = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    cr_assert_eq(versions.version, 2);
    fake_answer_versions(&x.fake, &versions, 0);
    fake_run(&x.fake);
    cr_assert_eq(x.readies, 1);
    fixture_free(&x);
}

KH_TEST(connection_assumed, the_users_range_holds_for_what_is_assumed_too)
{
    struct kh_broker_versions known = versions_with(4);
    struct asked beat = {0};
    fixture_init(&x);
    expect_status(
        kh_version_ranges_parse(&x.fake.shared.versions, "heartbeat:1,api_versions:2", NULL, 0), 0);
    fixture_open_known(&x, &known);
    expect_status(ask(&x, &beat), 0);
    kh_connection_flush(x.c);
    cr_assert_eq(fake_expect(&x.fake, 0, KH_API_API_VERSIONS).version, 2);
    cr_assert_eq(fake_expect(&x.fake, 0, KH_API_HEARTBEAT).version, 1);
    fixture_free(&x);
}

KH_TEST(connection_assumed, a_broker_that_hangs_up_is_not_suspected_of_tls)
{
    struct asked beat = {0};
    open_and_ask(&beat, 4);
    fake_end(x.fake.streams[0]);
    fake_run(&x.fake);
    cr_assert_eq(x.closes, 1);
    cr_assert_eq(beat.status, KOHORT_EDISCONNECTED);
    cr_assert_null(strstr(x.why.text, "security.protocol"), "%s", x.why.text);
    fixture_free(&x);
}
