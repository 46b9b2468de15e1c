/* Joining, sharing and leaving (contract rows C-01, C-04, C-09). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <stdlib.h>
#include <string.h>

LIVE_SUITE(membership);

enum { PARTITIONS = 6 };

static const char *new_topic(void)
{
    const char *topic = live_name("t6");
    admin_create_topic(topic, PARTITIONS);
    return topic;
}

/* The group as Kafka describes it has one member; checks what it says of it. */
static void check_only_member(const char *group, const struct member *m, const char *topic)
{
    json_t *description = admin_describe_group(group);
    cr_assert_not_null(description, "Kafka knows no group %s", group);
    const char *state, *assignor, *member_id, *client_id, *host, *assigned;
    json_t *partitions, *members;
    json_error_t wrong;
    cr_assert_eq(json_unpack_ex(description, &wrong, 0, "{ss ss so}", "state", &state, "assignor",
                                &assignor, "members", &members),
                 0, "%s", wrong.text);
    cr_assert_str_eq(state, "Stable");
    cr_assert_str_eq(assignor, "cooperative-sticky");
    cr_assert_eq(json_array_size(members), 1);
    cr_assert_eq(json_unpack_ex(json_array_get(members, 0), &wrong, 0, "{ss ss ss s[{ss so}]}",
                                "memberId", &member_id, "clientId", &client_id, "host", &host,
                                "assignment", "topic", &assigned, "partitions", &partitions),
                 0, "%s", wrong.text);
    cr_assert_str_eq(member_id, kohort_consumer_member_id(m->consumer));
    cr_assert_str_eq(client_id, m->name);
    cr_assert_not_null(strstr(host, "127.0.0.1"), "host is %s", host);
    cr_assert_str_eq(assigned, topic);
    cr_assert_eq(json_array_size(partitions), PARTITIONS);
    json_decref(description);
}

KH_TEST(membership, C_01_a_first_member_is_stable_and_described)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = new_topic();
    stage_open(&s);
    proxy_open(&proxy, &s);
    const char *options[] = {"bootstrap.servers", proxy.address, NULL};
    struct member *m =
        member_start(&s, "first", group, topic, &(struct member_script){.options = options});
    run_until(&s, member_is(m, "stable") && member_owned(m) == PARTITIONS);
    /* Fast, in what can be counted: one question for an id (KIP-394), one join, one sync. */
    cr_expect_eq(proxy_count(&proxy, KH_API_JOIN_GROUP), 2);
    cr_expect_eq(proxy_count(&proxy, KH_API_SYNC_GROUP), 1);
    check_only_member(group, m, topic);

    cr_expect_str_eq(kohort_consumer_group_id(m->consumer), group);
    cr_expect(kohort_consumer_is_leader(m->consumer));
    cr_expect_str_eq(kohort_consumer_leader_id(m->consumer),
                     kohort_consumer_member_id(m->consumer));
    cr_expect_eq(kohort_consumer_generation(m->consumer), 1);
    cr_expect_eq(m->counts[MEMBER_ERROR], 0);
    member_end(m);
    proxy_close(&proxy);
    stage_close(&s);
}

/* Whether each owns so many, and as the broker has it, all of them are stable. */
static bool shared(struct member *const *members, size_t count, size_t each)
{
    for (size_t i = 0; i < count; i++)
        if (!member_is(members[i], "stable") || member_owned(members[i]) != each)
            return false;
    return true;
}

KH_TEST(membership, C_04_members_share_evenly_as_they_come_and_go)
{
    struct stage s;
    struct oracle oracle;
    const char *group = live_name("g"), *topic = new_topic();
    struct member *members[3];
    enum { RECORDS = 1200 };
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    members[0] = member_start(&s, "a", group, topic, NULL);
    run_until(&s, shared(members, 1, 6));
    admin_produce_many(topic, RECORDS, 100, 0, "none");
    members[1] = member_start(&s, "b", group, topic, NULL);
    run_until(&s, shared(members, 2, 3));
    admin_produce_many(topic, RECORDS, 100, RECORDS / PARTITIONS, "none");
    members[2] = member_start(&s, "c", group, topic, NULL);
    run_until(&s, shared(members, 3, 2));
    admin_produce_many(topic, RECORDS, 100, 2 * RECORDS / PARTITIONS, "none");
    member_end(members[1]);
    members[1] = members[2];
    run_until(&s, shared(members, 2, 3));

    run_until(&s, oracle_acked_count(&oracle) == 3 * RECORDS);
    cr_expect_eq(oracle_duplicates(&oracle), 0);
    stage_close(&s);
    oracle_close(&oracle);
}

KH_TEST(membership, C_09_a_graceful_close_leaves_nothing_behind)
{
    struct stage s;
    struct oracle oracle;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = new_topic();
    enum { RECORDS = 6000 };
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    proxy_open(&proxy, &s);
    admin_produce_many(topic, RECORDS, 100, 0, "none");
    /* A commit by the timer would hide one that the close forgets; small slices leave some of the
     * records for the peer. */
    const char *options[] = {"bootstrap.servers",
                             proxy.address,
                             "auto.commit.interval.ms",
                             "60000",
                             "max.poll.records",
                             "7",
                             NULL};
    struct member *leaving =
        member_start(&s, "leaving", group, topic, &(struct member_script){.options = options});
    run_until(&s, member_owned(leaving) == PARTITIONS && leaving->records > 500);
    struct member *staying = member_start(&s, "staying", group, topic, NULL);
    run_until(&s, member_owned(leaving) == 3 && member_owned(staying) == 3);
    size_t before = leaving->records;
    admin_produce_many(topic, RECORDS, 100, RECORDS / PARTITIONS, "none");
    run_until(&s, leaving->records > before);

    /* The session lasts longer than any wait: only LeaveGroup can give the peer the rest. */
    member_close(leaving);
    run_until(&s, leaving->closed);
    cr_expect_str_empty(member_last(leaving, MEMBER_CLOSED, -1)->error.text);
    cr_expect_eq(proxy_count(&proxy, KH_API_LEAVE_GROUP), 1);
    cr_expect_eq(leaving->counts[MEMBER_LOST], 0);
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_leq(oracle.partitions[i].committed, oracle.partitions[i].first_unacked);
    run_until(&s, member_owned(staying) == PARTITIONS);

    run_until(&s, oracle_acked_count(&oracle) == 2 * RECORDS);
    cr_expect_eq(oracle_duplicates(&oracle), 0, "%zu records came twice",
                 oracle_duplicates(&oracle));
    member_end(leaving);
    member_end(staying);
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(group, topic, i), oracle.partitions[i].first_unacked);
    proxy_close(&proxy);
    stage_close(&s);
    oracle_close(&oracle);
}

/* ---- reasons (KIP-800) ---- */

enum { REASONS = 4 };
static const char *const reasons[REASONS] = {"a member id was given", "the subscription changed",
                                             "the group is rebalancing",
                                             "the consumer is being closed"};

struct reasons_seen {
    size_t joins, leaves, of[REASONS];
};

static void look_for_reasons(struct proxy *p, const struct proxy_request *request,
                             const uint8_t *frame, size_t size)
{
    struct reasons_seen *seen = p->arg;
    int api = kh_api_by_key(request->api_key);
    if (api != KH_API_JOIN_GROUP && api != KH_API_LEAVE_GROUP)
        return;
    seen->joins += api == KH_API_JOIN_GROUP;
    seen->leaves += api == KH_API_LEAVE_GROUP;
    for (size_t i = 0; i < REASONS; i++)
        seen->of[i] += memmem(frame, size, reasons[i], strlen(reasons[i])) != NULL;
}

KH_TEST(membership, the_broker_is_told_why_a_member_joins_and_leaves)
{
    struct stage s;
    struct proxy proxy;
    struct reasons_seen seen = {0};
    const char *group = live_name("g"), *topic = new_topic(), *second = new_topic();
    stage_open(&s);
    proxy_open(&proxy, &s);
    proxy.on_request = look_for_reasons;
    proxy.arg = &seen;
    const char *options[] = {"bootstrap.servers", proxy.address, "partition.assignment.strategy",
                             "range", NULL};
    const char *eager[] = {"partition.assignment.strategy", "range", NULL};
    struct member *m =
        member_start(&s, "m", group, topic, &(struct member_script){.options = options});
    run_until(&s, member_owned(m) == PARTITIONS);
    cr_expect_eq(seen.joins, 2);
    cr_expect_eq(seen.of[0], 1, "the first has no reason to tell");
    expect_status(kohort_subscribe(m->consumer, (const char *const[]){topic, second}, 2),
                  KOHORT_OK);
    run_until(&s, member_owned(m) == 2 * PARTITIONS);
    cr_expect_eq(seen.of[1], 1);
    struct member *other =
        member_start(&s, "other", group, topic, &(struct member_script){.options = eager});
    run_until(&s, member_owned(other) == PARTITIONS / 2 && member_is(m, "stable"));
    cr_expect_geq(seen.of[2], 1);
    member_close(m);
    run_until(&s, m->closed);
    cr_expect_eq(seen.leaves, 1);
    cr_expect_eq(seen.of[3], 1);
    member_end(m);
    member_end(other);
    proxy_close(&proxy);
    stage_close(&s);
}
