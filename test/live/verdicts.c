/* What each error of the group's coordinator does (C-42): every row of the contract's table, said
 * by the proxy in the broker's place to a stable member of a cooperative group, which owns a
 * partition meanwhile. */
#include "base/kafka_errors.h"
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <stdlib.h>
#include <string.h>

LIVE_SUITE(verdicts);

enum outcome {
    SAME,    /* the same request again */
    FINDS,   /* the coordinator is looked for; the member stays who it is */
    REJOINS, /* JoinGroup; what is owned stays */
    LOSES,   /* partitions lost, the member id kept; JoinGroup */
    FORGETS, /* the member id too */
    ENDS,    /* told once, and over */
};

struct row {
    int16_t code;
    enum outcome join, sync, heartbeat, commit, offset_fetch;
};

static const struct row rows[] = {
    {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, SAME, REJOINS, SAME, SAME, SAME},
    {KH_KAFKA_NOT_COORDINATOR, FINDS, FINDS, FINDS, FINDS, FINDS},
    {KH_KAFKA_COORDINATOR_NOT_AVAILABLE, FINDS, FINDS, FINDS, FINDS, FINDS},
    {KH_KAFKA_REBALANCE_IN_PROGRESS, SAME, REJOINS, REJOINS, REJOINS, SAME},
    {KH_KAFKA_ILLEGAL_GENERATION, LOSES, LOSES, LOSES, LOSES, ENDS},
    {KH_KAFKA_UNKNOWN_MEMBER_ID, FORGETS, FORGETS, FORGETS, FORGETS, ENDS},
    {KH_KAFKA_FENCED_INSTANCE_ID, ENDS, ENDS, ENDS, ENDS, ENDS},
    {KH_KAFKA_GROUP_AUTHORIZATION_FAILED, ENDS, ENDS, ENDS, ENDS, ENDS},
    {KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, ENDS, ENDS, ENDS, ENDS, ENDS},
    {KH_KAFKA_INVALID_GROUP_ID, ENDS, ENDS, ENDS, ENDS, ENDS},
    {KH_KAFKA_INVALID_SESSION_TIMEOUT, ENDS, ENDS, ENDS, ENDS, ENDS},
};
enum { ROWS = sizeof rows / sizeof *rows };

struct setting {
    struct stage s;
    struct proxy proxy;
    struct member *m;
    const char *topics[2]; /* of one partition each; the first is subscribed */
    char id[256];          /* of the member, before */
};

static void begin(struct setting *t)
{
    *t = (struct setting){.topics = {live_name("t"), live_name("u")}};
    for (int i = 0; i < 2; i++)
        admin_create_topic(t->topics[i], 1);
    admin_produce_many(t->topics[0], 10, 20, 0, "none");
    stage_open(&t->s);
    proxy_open(&t->proxy, &t->s);
    const char *options[] = {"bootstrap.servers",
                             t->proxy.address,
                             "heartbeat.interval.ms",
                             "100",
                             "session.timeout.ms", /* the broker waits so long for whom we forgot */
                             "1500",
                             "auto.commit.interval.ms",
                             "60000",
                             NULL};
    t->m = member_start(&t->s, "m", live_name("g"), t->topics[0],
                        &(struct member_script){.options = options});
    run_until(&t->s, member_is(t->m, "stable") && t->m->records == 10);
    snprintf(t->id, sizeof t->id, "%s", kohort_consumer_member_id(t->m->consumer));
}

static void end(struct setting *t)
{
    member_end(t->m);
    proxy_close(&t->proxy);
    stage_close(&t->s);
}

/* Makes the member ask what is to be answered with the error. */
static void provoke(struct setting *t, enum kh_api api)
{
    if (api == KH_API_OFFSET_COMMIT)
        expect_status(kohort_commit(t->m->consumer, NULL, NULL, NULL), KOHORT_OK);
    else if (api != KH_API_HEARTBEAT)
        expect_status(kohort_subscribe(t->m->consumer, t->topics, 2), KOHORT_OK);
}

static void expect_end(struct setting *t, int16_t code)
{
    struct member *m = t->m;
    run_until(&t->s, m->counts[MEMBER_FAILED] > 0);
    cr_expect_eq(member_last(m, MEMBER_FAILED, -1)->error.kafka_code, code);
    size_t joins = proxy_count(&t->proxy, KH_API_JOIN_GROUP);
    int64_t until_ms = live_now_ms() + 300;
    run_until(&t->s, live_now_ms() >= until_ms);
    cr_expect_eq(proxy_count(&t->proxy, KH_API_JOIN_GROUP), joins, "it goes on joining");
    cr_expect_eq(m->counts[MEMBER_FAILED], 1);
    cr_expect(member_is(m, "failed"));
}

/* It gets over it, and owns and commits what it should. */
static void expect_recovery(struct setting *t, enum kh_api api, enum outcome outcome, size_t joins)
{
    struct member *m = t->m;
    bool both = api == KH_API_JOIN_GROUP || api == KH_API_SYNC_GROUP || api == KH_API_OFFSET_FETCH;
    bool joined_anew = outcome == REJOINS || outcome == LOSES || outcome == FORGETS;
    size_t finds = proxy_count(&t->proxy, KH_API_FIND_COORDINATOR);
    run_until(&t->s, t->proxy.errors[api].count == 0);
    run_until(&t->s, !joined_anew || proxy_count(&t->proxy, KH_API_JOIN_GROUP) > joins);
    run_until(&t->s, outcome != FINDS || proxy_count(&t->proxy, KH_API_FIND_COORDINATOR) > finds);
    run_until(&t->s, member_is(m, "stable") && member_owned(m) == (both ? 2u : 1u));
    if (api == KH_API_OFFSET_FETCH)
        run_until(&t->s, member_last(m, MEMBER_RESET, -1) != NULL);
    cr_expect_eq(m->counts[MEMBER_LOST], outcome == LOSES || outcome == FORGETS);
    cr_expect_eq(strcmp(kohort_consumer_member_id(m->consumer), t->id) == 0, outcome != FORGETS);
    if (outcome != FINDS)
        cr_expect_eq(proxy_count(&t->proxy, KH_API_FIND_COORDINATOR), finds);
    cr_expect_eq(m->counts[MEMBER_FAILED], 0);
    if (api == KH_API_OFFSET_COMMIT && outcome != LOSES && outcome != FORGETS)
        run_until(&t->s, member_last(m, MEMBER_COMMITTED, 0) != NULL);
}

static void play(enum kh_api api, int16_t code, enum outcome outcome)
{
    struct setting t;
    begin(&t);
    size_t joins = proxy_count(&t.proxy, KH_API_JOIN_GROUP) + (api == KH_API_JOIN_GROUP);
    proxy_answer_next(&t.proxy, api, code, 1);
    provoke(&t, api);
    if (outcome == ENDS)
        expect_end(&t, code);
    else
        expect_recovery(&t, api, outcome, joins);
    end(&t);
}

KH_TEST(verdicts, C_42_of_join_group)
{
    for (size_t i = 0; i < ROWS; i++)
        play(KH_API_JOIN_GROUP, rows[i].code, rows[i].join);
}

KH_TEST(verdicts, C_42_of_sync_group)
{
    for (size_t i = 0; i < ROWS; i++)
        play(KH_API_SYNC_GROUP, rows[i].code, rows[i].sync);
}

KH_TEST(verdicts, C_42_of_heartbeat)
{
    for (size_t i = 0; i < ROWS; i++)
        play(KH_API_HEARTBEAT, rows[i].code, rows[i].heartbeat);
}

KH_TEST(verdicts, C_42_of_offset_commit)
{
    for (size_t i = 0; i < ROWS; i++)
        play(KH_API_OFFSET_COMMIT, rows[i].code, rows[i].commit);
}

KH_TEST(verdicts, C_42_of_offset_fetch)
{
    for (size_t i = 0; i < ROWS; i++)
        play(KH_API_OFFSET_FETCH, rows[i].code, rows[i].offset_fetch);
}
