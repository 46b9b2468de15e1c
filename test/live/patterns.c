/* Subscriptions by pattern (contract row C-44). */
#include "support/live/admin.h"
#include "support/live/child.h"
#include "support/live/member.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

LIVE_SUITE(patterns);

enum { PARTITIONS = 2, RECORDS = 100, NAME_SIZE = 128 };

struct names {
    char a[NAME_SIZE], b[NAME_SIZE], other[NAME_SIZE], pattern[NAME_SIZE];
};

/* Topics of this test alone; the pattern chooses a and b. */
static void make_names(struct names *n)
{
    const char *prefix = live_name("p");
    snprintf(n->a, sizeof n->a, "%s.a", prefix);
    snprintf(n->b, sizeof n->b, "%s.b", prefix);
    snprintf(n->other, sizeof n->other, "%s.a.not", prefix);
    snprintf(n->pattern, sizeof n->pattern, "%s\\.[ab]", prefix);
}

static void make_topic(const char *topic)
{
    admin_create_topic(topic, PARTITIONS);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
}

static void delete_topic(const char *topic)
{
    admin_do(json_pack("{ss ss}", "do", "deleteTopic", "topic", topic));
}

static struct member *new_member(struct stage *s, const char *name, const char *group)
{
    static const char *const options[] = {"metadata.max.age.ms", "500", NULL};
    return member_new(s, name, group, &(struct member_script){.options = options});
}

static void subscribe(struct member *m, const char *pattern)
{
    char problem[256];
    expect_status(kohort_subscribe_pattern(m->consumer, pattern, problem, sizeof problem),
                  KOHORT_OK);
    cr_expect_str_empty(problem);
}

static size_t owned_of(const struct member *m, const char *topic)
{
    size_t count = 0;
    for (int32_t i = 0; i < PARTITIONS; i++)
        count += kohort_consumer_partition(m->consumer, topic, i) != NULL;
    return count;
}

KH_TEST(patterns, C_44_what_matches_is_consumed_and_what_comes_later_too)
{
    struct stage s;
    struct names n;
    const char *group = live_name("g");
    make_names(&n);
    make_topic(n.a);
    make_topic(n.other);
    stage_open(&s);
    struct member *m = new_member(&s, "m", group);
    subscribe(m, n.pattern);
    run_until(&s, m->records == RECORDS);
    cr_expect_eq(owned_of(m, n.a), PARTITIONS);
    cr_expect_eq(member_owned(m), PARTITIONS, "the whole name must match");

    make_topic(n.b);
    run_until(&s, m->records == 2 * RECORDS);
    cr_expect_eq(owned_of(m, n.b), PARTITIONS);
    delete_topic(n.a);
    run_until(&s, owned_of(m, n.a) == 0 && member_is(m, "stable"));
    cr_expect_eq(owned_of(m, n.b), PARTITIONS);
    cr_expect_eq(m->counts[MEMBER_FAILED], 0);
    stage_close(&s);
}

KH_TEST(patterns, C_44_nothing_matches_yet_and_that_is_told_once)
{
    struct stage s;
    struct names n;
    make_names(&n);
    stage_open(&s);
    struct member *m = new_member(&s, "m", live_name("g"));
    cr_expect(member_is(m, "idle"));
    subscribe(m, n.pattern);
    run_until(&s, member_is(m, "stable"));
    cr_expect_eq(member_owned(m), 0);
    cr_expect_eq(m->counts[MEMBER_ERROR], 1);
    cr_expect_eq(member_last(m, MEMBER_ERROR, -1)->error.code, KOHORT_ENOENT);
    make_topic(n.b);
    run_until(&s, m->records == RECORDS);
    cr_expect_eq(m->counts[MEMBER_ERROR], 1);
    stage_close(&s);
}

/* Names, a pattern, another pattern, names: each holds from the next rebalance on, and what stays
 * subscribed is not given back. */
KH_TEST(patterns, C_44_a_subscription_is_changed_while_it_runs)
{
    struct stage s;
    struct names n;
    make_names(&n);
    make_topic(n.a);
    make_topic(n.b);
    make_topic(n.other);
    stage_open(&s);
    struct member *m = new_member(&s, "m", live_name("g"));
    member_subscribe(m, n.a);
    run_until(&s, owned_of(m, n.a) == PARTITIONS);
    subscribe(m, n.pattern);
    run_until(&s, owned_of(m, n.b) == PARTITIONS && m->records == 2 * RECORDS);
    cr_expect_eq(owned_of(m, n.a), PARTITIONS);
    cr_expect_eq(m->counts[MEMBER_REVOKED], 0);
    char all[NAME_SIZE + 8];
    snprintf(all, sizeof all, "%s.*", n.a); /* a and other */
    subscribe(m, all);
    run_until(&s, owned_of(m, n.other) == PARTITIONS && owned_of(m, n.b) == 0 &&
                      m->records == 3 * RECORDS);
    cr_expect_eq(owned_of(m, n.a), PARTITIONS);
    cr_expect_eq(m->counts[MEMBER_REVOKED], PARTITIONS);
    member_subscribe(m, n.b);
    run_until(&s, owned_of(m, n.b) == PARTITIONS && member_owned(m) == PARTITIONS);
    cr_expect_eq(m->counts[MEMBER_FAILED] + m->counts[MEMBER_ERROR], 0);
    /* After a close no topic that appears brings it back. */
    subscribe(m, n.pattern);
    run_until(&s, owned_of(m, n.a) == PARTITIONS);
    member_close(m);
    run_until(&s, m->closed);
    struct member *other = new_member(&s, "other", m->group);
    make_topic(live_name("one-more"));
    subscribe(other, n.pattern);
    run_until(&s, member_owned(other) == 2 * PARTITIONS);
    cr_expect(member_is(m, "idle"));
    stage_close(&s);
}

/* Either may lead: the one with the pattern, or the one with a name. */
KH_TEST(patterns, C_44_members_with_names_and_with_patterns_share)
{
    struct stage s;
    struct names n;
    const char *group = live_name("g");
    make_names(&n);
    make_topic(n.a);
    stage_open(&s);
    struct member *by_name = new_member(&s, "name", group);
    member_subscribe(by_name, n.a);
    run_until(&s, owned_of(by_name, n.a) == PARTITIONS);
    struct member *by_pattern = new_member(&s, "pattern", group);
    subscribe(by_pattern, n.pattern);
    run_until(&s, owned_of(by_name, n.a) == 1 && owned_of(by_pattern, n.a) == 1);
    cr_expect(kohort_consumer_is_leader(by_name->consumer));
    make_topic(n.b);
    run_until(&s, owned_of(by_pattern, n.b) == PARTITIONS);
    run_until(&s, by_name->records + by_pattern->records >= 2 * RECORDS);
    member_end(by_name);
    run_until(&s, member_owned(by_pattern) == 2 * PARTITIONS);
    cr_expect_eq(by_pattern->counts[MEMBER_FAILED], 0);
    stage_close(&s);
}

KH_TEST(patterns, C_44_a_bad_pattern_is_refused_with_its_position)
{
    struct stage s;
    struct names n;
    char problem[256];
    make_names(&n);
    make_topic(n.a);
    stage_open(&s);
    struct member *m = new_member(&s, "m", live_name("g"));
    expect_status(kohort_subscribe_pattern(m->consumer, "orders-(", problem, sizeof problem),
                  KOHORT_EINVAL);
    cr_expect_not_null(strstr(problem, "\"orders-(\" is wrong at position 8: missing closing"),
                       "%s", problem);
    cr_expect(member_is(m, "idle"));
    member_subscribe(m, n.a);
    run_until(&s, owned_of(m, n.a) == PARTITIONS);
    expect_status(kohort_subscribe_pattern(m->consumer, "[", NULL, 0), KOHORT_EINVAL);
    expect_status(kohort_subscribe_pattern(m->consumer, NULL, NULL, 0), KOHORT_EINVAL);
    int32_t generation = kohort_consumer_generation(m->consumer);
    subscribe(m, n.a); /* it may be used as before: this one means the same topics */
    make_topic(n.b);
    run_until(&s, m->records == RECORDS);
    cr_expect_eq(kohort_consumer_generation(m->consumer), generation);
    member_close(m);
    expect_status(kohort_subscribe_pattern(m->consumer, n.pattern, NULL, 0), KOHORT_ESTATE);
    stage_close(&s);
}

/* Java's exclude.internal.topics. A topic of transactions' or offsets is there once a group is. */
KH_TEST(patterns, C_44_topics_of_the_brokers_own_are_left_out_unless_asked_for)
{
    struct stage s;
    struct names n;
    char pattern[NAME_SIZE + 32];
    make_names(&n);
    make_topic(n.a);
    snprintf(pattern, sizeof pattern, "%s|__consumer_offsets", n.pattern);
    stage_open(&s);
    const char *excluding[] = {"membership.only", "true", NULL};
    const char *including[] = {"membership.only", "true", "exclude.internal.topics", "false", NULL};
    struct member *a =
        member_new(&s, "a", live_name("g"), &(struct member_script){.options = excluding});
    subscribe(a, pattern);
    run_until(&s, owned_of(a, n.a) == PARTITIONS && member_is(a, "stable"));
    cr_expect_eq(member_owned(a), PARTITIONS);
    struct member *b =
        member_new(&s, "b", live_name("g"), &(struct member_script){.options = including});
    subscribe(b, pattern);
    run_until(&s, kohort_consumer_partition(b->consumer, "__consumer_offsets", 0) != NULL &&
                      owned_of(b, n.a) == PARTITIONS);
    stage_close(&s);
}

KH_TEST(patterns, C_44_the_tool_takes_what_begins_with_a_roof)
{
    struct stage s;
    struct child c;
    struct names n;
    char pattern[NAME_SIZE + 1];
    make_names(&n);
    make_topic(n.a);
    make_topic(n.b);
    snprintf(pattern, sizeof pattern, "^%s", n.pattern);
    stage_open(&s);
    child_start(&c, &s,
                (const char *[]){"consume", "-b", live_bootstrap(), "-G", live_name("g"), "-o",
                                 "beginning", pattern, NULL});
    run_until(&s, child_said(&c.out, "\n") == 2 * RECORDS);
    child_signal(&c, SIGINT);
    run_until(&s, child_ended(&c));
    cr_expect_eq(c.exit_code, 0, "%s", c.err.text);
    child_close(&c);
    child_start(&c, &s, (const char *[]){"consume", "-b", live_bootstrap(), "-G", "g", "^(", NULL});
    run_until(&s, child_ended(&c));
    cr_expect_eq(c.exit_code, 2);
    cr_expect_eq(child_said(&c.err, "is wrong at position 2: missing closing"), 1, "%s",
                 c.err.text);
    child_close(&c);
    stage_close(&s);
}
