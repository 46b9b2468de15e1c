/* Transactions and compaction, as a member with isolation.level=read_committed lives through them.
 */
#include "sim/stories/story.h"

enum { FIRST = 1000, SECOND, PARTITION = 1 };

/* A member that reads what is committed, of a topic into which nothing was written yet. */
static struct story begin(const char *reset)
{
    struct story_options o = story_defaults;
    const char *const options[] = {"isolation.level", "read_committed", "auto.offset.reset", reset};
    size_t at = 0;

    while (o.world.member_options[at] != NULL)
        at++;
    for (size_t i = 0; i < 4; i++)
        o.world.member_options[at + i] = options[i];
    struct story s = story_begin(&o);
    s.world->judge.committed = true;
    s.world->judge.reset_to_end = strcmp(reset, "latest") == 0;
    return s;
}

static void append(struct story *s, const struct sim_batch_shape *shape)
{
    sim_cluster_append(&s->world->cluster, &s->topic->logs[PARTITION], shape);
}

static void write_data(struct story *s, int64_t producer_id, size_t records)
{
    append(s, &(struct sim_batch_shape){.record_count = records,
                                        .value_size = 20,
                                        .producer_id = producer_id,
                                        .transactional = true});
}

static void write_marker(struct story *s, int64_t producer_id, bool aborts)
{
    append(s, &(struct sim_batch_shape){.producer_id = producer_id,
                                        .transactional = true,
                                        .control = true,
                                        .aborts = aborts});
}

static kohort_partition_status status_of(const struct sim_member *m)
{
    kohort_partition_status status = {.size = sizeof status};
    const kohort_partition *p = kohort_consumer_partition(m->consumer, "t", PARTITION);

    cr_assert_not_null(p);
    cr_assert_eq(kohort_partition_get_status(p, &status), 0);
    return status;
}

static void expect_at(struct story *s, const struct sim_member *m, uint64_t delivered,
                      int64_t offset)
{
    story_run(s, 1500);
    cr_assert_eq(s->world->judge.delivered, delivered);
    const kohort_partition_status status = status_of(m);
    cr_assert_eq(status.position, offset);
    cr_assert_eq(status.committed, offset);
    cr_assert_eq(status.last_stable_offset, offset);
    cr_assert_eq(status.lag, 0);
    cr_assert_str_eq(status.why_waiting, "all records have been delivered");
}

KH_TEST(sim_transactions, the_commit_passes_what_was_aborted_and_waits_for_what_is_open_C_31)
{
    struct story s = begin("earliest");
    struct sim_member *m = story_member(&s);

    story_run(&s, 2000);
    story_append(&s, PARTITION, 5);
    write_data(&s, FIRST, 3);
    write_data(&s, SECOND, 2);
    story_append(&s, PARTITION, 4);
    expect_at(&s, m, 5, 5);
    cr_assert_eq(status_of(m).high_watermark, 14);
    write_marker(&s, SECOND, false);
    expect_at(&s, m, 5, 5);
    write_data(&s, SECOND, 1);
    write_marker(&s, FIRST, true); /* 3 of the first go; the second is open again, at 15 */
    expect_at(&s, m, 5 + 2 + 4, 15);
    write_marker(&s, SECOND, true); /* and nothing follows */
    expect_at(&s, m, 11, 18);
    write_data(&s, FIRST, 6);
    write_marker(&s, FIRST, false);
    expect_at(&s, m, 17, 25);
    story_end(&s);
}

KH_TEST(sim_transactions, the_end_is_the_last_stable_offset_P_06)
{
    struct story s = begin("latest");

    story_append(&s, PARTITION, 5);
    write_data(&s, FIRST, 3);
    story_append(&s, PARTITION, 4);
    struct sim_member *m = story_member(&s);
    story_run(&s, 2000);
    cr_assert_eq(status_of(m).position, 5);
    write_marker(&s, FIRST, false);
    expect_at(&s, m, 7, 13);
    story_end(&s);
}

/* What is left of the end of a log may be markers, and batches without records. */
KH_TEST(sim_transactions, the_commit_passes_what_compaction_has_left_C_31)
{
    struct story s = begin("earliest");

    for (int i = 0; i < 20; i++) {
        story_append(&s, PARTITION, 3);
        write_data(&s, FIRST + i % 2, 2);
        write_data(&s, FIRST + (i + 1) % 2, 2);
        write_marker(&s, FIRST, i % 3 == 0);
        write_marker(&s, SECOND, i % 2 == 0);
    }
    for (int i = 0; i < 20; i++)
        sim_cluster_compact(&s.world->cluster, &s.topic->logs[PARTITION]);
    cr_assert_lt(s.topic->logs[PARTITION].batch_count, 20);
    struct sim_member *m = story_member(&s);
    story_run(&s, 2000);
    cr_assert_lt(s.world->judge.delivered, 60);
    expect_at(&s, m, s.world->judge.delivered, 20 * 9);
    story_end(&s);
}
