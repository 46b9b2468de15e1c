/* Kafka's system-test scenarios of consumers (kafkatest/tests/client/consumer_test.py), on members
 * in processes of their own that speak to the test through the events of Kafka's
 * VerifiableConsumer. */
#include "support/live/admin.h"
#include "support/live/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

LIVE_SUITE(verifiable);

enum { PARTITIONS = HISTORY_PARTITIONS, RECORDS = 3000 };

struct scenario {
    char config[256]; /* for --command-config */
    struct stage stage;
    struct history history;
    const char *group, *topic;
    int produced;
};

/* A property that this client does not know is no mistake there. */
static void write_config(struct scenario *t)
{
    static const char text[] = "# of a harness\nheartbeat.interval.ms=200\nno.such.property=1\n"
                               "max.poll.records=100\n";
    live_temporary(t->config, sizeof t->config, "verifiable");
    int descriptor = mkstemp(t->config);
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(write(descriptor, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(descriptor);
}

static void begin(struct scenario *t)
{
    *t = (struct scenario){.group = live_name("g"), .topic = live_name("t6")};
    write_config(t);
    admin_create_topic(t->topic, PARTITIONS);
    stage_open(&t->stage);
    history_open(&t->history, &t->stage, t->group, t->topic);
}

static void end(struct scenario *t)
{
    unlink(t->config);
    history_close(&t->history);
    stage_close(&t->stage);
}

/* Beside what the test does, for three seconds. */
static admin_job produce(struct scenario *t)
{
    admin_job job = admin_begin_produce(t->topic, RECORDS, t->produced / PARTITIONS, 1000);
    t->produced += RECORDS;
    return job;
}

static void expect_all(struct scenario *t, admin_job job)
{
    run_until(&t->stage, admin_done(job));
    run_until(&t->stage, history_records(&t->history) == (size_t)t->produced);
}

static struct verifiable *start(struct scenario *t, bool cooperative)
{
    return history_start(
        &t->history, cooperative,
        (const char *[]){"--session-timeout", "6000", "--command-config", t->config, NULL});
}

static void start_three(struct scenario *t, bool cooperative, struct verifiable *members[3])
{
    for (int i = 0; i < 3; i++)
        members[i] = start(t, cooperative);
    run_until(&t->stage, history_shared(&t->history, PARTITIONS / 3));
}

/* test_consumer_bounce: each is shut down cleanly and started again, under load. */
static void roll(bool cooperative)
{
    struct scenario t;
    struct verifiable *members[3];
    begin(&t);
    start_three(&t, cooperative, members);
    admin_job job = produce(&t);
    for (int i = 0; i < 3; i++) {
        history_shut_down(members[i]);
        run_until(&t.stage, history_shared(&t.history, PARTITIONS / 2));
        members[i] = start(&t, cooperative);
        run_until(&t.stage, history_shared(&t.history, PARTITIONS / 3));
    }
    expect_all(&t, job);
    cr_expect_eq(history_duplicates(&t.history), 0, "%zu came twice",
                 history_duplicates(&t.history));
    for (int i = 0; i < 3; i++)
        history_shut_down(members[i]);
    for (int p = 0; p < PARTITIONS; p++)
        cr_expect_eq(t.history.committed[p], RECORDS / PARTITIONS);
    end(&t);
}

KH_TEST(verifiable, C_09_rolling_bounces_of_an_eager_group_lose_and_repeat_nothing)
{
    roll(false);
}

KH_TEST(verifiable, C_09_rolling_bounces_of_a_cooperative_group_lose_and_repeat_nothing)
{
    roll(true);
}

/* test_consumer_failure */
KH_TEST(verifiable, C_08_one_is_killed_and_the_others_take_over)
{
    struct scenario t;
    struct verifiable *members[3];
    begin(&t);
    start_three(&t, true, members);
    admin_job job = produce(&t);
    run_until(&t.stage, history_records(&t.history) > RECORDS / 10);
    history_kill(members[1]);
    run_until(&t.stage, history_shared(&t.history, PARTITIONS / 2));
    expect_all(&t, job);
    for (int p = 0; p < PARTITIONS; p++)
        run_until(&t.stage,
                  (history_read(&t.history), t.history.committed[p]) == RECORDS / PARTITIONS);
    history_shut_down(members[0]);
    history_shut_down(members[2]);
    cr_expect_eq(members[0]->failed_commits + members[2]->failed_commits, 0);
    end(&t);
}

/* test_static_consumer_bounce_with_eager_assignment, and with the other one. */
static void bounce_static(bool cooperative)
{
    static const char *const names[] = {"one", "two", "three"};
    struct scenario t;
    struct verifiable *members[3];
    const char *flags[] = {"--session-timeout", "30000", "--group-instance-id", NULL, NULL};
    begin(&t);
    for (int i = 0; i < 3; i++) {
        flags[3] = names[i];
        members[i] = history_start(&t.history, cooperative, flags);
    }
    run_until(&t.stage, history_shared(&t.history, PARTITIONS / 3));
    admin_job job = produce(&t);
    size_t assignments[3], revocations[3];
    for (int i = 0; i < 3; i++) {
        assignments[i] = members[i]->assignments;
        revocations[i] = members[i]->revocations;
    }
    /* Alternately shut down and killed: within the session the group notices neither. */
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            history_shut_down(members[i]);
        else
            history_kill(members[i]);
        flags[3] = names[i];
        members[i] = history_start(&t.history, cooperative, flags);
        run_until(&t.stage, (history_read(&t.history), history_owned(members[i]) == 2));
        assignments[i] = 1;
        revocations[i] = 0;
    }
    expect_all(&t, job);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(members[i]->assignments, assignments[i], "%s was assigned anew", names[i]);
        cr_expect_eq(members[i]->revocations, revocations[i], "%s was revoked", names[i]);
    }
    for (int i = 0; i < 3; i++)
        history_shut_down(members[i]);
    end(&t);
}

KH_TEST(verifiable, K_03_static_members_of_an_eager_group_bounce_unnoticed)
{
    bounce_static(false);
}

KH_TEST(verifiable, K_03_static_members_of_a_cooperative_group_bounce_unnoticed)
{
    bounce_static(true);
}

/* test_fencing_static_consumer: the newcomer wins, the old one ends. */
KH_TEST(verifiable, K_03_of_two_with_one_instance_the_newcomer_wins)
{
    struct scenario t;
    const char *flags[] = {"--session-timeout", "30000", "--group-instance-id", "one", NULL};
    begin(&t);
    struct verifiable *old = history_start(&t.history, false, flags);
    run_until(&t.stage, history_shared(&t.history, PARTITIONS));
    admin_job job = produce(&t);
    run_until(&t.stage, history_records(&t.history) > 0);
    struct verifiable *young = history_start(&t.history, false, flags);
    run_until(&t.stage, (history_read(&t.history), old->complete) && child_ended(&old->child));
    cr_expect_not(old->shutting_down, "nobody asked it to");
    cr_expect_eq(child_said(&old->child.err, "\nERROR "), 1, "%s", old->child.err.text);
    cr_expect_not_null(strstr(old->child.err.text, "FENCED_INSTANCE_ID (82)"));
    run_until(&t.stage, (history_read(&t.history), history_owned(young) == PARTITIONS));
    expect_all(&t, job);
    /* Both held all for a moment: that is the conflict. */
    t.history.holding_count = 0;
    history_shut_down(young);
    end(&t);
}

KH_TEST(verifiable, a_limit_of_messages_ends_it_and_every_record_is_shown)
{
    struct scenario t;
    enum { LIMIT = 1234 };
    begin(&t);
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    struct verifiable *v = history_start(
        &t.history, false,
        (const char *[]){"--max-messages", "9", "--max-messages", "1234", "--verbose", NULL});
    run_until(&t.stage, child_ended(&v->child));
    history_read(&t.history);
    cr_expect(v->complete);
    cr_expect_not(v->shutting_down);
    cr_expect_eq(v->consumed, LIMIT);
    cr_expect_eq(child_said(&v->child.out, "\"name\":\"record_data\""), LIMIT);
    cr_expect_eq(child_said(&v->child.out, "\"value\":\"p0-0"), 1);
    int64_t committed = 0;
    for (int p = 0; p < PARTITIONS; p++)
        committed += t.history.committed[p];
    cr_expect_eq(committed, LIMIT);
    end(&t);
}

KH_TEST(verifiable, with_auto_commit_no_commit_is_told_and_all_is_committed)
{
    struct scenario t;
    begin(&t);
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    struct verifiable *v =
        history_start(&t.history, false, (const char *[]){"--enable-autocommit", NULL});
    run_until(&t.stage, history_records(&t.history) == RECORDS);
    history_shut_down(v);
    cr_expect_eq(child_said(&v->child.out, "offsets_committed"), 0);
    for (int p = 0; p < PARTITIONS; p++)
        cr_expect_eq(admin_group_offset(t.group, t.topic, p), RECORDS / PARTITIONS);
    end(&t);
}
