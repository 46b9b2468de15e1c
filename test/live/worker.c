/* `kohort consume --exec`: a worker in one line of shell. */
#include "support/live/admin.h"
#include "support/live/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LIVE_SUITE(worker);

enum { RECORDS = 40, ARGUMENTS_MAX = 32 };

struct setting {
    struct stage stage;
    struct child children[2]; /* that ran, one after the other */
    struct child *child;      /* the last one */
    const char *group, *topic;
};

static void begin(struct setting *t)
{
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, 1);
    admin_produce_many(t->topic, RECORDS, 20, 0, "none");
    stage_open(&t->stage);
    t->child = &t->children[0];
}

/* Starts the tool, with more flags. */
static void start(struct setting *t, const char *const *flags)
{
    const char *arguments[ARGUMENTS_MAX] = {"consume",
                                            "-b",
                                            live_bootstrap(),
                                            "-G",
                                            t->group,
                                            "-o",
                                            "beginning",
                                            "-q",
                                            "-X",
                                            "session.timeout.ms=2000",
                                            "-X",
                                            "heartbeat.interval.ms=200"};
    size_t count = 12;
    while (*flags != NULL)
        arguments[count++] = *flags++;
    arguments[count++] = t->topic;
    child_start(t->child, &t->stage, arguments);
}
#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_end(struct setting *t)
{
    run_until(&t->stage, child_ended(t->child));
    cr_expect_eq(t->child->exit_code, 0, "exit code %d; it said: %s", t->child->exit_code,
                 t->child->err.text);
}

static int64_t committed(const struct setting *t)
{
    return admin_group_offset(t->group, t->topic, 0);
}

static size_t lines(const struct setting *t)
{
    return child_said(&t->child->out, "\n");
}

/* How often "done OFFSET" was said. */
static size_t done(const struct child *c, int64_t offset)
{
    char line[32];
    snprintf(line, sizeof line, "done %lld\n", (long long)offset);
    return child_said(&c->out, line);
}

KH_TEST(worker, a_command_gets_each_record_and_its_success_acknowledges)
{
    struct setting t;
    size_t size = 0;
    static char expected[RECORDS * 128];
    begin(&t);
    start(&t, FLAGS("-e", "--exec",
                    "echo \"$KOHORT_TOPIC $KOHORT_PARTITION $KOHORT_OFFSET $KOHORT_ATTEMPT "
                    "$(cut -d. -f1)\""));
    expect_end(&t);
    for (int i = 0; i < RECORDS; i++)
        size += (size_t)snprintf(expected + size, sizeof expected - size, "%s 0 %d 1 p0-%d\n",
                                 t.topic, i, i);
    cr_expect_str_eq(t.child->out.text, expected);
    cr_expect_eq(committed(&t), RECORDS);
    child_close(t.child);
    stage_close(&t.stage);
}

KH_TEST(worker, one_that_fails_runs_again_and_with_one_job_in_its_order)
{
    struct setting t;
    begin(&t);
    start(&t, FLAGS("-e", "--exec",
                    "if [ $KOHORT_OFFSET = 3 ] && [ $KOHORT_ATTEMPT -lt 3 ]; then exit 1; fi; "
                    "echo $KOHORT_OFFSET $KOHORT_ATTEMPT"));
    expect_end(&t);
    cr_expect_eq(lines(&t), RECORDS);
    cr_expect_not_null(strstr(t.child->out.text, "2 1\n3 3\n4 1\n"), "%s", t.child->out.text);
    cr_expect_eq(committed(&t), RECORDS);
    child_close(t.child);
    stage_close(&t.stage);
}

KH_TEST(worker, with_more_jobs_the_others_go_on_and_the_commit_stays_below)
{
    struct setting t;
    begin(&t);
    start(&t, FLAGS("--jobs", "4", "-X", "auto.commit.interval.ms=100", "--exec",
                    "if [ $KOHORT_OFFSET = 3 ]; then exit 1; fi; echo done $KOHORT_OFFSET"));
    run_until(&t.stage, lines(&t) == RECORDS - 1 && committed(&t) == 3);
    child_signal(t.child, SIGTERM);
    expect_end(&t);
    cr_expect_eq(committed(&t), 3, "the one that never succeeds is not passed");
    child_close(t.child);
    stage_close(&t.stage);
}

KH_TEST(worker, an_interrupt_lets_what_runs_end_and_nothing_comes_twice)
{
    struct setting t;
    begin(&t);
    start(&t, FLAGS("--jobs", "4", "--exec", "echo start; sleep 0.2; echo done $KOHORT_OFFSET"));
    run_until(&t.stage, child_said(&t.child->out, "done") >= 6);
    child_signal(t.child, SIGINT);
    expect_end(&t);
    size_t ended = child_said(&t.child->out, "done");
    cr_expect_eq(ended, child_said(&t.child->out, "start"), "%s", t.child->out.text);
    cr_expect_lt(ended, RECORDS);
    cr_expect_eq(committed(&t), (int64_t)ended);
    t.child = &t.children[1];
    start(&t, FLAGS("-e", "--exec", "echo done $KOHORT_OFFSET"));
    expect_end(&t);
    for (int i = 0; i < RECORDS; i++)
        cr_expect_eq(done(&t.children[0], i) + done(t.child, i), 1, "offset %d", i);
    child_close(&t.children[0]);
    child_close(t.child);
    stage_close(&t.stage);
}

KH_TEST(worker, who_is_killed_has_committed_nothing_that_is_not_done)
{
    struct setting t;
    begin(&t);
    start(&t, FLAGS("--jobs", "4", "-X", "auto.commit.interval.ms=20", "--exec",
                    "sleep 0.0$((KOHORT_OFFSET * 7 % 10)); echo done $KOHORT_OFFSET"));
    run_until(&t.stage, child_said(&t.child->out, "done") >= RECORDS / 2);
    child_signal(t.child, SIGKILL);
    run_until(&t.stage, child_ended(t.child));
    t.child = &t.children[1];
    int64_t stored = committed(&t);
    for (int64_t i = 0; i < stored; i++)
        cr_expect_eq(done(&t.children[0], i), 1, "%lld is committed", (long long)i);
    start(&t, FLAGS("-e", "--exec", "echo done $KOHORT_OFFSET"));
    expect_end(&t);
    for (int i = 0; i < RECORDS; i++) {
        cr_expect_geq(done(&t.children[0], i) + done(t.child, i), 1, "offset %d", i);
        if (i < stored)
            cr_expect_eq(done(t.child, i), 0, "offset %d", i);
    }
    child_close(&t.children[0]);
    child_close(t.child);
    stage_close(&t.stage);
}

KH_TEST(worker, batches_and_limits_and_modes)
{
    struct setting t;
    begin(&t);
    start(&t, FLAGS("-e", "--per", "batch", "-X", "max.poll.records=10", "--exec",
                    "echo $KOHORT_OFFSET $KOHORT_LAST_OFFSET $KOHORT_COUNT $(wc -l)"));
    expect_end(&t);
    cr_expect_not_null(strstr(t.child->out.text, "0 9 10 10\n"), "%s", t.child->out.text);
    cr_expect_eq(committed(&t), RECORDS);
    child_close(t.child);

    admin_alter_group_offset(t.group, t.topic, 0, 0);
    start(&t,
          FLAGS("-e", "--jobs", "8", "--max-unacked", "2", "--exec", "echo +; sleep 0.02; echo -"));
    expect_end(&t);
    int running = 0, most = 0;
    for (const char *at = t.child->out.text; *at != '\0'; at++) {
        running += *at == '+' ? 1 : *at == '-' ? -1 : 0;
        most = running > most ? running : most;
    }
    cr_expect_eq(lines(&t), 2 * RECORDS);
    cr_expect_leq(most, 2);
    child_close(t.child);

    admin_alter_group_offset(t.group, t.topic, 0, 0);
    start(&t, FLAGS("-e", "--demand", "3"));
    expect_end(&t);
    cr_expect_eq(lines(&t), RECORDS);
    cr_expect_eq(committed(&t), RECORDS);
    child_close(t.child);

    admin_alter_group_offset(t.group, t.topic, 0, 5);
    start(&t, FLAGS("-e", "--ack", "manual"));
    expect_end(&t);
    cr_expect_eq(lines(&t), RECORDS - 5);
    cr_expect_eq(committed(&t), 5);
    child_close(t.child);

    start(&t, FLAGS("-c", "10", "--ack", "auto", "--exec", "exit 1"));
    expect_end(&t);
    cr_expect_eq(committed(&t), 15);
    child_close(t.child);
    stage_close(&t.stage);
}
