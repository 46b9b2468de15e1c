/* The programs in examples/, run as their readers would: each is exact, also when it is
 * interrupted. */
#include "support/live/admin.h"
#include "support/live/child.h"
#include "support/live/proxy.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LIVE_SUITE(example);

enum { PARTITIONS = 6 };

static const char *new_topic(int records, int size)
{
    const char *topic = live_name("t6");
    admin_create_topic(topic, PARTITIONS);
    admin_produce_many(topic, records, size, 0, "none");
    return topic;
}

static void start(struct child *c, struct stage *s, const char *name, const char *bootstrap,
                  const char *topic, const char *group)
{
    char program[4096];
    const char *folder = getenv("KOHORT_TEST_EXAMPLES");
    cr_assert_not_null(folder, "KOHORT_TEST_EXAMPLES does not name the folder of the examples");
    snprintf(program, sizeof program, "%s/%s", folder, name);
    child_start_program(c, s, program, (const char *[]){bootstrap, topic, group, NULL});
}

/* ^C; what it says then stays in c. */
static void interrupt(struct child *c)
{
    child_signal(c, SIGINT);
    run_until(c->stage, child_ended(c));
    cr_expect_eq(c->exit_code, 0, "exit code %d: %s", c->exit_code, c->err.text);
    cr_expect_str_empty(c->err.text, "%s", c->err.text);
}

#define expect_said(child, what)                                                                   \
    cr_expect_eq(child_said(&(child)->out, what), 1, "\"%s\" in:\n%s", what, (child)->out.text)

static void expect_committed(const char *group, const char *topic, int64_t offset)
{
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(group, topic, i), offset, "%s %s-%d", group, topic, i);
}

KH_TEST(example, group_reads_commits_and_leaves)
{
    struct stage s;
    struct child c;
    const char *topic = new_topic(600, 20);
    stage_open(&s);
    start(&c, &s, "group", live_bootstrap(), topic, NULL);
    run_until(&s, child_said(&c.out, "records from offset 0\n") == PARTITIONS);
    interrupt(&c);
    expect_committed("example", topic, 100);
    child_close(&c);
    stage_close(&s);
}

KH_TEST(example, two_groups_one_loop_reads_all_twice)
{
    struct stage s;
    struct child c;
    char billing[160], audit[160];
    const char *topic = new_topic(600, 20), *prefix = live_name("g");
    snprintf(billing, sizeof billing, "%s-billing", prefix);
    snprintf(audit, sizeof audit, "%s-audit", prefix);
    stage_open(&s);
    start(&c, &s, "two_groups_one_loop", live_bootstrap(), topic, prefix);
    run_until(&s, child_said(&c.out, ", 600 in all\n") == 2);
    interrupt(&c);
    expect_said(&c, "-billing: left after 600 records\n");
    expect_said(&c, "-audit: left after 600 records\n");
    expect_committed(billing, topic, 100);
    expect_committed(audit, topic, 100);
    child_close(&c);
    stage_close(&s);
}

/* Load from two sides: megabytes of records, and a proxy that hands them on in pieces. */
KH_TEST(example, own_epoll_gets_everything_through_one_descriptor)
{
    struct stage s;
    struct child c;
    struct proxy proxy;
    enum { RECORDS = 60000 };
    const char *topic = new_topic(RECORDS, 500), *group = live_name("g");
    stage_open(&s);
    proxy_open(&proxy, &s);
    start(&c, &s, "own_epoll", proxy.address, topic, group);
    run_until(&s, child_said(&c.out, "60000 records\n") > 0);
    /* It has not fallen asleep: heartbeats and Fetches go on, and new records come. */
    size_t heartbeats = proxy_count(&proxy, KH_API_HEARTBEAT);
    run_until(&s, proxy_count(&proxy, KH_API_HEARTBEAT) >= heartbeats + 1);
    admin_produce_many(topic, PARTITIONS, 20, RECORDS / PARTITIONS, "none");
    run_until(&s, child_said(&c.out, "60006 records\n") > 0);
    interrupt(&c);
    expect_said(&c, "left after 60006 records\n");
    expect_committed(group, topic, RECORDS / PARTITIONS + 1);
    child_close(&c);
    proxy_close(&proxy);
    stage_close(&s);
}

/* Interrupted while all is with the workers: what they have is finished, acknowledged, committed.
 */
KH_TEST(example, worker_threads_finish_what_they_have)
{
    struct stage s;
    struct child c;
    uint64_t delivered, acknowledged, refused;
    int64_t committed = 0;
    const char *topic = new_topic(12000, 500), *group = live_name("g");
    stage_open(&s);
    start(&c, &s, "worker_threads", live_bootstrap(), topic, group);
    run_until(&s, child_said(&c.out, " records acknowledged\n") > 0);
    interrupt(&c);
    const char *last = strstr(c.out.text, "left: ");
    cr_assert_not_null(last, "%s", c.out.text);
    cr_assert_eq(sscanf(last, "left: %" SCNu64 " delivered, %" SCNu64 " acknowledged, %" SCNu64,
                        &delivered, &acknowledged, &refused),
                 3, "%s", last);
    cr_expect_gt(delivered, 0);
    cr_expect_eq(acknowledged, delivered, "%s", last);
    cr_expect_eq(refused, 0, "%s", last);
    for (int i = 0; i < PARTITIONS; i++) {
        int64_t offset = admin_group_offset(group, topic, i);
        committed += offset > 0 ? offset : 0;
    }
    cr_expect_eq(committed, (int64_t)delivered, "%lld are committed; %s", (long long)committed,
                 last);
    child_close(&c);
    stage_close(&s);
}

KH_TEST(example, worker_threads_process_all)
{
    struct stage s;
    struct child c;
    const char *topic = new_topic(6000, 100), *group = live_name("g");
    stage_open(&s);
    start(&c, &s, "worker_threads", live_bootstrap(), topic, group);
    run_until(&s, child_said(&c.out, "6000 records acknowledged\n") == 1);
    interrupt(&c);
    expect_said(&c, "left: 6000 delivered, 6000 acknowledged, 0 refused, ");
    expect_committed(group, topic, 1000);
    child_close(&c);
    stage_close(&s);
}

KH_TEST(example, C_20_manual_commit_sends_what_the_program_asks_for_and_no_more)
{
    struct stage s;
    struct child c;
    struct proxy proxy;
    const char *topic = new_topic(60, 20), *group = live_name("g");
    stage_open(&s);
    proxy_open(&proxy, &s);
    start(&c, &s, "manual_commit", proxy.address, topic, group);
    /* Below a hundred records it asks for none; auto.commit.interval.ms would be 5 s. */
    run_until(&s, proxy_count(&proxy, KH_API_HEARTBEAT) >= 2);
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_COMMIT), 0);
    admin_produce_many(topic, 60, 20, 10, "none");
    run_until(&s, child_said(&c.out, "committed what was done after ") == 1);
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_COMMIT), 1);
    admin_produce_many(topic, 30, 20, 20, "none");
    run_until(&s, child_said(&c.out, "\n150 records\n") == 1);
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_COMMIT), 1);
    interrupt(&c);
    expect_said(&c, "left after 150 records and 2 commits\n");
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_COMMIT), 2);
    expect_committed(group, topic, 25);
    child_close(&c);
    proxy_close(&proxy);
    stage_close(&s);
}
