/* Closing ends by its deadline, whatever the member is in the midst of (contract row C-10). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

LIVE_SUITE(closing);

/* How much later than by its deadline a crowded machine may run the loop. */
enum { PARTITIONS = 2, DEADLINE_MS = 1500, CROWDED_MS = 3000 };

struct setting {
    struct stage s;
    struct proxy proxy;
    const char *group, *topic;
    struct member *m; /* behind the proxy */
};

static void begin_with(struct setting *t, const struct member_script *wanted, const char *strategy)
{
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, PARTITIONS);
    stage_open(&t->s);
    proxy_open(&t->proxy, &t->s);
    const char *options[] = {"bootstrap.servers",
                             t->proxy.address,
                             "max.poll.interval.ms",
                             "60000",
                             "partition.assignment.strategy",
                             strategy,
                             NULL};
    struct member_script script = wanted == NULL ? (struct member_script){0} : *wanted;
    script.options = options;
    t->m = member_new(&t->s, "m", t->group, &script);
}

static void begin(struct setting *t, const struct member_script *wanted)
{
    begin_with(t, wanted, "cooperative-sticky");
}

static void end(struct setting *t)
{
    member_end(t->m);
    proxy_close(&t->proxy);
    stage_close(&t->s);
}

/* It ends once, and in time. */
static void close_in_time(struct stage *s, struct member *m)
{
    int64_t begun_ms = live_now_ms();
    member_close_by(m, DEADLINE_MS);
    run_until(s, m->closed);
    int64_t took_ms = live_now_ms() - begun_ms;
    stage_check(s, m->counts[MEMBER_CLOSED] == 1);
    cr_expect_leq(took_ms, DEADLINE_MS + CROWDED_MS, "closed after %" PRId64 " ms", took_ms);
    cr_expect_str_eq(kohort_consumer_state(m->consumer), "idle");
    cr_expect_eq(member_owned(m), 0);
}

/* Closes twice over: where only what holds the member up is silent, and where all is. */
static void close_while_held(enum kh_api api, const char *state)
{
    for (int silent = 0; silent < 2; silent++) {
        struct setting t;
        begin(&t, NULL);
        proxy_hold_api(&t.proxy, api);
        member_subscribe(t.m, t.topic);
        run_until(&t.s, member_is(t.m, state));
        if (silent)
            proxy_hold(&t.proxy, PROXY_BOTH);
        close_in_time(&t.s, t.m);
        end(&t);
    }
}

KH_TEST(closing, C_10_while_finding_ends_by_the_deadline)
{
    close_while_held(KH_API_FIND_COORDINATOR, "finding");
}

KH_TEST(closing, C_10_while_joining_ends_by_the_deadline)
{
    close_while_held(KH_API_JOIN_GROUP, "joining");
}

KH_TEST(closing, C_10_while_syncing_ends_by_the_deadline)
{
    close_while_held(KH_API_SYNC_GROUP, "syncing");
}

/* Another member holds on to its partitions: the broker parks our JoinGroup, and the group must
 * not wait for us after that. */
KH_TEST(closing, C_10_while_the_broker_parks_the_join_ends_by_the_deadline)
{
    struct setting t;
    begin_with(&t, NULL, "range");
    const char *eager[] = {"partition.assignment.strategy", "range", NULL};
    const struct member_script keeps = {.keep_revoked = true, .options = eager};
    struct member *other = member_start(&t.s, "other", t.group, t.topic, &keeps);
    run_until(&t.s, member_owned(other) == PARTITIONS);
    member_subscribe(t.m, t.topic);
    run_until(&t.s, other->token.id != 0 && proxy_count(&t.proxy, KH_API_JOIN_GROUP) == 2);
    stage_check(&t.s, member_is(t.m, "joining"));
    close_in_time(&t.s, t.m);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_LEAVE_GROUP), 1);
    member_let_go(other);
    run_until(&t.s, member_is(other, "stable") && member_owned(other) == PARTITIONS);
    end(&t);
}

/* The application does not let go, and the coordinator does or does not answer. */
KH_TEST(closing, C_10_while_revoking_ends_by_the_deadline)
{
    for (int silent = 0; silent < 2; silent++) {
        struct setting t;
        begin(&t, &(struct member_script){.keep_revoked = true});
        member_subscribe(t.m, t.topic);
        run_until(&t.s, member_owned(t.m) == PARTITIONS);
        struct member *other = member_start(&t.s, "other", t.group, t.topic, NULL);
        run_until(&t.s, member_is(t.m, "revoking") && t.m->token.id != 0);
        if (silent)
            proxy_hold(&t.proxy, PROXY_BOTH);
        close_in_time(&t.s, t.m);
        cr_expect_eq(kohort_revoke_done(t.m->consumer, t.m->token), KOHORT_ESTALE);
        if (!silent)
            run_until(&t.s, member_owned(other) == PARTITIONS);
        end(&t);
    }
}

static void begin_stable(struct setting *t)
{
    begin(t, NULL);
    member_subscribe(t->m, t->topic);
    run_until(&t->s, member_owned(t->m) == PARTITIONS);
    admin_produce_many(t->topic, 10, 20, 0, "none");
    run_until(&t->s, t->m->records == 10);
}

KH_TEST(closing, C_10_with_a_broker_that_is_gone_ends_by_the_deadline)
{
    struct setting t;
    begin_stable(&t);
    proxy_refuse(&t.proxy, true);
    proxy_reset(&t.proxy);
    run_until(&t.s, !member_is(t.m, "stable"));
    close_in_time(&t.s, t.m);
    end(&t);
}

KH_TEST(closing, C_10_with_a_broker_that_is_silent_ends_by_the_deadline)
{
    static const enum proxy_way ways[] = {PROXY_REQUESTS, PROXY_ANSWERS, PROXY_BOTH};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct setting t;
        begin_stable(&t);
        proxy_hold(&t.proxy, ways[i]);
        close_in_time(&t.s, t.m);
        end(&t);
    }
}

KH_TEST(closing, C_10_where_there_never_was_a_broker_ends_by_the_deadline)
{
    struct stage s;
    struct proxy silent;
    char nobody[64];
    stage_open(&s);
    proxy_open(&silent, &s);
    proxy_hold(&silent, PROXY_BOTH);
    snprintf(nobody, sizeof nobody, "127.0.0.1:%d", live_unused_port());
    const char *const servers[] = {nobody, silent.address};
    for (size_t i = 0; i < 2; i++) {
        const char *options[] = {"bootstrap.servers", servers[i], NULL};
        struct member *m =
            member_start(&s, "m", "g", "t", &(struct member_script){.options = options});
        run_until(&s, member_is(m, "finding"));
        close_in_time(&s, m);
        member_end(m);
    }
    proxy_close(&silent);
    stage_close(&s);
}
