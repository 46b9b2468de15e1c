/* The broker model on real sockets: clients of three kinds read from it through the group protocol,
 * and rows of the catalogue of client bugs are replayed as scripts of faults. No Kafka is needed.
 */
#include "base/status.h"
#include "support/live/child.h"
#include "support/live/live.h"
#include "support/live/member.h"
#include "support/live/oracle.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(model, .init = live_die_with_parent, .timeout = LIVE_TEST_SECONDS);

enum { PARTITIONS = 2, RECORDS = 100, ADDRESSES_SIZE = 256 };

struct setting {
    struct stage stage;
    struct child model;
    struct member *m;
    char addresses[ADDRESSES_SIZE];
};

static void begin(struct setting *t, const char *brokers)
{
    const char *program = getenv("KOHORT_TEST_MODEL");

    cr_assert_not_null(program, "KOHORT_TEST_MODEL does not name model_broker");
    stage_open(&t->stage);
    child_start_told(&t->model, &t->stage, program,
                     (const char *[]){"--brokers", brokers, "--topic", "t:2:100", NULL});
    run_until(&t->stage, child_said(&t->model.out, "\n") > 0);
    snprintf(t->addresses, sizeof t->addresses, "%.*s", (int)strcspn(t->model.out.text, "\n"),
             t->model.out.text);
    live_use(t->addresses);
}

static void join(struct setting *t)
{
    static const char *options[] = {"auto.offset.reset",
                                    "earliest",
                                    "heartbeat.interval.ms",
                                    "100",
                                    "auto.commit.interval.ms",
                                    "100",
                                    NULL};
    static const struct member_script script = {.options = options};

    t->m = member_start(&t->stage, "m", "g", "t", &script);
}

static void end(struct setting *t)
{
    if (t->m != NULL)
        member_end(t->m);
    child_hang_up(&t->model);
    run_until(&t->stage, child_ended(&t->model));
    cr_expect_eq(t->model.exit_code, 0, "%s", t->model.err.text);
    child_close(&t->model);
    stage_close(&t->stage);
}

/* Records that a program has printed, a line each. */
static bool has_read_all(const struct child *c)
{
    return child_said(&c->out, "\n") == RECORDS;
}

KH_TEST(model, kohort_reads_from_it)
{
    struct setting t = {0};

    begin(&t, "2");
    join(&t);
    run_until(&t.stage, t.m->records == RECORDS);
    cr_expect_eq(member_owned(t.m), PARTITIONS);
    end(&t);
}

static bool is_installed(struct stage *s, const char *program)
{
    struct child c;

    child_start_program(&c, s, program, (const char *[]){"-V", NULL});
    run_until(s, child_ended(&c));
    bool found = c.exit_code == 0;
    child_close(&c);
    return found;
}

KH_TEST(model, librdkafka_reads_from_it)
{
    struct setting t = {0};
    struct child c;

    begin(&t, "2");
    if (!is_installed(&t.stage, "kcat")) {
        end(&t);
        cr_skip_test("kcat is not installed");
    }
    child_start_program(&c, &t.stage, "kcat",
                        (const char *[]){"-b", t.addresses, "-u", "-G", "g", "-X",
                                         "auto.offset.reset=earliest", "t", NULL});
    run_until(&t.stage, has_read_all(&c));
    child_signal(&c, SIGTERM);
    child_close(&c);
    end(&t);
}

KH_TEST(model, java_reads_from_it)
{
    struct setting t = {0};
    struct child c;
    const char *dev = getenv("KOHORT_TEST_DEV");

    if (dev == NULL)
        cr_skip_test("KOHORT_TEST_DEV does not name ./dev");
    begin(&t, "2");
    child_start_program(&c, &t.stage, dev,
                        (const char *[]){"kafka", "cli", "console-consumer", "--bootstrap-server",
                                         t.addresses, "--topic", "t", "--group", "g",
                                         "--from-beginning", "--max-messages", "100", NULL});
    run_until(&t.stage, child_ended(&c));
    cr_expect(has_read_all(&c), "it said: %s", c.err.text);
    child_close(&c);
    end(&t);
}

/* ---- rows of the catalogue ---- */

/* What the member said and did with a script; each fault must have happened. */
static void replay(struct setting *t, const char *const *faults)
{
    begin(t, "1");
    for (size_t i = 0; faults[i] != NULL; i++)
        child_tell(&t->model, faults[i]);
}

/* Whether the model says so: "error Fetch". */
static bool happened(const struct setting *t, const char *what, size_t times)
{
    return child_said(&t->model.out, what) == times;
}

/* All records once, all partitions kept, and nothing reset behind the application's back. */
static void expect_whole(struct setting *t)
{
    run_until(&t->stage, t->m->records >= RECORDS && member_is(t->m, "stable"));
    cr_expect_eq(t->m->records, RECORDS);
    cr_expect_eq(member_owned(t->m), PARTITIONS);
    cr_expect_eq(t->m->counts[MEMBER_ASSIGNED], PARTITIONS);
    cr_expect_eq(t->m->counts[MEMBER_LOST], 0);
}

/* 34: an error of the whole OffsetFetch is no "nothing was committed". */
KH_TEST(model, row_34_the_error_of_a_whole_offset_fetch_is_heard)
{
    struct setting t = {0};

    replay(&t, (const char *[]){"{\"on\":\"OffsetFetch\",\"do\":\"error\",\"code\":16}",
                                "{\"on\":\"OffsetFetch\",\"do\":\"error\",\"code\":14,\"times\":2}",
                                NULL});
    join(&t);
    expect_whole(&t);
    cr_expect(happened(&t, "error OffsetFetch", 3));
    end(&t);
}

/* 26: the id that comes with MEMBER_ID_REQUIRED is kept when the answer to the second JoinGroup is
 * lost. */
KH_TEST(model, row_26_an_answer_of_join_group_breaks_off)
{
    struct setting t = {0};

    replay(&t,
           (const char *[]){"{\"on\":\"JoinGroup\",\"nth\":2,\"do\":\"cut\",\"behind\":9}", NULL});
    join(&t);
    expect_whole(&t);
    cr_expect(happened(&t, "cut JoinGroup", 1));
    end(&t);
}

/* 42: after an error the epoch of a fetch session is not used again. */
KH_TEST(model, row_42_fetch_sessions_end)
{
    struct setting t = {0};

    replay(&t, (const char *[]){"{\"on\":\"Fetch\",\"nth\":2,\"do\":\"error\",\"code\":70}",
                                "{\"on\":\"Fetch\",\"nth\":4,\"do\":\"error\",\"code\":71}",
                                "{\"on\":\"Fetch\",\"nth\":6,\"do\":\"cut\",\"behind\":20}", NULL});
    join(&t);
    expect_whole(&t);
    run_until(&t.stage, happened(&t, "cut Fetch", 1));
    child_tell(&t.model, "{\"append\":\"t\",\"partition\":1,\"records\":20}");
    run_until(&t.stage, t.m->records >= RECORDS + 20);
    cr_expect_eq(t.m->records, RECORDS + 20);
    cr_expect(happened(&t, "error Fetch", 2));
    end(&t);
}

/* 33: a coordinator that is none any more is looked for, and the membership goes on. */
KH_TEST(model, row_33_the_coordinator_is_another)
{
    struct setting t = {0};

    replay(&t,
           (const char *[]){"{\"on\":\"Heartbeat\",\"nth\":2,\"do\":\"error\",\"code\":16}", NULL});
    join(&t);
    run_until(&t.stage, happened(&t, "error Heartbeat", 1));
    child_tell(&t.model, "{\"append\":\"t\",\"partition\":0,\"records\":20}");
    run_until(&t.stage, t.m->records >= RECORDS + 20 && member_is(t.m, "stable"));
    cr_expect_eq(t.m->records, RECORDS + 20);
    cr_expect_eq(t.m->counts[MEMBER_LOST], 0);
    end(&t);
}

/* 17: a commit answered ILLEGAL_GENERATION ends the ownership; the member joins again. */
KH_TEST(model, row_17_a_commit_of_another_generation_ends_the_ownership)
{
    struct setting t = {0};

    replay(&t, (const char *[]){"{\"on\":\"OffsetCommit\",\"do\":\"error\",\"code\":22}", NULL});
    join(&t);
    run_until(&t.stage, happened(&t, "error OffsetCommit", 1));
    run_until(&t.stage, t.m->counts[MEMBER_LOST] > 0);
    run_until(&t.stage, member_is(t.m, "stable") && member_owned(t.m) == PARTITIONS);
    end(&t);
}

/* 41: who asks the wrong broker looks for the leader, and resets nothing. */
KH_TEST(model, row_41_a_leader_that_is_none_resets_nothing)
{
    struct setting t = {0};

    replay(&t, (const char *[]){"{\"on\":\"Fetch\",\"do\":\"error\",\"code\":6,\"times\":2}",
                                "{\"on\":\"ListOffsets\",\"do\":\"error\",\"code\":6}", NULL});
    join(&t);
    expect_whole(&t);
    end(&t);
}
