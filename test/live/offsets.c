/* Where a partition starts (contract rows C-33, C-34, C-36). */
#include "base/status.h"
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <string.h>

LIVE_SUITE(offsets);

enum { RECORDS = 20 }; /* in each of two partitions */

struct setting {
    struct stage stage;
    const char *group, *topic;
    struct member *m;
};

static void prepare(struct setting *t)
{
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, 2);
    admin_produce_many(t->topic, 2 * RECORDS, 20, 0, "none");
    stage_open(&t->stage);
}

static void start(struct setting *t, const char *policy)
{
    /* No timer commits here: what is committed at once stands out. */
    const char *options[] = {"auto.offset.reset", policy, "auto.commit.interval.ms", "600000",
                             NULL};
    t->m = member_start(&t->stage, "m", t->group, t->topic,
                        &(struct member_script){.options = options});
}

static void begin(struct setting *t, const char *policy, int64_t committed_0)
{
    prepare(t);
    if (committed_0 >= 0)
        admin_alter_group_offset(t->group, t->topic, 0, committed_0);
    start(t, policy);
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

/* ---- C-34: what is to be read next is gone ---- */

/* Partition 0 is committed at 5 and begins at 10 when the member comes. */
static void begin_below_the_start(struct setting *t, const char *policy)
{
    prepare(t);
    admin_alter_group_offset(t->group, t->topic, 0, 5);
    admin_alter_group_offset(t->group, t->topic, 1, 5);
    admin_delete_records(t->topic, 0, 10);
    start(t, policy);
}

KH_TEST(offsets, C_34_a_commit_below_the_log_start_goes_to_the_earliest)
{
    struct setting t;
    begin_below_the_start(&t, "earliest");
    run_until(&t.stage, t.m->records == 2 * RECORDS - 10 - 5);
    cr_expect_eq(first_offset(t.m, 0), 10);
    cr_expect_eq(first_offset(t.m, 1), 5);
    cr_expect_eq(t.m->counts[MEMBER_RESET], 1);
    cr_expect_eq(member_last(t.m, MEMBER_RESET, 0)->offset, 10);
    stage_close(&t.stage);
}

KH_TEST(offsets, C_34_a_commit_below_the_log_start_goes_to_the_latest)
{
    struct setting t;
    begin_below_the_start(&t, "latest");
    run_until(&t.stage, t.m->counts[MEMBER_RESET] == 1 && t.m->records == RECORDS - 5);
    cr_expect_eq(member_last(t.m, MEMBER_RESET, 0)->offset, RECORDS);
    admin_produce_one(t.topic, 0, RECORDS);
    run_until(&t.stage, first_offset(t.m, 0) == RECORDS);
    stage_close(&t.stage);
}

/* Deleted while the partition was paused: found out by the next Fetch. */
KH_TEST(offsets, C_34_records_deleted_under_a_paused_partition_reset_it)
{
    struct setting t;
    begin(&t, "earliest", -1);
    run_until(&t.stage, t.m->records == 2 * RECORDS);
    size_t resets = t.m->counts[MEMBER_RESET];
    expect_status(kohort_pause(member_partition(t.m, t.topic, 0)), KOHORT_OK);
    admin_produce_many(t.topic, 4 * RECORDS, 20, RECORDS, "none");
    run_until(&t.stage, t.m->records == 4 * RECORDS);
    admin_delete_records(t.topic, 0, 2 * RECORDS);
    /* What was received before the pause is dropped by a seek to the same place. */
    expect_status(kohort_seek(member_partition(t.m, t.topic, 0), RECORDS), KOHORT_OK);
    expect_status(kohort_resume(member_partition(t.m, t.topic, 0)), KOHORT_OK);
    run_until(&t.stage, t.m->records == 5 * RECORDS);
    cr_expect_eq(t.m->counts[MEMBER_RESET], resets + 1);
    cr_expect_eq(member_last(t.m, MEMBER_RESET, 0)->offset, 2 * RECORDS);
    cr_expect_eq(member_last(t.m, MEMBER_RECORDS, 0)->offset, 2 * RECORDS);
    stage_close(&t.stage);
}

KH_TEST(offsets, C_34_none_suspends_that_partition_alone_and_a_seek_resumes_it)
{
    struct setting t;
    begin_below_the_start(&t, "none");
    run_until(&t.stage, t.m->counts[MEMBER_ERROR] == 1 && t.m->records == RECORDS - 5);
    const struct member_entry *entry = member_last(t.m, MEMBER_ERROR, -1);
    cr_expect_eq(entry->partition, 0);
    cr_expect_eq(entry->error.partition, 0);
    cr_expect_str_eq(entry->error.topic, t.topic);
    cr_expect_eq(entry->error.code, KOHORT_ENOOFFSET, "%s", entry->error.text);
    cr_expect_not_null(strstr(entry->error.text, "kohort_seek"), "%s", entry->error.text);
    cr_expect_eq(t.m->counts[MEMBER_RESET], 0);
    kohort_partition *p = member_partition(t.m, t.topic, 0);
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(p, &status);
    cr_expect_str_eq(status.state, "suspended");
    cr_expect_str_neq(status.why_waiting, "");
    expect_status(kohort_seek(p, 12), KOHORT_OK);
    run_until(&t.stage, t.m->records == RECORDS - 5 + RECORDS - 12);
    cr_expect_eq(first_offset(t.m, 0), 12);
    cr_expect_eq(t.m->counts[MEMBER_ERROR], 1);
    stage_close(&t.stage);
}

/* ---- C-36: an error is not the absence of an offset ---- */

/* Both partitions are committed at 7; a guess by either policy would not start there. */
static void start_there_after(int16_t error_code, const char *policy)
{
    struct setting t;
    struct proxy proxy;
    prepare(&t);
    admin_alter_group_offset(t.group, t.topic, 0, 7);
    admin_alter_group_offset(t.group, t.topic, 1, 7);
    proxy_open(&proxy, &t.stage);
    if (error_code != 0)
        proxy_answer_next(&proxy, KH_API_OFFSET_FETCH, error_code, 3);
    else
        proxy_cut_next(&proxy, KH_API_OFFSET_FETCH, 12);
    const char *options[] = {"bootstrap.servers", proxy.address, "auto.offset.reset", policy, NULL};
    t.m =
        member_start(&t.stage, "m", t.group, t.topic, &(struct member_script){.options = options});
    run_until(&t.stage, t.m->records == 2 * RECORDS - 14);
    cr_expect_eq(first_offset(t.m, 0), 7);
    cr_expect_eq(first_offset(t.m, 1), 7);
    cr_expect_eq(t.m->counts[MEMBER_RESET], 0);
    /* In a group's first generation it is asked ahead, once, in case the policy has to decide. */
    cr_expect_leq(proxy_count(&proxy, KH_API_LIST_OFFSETS), 1);
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_FETCH), error_code != 0 ? 4 : 2);
    cr_expect_eq(proxy_count(&proxy, KH_API_JOIN_GROUP), 2);
    member_end(t.m);
    proxy_close(&proxy);
    stage_close(&t.stage);
}

KH_TEST(offsets, C_36_an_error_of_offset_fetch_is_asked_again_and_nothing_guessed)
{
    static const int16_t errors[] = {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS,
                                     KH_KAFKA_NOT_COORDINATOR, KH_KAFKA_COORDINATOR_NOT_AVAILABLE,
                                     KH_KAFKA_UNSTABLE_OFFSET_COMMIT, 0 /* no answer */};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        start_there_after(errors[i], "earliest");
        start_there_after(errors[i], "latest");
    }
}
