/* Slow, dead and moving brokers (contract rows C-16, C-52; rows 35, 49 of the catalogue). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <inttypes.h>
#include <stdio.h>

LIVE_SUITE(network);

enum { PARTITIONS = 2, RECORDS = 200 };

struct setting {
    struct stage s;
    struct oracle oracle;
    struct proxy proxy;
    const char *group, *topic;
};

static void begin(struct setting *t)
{
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, PARTITIONS);
    admin_produce_many(t->topic, RECORDS, 100, 0, "none");
    stage_open(&t->s);
    oracle_open(&t->oracle, t->topic);
    t->s.oracle = &t->oracle;
    proxy_open(&t->proxy, &t->s);
}

static void end(struct setting *t)
{
    for (size_t i = 0; i < t->s.member_count; i++)
        member_end(t->s.members[i]);
    proxy_close(&t->proxy);
    stage_close(&t->s);
    cr_expect_eq(oracle_duplicates(&t->oracle), 0);
    oracle_close(&t->oracle);
}

static struct member *start(struct setting *t, const char *name, const char *servers,
                            const char *const *more)
{
    const char *options[16] = {"bootstrap.servers", servers};
    for (size_t i = 0; more != NULL && more[i] != NULL && i < 12; i++)
        options[2 + i] = more[i];
    return member_start(&t->s, name, t->group, t->topic,
                        &(struct member_script){.options = options});
}

/* ---- C-16: two seconds each way, a tenth in check ---- */

/* Kafka's defaults, a tenth of them in check. */
struct slow_texts {
    char session[16], heartbeat[16], rebalance[16], padding[16], drain[16];
};

static void slow_options(struct slow_texts *x, const char **ret)
{
    snprintf(x->session, sizeof x->session, "%" PRId64, live_duration_ms(45000));
    snprintf(x->heartbeat, sizeof x->heartbeat, "%" PRId64, live_duration_ms(3000));
    snprintf(x->rebalance, sizeof x->rebalance, "%" PRId64, live_duration_ms(30000));
    snprintf(x->padding, sizeof x->padding, "%" PRId64, live_duration_ms(10000));
    snprintf(x->drain, sizeof x->drain, "%" PRId64, live_duration_ms(10000));
    const char *options[] = {"session.timeout.ms",
                             x->session,
                             "heartbeat.interval.ms",
                             x->heartbeat,
                             "max.poll.interval.ms",
                             x->rebalance,
                             "session.timeout.padding.ms",
                             x->padding,
                             "rebalance.drain.timeout.ms",
                             x->drain,
                             NULL};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        ret[i] = options[i];
}

KH_TEST(network, C_16_latency_is_no_reason_to_join_again)
{
    struct setting t;
    struct slow_texts texts;
    const char *options[11];
    slow_options(&texts, options);
    begin(&t);
    t.proxy.delay_ms = live_duration_ms(2000);
    struct member *m = start(&t, "slow", t.proxy.address, options);
    run_until(&t.s, oracle_acked_count(&t.oracle) == RECORDS);
    size_t before = proxy_count(&t.proxy, KH_API_HEARTBEAT);
    run_until(&t.s, proxy_count(&t.proxy, KH_API_HEARTBEAT) >= before + 5);
    admin_produce_many(t.topic, RECORDS, 100, RECORDS / PARTITIONS, "none");
    run_until(&t.s, oracle_acked_count(&t.oracle) == 2 * RECORDS);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_JOIN_GROUP), 2, "one for an id, one to join");
    cr_expect_eq(proxy_count(&t.proxy, KH_API_SYNC_GROUP), 1);
    cr_expect_eq(m->counts[MEMBER_LOST], 0);
    end(&t);
}

/* A member that is alive and does not join again: the broker holds the others' JoinGroup for the
 * whole rebalance timeout, and the answer needs its way besides. */
KH_TEST(network, C_16_padding_covers_the_way_of_an_answer_that_took_all_the_time)
{
    struct setting t;
    struct slow_texts texts;
    struct proxy deaf;
    const char *options[11];
    slow_options(&texts, options);
    begin(&t);
    proxy_open(&deaf, &t.s);
    struct member *first = start(&t, "deaf", deaf.address, options);
    run_until(&t.s, oracle_acked_count(&t.oracle) == RECORDS &&
                        member_last(first, MEMBER_COMMITTED, 0) != NULL &&
                        member_last(first, MEMBER_COMMITTED, 1) != NULL);
    proxy_hold_api(&deaf, KH_API_JOIN_GROUP);
    t.proxy.delay_ms = live_duration_ms(2000);
    struct member *slow = start(&t, "slow", t.proxy.address, options);
    run_until(&t.s, member_owned(slow) == PARTITIONS);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_JOIN_GROUP), 2, "one for an id, one to join");
    cr_expect_eq(slow->counts[MEMBER_ERROR], 0);
    member_end(first);
    proxy_close(&deaf);
    end(&t);
}

/* ---- C-52 ---- */

static void consume_past_a_dead_address(const char *dead, struct setting *t)
{
    char servers[160];
    snprintf(servers, sizeof servers, "%s,%s", dead, t->proxy.address);
    start(t, "m", servers, NULL);
    run_until(&t->s, oracle_acked_count(&t->oracle) == RECORDS);
}

KH_TEST(network, C_52_an_address_that_refuses_is_passed_by)
{
    struct setting t;
    char dead[64];
    begin(&t);
    snprintf(dead, sizeof dead, "127.0.0.1:%d", live_unused_port());
    consume_past_a_dead_address(dead, &t);
    end(&t);
}

/* It accepts, and says nothing. */
KH_TEST(network, C_52_an_address_that_is_silent_is_passed_by)
{
    struct setting t;
    struct proxy silent;
    begin(&t);
    proxy_open(&silent, &t.s);
    proxy_hold(&silent, PROXY_BOTH);
    consume_past_a_dead_address(silent.address, &t);
    member_end(t.s.members[0]);
    proxy_close(&silent);
    end(&t);
}

static void passed(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* Every address is dead for a minute (6 s in check), one way after the other. */
static void outlive(bool refused)
{
    struct setting t;
    uv_timer_t timer;
    bool over = false;
    begin(&t);
    if (refused)
        proxy_refuse(&t.proxy, true);
    else
        proxy_hold(&t.proxy, PROXY_BOTH);
    char servers[160];
    snprintf(servers, sizeof servers, "127.0.0.1:%d,%s", live_unused_port(), t.proxy.address);
    struct member *m = start(&t, "m", servers, NULL);
    uv_timer_init(&t.s.loop, &timer);
    timer.data = &over;
    uv_timer_start(&timer, passed, (uint64_t)live_duration_ms(60000), 0);
    run_until(&t.s, over);
    cr_expect(member_is(m, "finding"));
    cr_expect_eq(m->counts[MEMBER_FAILED], 0);
    if (refused)
        proxy_refuse(&t.proxy, false);
    else
        proxy_release(&t.proxy);
    run_until(&t.s, oracle_acked_count(&t.oracle) == RECORDS);
    uv_close((uv_handle_t *)&timer, NULL);
    end(&t);
}

KH_TEST(network, C_52_where_all_refuse_it_connects_when_one_is_there)
{
    outlive(true);
}

KH_TEST(network, C_52_where_all_are_silent_it_connects_when_one_answers)
{
    outlive(false);
}

/* ---- whatever else networks do ---- */

KH_TEST(network, answers_may_drip_and_break_off)
{
    static const enum kh_api apis[] = {
        KH_API_API_VERSIONS, KH_API_METADATA,   KH_API_FIND_COORDINATOR,
        KH_API_JOIN_GROUP,   KH_API_SYNC_GROUP, KH_API_OFFSET_FETCH,
        KH_API_FETCH};
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
        struct setting t;
        begin(&t);
        t.proxy.drip_bytes = 512;
        proxy_cut_next(&t.proxy, apis[i], 9);
        start(&t, "m", t.proxy.address, NULL);
        run_until(&t.s, oracle_acked_count(&t.oracle) == RECORDS);
        cr_expect_eq(t.proxy.cuts, 1, "%s was never answered", kh_api_info(apis[i])->name);
        end(&t);
    }
}

/* Row 49: the same node id at another address; the old one is deaf, its connections stay. */
KH_TEST(network, row49_a_broker_at_another_address_is_followed)
{
    struct setting t;
    struct proxy other;
    const char *options[] = {"metadata.max.age.ms", "200", NULL};
    begin(&t);
    proxy_open(&other, &t.s);
    struct member *m = start(&t, "m", t.proxy.address, options);
    run_until(&t.s, oracle_acked_count(&t.oracle) == RECORDS);
    t.proxy.advertised_port = other.advertised_port;
    run_until(&t.s,
              proxy_count(&other, KH_API_HEARTBEAT) > 0 && proxy_count(&other, KH_API_FETCH) > 0);
    proxy_hold(&t.proxy, PROXY_BOTH);
    admin_produce_many(t.topic, RECORDS, 100, RECORDS / PARTITIONS, "none");
    run_until(&t.s, oracle_acked_count(&t.oracle) == 2 * RECORDS);
    cr_expect_eq(m->counts[MEMBER_ASSIGNED], PARTITIONS, "nothing moved");
    member_end(m);
    proxy_close(&other);
    end(&t);
}
