/* A connection's requests and answers, and its end. */
#include "connection_fixture.h"

#include <errno.h>

static struct fixture x;

KH_TEST(connection, moves_are_those_of_the_table)
{
    for (int from = 0; from < KH_CONNECTION_STATE_COUNT; from++) {
        cr_assert_not(kh_connection_move_is_legal((enum kh_connection_state)from,
                                                  (enum kh_connection_state)from));
        cr_assert_not(
            kh_connection_move_is_legal(KH_CONNECTION_CLOSED, (enum kh_connection_state)from));
        cr_assert_eq(
            kh_connection_move_is_legal((enum kh_connection_state)from, KH_CONNECTION_CLOSED),
            from != KH_CONNECTION_CLOSED);
        cr_assert_neq(*kh_connection_state_name((enum kh_connection_state)from), '\0');
    }
    cr_assert_not(kh_connection_move_is_legal(KH_CONNECTION_CONNECTING, KH_CONNECTION_READY));
}

KH_TEST(connection, nothing_happens_inside_open)
{
    fixture_init(&x);
    struct kh_peer peer = {.host = "127.0.0.1", .port = 9092, .broker_id = -1};
    static const struct kh_connection_events none = {0};
    expect_status(kh_connection_open(&x.c, &x.settings, &peer, &none, &x), 0);
    cr_assert_eq(x.fake.stream_count, 0);
    fixture_free(&x);
}

KH_TEST(connection, requests_leave_together_and_are_answered_in_order)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked first = {0}, second = {0};
    int sends = x.fake.streams[0]->sends, recvs = x.fake.streams[0]->recvs;
    ask(&x, &first);
    ask(&x, &second);
    kh_connection_flush(x.c);
    cr_assert_eq(x.fake.streams[0]->sends, sends + 1);
    struct fake_request one = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    struct fake_request two = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &one, KH_KAFKA_REBALANCE_IN_PROGRESS);
    fake_answer_heartbeat(&x.fake, &two, 0);
    fake_run(&x.fake);
    cr_assert_eq(x.fake.streams[0]->recvs, recvs + 1, "no second call only to see nothing");
    cr_assert_eq(first.ends, 1);
    cr_assert_eq(first.error_code, KH_KAFKA_REBALANCE_IN_PROGRESS);
    cr_assert_eq(second.ends, 1);
    cr_assert_eq(second.error_code, 0);
    cr_assert_eq(second.version, 4);
    cr_assert_eq(second.sent_ms, 1000);
    cr_assert_eq(x.answers_told, 2);
    cr_assert_eq(x.fake.shared.buffers.live_bytes, 0, "an idle connection holds no buffer");
    fixture_free(&x);
}

KH_TEST(connection, an_answer_may_come_byte_by_byte)
{
    fixture_init(&x);
    fixture_ready(&x);
    x.fake.streams[0]->recv_most = 1;
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, KH_KAFKA_UNKNOWN_MEMBER_ID);
    fake_run(&x.fake);
    cr_assert_eq(beat.error_code, KH_KAFKA_UNKNOWN_MEMBER_ID);
    fixture_free(&x);
}

KH_TEST(connection, what_the_socket_does_not_take_waits)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked first = {0}, second = {0};
    x.fake.streams[0]->send_room = 10;
    ask(&x, &first);
    ask(&x, &second);
    x.fake.now_ms = 2000;
    kh_shared_now(&x.fake.shared);
    kh_connection_flush(x.c);
    cr_assert(x.fake.streams[0]->wants_writable);
    x.fake.now_ms = 5000;
    x.fake.streams[0]->send_room = SIZE_MAX;
    fake_run(&x.fake);
    cr_assert_not(x.fake.streams[0]->wants_writable);
    for (int i = 0; i < 2; i++) {
        struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
        fake_answer_heartbeat(&x.fake, &request, 0);
    }
    fake_run(&x.fake);
    cr_assert_eq(first.sent_ms, 2000);
    cr_assert_eq(second.sent_ms, 5000, "not before its own first byte went");
    fixture_free(&x);
}

KH_TEST(connection, the_end_tells_all_that_was_in_flight_once)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked asked[KH_CONNECTION_FLIGHTS] = {{.ends = 0}};
    for (int i = 0; i < KH_CONNECTION_FLIGHTS; i++)
        ask(&x, &asked[i]);
    cr_assert_not(kh_connection_has_room(x.c));
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    asked[1].cancels = &asked[2];
    fake_end(x.fake.streams[0]);
    fake_run(&x.fake);
    cr_assert_eq(x.closes, 1);
    cr_assert_eq(asked[0].status, 0);
    cr_assert_eq(asked[2].ends, 0, "cancelled inside the first one's end");
    for (int i = 1; i < KH_CONNECTION_FLIGHTS; i++)
        if (i != 2) {
            cr_assert_eq(asked[i].ends, 1);
            cr_assert_eq(asked[i].status, KOHORT_EDISCONNECTED);
            cr_assert_eq(asked[i].version, 4);
            cr_assert_eq(asked[i].error.api_key, 12);
            cr_assert_str_eq(asked[i].error.text,
                             "the connection to 127.0.0.1:9092 ended: the broker closed it");
        }
    fixture_free(&x);
}

KH_TEST(connection, a_failing_send_is_told_later)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked beat = {0};
    x.fake.streams[0]->error_number = EPIPE;
    ask(&x, &beat);
    kh_connection_flush(x.c);
    cr_assert_eq(beat.ends, 0);
    fake_run(&x.fake);
    cr_assert_eq(beat.status, KOHORT_EDISCONNECTED);
    cr_assert_eq(beat.sent_ms, -1);
    fixture_free(&x);
}

KH_TEST(connection, idle_ones_are_closed_by_us_or_by_the_broker_without_an_error)
{
    fixture_init(&x);
    fixture_ready(&x);
    fake_advance(&x.fake, 30000);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    fake_advance(&x.fake, 500000);
    cr_assert_eq(x.closes, 0, "what is in flight is no idleness");
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_advance(&x.fake, 59999);
    cr_assert_eq(x.closes, 0);
    fake_advance(&x.fake, 60001);
    cr_assert_eq(x.closes, 1);
    cr_assert(x.idle);

    fixture_open(&x, "127.0.0.1", -1);
    request = fake_expect(&x.fake, 1, KH_API_API_VERSIONS);
    fake_answer_versions(&x.fake, &request, 0);
    fake_run(&x.fake);
    ask(&x, &beat);
    kh_connection_flush(x.c);
    request = fake_expect(&x.fake, 1, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    x.idle = false;
    fake_end(x.fake.streams[1]);
    fake_run(&x.fake);
    cr_assert(x.idle);
    fixture_free(&x);
}

KH_TEST(connection, an_answer_to_a_cancelled_request_is_read_and_dropped)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked first = {0}, second = {0};
    ask(&x, &first);
    ask(&x, &second);
    kh_connection_flush(x.c);
    cr_assert_not(kh_connection_forget(x.c, &first.request));
    struct fake_request one = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    struct fake_request two = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &one, 0);
    fake_answer_heartbeat(&x.fake, &two, 0);
    fake_run(&x.fake);
    cr_assert_eq(first.ends, 0);
    cr_assert_eq(second.ends, 1);
    cr_assert_eq(second.status, 0);
    fixture_free(&x);
}

KH_TEST(connection, no_common_version_is_told_by_send)
{
    fixture_init(&x);
    fixture_open(&x, "127.0.0.1", 3);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions_with(&x.fake, &request, KH_API_HEARTBEAT, 7, 9);
    fake_run(&x.fake);
    struct kh_heartbeat_request message = {.group_id = KH_STRING("g"), .member_id = KH_STRING("m")};
    struct kh_request beat = {
        .api = KH_API_HEARTBEAT, .message = &message, .version = -1, .newest_version = -1};
    kohort_error error;
    expect_status(kh_connection_send(x.c, &beat, &error), KOHORT_EVERSION);
    cr_assert_not_null(strstr(error.text, "127.0.0.1:9092 speaks versions 7 to 9"));
    cr_assert_eq(error.broker_id, 3);
    cr_assert_eq(x.c->flight_count, 0);
    fixture_free(&x);
}

KH_TEST(connection, what_cannot_be_written_leaves_no_bytes_behind)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct kh_heartbeat_request message = {.member_id = KH_STRING("m")}; /* no group_id */
    struct kh_request wrong = {
        .api = KH_API_HEARTBEAT, .message = &message, .version = -1, .newest_version = -1};
    kohort_error error;
    expect_status(kh_connection_send(x.c, &wrong, &error), KOHORT_EINVAL);
    cr_assert_eq(error.api_version, 4);
    cr_assert_not_null(strstr(error.text, "Heartbeat cannot be written at version 4"));
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    cr_assert_eq(beat.ends, 1);
    cr_assert_eq(beat.status, 0);
    fixture_free(&x);
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

static void serve(struct fake *f, struct fake_request *request)
{
    if (request->api == KH_API_API_VERSIONS)
        fake_answer_versions(f, request, 0);
    else
        fake_answer_heartbeat(f, request, 0);
}

KH_TEST(connection, any_allocation_may_fail)
{
    struct kh_peer peer = {.host = "kafka", .port = 9092, .broker_id = -1};
    for (size_t round = 0; test_sweep(round); round++) {
        struct asked beat = {0};
        fixture_init(&x);
        x.fake.on_request = serve;
        int status = kh_connection_open(&x.c, &x.settings, &peer, &fixture_events, &x);
        fake_run(&x.fake);
        if (x.fake.lookup_count > 0)
            resolve_to(x.fake.lookups[0], 1);
        fake_run(&x.fake);
        if (x.c != NULL)
            status = ask(&x, &beat);
        if (status == 0 && x.c != NULL)
            kh_connection_flush(x.c);
        fake_run(&x.fake);
        cr_assert_eq(status == 0 && x.closes == 0, !test_allocation_failed());
        if (status == 0 && x.closes == 0)
            cr_assert_eq(beat.error_code + beat.ends, 1);
        else
            cr_assert(status == KOHORT_ENOMEM || x.why.code == KOHORT_ENOMEM);
        fixture_free(&x);
    }
}
