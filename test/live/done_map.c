/* Commits that say what is finished above their offset (commit.metadata=done). */
#include "support/live/admin.h"
#include "support/live/member.h"

#include "base/status.h"

LIVE_SUITE(done_map);

enum { RECORDS = 20 };

struct setting {
    struct stage stage;
    const char *group, *topic;
    kohort_mark marks[2 * RECORDS];
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
        cr_assert_lt(t->count, 2 * RECORDS);
        t->marks[t->count++] = kohort_record_mark(batch, &records[i]);
    }
    return KOHORT_LATER;
}

static void start(struct setting *t, const char *metadata)
{
    const char *options[] = {"auto.offset.reset",
                             "earliest",
                             "auto.commit.interval.ms",
                             "50",
                             "heartbeat.interval.ms",
                             "100",
                             "session.timeout.ms",
                             "1000",
                             "commit.metadata",
                             metadata,
                             NULL};
    t->count = 0;
    t->m = member_start(&t->stage, "m", t->group, t->topic,
                        &(struct member_script){.options = options, .on_records = hold, .arg = t});
}

static void open_topic(struct setting *t)
{
    *t = (struct setting){.group = live_name("g"), .topic = live_name("t")};
    admin_create_topic(t->topic, 1);
    admin_produce_many(t->topic, RECORDS, 20, 0, "none");
    stage_open(&t->stage);
}

static void ack(struct setting *t, size_t index)
{
    expect_status(kohort_ack(t->m->consumer, t->marks[index]), KOHORT_OK);
}

static uint64_t commits(const struct setting *t)
{
    return t->m->counts[MEMBER_COMMITTED];
}

static kohort_partition_status status_of(const struct setting *t)
{
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(member_partition(t->m, t->topic, 0), &status);
    return status;
}

/* Twice in a row, by two that are killed: what the second one did not see it hands on. */
KH_TEST(done_map, what_was_finished_out_of_order_and_committed_does_not_come_to_the_next)
{
    struct setting t;
    open_topic(&t);
    start(&t, "done");
    run_until(&t.stage, t.count == RECORDS);
    ack(&t, 0);
    ack(&t, 1);
    run_until(&t.stage, status_of(&t).committed == 2);
    size_t before = commits(&t);
    for (size_t i = 5; i < 15; i += 2)
        ack(&t, i); /* The offset does not move, and it is committed all the same. */
    run_until(&t.stage, commits(&t) > before);
    member_kill(t.m);
    member_end(t.m);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 2, "as Kafka's own client reads it");

    start(&t, "done");
    run_until(&t.stage, t.count == RECORDS - 7);
    for (size_t i = 0, offset = 2; i < t.count; i++, offset++) {
        offset += offset >= 5 && offset < 15 && offset % 2 == 1;
        cr_expect_eq(t.marks[i].offset, (int64_t)offset);
    }
    ack(&t, 0);
    run_until(&t.stage, status_of(&t).committed == 3);
    member_kill(t.m);
    member_end(t.m);

    start(&t, "done");
    run_until(&t.stage, t.count == RECORDS - 8);
    for (size_t i = 0; i < t.count; i++)
        ack(&t, i);
    run_until(&t.stage, status_of(&t).committed == RECORDS);
    cr_expect_eq(t.count, RECORDS - 8);
    kohort_offset own = {.ownership = t.marks[0].ownership,
                         .offset = RECORDS,
                         .leader_epoch = -1,
                         .metadata = "mine"};
    expect_status(kohort_commit_offsets(t.m->consumer, &own, 1, NULL, NULL, NULL), KOHORT_EINVAL);
    member_end(t.m);
    stage_close(&t.stage);
}

/* Metadata of anybody else's, and maps that are not asked for. */
KH_TEST(done_map, without_the_option_all_that_is_above_the_offset_comes)
{
    struct setting t;
    open_topic(&t);
    start(&t, "done");
    run_until(&t.stage, t.count == RECORDS);
    ack(&t, 0);
    ack(&t, 7);
    run_until(&t.stage, status_of(&t).committed == 1);
    member_kill(t.m);
    member_end(t.m);
    start(&t, "none");
    run_until(&t.stage, t.count == RECORDS - 1);
    kohort_offset own = {.ownership = t.marks[0].ownership,
                         .offset = 1,
                         .leader_epoch = -1,
                         .metadata = "kohort-done/1 mine"};
    expect_status(kohort_commit_offsets(t.m->consumer, &own, 1, NULL, NULL, NULL), KOHORT_OK);
    size_t before = commits(&t);
    run_until(&t.stage, commits(&t) > before);
    member_kill(t.m);
    member_end(t.m);
    start(&t, "done");
    run_until(&t.stage, t.count == RECORDS - 1);
    member_end(t.m);
    stage_close(&t.stage);
}
