/* Static members (KIP-345): bounces that the group does not notice, fencing, leaving and staying
 * (contract row K-03). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <stdio.h>
#include <string.h>

LIVE_SUITE(static_members);

enum { PARTITIONS = 6, RECORDS = 600 };

/* Two members; the one that bounces is static. */
struct pair {
    struct stage stage;
    struct oracle oracle;
    struct proxy proxy; /* before the one that bounces */
    const char *group, *topic;
    struct member *survivor, *bouncing;
    int32_t generation;
    size_t revoked; /* of the survivor, before the bounce */
    char leader[128];
};

static struct member *start_static(struct stage *s, const char *address, const char *name,
                                   const char *group, const char *topic, const char *instance)
{
    const char *options[] = {"bootstrap.servers",
                             address,
                             "group.instance.id",
                             instance,
                             "metadata.max.age.ms",
                             "500",
                             "auto.commit.interval.ms",
                             "50",
                             NULL};
    return member_start(s, name, group, topic, &(struct member_script){.options = options});
}

static bool is_stable(struct member *m, size_t partitions)
{
    return member_is(m, "stable") && member_owned(m) == partitions;
}

static void open_pair(struct pair *t)
{
    *t = (struct pair){.group = live_name("g"), .topic = live_name("t6")};
    admin_create_topic(t->topic, PARTITIONS);
    stage_open(&t->stage);
    oracle_open(&t->oracle, t->topic);
    t->stage.oracle = &t->oracle;
    proxy_open(&t->proxy, &t->stage);
}

static struct member *start_bouncing(struct pair *t)
{
    return start_static(&t->stage, t->proxy.address, "bouncing", t->group, t->topic, "instance-1");
}

static void wait_for_both(struct pair *t)
{
    run_until(&t->stage, is_stable(t->survivor, 3) && is_stable(t->bouncing, 3));
    t->generation = kohort_consumer_generation(t->survivor->consumer);
    t->revoked = t->survivor->counts[MEMBER_REVOKED];
}

/* Who comes first leads. */
static void begin_pair(struct pair *t, bool bouncing_leads)
{
    open_pair(t);
    struct member **first = bouncing_leads ? &t->bouncing : &t->survivor;
    t->bouncing = bouncing_leads ? start_bouncing(t) : NULL;
    if (!bouncing_leads)
        t->survivor = member_start(&t->stage, "survivor", t->group, t->topic, NULL);
    run_until(&t->stage, is_stable(*first, PARTITIONS));
    if (bouncing_leads)
        t->survivor = member_start(&t->stage, "survivor", t->group, t->topic, NULL);
    else
        t->bouncing = start_bouncing(t);
    wait_for_both(t);
    stage_check(&t->stage, kohort_consumer_is_leader(t->bouncing->consumer) == bouncing_leads);
}

static void end_pair(struct pair *t)
{
    member_end(t->bouncing);
    member_end(t->survivor);
    proxy_close(&t->proxy);
    stage_close(&t->stage);
    oracle_close(&t->oracle);
}

/* The survivor sees nothing: neither a new generation, nor a request of its own. */
static void expect_no_rebalance(struct pair *t)
{
    struct member *m = t->survivor;
    stage_check(&t->stage, member_is(m, "stable"));
    stage_check(&t->stage, kohort_consumer_generation(m->consumer) == t->generation);
    cr_expect_eq(m->counts[MEMBER_REVOKED], t->revoked);
    cr_expect_eq(m->counts[MEMBER_LOST], 0);
    cr_expect_eq(m->counts[MEMBER_FAILED] + t->bouncing->counts[MEMBER_FAILED], 0);
}

static bool same_partitions(const struct pair *t, const bool *owned)
{
    for (int i = 0; i < PARTITIONS; i++)
        if (owned[i] != (kohort_consumer_partition(t->bouncing->consumer, t->topic, i) != NULL))
            return false;
    return true;
}

/* killed: as by kill -9; else closed as Java's close() does. */
static void bounce(struct pair *t, bool killed)
{
    bool owned[PARTITIONS];
    for (int i = 0; i < PARTITIONS; i++)
        owned[i] = kohort_consumer_partition(t->bouncing->consumer, t->topic, i) != NULL;
    if (killed) {
        member_kill(t->bouncing);
    } else {
        member_close_as(t->bouncing, KOHORT_LEAVE_IF_DYNAMIC);
        run_until(&t->stage, t->bouncing->closed);
    }
    member_end(t->bouncing);
    t->bouncing = start_bouncing(t);
    run_until(&t->stage, is_stable(t->bouncing, 3));
    stage_check(&t->stage, same_partitions(t, owned));
}

static void expect_delivery(struct pair *t, size_t rounds)
{
    run_until(&t->stage, oracle_acked_count(&t->oracle) == rounds * RECORDS);
}

KH_TEST(static_members, K_03_bounces_within_the_session_are_not_noticed)
{
    struct pair t;
    begin_pair(&t, false);
    size_t rounds = 0, heartbeats;
    for (int i = 0; i < 3; i++) {
        admin_produce_many(t.topic, RECORDS, 20, (int)rounds++ * RECORDS / PARTITIONS, "none");
        expect_delivery(&t, rounds);
        bounce(&t, false);
        cr_expect_eq(kohort_consumer_generation(t.bouncing->consumer), t.generation);
    }
    cr_expect_eq(oracle_duplicates(&t.oracle), 0, "a graceful bounce delivers nothing twice");
    bounce(&t, true);
    admin_produce_many(t.topic, RECORDS, 20, (int)rounds++ * RECORDS / PARTITIONS, "none");
    expect_delivery(&t, rounds);
    /* Heartbeats of both are answered, and none of them says otherwise. */
    heartbeats = proxy_count(&t.proxy, KH_API_HEARTBEAT);
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_HEARTBEAT) > heartbeats + 2);
    expect_no_rebalance(&t);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_LEAVE_GROUP), 0);
    end_pair(&t);
}

/* KIP-814: it must not assign, and goes on watching. */
KH_TEST(static_members, K_03_a_leader_that_bounces_leads_and_watches)
{
    struct pair t;
    begin_pair(&t, true);
    bounce(&t, false);
    bounce(&t, true);
    cr_expect(kohort_consumer_is_leader(t.bouncing->consumer));
    size_t heartbeats = proxy_count(&t.proxy, KH_API_HEARTBEAT);
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_HEARTBEAT) > heartbeats + 2);
    expect_no_rebalance(&t);

    admin_do(json_pack("{ss ss si}", "do", "createPartitions", "topic", t.topic, "partitions",
                       PARTITIONS + 2));
    run_until(&t.stage, is_stable(t.survivor, 4) && is_stable(t.bouncing, 4));
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    expect_delivery(&t, 1);
    end_pair(&t);
}

static int count_and_give_all(void *arg, const kohort_group *group, kohort_layout *layout)
{
    size_t *calls = arg;
    (*calls)++;
    for (int32_t i = 0; i < group->topics[0].partition_count; i++)
        kohort_layout_give(layout, 0, 0, i);
    return 0;
}

/* The layout is not its to make: the assignor of a leader that came back is not even asked. */
KH_TEST(static_members, K_03_a_leader_that_bounces_asks_no_assignor)
{
    struct stage s;
    size_t calls = 0;
    const char *group = live_name("g"), *topic = live_name("t");
    const char *options[] = {"group.instance.id", "i", "partition.assignment.strategy", "counting",
                             NULL};
    kohort_assignor assignor = KOHORT_ASSIGNOR_INIT;
    assignor.name = "counting";
    assignor.assign = count_and_give_all;
    assignor.arg = &calls;
    const struct member_script script = {.options = options, .assignor = &assignor};
    admin_create_topic(topic, PARTITIONS);
    stage_open(&s);
    struct member *m = member_start(&s, "m", group, topic, &script);
    run_until(&s, is_stable(m, PARTITIONS));
    cr_expect_eq(calls, 1);
    member_close_as(m, KOHORT_STAY);
    run_until(&s, m->closed);
    m = member_start(&s, "again", group, topic, &script);
    run_until(&s, is_stable(m, PARTITIONS));
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    run_until(&s, m->records == RECORDS);
    cr_expect_eq(calls, 1);
    cr_expect(kohort_consumer_is_leader(m->consumer));
    cr_expect_eq(kohort_consumer_generation(m->consumer), 1);
    stage_close(&s);
}

KH_TEST(static_members, K_03_the_newcomer_wins_and_the_old_one_is_fenced_once)
{
    struct pair t;
    begin_pair(&t, false);
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    expect_delivery(&t, 1);
    struct member *old = t.bouncing;
    /* Two owners at once is what a conflict is; the oracle judges what comes after it. */
    t.stage.oracle = NULL;
    t.bouncing = start_bouncing(&t);
    run_until(&t.stage, old->counts[MEMBER_FAILED] > 0 && is_stable(t.bouncing, 3));
    const kohort_error *error = &member_last(old, MEMBER_FAILED, -1)->error;
    cr_expect_eq(error->kafka_code, 82, "%s", error->text);
    cr_expect_not_null(strstr(error->text, "group.instance.id"), "%s", error->text);
    cr_expect_eq(old->counts[MEMBER_LOST], 3);
    cr_expect_eq(member_owned(old), 0);
    cr_expect(member_is(old, "failed"));
    size_t heartbeats = proxy_count(&t.proxy, KH_API_HEARTBEAT);
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_HEARTBEAT) > heartbeats + 3);
    cr_expect_eq(old->counts[MEMBER_FAILED], 1);
    cr_expect_eq(old->counts[MEMBER_ERROR], 0);
    expect_no_rebalance(&t);

    /* What it has lost it does not take from the other by leaving. */
    member_end(old);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_LEAVE_GROUP), 0);
    heartbeats = proxy_count(&t.proxy, KH_API_HEARTBEAT);
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_HEARTBEAT) > heartbeats + 2);
    expect_no_rebalance(&t);
    end_pair(&t);
}

/* The same when what hears of it first is a commit. */
KH_TEST(static_members, K_03_a_commit_is_fenced_and_that_is_told_once)
{
    struct pair t;
    begin_pair(&t, false);
    t.stage.oracle = NULL; /* what the fenced one had not committed comes again */
    proxy_answer_next(&t.proxy, KH_API_OFFSET_COMMIT, 82, 1);
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    run_until(&t.stage, t.bouncing->counts[MEMBER_FAILED] > 0);
    cr_expect_eq(member_last(t.bouncing, MEMBER_FAILED, -1)->error.kafka_code, 82);
    cr_expect_eq(t.bouncing->counts[MEMBER_FAILED], 1);
    cr_expect_eq(t.bouncing->counts[MEMBER_ERROR], 0);
    cr_expect_eq(t.bouncing->counts[MEMBER_LOST], 3);
    member_end(t.bouncing);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_LEAVE_GROUP), 0);
    end_pair(&t);
}

KH_TEST(static_members, K_03_leaving_is_said_when_it_is_asked_for)
{
    struct pair t;
    begin_pair(&t, false);
    member_close_as(t.bouncing, KOHORT_LEAVE);
    run_until(&t.stage, t.bouncing->closed && is_stable(t.survivor, PARTITIONS));
    cr_expect_eq(proxy_count(&t.proxy, KH_API_LEAVE_GROUP), 1);
    end_pair(&t);
}

/* Members of the group as Kafka has them. */
static size_t members_of(const char *group)
{
    json_t *description = admin_describe_group(group);
    size_t count = json_array_size(json_object_get(description, "members"));
    json_decref(description);
    return count;
}

KH_TEST(static_members, K_03_a_dynamic_member_may_stay_too)
{
    struct stage s;
    const char *group = live_name("g"), *topic = live_name("t");
    admin_create_topic(topic, PARTITIONS);
    stage_open(&s);
    const char *options[] = {"session.timeout.ms", "2000", NULL};
    struct member *m =
        member_start(&s, "m", group, topic, &(struct member_script){.options = options});
    run_until(&s, is_stable(m, PARTITIONS));
    member_close_as(m, KOHORT_STAY);
    run_until(&s, m->closed);
    cr_expect_eq(members_of(group), 1, "its session goes on");
    struct member *other = member_start(&s, "other", group, topic, NULL);
    run_until(&s, is_stable(other, PARTITIONS));
    member_close_as(other, KOHORT_LEAVE_IF_DYNAMIC);
    run_until(&s, other->closed);
    cr_expect_eq(members_of(group), 0);
    stage_close(&s);
}

/* As with brokers before 2.3: said once, with what it is about. */
static void expect_too_old(const char *bounds, const char *api)
{
    struct stage s;
    const char *topic = live_name("t");
    admin_create_topic(topic, 1);
    admin_produce_many(topic, 10, 20, 0, "none");
    stage_open(&s);
    const char *options[] = {"api.versions", bounds, "group.instance.id", "i", NULL};
    struct member *m =
        member_start(&s, "m", live_name("g"), topic, &(struct member_script){.options = options});
    run_until(&s, m->counts[MEMBER_FAILED] > 0);
    const kohort_error *error = &member_last(m, MEMBER_FAILED, -1)->error;
    cr_expect_eq(error->code, KOHORT_EVERSION, "%s", error->text);
    cr_expect_not_null(strstr(error->text, api), "%s", error->text);
    cr_expect_not_null(strstr(error->text, "cannot carry group.instance.id"), "%s", error->text);
    cr_expect_eq(m->counts[MEMBER_FAILED], 1);
    cr_expect_eq(m->counts[MEMBER_ERROR], 0);
    stage_close(&s);
}

KH_TEST(static_members, K_03_brokers_too_old_for_them_are_named)
{
    expect_too_old("join_group:0-4", "JoinGroup");
    expect_too_old("sync_group:0-2", "SyncGroup");
    expect_too_old("heartbeat:0-2", "Heartbeat");
    expect_too_old("offset_commit:2-6", "OffsetCommit");
}
