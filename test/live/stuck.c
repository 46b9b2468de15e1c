/* Records that the application does not come to an end with, and time that it asks for (contract
 * row C-32). */
#include "support/live/admin.h"
#include "support/live/member.h"

#include "base/status.h"

#include <string.h>

LIVE_SUITE(stuck);

enum { HELD_MAX = 64 };

struct setting {
    struct stage stage;
    const char *group, *topic;
    kohort_mark marks[HELD_MAX];
    uint32_t attempts[HELD_MAX];
    uint64_t at_ns[HELD_MAX];
    size_t count;
    struct member *m;
};

static int hold(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    struct setting *t = m->script.arg;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    (void)p;
    for (size_t i = 0; i < count; i++) {
        cr_assert_lt(t->count, HELD_MAX);
        t->attempts[t->count] = records[i].attempt;
        t->at_ns[t->count] = uv_hrtime();
        t->marks[t->count++] = kohort_record_mark(batch, &records[i]);
    }
    return KOHORT_LATER;
}

static void begin(struct setting *t, const char *timeout_ms, const char *on_stuck)
{
    const char *options[] = {"auto.offset.reset",
                             "earliest",
                             "auto.commit.interval.ms",
                             "50",
                             "processing.timeout.ms",
                             timeout_ms,
                             "on.stuck",
                             on_stuck,
                             NULL};
    *t = (struct setting){.group = live_name("g"), .topic = live_name("t")};
    admin_create_topic(t->topic, 1);
    admin_produce_many(t->topic, 3, 20, 0, "none");
    stage_open(&t->stage);
    t->m = member_start(&t->stage, "m", t->group, t->topic,
                        &(struct member_script){.options = options, .on_records = hold, .arg = t});
    run_until(&t->stage, t->count == 3);
}

static void end(struct setting *t)
{
    member_end(t->m);
    stage_close(&t->stage);
}

static int ack(struct setting *t, size_t index)
{
    return kohort_ack(t->m->consumer, t->marks[index]);
}

static kohort_partition_status status_of(const struct setting *t)
{
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(member_partition(t->m, t->topic, 0), &status);
    return status;
}

KH_TEST(stuck, C_32_redelivered_after_its_time_an_extended_one_not_and_a_late_ack_is_stale)
{
    struct setting t;
    begin(&t, "1000", "redeliver");
    expect_status(kohort_extend(t.m->consumer, t.marks[1], 600000), KOHORT_OK);
    expect_status(ack(&t, 2), KOHORT_OK);
    run_until(&t.stage, t.count == 4);
    cr_expect_geq(t.at_ns[3] - t.at_ns[0], UINT64_C(900000000));
    cr_expect_eq(t.marks[3].offset, 0);
    cr_expect_eq(t.attempts[3], 2);
    expect_status(ack(&t, 0), KOHORT_ESTALE);
    expect_status(kohort_extend(t.m->consumer, t.marks[0], 0), KOHORT_ESTALE);
    expect_status(ack(&t, 3), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 1);
    expect_status(ack(&t, 1), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 3);
    cr_expect_eq(t.count, 4);
    cr_expect_eq(t.m->counts[MEMBER_STUCK], 1);
    cr_expect_eq(t.m->counts[MEMBER_REVOKED] + t.m->counts[MEMBER_LOST], 0);
    end(&t);
}

KH_TEST(stuck, C_32_a_suspended_partition_delivers_nothing_until_what_is_stuck_is_done)
{
    struct setting t;
    begin(&t, "200", "suspend");
    expect_status(ack(&t, 0), KOHORT_OK);
    run_until(&t.stage, t.m->counts[MEMBER_STUCK] == 1);
    cr_expect_eq(member_last(t.m, MEMBER_STUCK, 0)->offset, 1);
    cr_expect(strstr(status_of(&t).why_waiting, "processing.timeout.ms") != NULL);
    admin_produce_many(t.topic, 1, 20, 3, "none");
    expect_status(ack(&t, 1), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 2);
    cr_expect_eq(t.count, 3, "2 is stuck still");
    expect_status(ack(&t, 2), KOHORT_OK);
    run_until(&t.stage, t.count == 4);
    run_until(&t.stage, t.m->counts[MEMBER_STUCK] == 2);
    admin_produce_many(t.topic, 1, 20, 4, "none");
    kohort_resume(member_partition(t.m, t.topic, 0));
    run_until(&t.stage, t.count == 5);
    for (size_t i = 3; i < 5; i++)
        expect_status(ack(&t, i), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 5);
    cr_expect_eq(t.m->counts[MEMBER_REVOKED] + t.m->counts[MEMBER_LOST], 0, "it stays owned");
    end(&t);
}

KH_TEST(stuck, C_32_a_member_leaves_that_does_not_get_on_and_comes_back_when_it_is_told_to)
{
    struct setting t;
    begin(&t, "200", "leave");
    expect_status(ack(&t, 0), KOHORT_OK);
    run_until(&t.stage, t.m->counts[MEMBER_STUCK] == 1);
    run_until(&t.stage, strcmp(kohort_consumer_state(t.m->consumer), "idle") == 0);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 1);
    expect_status(ack(&t, 1), KOHORT_ESTALE);
    expect_status(kohort_subscribe(t.m->consumer, &t.topic, 1), KOHORT_OK);
    run_until(&t.stage, t.count == 5);
    for (size_t i = 3; i < 5; i++)
        expect_status(ack(&t, i), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 3);
    end(&t);
}

static void ack_all(void *arg)
{
    struct setting *t = arg;
    for (size_t i = 0; i < t->count; i++)
        expect_status(ack(t, i), KOHORT_OK);
}

/* A worker is in time, and its word has to wait for the loop. */
KH_TEST(stuck, C_32_time_in_which_the_loop_stood_still_does_not_count)
{
    struct setting t;
    begin(&t, "400", "redeliver");
    kohort_post(kohort_consumer_client(t.m->consumer), ack_all, &t);
    uint64_t until = uv_hrtime() + UINT64_C(1000000000);
    while (uv_hrtime() < until)
        ;
    run_until(&t.stage, status_of(&t).committed == 3);
    cr_expect_eq(t.m->counts[MEMBER_STUCK], 0);
    end(&t);
}
