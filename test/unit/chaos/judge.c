/* The judge of chaos tests: a good history, and one for each way to break a rule. */
#include "chaos/judge.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

enum { SESSION_US = 6000000, HEARTBEAT_US = 1000000, A = 0, B = 1, STRANGER = 2 };

static const bool is_ours[CHAOS_MEMBERS_MAX] = {true, true, false};

/* A time in milliseconds, a member (whose generation is its number and 1), and what its diary says.
 */
struct entry {
    int64_t at_ms;
    int member;
    const char *text; /* "event first last", of partition 0 */
};

static void add(struct chaos_history *h, const struct entry *e)
{
    char name[16], line[160];
    long long first = -1, last = -1;
    cr_assert_geq(sscanf(e->text, "%15s %lld %lld", name, &first, &last), 1);
    int size = snprintf(line, sizeof line,
                        "{\"at_us\":%lld,\"event\":\"%s\",\"partition\":0,\"generation\":%d,"
                        "\"first\":%lld,\"last\":%lld}\n",
                        (long long)e->at_ms * 1000, name, e->member + 1, first, last);
    cr_assert(chaos_history_read(h, e->member, line, (size_t)size), "%s", line);
}

static void do_to(struct chaos_history *h, int64_t at_ms, enum chaos_event_kind kind, int member)
{
    chaos_history_add(h, &(struct chaos_event){.at_us = at_ms * 1000,
                                               .kind = kind,
                                               .member = member,
                                               .partition = -1,
                                               .generation = -1});
}

static struct chaos_verdict judge(struct chaos_history *h, int64_t produced)
{
    struct chaos_verdict verdict;
    struct chaos_conditions conditions = {.session_us = SESSION_US,
                                          .heartbeat_us = HEARTBEAT_US,
                                          .is_ours = is_ours,
                                          .produced = {produced}};
    chaos_judge(h, &conditions, &verdict);
    chaos_history_free(h);
    return verdict;
}

/* Exactly this rule is broken, so often, by one of ours. */
static void expect(const struct chaos_verdict *v, enum chaos_rule rule, size_t times)
{
    cr_expect_eq(v->ours[rule], times, "%s: %zu times; first: %s", chaos_rule_name(rule),
                 v->ours[rule], v->first);
    cr_expect_eq(chaos_violations(v), times, "%s", v->first);
    for (size_t i = 0; i < CHAOS_RULE_COUNT; i++)
        cr_expect_eq(v->peers[i], 0, "%s", v->first_peer);
}

/* The entries ended by one without text. */
static struct chaos_verdict judge_entries(const struct entry *entries, int64_t produced)
{
    struct chaos_history h = {0};
    for (; entries->text != NULL; entries++)
        add(&h, entries);
    return judge(&h, produced);
}

#define JUDGE(produced, ...)                                                                       \
    judge_entries((const struct entry[]){__VA_ARGS__, {0, 0, NULL}}, produced)

/* A has ten records, commits them and hands the partition to B. */
#define HANDOVER                                                                                   \
    {1, A, "assigned"}, {2, A, "reset -1 0"}, {3, A, "records 0 4"}, {4, A, "records 5 9"},        \
        {5, A, "acked 5 9"}, {6, A, "acked 0 4"}, {7, A, "committed -1 10"}, {8, A, "revoking"},   \
        {9, A, "revoked"},                                                                         \
    {                                                                                              \
        10, B, "assigned"                                                                          \
    }

KH_TEST(judge, C_02_a_good_history_breaks_no_rule)
{
    struct chaos_verdict v = JUDGE(15, HANDOVER, {11, B, "records 10 14"}, {12, B, "acked 10 14"},
                                   {13, B, "committed -1 15"}, {14, B, "revoking"},
                                   {15, B, "revoked"}, {16, B, "ended"});
    expect(&v, CHAOS_LIFE, 0);
    cr_expect_eq(v.delivered, 15);
    cr_expect_eq(v.duplicates, 0);
}

KH_TEST(judge, C_02_a_record_that_nobody_acknowledges_is_lost)
{
    struct chaos_verdict v = JUDGE(12, HANDOVER, {11, B, "records 10 11"}, {12, B, "acked 10 10"});
    expect(&v, CHAOS_LOSS, 1);
}

KH_TEST(judge, C_02_who_starts_beyond_what_is_done_loses_it)
{
    struct chaos_verdict v = JUDGE(10, HANDOVER, {11, B, "records 11 14"});
    expect(&v, CHAOS_LOSS, 1);
}

KH_TEST(judge, C_08_who_starts_before_the_last_commit_repeats_it)
{
    struct chaos_verdict v = JUDGE(10, HANDOVER, {11, B, "records 8 9"});
    expect(&v, CHAOS_START, 1);
    cr_expect_eq(v.duplicates, 2);
}

KH_TEST(judge, C_08_a_stranger_may_take_the_commit_back)
{
    struct chaos_verdict v =
        JUDGE(0, {1, STRANGER, "assigned"}, {2, STRANGER, "records 0 9"},
              {3, STRANGER, "acked 0 9"}, {4, STRANGER, "committed -1 10"}, {5, STRANGER, "lost"},
              {6, STRANGER, "committed -1 8"}, {7, A, "assigned"}, {8, A, "records 8 9"});
    expect(&v, CHAOS_START, 0);
}

KH_TEST(judge, C_39_a_commit_may_be_forgotten_by_a_node_that_dies)
{
    struct chaos_history h = {0};
    const struct entry entries[] = {HANDOVER, {12, B, "records 8 9"}};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        add(&h, &entries[i]);
    do_to(&h, 11, CHAOS_BROKER, -1);
    struct chaos_verdict v = judge(&h, 10);
    expect(&v, CHAOS_START, 0);
}

KH_TEST(judge, C_02_two_hold_a_partition_at_once)
{
    struct chaos_verdict v = JUDGE(0, {1, A, "assigned"}, {2, B, "assigned"}, {3, A, "revoked"});
    expect(&v, CHAOS_OVERLAP, 1);
}

static struct chaos_verdict deliver_twice_in_a_generation(bool coordinator_dies)
{
    struct chaos_history h = {0};
    const struct entry entries[] = {{1, A, "assigned"}, {2, A, "records 0 4"}, {3, A, "lost"}};
    for (size_t i = 0; i < 3; i++)
        add(&h, &entries[i]);
    if (coordinator_dies)
        do_to(&h, 4, CHAOS_BROKER, -1);
    for (size_t i = 0; i < 2; i++) {
        add(&h, &(struct entry){5 + (int64_t)i, B, entries[i].text});
        h.events[h.count - 1].generation = A + 1;
    }
    return judge(&h, 0);
}

KH_TEST(judge, C_50_two_deliver_a_partition_in_one_generation)
{
    struct chaos_verdict v = deliver_twice_in_a_generation(false);
    expect(&v, CHAOS_OVERLAP, 1);
    v = deliver_twice_in_a_generation(true);
    expect(&v, CHAOS_OVERLAP, 0);
}

KH_TEST(judge, C_02_what_a_stranger_holds_on_to_is_not_our_mistake)
{
    struct chaos_verdict v = JUDGE(0, {1, STRANGER, "assigned"}, {2, A, "assigned"});
    cr_expect_eq(v.peers[CHAOS_OVERLAP], 1);
    cr_expect_eq(chaos_violations(&v), 0, "%s", v.first);
}

KH_TEST(judge, C_08_who_is_killed_holds_nothing)
{
    struct chaos_history h = {0};
    add(&h, &(struct entry){1, A, "assigned"});
    do_to(&h, 2, CHAOS_KILLED, A);
    add(&h, &(struct entry){3, B, "assigned"});
    struct chaos_verdict v = judge(&h, 0);
    expect(&v, CHAOS_OVERLAP, 0);
}

/* A has it, and is stopped at 100 ms; B is given it at `given_ms`; A wakes at `woken_ms`. */
static void oversleep(struct chaos_history *h, int64_t given_ms, int64_t woken_ms)
{
    *h = (struct chaos_history){0};
    add(h, &(struct entry){1, A, "assigned"});
    add(h, &(struct entry){2, A, "records 0 4"});
    do_to(h, 100, CHAOS_STOPPED, A);
    add(h, &(struct entry){given_ms, B, "assigned"});
    do_to(h, woken_ms, CHAOS_CONTINUED, A);
}

KH_TEST(judge, C_41_who_sleeps_is_replaced_at_its_sessions_end)
{
    struct chaos_history h;
    oversleep(&h, 6000, 9000);
    add(&h, &(struct entry){9001, A, "lost"});
    struct chaos_verdict v = judge(&h, 0);
    expect(&v, CHAOS_OVERLAP, 0);
}

KH_TEST(judge, C_41_and_not_before)
{
    struct chaos_history h;
    oversleep(&h, 3000, 4000);
    add(&h, &(struct entry){4001, A, "lost"});
    struct chaos_verdict v = judge(&h, 0);
    expect(&v, CHAOS_OVERLAP, 1);
}

KH_TEST(judge, C_41_who_wakes_delivers_nothing_of_what_it_held)
{
    struct chaos_history h;
    oversleep(&h, 6000, 9000);
    add(&h, &(struct entry){9001, A, "records 5 5"});
    struct chaos_verdict v = judge(&h, 0);
    expect(&v, CHAOS_STALE, 1);
}

KH_TEST(judge, C_41_nor_when_nobody_has_taken_it)
{
    struct chaos_history h = {0};
    add(&h, &(struct entry){1, A, "assigned"});
    do_to(&h, 100, CHAOS_STOPPED, A);
    do_to(&h, 6100, CHAOS_CONTINUED, A);
    add(&h, &(struct entry){6101, A, "records 0 0"});
    struct chaos_verdict v = judge(&h, 0);
    expect(&v, CHAOS_STALE, 1);
}

KH_TEST(judge, C_41_who_slept_within_its_session_goes_on)
{
    struct chaos_history h = {0};
    add(&h, &(struct entry){1, A, "assigned"});
    do_to(&h, 100, CHAOS_STOPPED, A);
    do_to(&h, 4000, CHAOS_CONTINUED, A);
    add(&h, &(struct entry){4001, A, "records 0 0"});
    struct chaos_verdict v = judge(&h, 0);
    expect(&v, CHAOS_STALE, 0);
}

KH_TEST(judge, C_41_nor_does_it_commit)
{
    struct chaos_history h;
    oversleep(&h, 6000, 9000);
    add(&h, &(struct entry){6001, B, "records 0 4"});
    add(&h, &(struct entry){9001, A, "acked 0 4"});
    add(&h, &(struct entry){9002, A, "committed -1 5"});
    struct chaos_verdict v = judge(&h, 0);
    expect(&v, CHAOS_STALE, 1);
    /* The answer to a commit of before. */
    oversleep(&h, 6000, 9000);
    add(&h, &(struct entry){50, A, "acked 0 4"});
    add(&h, &(struct entry){6001, B, "records 5 9"});
    add(&h, &(struct entry){9001, A, "committed -1 5"});
    v = judge(&h, 0);
    expect(&v, CHAOS_STALE, 0);
}

KH_TEST(judge, C_50_what_is_skipped_or_repeated_is_out_of_order)
{
    struct chaos_verdict v =
        JUDGE(0, {1, A, "assigned"}, {2, A, "records 0 4"}, {3, A, "records 6 7"});
    expect(&v, CHAOS_ORDER, 1);
    v = JUDGE(0, {1, A, "assigned"}, {2, A, "records 0 4"}, {3, A, "records 4 7"});
    expect(&v, CHAOS_ORDER, 1);
}

KH_TEST(judge, what_is_not_owned_or_not_what_was_written_is_out_of_order)
{
    struct chaos_verdict v = JUDGE(0, {1, A, "records 0 4"});
    expect(&v, CHAOS_ORDER, 1);
    v = JUDGE(0, {1, A, "assigned"}, {2, A, "revoking"}, {3, A, "records 0 4"});
    expect(&v, CHAOS_ORDER, 1);
    v = JUDGE(0, {1, A, "assigned"}, {2, A, "damaged -1 3"});
    expect(&v, CHAOS_ORDER, 1);
}

KH_TEST(judge, C_21_a_commit_beyond_what_is_done)
{
    struct chaos_verdict v = JUDGE(0, {1, A, "assigned"}, {2, A, "records 0 4"},
                                   {3, A, "acked 1 4"}, {4, A, "committed -1 5"});
    expect(&v, CHAOS_COMMIT, 1);
}

/* Another one has done it before, and its commit did not come through. */
KH_TEST(judge, C_21_a_commit_beyond_what_this_one_has_done)
{
    struct chaos_verdict v = JUDGE(
        0, {1, A, "assigned"}, {2, A, "records 0 4"}, {3, A, "acked 0 4"}, {4, A, "lost"},
        {5, B, "assigned"}, {6, B, "records 0 4"}, {7, B, "acked 0 2"}, {8, B, "committed -1 5"});
    expect(&v, CHAOS_COMMIT, 1);
}

KH_TEST(judge, a_life_that_is_none)
{
    struct chaos_verdict v = JUDGE(0, {1, A, "assigned"}, {2, A, "assigned"});
    expect(&v, CHAOS_LIFE, 1);
    v = JUDGE(0, {1, A, "lost"});
    expect(&v, CHAOS_LIFE, 1);
    v = JUDGE(0, {1, A, "assigned"}, {2, A, "ended"});
    expect(&v, CHAOS_LIFE, 1);
    v = JUDGE(0, {1, A, "failed"});
    expect(&v, CHAOS_LIFE, 1);
    /* Its last commit did not come through. */
    v = JUDGE(0, {1, A, "assigned"}, {2, A, "revoking"}, {3, A, "revoked"}, {4, A, "lost"});
    expect(&v, CHAOS_LIFE, 0);
}

/* Lines as Kafka's VerifiableConsumer writes them. */
KH_TEST(judge, java_is_read_too)
{
    static const char *const lines[] = {
        "{\"timestamp\":5,\"name\":\"startup_complete\"}\n",
        "{\"timestamp\":6,\"name\":\"partitions_assigned\",\"partitions\":[{\"topic\":\"t\","
        "\"partition\":0}]}\n",
        "{\"timestamp\":7,\"name\":\"records_consumed\",\"count\":3,\"partitions\":[{\"topic\":"
        "\"t\",\"partition\":0,\"count\":3,\"minOffset\":0,\"maxOffset\":2}]}\n",
        "{\"timestamp\":8,\"name\":\"offsets_committed\",\"offsets\":[{\"topic\":\"t\","
        "\"partition\":0,\"offset\":4}],\"success\":true}\n",
        "{\"timestamp\":9,\"name\":\"partitions_revoked\",\"partitions\":[{\"topic\":\"t\","
        "\"partition\":0}]}\n"};
    struct chaos_history h = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_assert(chaos_history_read_java(&h, STRANGER, lines[i], strlen(lines[i]), 100000));
    cr_expect_not(chaos_history_read_java(&h, STRANGER, "{}", 2, 0));
    cr_expect_eq(h.count, 5);
    cr_expect_eq(h.events[0].at_us, 106999);
    cr_expect_eq(h.tallies[0].acked_count, 3);
    cr_expect_eq(h.owned[STRANGER], 0);
    struct chaos_verdict v = judge(&h, 3);
    cr_expect_eq(v.peers[CHAOS_COMMIT], 1);
    cr_expect_eq(chaos_violations(&v), 0, "%s", v.first);
}

KH_TEST(judge, what_is_no_entry_of_a_diary_is_refused)
{
    static const char *const lines[] = {
        "",
        "{}",
        "nonsense",
        "{\"at_us\":1,\"event\":\"dreamt\"}",
        "{\"at_us\":1,\"event\":\"assigned\"}",
        "{\"at_us\":1,\"event\":\"records\",\"partition\":0,\"first\":3,\"last\":2}",
        "{\"at_us\":1,\"event\":\"assigned\",\"partition\":32}"};
    struct chaos_history h = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_not(chaos_history_read(&h, A, lines[i], strlen(lines[i])), "%s", lines[i]);
    cr_expect_eq(h.count, 0);
    chaos_history_free(&h);
}
