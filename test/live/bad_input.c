/* Peers that are not what they should be: each gives one clear line, nothing aborts, and what can
 * heal does. */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/peer.h"
#include "support/live/proxy.h"

#include <stdio.h>
#include <string.h>

LIVE_SUITE(bad_input);

enum { RECORDS = 500 };

/* The first error of a member that starts from `address`; every one after it says the same. */
static kohort_error first_error(struct stage *s, const char *address)
{
    const char *options[] = {"bootstrap.servers", address, NULL};
    struct member *m = member_start(s, "m", "g", "t", &(struct member_script){.options = options});
    run_until(s, m->counts[MEMBER_ERROR] >= 2);
    kohort_error first = {0};
    for (size_t i = m->entry_count; i-- > 0;)
        if (m->entries[i].kind == MEMBER_ERROR)
            first = m->entries[i].error;
    cr_expect_eq(m->counts[MEMBER_FAILED], 0, "it is tried for ever");
    cr_expect_null(strchr(first.text, '\n'), "one line: %s", first.text);
    cr_expect_str_eq(member_last(m, MEMBER_ERROR, -1)->error.text, first.text);
    cr_expect_str_eq(first.broker, address);
    member_end(m);
    return first;
}

static void expect_words(const kohort_error *error, int code, const char *const *words)
{
    cr_expect_eq(error->code, code, "%d: %s", error->code, error->text);
    for (; *words != NULL; words++)
        cr_expect_not_null(strstr(error->text, *words), "\"%s\" is not in: %s", *words,
                           error->text);
}

KH_TEST(bad_input, nobody_listens)
{
    struct stage s;
    char address[64];
    snprintf(address, sizeof address, "127.0.0.1:%d", live_unused_port());
    stage_open(&s);
    kohort_error error = first_error(&s, address);
    expect_words(&error, KOHORT_ECONNECT,
                 (const char *[]){address, "refused", "is a broker running there", NULL});
    stage_close(&s);
}

static void expect_of_peer(const void *answer, size_t size, int code, const char *const *words)
{
    struct stage s;
    struct peer peer;
    stage_open(&s);
    peer_open(&peer, &s, answer, size);
    kohort_error error = first_error(&s, peer.address);
    expect_words(&error, code, words);
    cr_expect_not_null(strstr(error.text, peer.address), "%s", error.text);
    peer_close(&peer);
    stage_close(&s);
}

KH_TEST(bad_input, a_web_server)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    expect_of_peer(answer, sizeof answer - 1, KOHORT_EPROTOCOL,
                   (const char *[]){"web server", "port", NULL});
}

KH_TEST(bad_input, a_tls_port)
{
    /* A fatal alert, unexpected_message: what OpenSSL and the JDK answer to plaintext. */
    static const unsigned char answer[] = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a};
    expect_of_peer(answer, sizeof answer, KOHORT_EPROTOCOL,
                   (const char *[]){"TLS", "security.protocol", NULL});
}

KH_TEST(bad_input, a_peer_that_hangs_up)
{
    expect_of_peer(NULL, 0, KOHORT_EDISCONNECTED,
                   (const char *[]){"ApiVersions", "security.protocol", NULL});
}

KH_TEST(bad_input, a_peer_that_talks_nonsense)
{
    /* A frame of a legal length that answers a question nobody asked. */
    static const unsigned char answer[] = {0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    expect_of_peer(answer, sizeof answer, KOHORT_EPROTOCOL,
                   (const char *[]){"correlation id", "ApiVersions", NULL});
}

KH_TEST(bad_input, a_wrong_advertised_listener)
{
    struct stage s;
    struct proxy proxy;
    char address[64];
    const char *topic = live_name("t");
    admin_create_topic(topic, 1);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    stage_open(&s);
    proxy_open(&proxy, &s);
    proxy.advertised_port = live_unused_port();
    snprintf(address, sizeof address, "%s:%d", live_host(), proxy.advertised_port);
    const char *options[] = {"bootstrap.servers", proxy.address, "metadata.max.age.ms", "500",
                             NULL};
    struct member *m =
        member_start(&s, "m", live_name("g"), topic, &(struct member_script){.options = options});
    run_until(&s, m->counts[MEMBER_ERROR] > 0);
    const kohort_error error = member_last(m, MEMBER_ERROR, -1)->error;
    expect_words(&error, KOHORT_ECONNECT, (const char *[]){address, "advertised.listeners", NULL});
    cr_expect_str_eq(error.broker, address);
    cr_expect_geq(error.broker_id, 0);
    /* Put right on the broker, it heals by itself. */
    proxy.advertised_port = proxy.port;
    run_until(&s, m->records == RECORDS);
    member_end(m);
    proxy_close(&proxy);
    stage_close(&s);
}

KH_TEST(bad_input, a_topic_that_comes_later)
{
    struct stage s;
    const char *topic = live_name("t");
    stage_open(&s);
    const char *options[] = {"metadata.max.age.ms", "200", NULL};
    struct member *m =
        member_start(&s, "m", live_name("g"), topic, &(struct member_script){.options = options});
    run_until(&s, m->counts[MEMBER_ERROR] > 0);
    const kohort_error error = member_last(m, MEMBER_ERROR, -1)->error;
    expect_words(&error, KOHORT_EBROKER,
                 (const char *[]){topic, "does not exist", "as soon as", NULL});
    cr_expect_str_eq(kohort_kafka_error_name(error.kafka_code), "UNKNOWN_TOPIC_OR_PARTITION");
    cr_expect_str_eq(error.topic, topic);
    /* A member all the same, and said once. */
    run_until(&s, member_is(m, "stable"));
    cr_expect_eq(m->counts[MEMBER_ERROR], 1);
    admin_create_topic(topic, 2);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    run_until(&s, m->records == RECORDS);
    stage_close(&s);
}

/* ---- damaged answers ---- */

/* Of the first answer that holds records. */
struct damage {
    void (*change)(const struct proxy_request *request, uint8_t *frame, uint8_t *stamp);
    bool done;
};

static void damage_records(struct proxy *p, const struct proxy_request *request, uint8_t *frame,
                           size_t size)
{
    struct damage *damage = p->arg;
    if (damage->done || request->api_key != kh_api_info(KH_API_FETCH)->key)
        return;
    uint8_t *stamp = memmem(frame, size, "p0-0.", 5);
    if (stamp == NULL)
        return;
    damage->done = true;
    damage->change(request, frame, stamp);
}

/* Consumes a topic through one damaged answer; gives back the error that told of it. */
static kohort_error heal_from(void (*change)(const struct proxy_request *, uint8_t *, uint8_t *),
                              bool of_a_partition)
{
    struct stage s;
    struct oracle oracle;
    struct proxy proxy;
    struct damage damage = {.change = change};
    const char *topic = live_name("t");
    admin_create_topic(topic, 2);
    admin_produce_many(topic, RECORDS, 100, 0, "none");
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    proxy_open(&proxy, &s);
    proxy.on_answer = damage_records;
    proxy.arg = &damage;
    const char *options[] = {"bootstrap.servers", proxy.address, NULL};
    struct member *m =
        member_start(&s, "m", live_name("g"), topic, &(struct member_script){.options = options});
    run_until(&s, m->records == RECORDS);
    cr_expect(damage.done);
    cr_expect_eq(oracle_duplicates(&oracle), 0);
    stage_check(&s, m->counts[MEMBER_ERROR] == 1);
    kohort_error error = member_last(m, MEMBER_ERROR, -1)->error;
    cr_expect_str_eq(error.broker, proxy.address, "%s", error.text);
    cr_expect_geq(error.broker_id, 0);
    cr_expect_eq(error.api_key, kh_api_info(KH_API_FETCH)->key);
    cr_expect_geq(error.api_version, 13);
    cr_expect(error.retriable);
    cr_expect_null(strchr(error.text, '\n'));
    cr_expect_str_eq(error.topic, of_a_partition ? topic : "");
    member_end(m);
    proxy_close(&proxy);
    stage_close(&s);
    oracle_close(&oracle);
    return error;
}

static void flip_value(const struct proxy_request *request, uint8_t *frame, uint8_t *stamp)
{
    (void)request;
    (void)frame;
    stamp[10] ^= 1;
}

KH_TEST(bad_input, a_batch_whose_crc_does_not_match)
{
    kohort_error error = heal_from(flip_value, true);
    expect_words(&error, KOHORT_ECORRUPT, (const char *[]){"-0", "CRC", "fetched again", NULL});
    cr_expect_eq(error.partition, 0);
}

static void lengthen_frame(const struct proxy_request *request, uint8_t *frame, uint8_t *stamp)
{
    (void)request;
    (void)stamp;
    frame[0] = 0x7f;
}

KH_TEST(bad_input, a_frame_of_two_gigabytes)
{
    kohort_error error = heal_from(lengthen_frame, false);
    expect_words(&error, KOHORT_EPROTOCOL, (const char *[]){"Fetch", NULL});
}

static void change_correlation(const struct proxy_request *request, uint8_t *frame, uint8_t *stamp)
{
    (void)request;
    (void)stamp;
    frame[7] ^= 0x55;
}

KH_TEST(bad_input, an_answer_to_another_question)
{
    kohort_error error = heal_from(change_correlation, false);
    expect_words(&error, KOHORT_EPROTOCOL, (const char *[]){"correlation", NULL});
}

/* Of version 12 and up: length, correlation id, tags, throttle_time_ms, error_code, session_id,
 * and then the count of topics. */
static void more_topics(const struct proxy_request *request, uint8_t *frame, uint8_t *stamp)
{
    (void)stamp;
    cr_assert_geq(request->api_version, 12);
    frame[4 + 4 + 1 + 4 + 2 + 4] = 0x70;
}

KH_TEST(bad_input, a_count_beyond_the_frame)
{
    kohort_error error = heal_from(more_topics, false);
    expect_words(&error, KOHORT_EPROTOCOL, (const char *[]){"Fetch", NULL});
}
