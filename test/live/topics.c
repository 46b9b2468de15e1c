/* Topics that come later, to the group or to the cluster, and partitions that are added (contract
 * rows C-43, C-44). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"

#include <string.h>

LIVE_SUITE(topics);

enum { PARTITIONS = 4, RECORDS = 200 };

/* Owned partitions of one topic. */
static size_t owned_of(const struct member *m, const char *topic)
{
    size_t count = 0;
    for (int32_t i = 0; i < PARTITIONS; i++)
        count += kohort_consumer_partition(m->consumer, topic, i) != NULL;
    return count;
}

static struct member *start(struct stage *s, const char *name, const char *group, const char *topic)
{
    static const char *const options[] = {"metadata.max.age.ms", "500", NULL};
    return member_start(s, name, group, topic, &(struct member_script){.options = options});
}

KH_TEST(topics, C_44_a_missing_topic_is_consumed_once_it_is_created)
{
    struct stage s;
    const char *group = live_name("g"), *topic = live_name("t");
    stage_open(&s);
    struct member *a = start(&s, "a", group, topic), *b = start(&s, "b", group, topic);
    run_until(&s, member_is(a, "stable") && member_is(b, "stable") &&
                      a->counts[MEMBER_ERROR] + b->counts[MEMBER_ERROR] > 0);
    cr_expect_eq(member_owned(a) + member_owned(b), 0);
    admin_create_topic(topic, PARTITIONS);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    run_until(&s, member_owned(a) == PARTITIONS / 2 && member_owned(b) == PARTITIONS / 2);
    run_until(&s, a->records + b->records == RECORDS);
    cr_expect_eq(a->counts[MEMBER_FAILED] + b->counts[MEMBER_FAILED], 0);
    stage_close(&s);
}

/* One beside a topic that is there: nothing of that one waits for the other. */
KH_TEST(topics, C_44_a_missing_topic_holds_up_no_other)
{
    struct stage s;
    const char *group = live_name("g"), *there = live_name("there"), *later = live_name("later");
    admin_create_topic(there, PARTITIONS);
    admin_produce_many(there, RECORDS, 20, 0, "none");
    stage_open(&s);
    static const char *const options[] = {"metadata.max.age.ms", "500", NULL};
    struct member *m = member_new(&s, "m", group, &(struct member_script){.options = options});
    expect_status(kohort_subscribe(m->consumer, (const char *const[]){later, there}, 2), KOHORT_OK);
    run_until(&s, m->records == RECORDS);
    admin_create_topic(later, PARTITIONS);
    admin_produce_many(later, RECORDS, 20, 0, "none");
    run_until(&s, m->records == 2 * RECORDS);
    cr_expect_eq(owned_of(m, later), PARTITIONS);
    cr_expect_eq(owned_of(m, there), PARTITIONS);
    stage_close(&s);
}

/* Who leads assigns the new topic too, whoever asked for it: either may be the leader. */
static void add_from_one(bool leader)
{
    struct stage s;
    const char *group = live_name("g"), *first = live_name("first"), *second = live_name("second");
    admin_create_topic(first, PARTITIONS);
    admin_create_topic(second, PARTITIONS);
    admin_produce_many(first, RECORDS, 20, 0, "none");
    admin_produce_many(second, RECORDS, 20, 0, "none");
    stage_open(&s);
    struct member *a = start(&s, "a", group, first), *b = start(&s, "b", group, first);
    run_until(&s, owned_of(a, first) == PARTITIONS / 2 && owned_of(b, first) == PARTITIONS / 2);
    struct member *one = kohort_consumer_is_leader(a->consumer) == leader ? a : b;
    struct member *other = one == a ? b : a;
    expect_status(kohort_subscribe(one->consumer, (const char *const[]){first, second}, 2),
                  KOHORT_OK);
    run_until(&s, owned_of(one, second) == PARTITIONS &&
                      owned_of(a, first) + owned_of(b, first) == PARTITIONS);
    run_until(&s, a->records + b->records == 2 * RECORDS);
    cr_expect_eq(owned_of(other, second), 0, "it did not ask for it");
    cr_expect_eq(a->counts[MEMBER_FAILED] + b->counts[MEMBER_FAILED], 0);
    stage_close(&s);
}

KH_TEST(topics, C_44_a_topic_that_one_member_adds_is_consumed)
{
    add_from_one(true);
    add_from_one(false);
}

/* ---- partitions that are added ---- */

/* Whoever leads notices, and what was written before anybody owned them is not skipped. */
KH_TEST(topics, C_43_partitions_that_are_added_are_consumed)
{
    struct stage s;
    struct oracle oracle;
    enum { BEFORE = 6, AFTER = 9, EACH = 50 };
    const char *group = live_name("g"), *topic = live_name("t");
    admin_create_topic(topic, BEFORE);
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    struct member *a = start(&s, "a", group, topic), *b = start(&s, "b", group, topic);
    run_until(&s, member_owned(a) == BEFORE / 2 && member_owned(b) == BEFORE / 2);
    int32_t generation = kohort_consumer_generation(a->consumer);
    size_t revoked = a->counts[MEMBER_REVOKED] + b->counts[MEMBER_REVOKED];
    admin_do(
        json_pack("{ss ss si}", "do", "createPartitions", "topic", topic, "partitions", AFTER));
    admin_produce_many(topic, AFTER * EACH, 20, 0, "none");
    run_until(&s, member_owned(a) + member_owned(b) == AFTER && member_is(a, "stable") &&
                      member_is(b, "stable"));
    run_until(&s, oracle_acked_count(&oracle) == AFTER * EACH);
    cr_expect_eq(kohort_consumer_generation(a->consumer), generation + 1, "one rebalance");
    cr_expect_eq(a->counts[MEMBER_REVOKED] + b->counts[MEMBER_REVOKED], revoked,
                 "nothing had to move");
    cr_expect_eq(oracle_duplicates(&oracle), 0);
    stage_close(&s);
    oracle_close(&oracle);
}
