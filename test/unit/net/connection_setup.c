/* From a name to versions that both sides know. */
#include "connection_fixture.h"

#include <errno.h>

static struct fixture x;

KH_TEST(connection_setup, asks_a_stranger_for_versions_at_one_that_all_know)
{
    fixture_init(&x);
    fixture_open(&x, "127.0.0.1", -1);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    cr_assert_eq(request.version, 3);
    cr_assert_str_eq(request.client_id, "tester");
    cr_assert_eq(x.readies, 0);
    fake_answer_versions(&x.fake, &request, 0);
    fake_run(&x.fake);
    cr_assert_eq(x.readies, 1);
    cr_assert_eq(x.c->state, KH_CONNECTION_READY);
    fixture_free(&x);

    fixture_init(&x);
    expect_status(kh_version_ranges_parse(&x.fake.shared.versions, "api_versions:0-2", NULL, 0), 0);
    fixture_open(&x, "127.0.0.1", -1);
    cr_assert_eq(fake_expect(&x.fake, 0, KH_API_API_VERSIONS).version, 2);
    fixture_free(&x);

    fixture_init(&x);
    expect_status(kh_version_ranges_parse(&x.fake.shared.versions, "api_versions:4-5", NULL, 0), 0);
    fixture_open(&x, "127.0.0.1", -1);
    cr_assert_eq(fake_expect(&x.fake, 0, KH_API_API_VERSIONS).version, 4);
    fixture_free(&x);
}

KH_TEST(connection_setup, an_older_broker_is_asked_again_at_what_it_knows)
{
    fixture_init(&x);
    fixture_open(&x, "127.0.0.1", -1);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions(&x.fake, &request, KH_KAFKA_UNSUPPORTED_VERSION);
    fake_run(&x.fake);
    request = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    cr_assert_eq(request.version, 2);
    fake_answer_versions_with(&x.fake, &request, KH_API_HEARTBEAT, 0, 3);
    fake_run(&x.fake);
    cr_assert_eq(x.readies, 1);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    cr_assert_eq(fake_expect(&x.fake, 0, KH_API_HEARTBEAT).version, 3);
    fixture_free(&x);
}

KH_TEST(connection_setup, a_broker_that_refuses_what_it_offers_is_not_asked_for_ever)
{
    fixture_init(&x);
    fixture_open(&x, "127.0.0.1", -1);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions(&x.fake, &request, KH_KAFKA_UNSUPPORTED_VERSION);
    fake_run(&x.fake);
    request = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions(&x.fake, &request, KH_KAFKA_UNSUPPORTED_VERSION);
    fake_run(&x.fake);
    cr_assert_eq(x.closes, 1);
    cr_assert_eq(x.why.code, KOHORT_EPROTOCOL);
    fixture_free(&x);
}

KH_TEST(connection_setup, an_error_instead_of_versions_ends_it)
{
    fixture_init(&x);
    fixture_open(&x, "127.0.0.1", -1);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions(&x.fake, &request, KH_KAFKA_INVALID_REQUEST);
    fake_run(&x.fake);
    cr_assert_eq(x.why.code, KOHORT_EBROKER);
    cr_assert_eq(x.why.kafka_code, KH_KAFKA_INVALID_REQUEST);
    cr_assert_str_eq(x.why.broker, "127.0.0.1:9092");
    fixture_free(&x);
}

static int refuse_even(struct fake *f, struct kh_stream *s)
{
    s->error_number = f->stream_count % 2 == 0 ? ECONNREFUSED : 0;
    return f->stream_count == 1 ? ENETUNREACH : 0; /* the first, at once */
}

static void resolve_to(struct kh_lookup *lookup, size_t count)
{
    struct kh_address addresses[4] = {0};
    for (size_t i = 0; i < count; i++)
        addresses[i] =
            (struct kh_address){.bytes = {10, 0, 0, (uint8_t)(i + 1)}, .port = lookup->port};
    lookup->ended = true;
    lookup->done(lookup->arg, NULL, addresses, count);
}

KH_TEST(connection_setup, all_addresses_of_a_name_are_tried_in_turn)
{
    fixture_init(&x);
    x.fake.on_open = refuse_even;
    fixture_open(&x, "kafka", -1);
    cr_assert_str_eq(x.fake.lookups[0]->host, "kafka");
    resolve_to(x.fake.lookups[0], 3);
    fake_run(&x.fake);
    cr_assert_eq(x.fake.stream_count, 3);
    cr_assert_eq(x.fake.streams[2]->address.bytes[3], 3);
    cr_assert_eq(x.c->state, KH_CONNECTION_NEGOTIATING);
    cr_assert_eq(fake_open_streams(&x.fake), 1);
    fixture_free(&x);
}

static int refuse(struct fake *f, struct kh_stream *s)
{
    (void)f;
    s->error_number = ECONNREFUSED;
    return 0;
}

KH_TEST(connection_setup, O02_refused_everywhere_says_by_whom_and_where)
{
    fixture_init(&x);
    x.fake.on_open = refuse;
    fixture_open(&x, "kafka", -1);
    resolve_to(x.fake.lookups[0], 2);
    fake_run(&x.fake);
    cr_assert_eq(x.closes, 1);
    cr_assert_eq(x.why.code, KOHORT_ECONNECT);
    cr_assert(x.why.retriable);
    cr_assert_str_eq(x.why.broker, "kafka:9092");
    cr_assert_str_eq(x.why.text, "cannot connect to kafka:9092: connection refused at "
                                 "10.0.0.2:9092; is a broker running there?");
    fixture_free(&x);
}

KH_TEST(connection_setup, O02_a_wrong_advertised_listener_is_named)
{
    fixture_init(&x);
    x.fake.on_open = refuse;
    fixture_open(&x, "127.0.0.1", 1);
    cr_assert_str_eq(
        x.why.text, "broker 1 advertises 127.0.0.1:9092 (advertised.listeners), which cannot be "
                    "reached from here: connection refused at 127.0.0.1:9092; set it to an address "
                    "that clients can reach");
    cr_assert_eq(x.why.broker_id, 1);
    fixture_open(&x, "inside", 1);
    x.fake.lookups[0]->ended = true;
    x.fake.lookups[0]->done(x.fake.lookups[0]->arg, "unknown node or service", NULL, 0);
    cr_assert_eq(x.why.code, KOHORT_ERESOLVE);
    cr_assert_not_null(
        strstr(x.why.text, "broker 1 advertises inside:9092 (advertised.listeners)"));
    cr_assert_not_null(strstr(x.why.text, "cannot be resolved: unknown node or service"));
    fixture_free(&x);
}

KH_TEST(connection_setup, a_name_that_cannot_be_resolved)
{
    fixture_init(&x);
    fixture_open(&x, "kafak", -1);
    x.fake.lookups[0]->ended = true;
    x.fake.lookups[0]->done(x.fake.lookups[0]->arg, "unknown node or service", NULL, 0);
    cr_assert_eq(x.why.code, KOHORT_ERESOLVE);
    cr_assert_str_eq(x.why.text, "the host name \"kafak\" cannot be resolved: unknown node or "
                                 "service; check bootstrap.servers");
    fixture_free(&x);
}

static int keep_silent(struct fake *f, struct kh_stream *s)
{
    (void)f;
    s->silent = true;
    return 0;
}

KH_TEST(connection_setup, each_step_of_the_setup_has_its_time)
{
    fixture_init(&x);
    fixture_open(&x, "slow", -1);
    fake_advance(&x.fake, 9999);
    cr_assert_eq(x.closes, 0);
    fake_advance(&x.fake, 1);
    cr_assert_eq(x.why.code, KOHORT_ETIMEDOUT);
    cr_assert_not_null(strstr(x.why.text, "looking its name up took longer than 10000 ms"));

    x.fake.on_open = keep_silent;
    fixture_open(&x, "two", -1);
    resolve_to(x.fake.lookups[1], 2);
    fake_advance(&x.fake, 10000);
    cr_assert_eq(x.fake.stream_count, 2, "the second address had its turn");
    cr_assert_eq(fake_open_streams(&x.fake), 1);
    fake_advance(&x.fake, 10000);
    cr_assert_eq(x.closes, 2);
    cr_assert_not_null(strstr(x.why.text, "connecting to 10.0.0.2:9092 took longer"));

    x.fake.on_open = NULL;
    fixture_open(&x, "127.0.0.1", -1);
    fake_advance(&x.fake, 10000);
    cr_assert_eq(x.closes, 3);
    cr_assert_not_null(strstr(x.why.text, "did not answer the first request (ApiVersions)"));
    fixture_free(&x);
}
