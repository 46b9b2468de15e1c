/* What peers may send that is no answer, and how they may end. */
#include "connection_fixture.h"

#include "base/limits.h"
#include "protocol/big_endian.h"

#include <errno.h>

static struct fixture x;

/* ---- bytes that are no answers ---- */

static void answer_first_request_with(const void *bytes, size_t size)
{
    fixture_init(&x);
    fixture_open(&x, "127.0.0.1", -1);
    fake_send(x.fake.streams[0], bytes, size);
    fake_run(&x.fake);
    cr_assert_eq(x.closes, 1);
    cr_assert_eq(x.why.code, KOHORT_EPROTOCOL);
    cr_assert_str_eq(x.why.broker, "127.0.0.1:9092");
    cr_assert_eq(x.fake.shared.buffers.live_bytes, 0);
    fixture_free(&x);
}

KH_TEST(connection_frames, O02_a_tls_port_is_named)
{
    static const uint8_t alert[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46};
    static const uint8_t handshake[] = {0x16, 0x03, 0x01, 0x00, 0x31};
    answer_first_request_with(alert, sizeof alert);
    cr_assert_str_eq(x.why.text, "127.0.0.1:9092 answered in TLS: this looks like a TLS port: set "
                                 "security.protocol=SSL, or use the port of a PLAINTEXT listener");
    cr_assert_not(x.why.retriable);
    answer_first_request_with(handshake, sizeof handshake);
    cr_assert_not_null(strstr(x.why.text, "looks like a TLS port"));
}

KH_TEST(connection_frames, row54_web_servers_and_others_are_no_brokers)
{
    answer_first_request_with("HTTP/1.1 400 Bad Request\r\n", 26);
    cr_assert_not_null(strstr(x.why.text, "this is a web server"));
    answer_first_request_with("SSH-2.0-OpenSSH_9.2\r\n", 21);
    cr_assert_str_eq(x.why.text, "127.0.0.1:9092 answered with bytes that are not Kafka's protocol "
                                 "(53 53 48 2d 32 2e 30 2d …): is this the port of a broker?");
}

KH_TEST(connection_frames, row54_lengths_that_cannot_be)
{
    static const uint32_t lengths[] = {0xffffffff,       0,          3,
                                       100 * KH_MIB + 1, 0x7fffffff, KH_LIMIT_UNAUTHENTICATED + 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t bytes[4];
        kh_store_u32(bytes, lengths[i]);
        answer_first_request_with(bytes, sizeof bytes);
    }
}

KH_TEST(connection_frames, row54_a_long_answer_costs_no_more_than_what_has_come)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    uint8_t bytes[8];
    kh_store_u32(bytes, KH_LIMIT_FRAME);
    kh_store_u32(bytes + 4, (uint32_t)request.correlation_id);
    fake_send(x.fake.streams[0], bytes, sizeof bytes);
    fake_run(&x.fake);
    cr_assert_eq(x.closes, 0);
    cr_assert_eq(x.fake.shared.buffers.live_bytes, KH_RECEIVE_BUFFER);
    static uint8_t zeros[KH_RECEIVE_BUFFER];
    fake_send(x.fake.streams[0], zeros, sizeof zeros);
    fake_run(&x.fake);
    cr_assert_eq(x.fake.shared.buffers.live_bytes, 2 * KH_RECEIVE_BUFFER);
    fixture_free(&x);
}

KH_TEST(connection_frames, row54_an_answer_above_the_limit_ends_the_request)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked beat = {0}, other = {0};
    ask(&x, &beat);
    ask(&x, &other);
    kh_connection_flush(x.c);
    uint8_t bytes[4];
    kh_store_u32(bytes, KH_LIMIT_FRAME + 1);
    fake_send(x.fake.streams[0], bytes, sizeof bytes);
    fake_run(&x.fake);
    cr_assert_eq(beat.status, KOHORT_EPROTOCOL);
    cr_assert_str_eq(beat.error.text, "127.0.0.1:9092 sent an answer to Heartbeat (version 4) of "
                                      "33554433 bytes; the limit is 33554432");
    cr_assert_eq(beat.error.api_key, 12);
    cr_assert_eq(beat.error.api_version, 4);
    cr_assert_eq(other.status, KOHORT_EDISCONNECTED, "it was not at fault");
    cr_assert(other.error.retriable);
    fixture_free(&x);
}

KH_TEST(connection_frames, R12_another_correlation_id_ends_the_connection)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    request.correlation_id += 7;
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    cr_assert_eq(beat.status, KOHORT_EPROTOCOL);
    cr_assert_str_eq(beat.error.text, "127.0.0.1:9092 answered with correlation id 8 where 1 "
                                      "(Heartbeat, version 4) is the oldest request");
    fixture_free(&x);
}

KH_TEST(connection_frames, bytes_that_nobody_asked_for_end_it)
{
    fixture_init(&x);
    fixture_ready(&x);
    fake_send(x.fake.streams[0], "hello", 5);
    fake_run(&x.fake);
    cr_assert_eq(x.why.code, KOHORT_EPROTOCOL);
    cr_assert_str_eq(x.why.text, "127.0.0.1:9092 sent 5 bytes that nobody asked for");
    fixture_free(&x);
}

/* An answer to Heartbeat with `more` bytes added (or taken away). */
static void answer_wrongly(int more)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    struct kh_writer w = fake_answer_begin(&x.fake, &request);
    kh_write_i32(&w, 0);
    kh_write_i16(&w, 0);
    kh_write_tags(&w);
    if (more > 0)
        kh_write_raw(&w, "more", (size_t)more);
    else
        w.size -= (size_t)-more;
    fake_answer_end(&request, &w);
    fake_run(&x.fake);
    cr_assert_eq(beat.ends, 1);
    cr_assert_eq(beat.status, KOHORT_EPROTOCOL);
    cr_assert_not_null(strstr(beat.error.text,
                              "sent an answer to Heartbeat (version 4) that cannot "
                              "be read: "));
    fixture_free(&x);
}

KH_TEST(connection_frames, an_answer_must_end_where_its_frame_does)
{
    answer_wrongly(1);
    answer_wrongly(4);
    for (int less = 1; less <= 7; less++)
        answer_wrongly(-less);
}

KH_TEST(connection_frames, P_04_a_clients_arenas_have_one_limit)
{
    struct kh_arena others;
    fixture_init(&x);
    fixture_ready(&x);
    kh_arena_free(&x.answers); /* what an answer left there would do for this one */
    kh_arena_init(&others, test_heap, KH_LIMIT_ARENAS);
    cr_assert_not_null(kh_arena_take(&others, 1, kh_arena_room(&others)));
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    cr_assert_eq(beat.status, KOHORT_ELIMIT);
    kh_arena_free(&others);
    fixture_free(&x);
}

/* ---- ends ---- */

KH_TEST(connection_frames, O02_closed_at_the_first_request)
{
    fixture_init(&x);
    fixture_open(&x, "127.0.0.1", 4);
    fake_end(x.fake.streams[0]);
    fake_run(&x.fake);
    cr_assert_eq(x.why.code, KOHORT_EDISCONNECTED);
    cr_assert_str_eq(x.why.text,
                     "broker 4 (127.0.0.1:9092) closed the connection at the first request "
                     "(ApiVersions): is this a TLS or SASL listener (security.protocol), or not "
                     "Kafka?");
    fixture_free(&x);
}

KH_TEST(connection_frames, O02_closed_after_the_versions)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    fake_end(x.fake.streams[0]);
    fake_run(&x.fake);
    cr_assert_eq(beat.status, KOHORT_EDISCONNECTED);
    cr_assert_not_null(strstr(beat.error.text, "does this listener want SASL"));
    fixture_free(&x);
}

KH_TEST(connection_frames, reset_in_the_middle_of_an_answer)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    fake_send(x.fake.streams[0], "\0\0\0\x0c\0", 5);
    fake_run(&x.fake);
    x.fake.streams[0]->error_number = ECONNRESET;
    fake_run(&x.fake);
    cr_assert_eq(beat.status, KOHORT_EDISCONNECTED);
    fixture_free(&x);
}
