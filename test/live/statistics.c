/* What is counted, beside what was told (contract row C-48). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <inttypes.h>
#include <string.h>

LIVE_SUITE(statistics);

enum { PARTITIONS = 4, RECORDS = 400 };

static kohort_consumer_statistics statistics_of(const struct member *m)
{
    kohort_consumer_statistics statistics = {.size = sizeof statistics};
    expect_status(kohort_consumer_get_statistics(m->consumer, &statistics), KOHORT_OK);
    return statistics;
}

static uint64_t by(const struct member *m, enum kohort_rebalance_reason reason)
{
    return statistics_of(m).rebalances_by[reason];
}

/* Assignments, as the member told of them: each is a move from syncing to stable. */
static size_t assignments(const struct member *m)
{
    size_t count = 0;
    const char *before = "";
    for (size_t i = 0; i < m->entry_count; i++) {
        const struct member_entry *entry = &m->entries[i];
        if (entry->kind != MEMBER_STATE)
            continue;
        count += strcmp(entry->state, "stable") == 0 && strcmp(before, "syncing") == 0;
        before = entry->state;
    }
    return count;
}

static void expect_as_told(const struct member *m)
{
    const kohort_consumer_statistics statistics = statistics_of(m);
    uint64_t sum = 0;
    for (int i = 0; i < KOHORT_REBALANCE_REASONS; i++)
        sum += statistics.rebalances_by[i];
    cr_expect_eq(statistics.rebalances, sum);
    cr_expect_eq(statistics.rebalances, assignments(m), "%s: %" PRIu64 ", %zu were told", m->name,
                 statistics.rebalances, assignments(m));
    cr_expect_eq(statistics.partitions_assigned, m->counts[MEMBER_ASSIGNED]);
    cr_expect_eq(statistics.partitions_revoked, m->counts[MEMBER_REVOKED]);
    cr_expect_eq(statistics.partitions_lost, m->counts[MEMBER_LOST]);
    cr_expect_eq(statistics.records, m->records);
    cr_expect_eq(statistics.batches, m->counts[MEMBER_RECORDS]);
}

static struct member *start(struct stage *s, const char *address, const char *name,
                            const char *group, const char *topic, const char *strategy)
{
    const char *options[] = {"bootstrap.servers",
                             address,
                             "metadata.max.age.ms",
                             "500",
                             "session.timeout.ms",
                             "6000",
                             "partition.assignment.strategy",
                             strategy,
                             NULL};
    return member_start(s, name, group, topic, &(struct member_script){.options = options});
}

static bool share(struct member *a, struct member *b, size_t partitions)
{
    return member_is(a, "stable") && member_is(b, "stable") &&
           member_owned(a) + member_owned(b) == partitions && member_owned(a) > 0 &&
           member_owned(b) > 0;
}

/* Through each reason once; b goes through the proxy. */
static void live_a_life(const char *strategy, bool cooperative)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = live_name("t"), *second = live_name("u");
    admin_create_topic(topic, PARTITIONS);
    admin_create_topic(second, 1);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    stage_open(&s);
    proxy_open(&proxy, &s);
    struct member *a = start(&s, live_bootstrap(), "a", group, topic, strategy);
    run_until(&s, member_owned(a) == PARTITIONS && a->records == RECORDS);
    cr_expect_eq(by(a, KOHORT_REBALANCE_START), 1);
    expect_as_told(a);

    struct member *b = start(&s, proxy.address, "b", group, topic, strategy);
    run_until(&s, share(a, b, PARTITIONS));
    cr_expect_eq(by(b, KOHORT_REBALANCE_START), 1);
    cr_expect_eq(by(a, KOHORT_REBALANCE_GROUP), 1);
    cr_expect_eq(by(a, KOHORT_REBALANCE_HANDOVER), cooperative ? 1 : 0);

    uint64_t before = by(a, KOHORT_REBALANCE_GROUP);
    expect_status(kohort_subscribe(b->consumer, (const char *const[]){topic, second}, 2),
                  KOHORT_OK);
    run_until(&s, share(a, b, PARTITIONS + 1) && by(a, KOHORT_REBALANCE_GROUP) > before);
    cr_expect_eq(by(b, KOHORT_REBALANCE_SUBSCRIPTION), 1);

    admin_do(json_pack("{ss ss si}", "do", "createPartitions", "topic", topic, "partitions",
                       PARTITIONS + 1));
    run_until(&s, share(a, b, PARTITIONS + 2));
    cr_expect(kohort_consumer_is_leader(a->consumer));
    cr_expect_eq(by(a, KOHORT_REBALANCE_TOPICS), 1);
    cr_expect_eq(by(b, KOHORT_REBALANCE_TOPICS), 0);

    proxy_answer_next(&proxy, KH_API_HEARTBEAT, 25, 1); /* UNKNOWN_MEMBER_ID */
    run_until(&s, by(b, KOHORT_REBALANCE_EVICTED) == 1);
    cr_expect_gt(b->counts[MEMBER_LOST], 0);

    size_t lost = b->counts[MEMBER_LOST];
    proxy_hold(&proxy, PROXY_BOTH);
    run_until(&s, b->counts[MEMBER_LOST] > lost);
    proxy_release(&proxy);
    run_until(&s, by(b, KOHORT_REBALANCE_SESSION) == 1 && member_is(a, "stable"));
    expect_as_told(a);
    expect_as_told(b);
    member_end(b);
    proxy_close(&proxy);
    stage_close(&s);
}

KH_TEST(statistics, C_48_an_eager_member_counts_what_it_tells)
{
    live_a_life("range", false);
}

KH_TEST(statistics, C_48_a_cooperative_member_counts_what_it_tells)
{
    live_a_life("cooperative-sticky", true);
}

KH_TEST(statistics, C_48_the_time_in_rebalances_is_theirs_alone)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = live_name("t"), *second = live_name("u");
    admin_create_topic(topic, PARTITIONS);
    admin_create_topic(second, 1);
    stage_open(&s);
    proxy_open(&proxy, &s);
    struct member *m = start(&s, proxy.address, "m", group, topic, "cooperative-sticky");
    cr_expect_eq(statistics_of(m).rebalance_ms, 0);
    run_until(&s, member_owned(m) == PARTITIONS);
    int64_t first_ms = statistics_of(m).rebalance_ms;
    size_t heartbeats = proxy_count(&proxy, KH_API_HEARTBEAT);
    run_until(&s, proxy_count(&proxy, KH_API_HEARTBEAT) > heartbeats + 2);
    cr_expect_eq(statistics_of(m).rebalance_ms, first_ms, "it is stable");

    proxy_hold_api(&proxy, KH_API_JOIN_GROUP);
    int64_t from_ms = live_now_ms();
    expect_status(kohort_subscribe(m->consumer, (const char *const[]){topic, second}, 2),
                  KOHORT_OK);
    run_until(&s, statistics_of(m).rebalance_ms >= first_ms + 500);
    cr_expect_leq(statistics_of(m).rebalance_ms - first_ms, live_now_ms() - from_ms + 1);
    proxy_release(&proxy);
    run_until(&s, member_owned(m) == PARTITIONS + 1);
    int64_t second_ms = statistics_of(m).rebalance_ms;
    cr_expect_geq(second_ms, first_ms + 500);
    cr_expect_leq(second_ms - first_ms, live_now_ms() - from_ms + 1);
    heartbeats = proxy_count(&proxy, KH_API_HEARTBEAT);
    run_until(&s, proxy_count(&proxy, KH_API_HEARTBEAT) > heartbeats + 2);
    cr_expect_eq(statistics_of(m).rebalance_ms, second_ms);

    kohort_consumer_statistics wrong = {.size = 1};
    expect_status(kohort_consumer_get_statistics(m->consumer, &wrong), KOHORT_EINVAL);
    cr_expect_str_eq(kohort_rebalance_reason_name(KOHORT_REBALANCE_HANDOVER), "handover");
    cr_expect_str_empty(kohort_rebalance_reason_name(KOHORT_REBALANCE_REASONS));
    cr_expect_str_empty(kohort_rebalance_reason_name(-1));
    /* Through a close, and what is started after it. */
    member_close(m);
    run_until(&s, m->closed);
    member_subscribe(m, topic);
    run_until(&s, member_owned(m) == PARTITIONS);
    cr_expect_eq(by(m, KOHORT_REBALANCE_START), 2);
    expect_as_told(m);
    member_end(m);
    proxy_close(&proxy);
    stage_close(&s);
}
