/* The cluster of the tests itself: what cluster.h promises. */
#include "support/live/cluster.h"

#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"

#include <string.h>

CLUSTER_SUITE(cluster);

enum { PARTITIONS = 6 };

static const char *new_topic(void)
{
    const char *topic = live_name("t6");
    admin_create_topic(topic, PARTITIONS);
    return topic;
}

static size_t replicas_in_sync(const char *topic, int partition)
{
    json_t *answer = admin_call(json_pack("{ss ss}", "do", "describeTopic", "topic", topic));
    const json_t *entry = json_array_get(json_object_get(answer, "partitions"), (size_t)partition);
    size_t count = json_array_size(json_object_get(entry, "isr"));
    json_decref(answer);
    return count;
}

/* Whether each partition is led, and by another node. */
static bool led_without(const char *topic, int node)
{
    for (int i = 0; i < PARTITIONS; i++) {
        int leader = cluster_leader(topic, i);
        if (leader == -1 || leader == node)
            return false;
    }
    return true;
}

static bool coordinated_without(const char *group, int node)
{
    int coordinator = cluster_coordinator(group);
    return coordinator != -1 && coordinator != node;
}

/* The offset behind each partition's last record, all the same; -1: they differ. */
static int64_t common_end(const char *topic)
{
    json_t *answer = admin_call(json_pack("{ss ss}", "do", "endOffsets", "topic", topic));
    json_t *offsets = json_object_get(answer, "offsets"), *end;
    int64_t common = json_integer_value(json_array_get(offsets, 0));
    size_t i;
    json_array_foreach(offsets, i, end) if (json_integer_value(end) != common) common = -1;
    json_decref(answer);
    return common;
}

KH_TEST(cluster, leaders_move_when_their_node_is_killed)
{
    struct stage s;
    const char *topic = new_topic();
    stage_open(&s);
    int victim = cluster_leader(topic, 0);
    admin_produce_many(topic, 600, 100, 0, "none");
    cluster_kill(victim);
    run_until(&s, led_without(topic, victim));
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(replicas_in_sync(topic, i), CLUSTER_NODES - 1);
    /* All that was acknowledged is there, and goes on. */
    admin_produce_many(topic, 600, 100, 100, "none");
    cr_expect(!cluster_is_whole());
    cluster_restart(victim);
    run_until(&s, cluster_is_whole());
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(replicas_in_sync(topic, i), CLUSTER_NODES);
    cr_expect_eq(common_end(topic), 200);
    stage_close(&s);
}

KH_TEST(cluster, producing_goes_on_across_a_kill)
{
    struct stage s;
    struct oracle oracle;
    enum { RECORDS = 6000 };
    const char *topic = new_topic();
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle; /* Each value is its partition's and offset's: none is missing or twice. */
    int victim = cluster_leader(topic, 0);
    admin_job produce = admin_begin_produce(topic, RECORDS, 0, 1500);
    run_until(&s, common_end(topic) != 0);
    cluster_kill(victim);
    run_until(&s, admin_done(produce));
    cr_expect_eq(common_end(topic), RECORDS / PARTITIONS);
    cluster_restart(victim);
    run_until(&s, cluster_is_whole());
    member_start(&s, "reader", live_name("g"), topic, NULL);
    run_until(&s, oracle_acked_count(&oracle) == RECORDS);
    stage_close(&s);
    oracle_close(&oracle);
}

KH_TEST(cluster, a_coordinator_moves_when_its_node_is_killed)
{
    struct stage s;
    const char *topic = new_topic(), *group = live_name("g");
    stage_open(&s);
    int victim = cluster_coordinator(group);
    admin_alter_group_offset(group, topic, 1, 42);
    cr_assert(victim >= 1 && victim <= CLUSTER_NODES);
    cluster_kill(victim);
    run_until(&s, coordinated_without(group, victim));
    /* A coordinator that has just loaded says only what it knows to be on all replicas; until they
     * have fetched once more that may be nothing, without any error. */
    run_until(&s, admin_group_offset(group, topic, 1) == 42);
    cluster_restart(victim);
    run_until(&s, cluster_is_whole());
    run_until(&s, admin_group_offset(group, topic, 1) == 42);
    stage_close(&s);
}

KH_TEST(cluster, a_stopped_node_is_given_up_and_comes_back)
{
    struct stage s;
    const char *topic = new_topic();
    stage_open(&s);
    int victim = cluster_leader(topic, 3);
    cluster_stop(victim);
    run_until(&s, led_without(topic, victim));
    cluster_continue(victim);
    run_until(&s, cluster_is_whole());
    stage_close(&s);
}

KH_TEST(cluster, a_killed_controller_is_replaced)
{
    struct stage s;
    stage_open(&s);
    int victim = cluster_controller();
    cluster_kill(victim);
    run_until(&s, cluster_controller() != victim);
    admin_create_topic(live_name("t"), 1);
    cluster_restart(victim);
    run_until(&s, cluster_is_whole());
    stage_close(&s);
}

KH_TEST(cluster, a_leader_moves_where_a_test_wants_it)
{
    struct stage s;
    const char *topic = new_topic();
    stage_open(&s);
    for (int node = 1; node <= CLUSTER_NODES; node++) {
        cluster_move_leader(topic, 2, node);
        /* The helper asks any node, and not all of them know at once. */
        run_until(&s, cluster_leader(topic, 2) == node);
    }
    stage_close(&s);
    for (int node = 1; node <= CLUSTER_NODES; node++)
        cr_expect_eq(strncmp(cluster_address(node), "127.0.0.1:", 10), 0);
    cr_expect_str_neq(cluster_address(1), cluster_address(3));
}

/* What one test leaves broken the next one finds whole: this one breaks all it can. */
KH_TEST(cluster, what_is_broken_is_mended)
{
    cluster_kill(1);
    cluster_stop(2);
    cluster_mend();
    cr_expect(cluster_is_whole());
    cr_expect_neq(cluster_controller(), -1);
}
