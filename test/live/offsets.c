/* Where a partition starts (contract row C-33). */
#include "support/live/admin.h"
#include "support/live/member.h"

#include <string.h>

LIVE_SUITE(offsets);

enum { RECORDS = 20 }; /* in each of two partitions */

struct setting {
    struct stage stage;
    const char *group, *topic;
    struct member *m;
};

static void begin(struct setting *t, const char *policy, int64_t committed_0)
{
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, 2);
    admin_produce_many(t->topic, 2 * RECORDS, 20, 0, "none");
    if (committed_0 >= 0)
        admin_alter_group_offset(t->group, t->topic, 0, committed_0);
    stage_open(&t->stage);
    /* No timer commits here: what is committed at once stands out. */
    const char *options[] = {"auto.offset.reset", policy, "auto.commit.interval.ms", "600000",
                             NULL};
    t->m = member_start(&t->stage, "m", t->group, t->topic,
                        &(struct member_script){.options = options});
}

static int64_t first_offset(const struct member *m, int32_t partition)
{
    for (size_t i = 0; i < m->entry_count; i++)
        if (m->entries[i].kind == MEMBER_RECORDS && m->entries[i].partition == partition)
            return m->entries[i].offset;
    return -1;
}

KH_TEST(offsets, C_33_earliest_starts_at_the_beginning_where_nothing_is_committed)
{
    struct setting t;
    begin(&t, "earliest", 5);
    run_until(&t.stage, t.m->records == 2 * RECORDS - 5);
    cr_expect_eq(first_offset(t.m, 0), 5);
    cr_expect_eq(first_offset(t.m, 1), 0);
    cr_expect_eq(t.m->counts[MEMBER_RESET], 1, "one partition had no offset");
    cr_expect_eq(member_last(t.m, MEMBER_RESET, 1)->offset, 0);
    stage_close(&t.stage);
}

KH_TEST(offsets, C_33_latest_starts_at_the_end_and_commits_that_at_once)
{
    struct setting t;
    begin(&t, "latest", 5);
    run_until(&t.stage, t.m->counts[MEMBER_RESET] == 1 && t.m->records == RECORDS - 5);
    cr_expect_eq(member_last(t.m, MEMBER_RESET, 1)->offset, RECORDS);
    /* The start is the group's from now on: what comes is read, by whoever owns the partition. */
    run_until(&t.stage, member_last(t.m, MEMBER_COMMITTED, 1) != NULL);
    cr_expect_eq(member_last(t.m, MEMBER_COMMITTED, 1)->offset, RECORDS);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 1), RECORDS);
    admin_produce_one(t.topic, 1, RECORDS);
    run_until(&t.stage, first_offset(t.m, 1) == RECORDS);
    stage_close(&t.stage);
}

KH_TEST(offsets, C_33_none_is_an_error_on_that_partition_only_and_a_seek_resumes_it)
{
    struct setting t;
    begin(&t, "none", 5);
    run_until(&t.stage, t.m->counts[MEMBER_ERROR] == 1 && t.m->records == RECORDS - 5);
    const struct member_entry *entry = member_last(t.m, MEMBER_ERROR, -1);
    cr_expect_eq(entry->partition, 1);
    cr_expect_eq(entry->error.code, KOHORT_ENOOFFSET);
    cr_expect_str_eq(entry->error.topic, t.topic);
    cr_expect_eq(entry->error.partition, 1);
    cr_expect_not_null(strstr(entry->error.text, "kohort_seek"), "%s", entry->error.text);
    cr_expect(member_is(t.m, "stable"));
    cr_expect_eq(t.m->counts[MEMBER_RESET], 0);

    kohort_partition *p = member_partition(t.m, t.topic, 1);
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(p, &status);
    cr_expect_str_eq(status.state, "suspended");
    expect_status(kohort_seek(p, 7), KOHORT_OK);
    run_until(&t.stage, t.m->records == RECORDS - 5 + RECORDS - 7);
    cr_expect_eq(first_offset(t.m, 1), 7);
    cr_expect_eq(t.m->counts[MEMBER_ERROR], 1);
    member_end(t.m);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 1), RECORDS);
    stage_close(&t.stage);
}

KH_TEST(offsets, a_seek_to_the_beginning_or_the_end_is_answered_by_the_broker)
{
    struct setting t;
    begin(&t, "earliest", -1);
    run_until(&t.stage, t.m->records == 2 * RECORDS);
    expect_status(kohort_seek(member_partition(t.m, t.topic, 0), -2), KOHORT_OK);
    run_until(&t.stage, t.m->records == 3 * RECORDS);
    expect_status(kohort_seek(member_partition(t.m, t.topic, 1), -1), KOHORT_OK);
    run_until(&t.stage, t.m->counts[MEMBER_RESET] == 4);
    cr_expect_eq(member_last(t.m, MEMBER_RESET, 1)->offset, RECORDS);
    expect_status(kohort_seek(member_partition(t.m, t.topic, 0), -3), KOHORT_EINVAL);
    stage_close(&t.stage);
}
