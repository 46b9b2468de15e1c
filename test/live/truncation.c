/* A leader that was elected uncleanly lacks what was read (contract row P-06, KIP-320): the
 * application is told, and what takes the place of the lost records is delivered. */
#include "support/live/admin.h"
#include "support/live/cluster.h"
#include "support/live/member.h"

CLUSTER_SUITE(truncation);

enum { BOTH_HAVE = 100, LOST = 50, INSTEAD = 80 };

/* One partition on two nodes of the three: the third keeps the controllers' majority. */
static void create_topic(const char *topic)
{
    admin_do(json_pack("{ss ss si si s{ss ss}}", "do", "createTopic", "topic", topic, "partitions",
                       1, "replication", 2, "configs", "unclean.leader.election.enable", "true",
                       "min.insync.replicas", "1"));
}

static int follower_of(const char *topic, int leader)
{
    json_t *answer = admin_call(json_pack("{ss ss}", "do", "describeTopic", "topic", topic));
    json_t *replicas =
        json_object_get(json_array_get(json_object_get(answer, "partitions"), 0), "replicas");
    int first = (int)json_integer_value(json_array_get(replicas, 0));
    int second = (int)json_integer_value(json_array_get(replicas, 1));
    json_decref(answer);
    return first == leader ? second : first;
}

static bool has_committed(const struct member *m, int64_t offset)
{
    const struct member_entry *last = member_last(m, MEMBER_COMMITTED, 0);
    return last != NULL && last->offset == offset;
}

KH_TEST(truncation, P_06_what_takes_the_place_of_lost_records_is_delivered)
{
    struct stage s;
    const char *topic = live_name("t1"), *group = live_name("g");
    create_topic(topic);
    int leader = cluster_leader(topic, 0), follower = follower_of(topic, leader);
    stage_open(&s);
    struct member *m = member_start(&s, "m", group, topic, &(struct member_script){0});
    admin_produce_many(topic, BOTH_HAVE, 50, 0, "none");
    run_until(&s, m->records == BOTH_HAVE);
    cluster_kill(follower);
    admin_produce_many(topic, LOST, 50, BOTH_HAVE, "none");
    run_until(&s, m->records == BOTH_HAVE + LOST && has_committed(m, BOTH_HAVE + LOST));
    cluster_kill(leader);
    cluster_restart(follower);
    run_until(&s, cluster_is_up(follower) && cluster_leader(topic, 0) == follower);
    admin_produce_many(topic, INSTEAD, 50, BOTH_HAVE, "none");
    run_until(&s, m->records >= BOTH_HAVE + LOST + INSTEAD);
    run_until(&s, has_committed(m, BOTH_HAVE + INSTEAD));
    cr_expect_eq(m->records, BOTH_HAVE + LOST + INSTEAD, "each once");
    cr_assert_eq(m->counts[MEMBER_TRUNCATED], 1);
    const struct member_entry *told = member_last(m, MEMBER_TRUNCATED, 0);
    cr_expect_eq(told->offset, BOTH_HAVE);
    cr_expect_eq(told->count, LOST);
    cluster_restart(leader);
    run_until(&s, cluster_is_whole());
    stage_close(&s);
}
