/* Nodes that die, leaders and coordinators that move (contract rows C-39, C-40). What Kafka keeps,
 * the members keep: their ids, their generation, their partitions. */
#include "support/live/admin.h"
#include "support/live/cluster.h"
#include "support/live/member.h"
#include "support/live/oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

CLUSTER_SUITE(failover);

enum { PARTITIONS = 6, MEMBERS = 2, EACH = 100 };

struct setting {
    struct stage stage;
    struct oracle oracle;
    const char *group, *topic;
    struct member *members[MEMBERS];
    char ids[MEMBERS][128];
    int32_t generation;
    uint64_t rebalances[MEMBERS];
    int64_t produced; /* of each partition */
};

static bool all_is_committed(const struct setting *t)
{
    for (int i = 0; i < PARTITIONS; i++)
        if (t->oracle.partitions[i].committed < t->produced)
            return false;
    return oracle_acked_count(&t->oracle) == (size_t)t->produced * PARTITIONS;
}

/* The helper's producer waits for leaders. */
static void produce_and_consume(struct setting *t)
{
    admin_produce_many(t->topic, EACH * PARTITIONS, 50, (int)t->produced, "none");
    t->produced += EACH;
    run_until(&t->stage, all_is_committed(t));
}

static bool shared(const struct setting *t)
{
    for (int i = 0; i < MEMBERS; i++)
        if (!member_is(t->members[i], "stable") ||
            member_owned(t->members[i]) != PARTITIONS / MEMBERS)
            return false;
    return true;
}

static uint64_t rebalances(const struct member *m)
{
    kohort_consumer_statistics statistics = {.size = sizeof statistics};
    cr_assert_eq(kohort_consumer_get_statistics(m->consumer, &statistics), 0);
    return statistics.rebalances;
}

static void begin(struct setting *t, const char *const *options)
{
    t->group = live_name("g");
    t->topic = live_name("t6");
    t->produced = 0;
    admin_create_topic(t->topic, PARTITIONS);
    stage_open(&t->stage);
    oracle_open(&t->oracle, t->topic);
    t->stage.oracle = &t->oracle;
    for (int i = 0; i < MEMBERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        t->members[i] = member_start(&t->stage, name, t->group, t->topic,
                                     &(struct member_script){.options = options});
    }
    run_until(&t->stage, shared(t));
    produce_and_consume(t);
    t->generation = kohort_consumer_generation(t->members[0]->consumer);
    for (int i = 0; i < MEMBERS; i++) {
        snprintf(t->ids[i], sizeof t->ids[i], "%s",
                 kohort_consumer_member_id(t->members[i]->consumer));
        t->rebalances[i] = rebalances(t->members[i]);
    }
}

/* Nobody noticed more than that answers took longer. */
static void expect_undisturbed(struct setting *t)
{
    cr_expect_eq(oracle_duplicates(&t->oracle), 0);
    for (int i = 0; i < MEMBERS; i++) {
        const struct member *m = t->members[i];
        cr_expect_eq(kohort_consumer_generation(m->consumer), t->generation, "%s: a rebalance",
                     m->name);
        cr_expect_eq(rebalances(m), t->rebalances[i], "%s: a rebalance is counted", m->name);
        cr_expect_str_eq(kohort_consumer_member_id(m->consumer), t->ids[i]);
        cr_expect_eq(m->counts[MEMBER_LOST], 0);
        cr_expect_eq(m->counts[MEMBER_FAILED], 0);
        /* A start offset is asked for once an ownership. */
        cr_expect_leq(m->counts[MEMBER_RESET], m->counts[MEMBER_ASSIGNED]);
    }
}

static void end(struct setting *t)
{
    stage_close(&t->stage);
    oracle_close(&t->oracle);
}

/* A partition whose leader does not coordinate the group. */
static int partition_elsewhere(const struct setting *t)
{
    int coordinator = cluster_coordinator(t->group);
    for (int i = 0; i < PARTITIONS; i++)
        if (cluster_leader(t->topic, i) != coordinator)
            return i;
    cr_assert_fail("node %d leads all", coordinator);
    return -1;
}

KH_TEST(failover, C_40_a_leader_moves_and_nobody_rebalances)
{
    struct setting t;
    begin(&t, NULL);
    for (int i = 0; i < PARTITIONS; i++)
        cluster_move_leader(t.topic, i, cluster_leader(t.topic, i) % CLUSTER_NODES + 1);
    produce_and_consume(&t);
    expect_undisturbed(&t);
    end(&t);
}

KH_TEST(failover, C_40_a_leader_is_killed_and_nobody_rebalances)
{
    struct setting t;
    begin(&t, NULL);
    int victim = cluster_leader(t.topic, partition_elsewhere(&t));
    cluster_kill(victim);
    produce_and_consume(&t);
    cluster_restart(victim);
    run_until(&t.stage, cluster_is_whole());
    produce_and_consume(&t);
    expect_undisturbed(&t);
    end(&t);
}

KH_TEST(failover, C_39_the_coordinator_is_killed_and_its_group_lives_on)
{
    struct setting t;
    begin(&t, NULL);
    int victim = cluster_coordinator(t.group);
    cluster_kill(victim);
    produce_and_consume(&t);
    cr_expect_neq(cluster_coordinator(t.group), victim);
    cluster_restart(victim);
    run_until(&t.stage, cluster_is_whole());
    produce_and_consume(&t);
    expect_undisturbed(&t);
    end(&t);
}

KH_TEST(failover, C_39_all_nodes_are_rolled)
{
    struct setting t;
    begin(&t, NULL);
    for (int node = 1; node <= CLUSTER_NODES; node++) {
        cluster_restart(node);
        produce_and_consume(&t);
        run_until(&t.stage, cluster_is_up(node) && cluster_is_whole());
        produce_and_consume(&t);
    }
    expect_undisturbed(&t);
    end(&t);
}

/* No wait of a stage lasts that long. */
static void run_for(struct stage *s, int64_t duration_ms)
{
    for (int64_t end_ms = live_now_ms() + duration_ms; live_now_ms() < end_ms;) {
        int64_t next_ms = live_now_ms() + 10000 < end_ms ? live_now_ms() + 10000 : end_ms;
        run_until(s, live_now_ms() >= next_ms);
    }
}

/* Longer than the session: what was owned is lost, and comes again by itself. */
KH_TEST(failover, C_39_an_outage_of_all_nodes_ends_by_itself)
{
    struct setting t;
    const char *options[] = {"session.timeout.ms", "3000", "heartbeat.interval.ms", "300", NULL};
    begin(&t, options);
    for (int node = 1; node <= CLUSTER_NODES; node++)
        cluster_kill(node);
    run_for(&t.stage, live_duration_ms(600000));
    run_until(&t.stage,
              t.members[0]->counts[MEMBER_LOST] > 0 && t.members[1]->counts[MEMBER_LOST] > 0);
    for (int node = 1; node <= CLUSTER_NODES; node++)
        cluster_restart(node);
    run_until(&t.stage, cluster_is_whole());
    run_until(&t.stage, shared(&t));
    produce_and_consume(&t);
    for (int i = 0; i < MEMBERS; i++)
        cr_expect_eq(t.members[i]->counts[MEMBER_FAILED], 0);
    cr_expect_eq(oracle_duplicates(&t.oracle), 0, "all was committed before");
    end(&t);
}
