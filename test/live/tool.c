/* The `kohort` tool as a user meets it. */
#include "support/live/admin.h"
#include "support/live/child.h"
#include "support/live/proxy.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

LIVE_SUITE(tool);

enum { PARTITIONS = 6, RECORDS = 1200 };

static const char *new_topic(void)
{
    const char *topic = live_name("t6");
    admin_create_topic(topic, PARTITIONS);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    return topic;
}

static size_t lines(const struct child_text *text)
{
    return child_said(text, "\n");
}

#define expect_exit(child, expected)                                                               \
    cr_expect_eq((child)->exit_code, expected, "exit code %d; it said: %s", (child)->exit_code,    \
                 (child)->err.text)

KH_TEST(tool, versions_shows_what_is_chosen)
{
    struct stage s;
    struct child c;
    stage_open(&s);
    child_start(&c, &s, (const char *[]){"versions", "-b", live_bootstrap(), NULL});
    run_until(&s, child_ended(&c));
    expect_exit(&c, 0);
    for (int api = 0; api < KH_API_COUNT; api++)
        cr_expect_eq(child_said(&c.out, kh_api_info((enum kh_api)api)->name) > 0, true, "%s",
                     kh_api_info((enum kh_api)api)->name);
    cr_expect_eq(lines(&c.out), KH_API_COUNT + 1, "%s", c.out.text);
    /* What is not chosen the broker does not have: share groups came with Kafka 4.1. */
    cr_expect_eq(child_said(&c.out, "none"), child_said(&c.out, " - "), "%s", c.out.text);
    child_close(&c);
    stage_close(&s);
}

static void start_member(struct child *c, struct stage *s, const char *address, const char *group,
                         const char *topic)
{
    child_start(c, s,
                (const char *[]){"consume", "-b", address, "-G", group, "-o", "beginning", "-X",
                                 "heartbeat.interval.ms=200", topic, NULL});
}

KH_TEST(tool, two_members_share_and_one_interrupt_hands_over)
{
    struct stage s;
    struct child a, b;
    const char *topic = new_topic(), *group = live_name("g");
    stage_open(&s);
    start_member(&a, &s, live_bootstrap(), group, topic);
    run_until(&s, lines(&a.out) == RECORDS);
    cr_expect_eq(child_said(&a.err, "assigned 6:"), 1, "%s", a.err.text);
    start_member(&b, &s, live_bootstrap(), group, topic);
    run_until(&s, child_said(&a.err, "revoked 3:") == 1 && child_said(&b.err, "assigned 3:") == 1);
    admin_produce_many(topic, RECORDS, 20, RECORDS / PARTITIONS, "none");
    run_until(&s, lines(&a.out) + lines(&b.out) == 2 * RECORDS);
    cr_expect_eq(lines(&b.out), RECORDS / 2);

    /* The session lasts longer than any wait here: the other one has them because this one left. */
    child_signal(&a, SIGINT);
    run_until(&s, child_ended(&a));
    expect_exit(&a, 0);
    run_until(&s, child_said(&b.err, "assigned 3:") == 2);
    child_signal(&b, SIGTERM);
    run_until(&s, child_ended(&b));
    expect_exit(&b, 0);
    cr_expect_eq(lines(&a.out) + lines(&b.out), 2 * RECORDS, "nothing came twice");
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(group, topic, i), 2 * RECORDS / PARTITIONS);
    child_close(&a);
    child_close(&b);
    stage_close(&s);
}

KH_TEST(tool, a_second_interrupt_ends_at_once)
{
    struct stage s;
    struct child c;
    struct proxy proxy;
    const char *topic = new_topic();
    stage_open(&s);
    proxy_open(&proxy, &s);
    start_member(&c, &s, proxy.address, live_name("g"), topic);
    run_until(&s, lines(&c.out) == RECORDS);
    /* Leaving waits for a broker that does not answer; the second one waits for nothing. */
    proxy_hold(&proxy, PROXY_BOTH);
    child_signal(&c, SIGINT);
    run_until(&s, child_said(&c.err, "closing") == 1);
    cr_expect_not(child_ended(&c));
    child_signal(&c, SIGINT);
    run_until(&s, child_ended(&c));
    expect_exit(&c, 130);
    child_close(&c);
    proxy_close(&proxy);
    stage_close(&s);
}

KH_TEST(tool, an_end_a_count_and_formats)
{
    struct stage s;
    struct child c;
    const char *topic = live_name("t"), *group = live_name("g");
    admin_create_topic(topic, 1);
    admin_do(json_pack("{ss ss s[{ss ss} {ss}]}", "do", "produce", "topic", topic, "records", "key",
                       "k", "value", "v", "value", "w"));
    stage_open(&s);
    child_start(&c, &s,
                (const char *[]){"consume", "-b", live_bootstrap(), "-G", group, "-o", "beginning",
                                 "-q", "-c", "1", "-f", "%t %p %o %k=%s %S\\n", topic, NULL});
    run_until(&s, child_ended(&c));
    expect_exit(&c, 0);
    char expected[256];
    snprintf(expected, sizeof expected, "%s 0 0 k=v 1\n", topic);
    cr_expect_str_eq(c.out.text, expected);
    cr_expect_str_empty(c.err.text, "%s", c.err.text);
    cr_expect_eq(admin_group_offset(group, topic, 0), 1, "what was not printed is not done");
    child_close(&c);

    child_start(&c, &s,
                (const char *[]){"consume", "-b", live_bootstrap(), "-G", group, "-q", "-e", "-J",
                                 topic, NULL});
    run_until(&s, child_ended(&c));
    expect_exit(&c, 0);
    json_error_t wrong;
    json_t *record = json_loads(c.out.text, 0, &wrong);
    cr_assert_not_null(record, "%s in %s", wrong.text, c.out.text);
    cr_expect_str_eq(json_string_value(json_object_get(record, "payload")), "w");
    cr_expect_eq(json_integer_value(json_object_get(record, "offset")), 1);
    cr_expect(json_is_null(json_object_get(record, "key")));
    json_decref(record);
    child_close(&c);
    stage_close(&s);
}

KH_TEST(tool, an_unreachable_broker_is_one_line)
{
    struct stage s;
    struct child c;
    char address[64];
    snprintf(address, sizeof address, "127.0.0.1:%d", live_unused_port());
    stage_open(&s);
    start_member(&c, &s, address, "g", "t");
    run_until(&s, lines(&c.err) > 0);
    cr_expect_not_null(strstr(c.err.text, address), "%s", c.err.text);
    child_signal(&c, SIGINT);
    run_until(&s, child_ended(&c));
    cr_expect_eq(lines(&c.err), 2, "the error, and that it leaves: %s", c.err.text);
    expect_exit(&c, 0);
    child_close(&c);
    stage_close(&s);
}

KH_TEST(tool, a_missing_group_or_topic_is_named)
{
    struct stage s;
    struct child c;
    stage_open(&s);
    child_start(&c, &s, (const char *[]){"consume", "-b", live_bootstrap(), "t", NULL});
    run_until(&s, child_ended(&c));
    expect_exit(&c, 2);
    cr_expect_not_null(strstr(c.err.text, "group.id"), "%s", c.err.text);
    child_close(&c);
    child_start(&c, &s, (const char *[]){"consume", "-b", live_bootstrap(), "-G", "g", NULL});
    run_until(&s, child_ended(&c));
    expect_exit(&c, 2);
    cr_expect_not_null(strstr(c.err.text, "topic"), "%s", c.err.text);
    child_close(&c);
    stage_close(&s);
}

KH_TEST(tool, a_reader_that_went_away_is_no_signal)
{
    struct stage s;
    struct child c;
    const char *topic = live_name("t"), *group = live_name("g");
    admin_create_topic(topic, 1);
    admin_produce_many(topic, 20000, 100, 0, "none");
    stage_open(&s);
    start_member(&c, &s, live_bootstrap(), group, topic);
    run_until(&s, lines(&c.out) > 0);
    child_close_output(&c);
    run_until(&s, child_ended(&c));
    expect_exit(&c, 1);
    cr_expect_eq(child_said(&c.err, "stdout:"), 1, "%s", c.err.text);
    cr_expect_lt(admin_group_offset(group, topic, 0), 20000);
    child_close(&c);
    stage_close(&s);
}

KH_TEST(tool, a_reader_that_takes_nothing_does_not_hold_up_the_group)
{
    struct stage s;
    struct child c;
    const char *topic = live_name("t"), *group = live_name("g");
    enum { MANY = 20000 };
    admin_create_topic(topic, 1);
    admin_produce_many(topic, MANY, 100, 0, "none");
    stage_open(&s);
    start_member(&c, &s, live_bootstrap(), group, topic);
    child_stop_reading(&c);
    run_until(&s, child_said(&c.err, "starts at") == 1);
    child_signal(&c, SIGINT);
    run_until(&s, c.err.ended);
    child_read_on(&c);
    run_until(&s, child_ended(&c));
    expect_exit(&c, 0);
    /* What the pipe did not take is not done: somebody else gets it. */
    int64_t committed = admin_group_offset(group, topic, 0);
    cr_expect_lt(committed, MANY);
    cr_expect_leq(committed, (int64_t)lines(&c.out));
    child_close(&c);
    stage_close(&s);
}
