/* Everything at once, on three nodes: members of three clients as processes that join, leave, are
 * killed and stopped, while coordinators and leaders die and partitions are added. What they write
 * down is judged when all is over (contract rows C-02, C-05, C-08, C-39, C-41; test/chaos). And
 * what one fault alone costs. */
#include "chaos/coordinator.h"
#include "chaos/faults.h"
#include "support/live/cluster.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHAOS_TEST_SECONDS = 2400, MEMBERS = 3, FAULTS_MIN = 8, FAULTS_MIN_LONG = 100 };

/* What the contract grants, and what a crowded machine may take beside to let anybody run. */
enum {
    TAKEOVER_MS = CHAOS_SESSION_MS + 2 * CHAOS_HEARTBEAT_MS + 1000,
    COMMITS_RESUME_MS = 2500,
    LONG_SESSION_MS = 30000, /* no election lasts that long */
    BACKLOG = 10000,
    MARGIN_MS = 5000
};

TestSuite(chaos, .init = cluster_begin, .timeout = CHAOS_TEST_SECONDS);

static uint64_t seed(void)
{
    const char *text = getenv("KOHORT_TEST_SEED");
    return text == NULL ? (uint64_t)chaos_now_us() : strtoull(text, NULL, 10);
}

/* ---- what is told ---- */

/* "a 1, b 2", of what is not zero. */
static void tell_counts(const char *what, const size_t *counts, size_t count,
                        const char *(*name_of)(int))
{
    char text[768] = "";
    size_t used = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        total += counts[i];
        if (counts[i] > 0 && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %zu",
                                     used == 0 ? ": " : ", ", name_of((int)i), counts[i]);
    }
    live_say("%zu %s%s", total, what, text);
}

static const char *fault_name(int fault)
{
    return chaos_fault_name((enum chaos_fault)fault);
}

static const char *rule_name(int rule)
{
    return chaos_rule_name((enum chaos_rule)rule);
}

static void tell_verdict(const struct chaos_group *g, const struct chaos_verdict *v)
{
    const size_t *counts = g->history.counts;
    live_say("%zu members; %" PRId64 " records delivered, %" PRId64 " of them again", g->count,
             v->delivered, v->duplicates);
    live_say("%zu partitions assigned, %zu handed back, %zu lost; %zu commits",
             counts[CHAOS_ASSIGNED], counts[CHAOS_REVOKED], counts[CHAOS_LOST],
             counts[CHAOS_COMMITTED]);
    if (v->takeovers > 0)
        live_say("%zu partitions of who was killed taken over, the last one after %" PRId64 " ms",
                 v->takeovers, v->slowest_takeover_us / 1000);
    tell_counts("rules broken by kohort", v->ours, CHAOS_RULE_COUNT, rule_name);
    tell_counts("rules broken by other clients", v->peers, CHAOS_RULE_COUNT, rule_name);
    if (v->first_peer[0] != '\0')
        live_say("the first of those: %s", v->first_peer);
}

/* Judges, and keeps what was judged if anything is wrong. */
static struct chaos_verdict conclude(struct chaos_group *g)
{
    struct chaos_verdict verdict;
    chaos_judge_group(g, &verdict);
    tell_verdict(g, &verdict);
    chaos_close(g, chaos_violations(&verdict) > 0);
    cr_assert_eq(chaos_violations(&verdict), 0, "%zu broken rules; the first: %s",
                 chaos_violations(&verdict), verdict.first);
    return verdict;
}

/* ---- the ends ---- */

static void join_all(struct chaos_group *g, size_t members)
{
    for (size_t i = 0; i < members; i++)
        chaos_start(g, CHAOS_KOHORT);
    chaos_produce(g, 0, CHAOS_PARTITIONS);
    run_until(&g->stage, chaos_is_shared(g));
}

static void begin(struct chaos_group *g, size_t members)
{
    chaos_open(g, CHAOS_SESSION_MS);
    join_all(g, members);
}

static bool all_ended(struct chaos_group *g, enum chaos_client from)
{
    chaos_step(g);
    for (size_t i = 0; i < g->count; i++)
        if (g->members[i]->client >= from && !g->members[i]->ended)
            return false;
    return true;
}

static void all_leave(struct chaos_group *g, enum chaos_client from)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->members[i]->client >= from && !g->members[i]->ended)
            chaos_leave(g, i);
    run_until(&g->stage, all_ended(g, from));
}

/* The peers go first: what they have not done, ours do. What nobody does in time is lost, and the
 * judge says so. */
static struct chaos_verdict end(struct chaos_group *g)
{
    chaos_stop_producing(g);
    all_leave(g, CHAOS_JAVA);
    int64_t deadline_ms = live_now_ms() + STAGE_WAIT_MS;
    run_until(&g->stage, chaos_all_is_done(g) || live_now_ms() > deadline_ms);
    deadline_ms = live_now_ms() + STAGE_WAIT_MS;
    run_until(&g->stage, chaos_all_is_committed(g) || live_now_ms() > deadline_ms);
    bool committed = chaos_all_is_committed(g);
    all_leave(g, CHAOS_KOHORT);
    cr_expect(committed, "what is done is not committed");
    return conclude(g);
}

/* ---- all together ---- */

KH_TEST(chaos, C_02_joins_leaves_kills_and_stops_of_members_and_nodes_lose_nothing)
{
    struct chaos_group g;
    struct chaos_faults faults;
    uint64_t seeded = seed();
    int64_t duration_ms = live_is_long() ? 900000 : 65000;
    live_say("KOHORT_TEST_SEED=%" PRIu64, seeded);
    begin(&g, MEMBERS);
    chaos_start(&g, CHAOS_JAVA);
    if (chaos_has(CHAOS_LIBRDKAFKA))
        chaos_start(&g, CHAOS_LIBRDKAFKA);
    run_until(&g.stage, chaos_is_shared(&g));
    chaos_faults_begin(&faults, &g, seeded, live_is_long());
    for (int64_t end_ms = live_now_ms() + duration_ms; live_now_ms() < end_ms;) {
        stage_begin_wait(&g.stage);
        stage_turn(&g.stage, "the next fault");
        chaos_faults_step(&faults);
    }
    chaos_faults_end(&faults);
    tell_counts("faults", faults.counts, CHAOS_FAULT_COUNT, fault_name);
    cr_expect_geq(chaos_faults_total(&faults), live_is_long() ? FAULTS_MIN_LONG : FAULTS_MIN);
    end(&g);
}

/* ---- one fault alone ---- */

/* As Kafka has it. */
static bool has_members(struct chaos_group *g, size_t count)
{
    json_t *description = admin_describe_group(g->group);
    const char *state = json_string_value(json_object_get(description, "state"));
    bool result = state != NULL && strcmp(state, "Stable") == 0 &&
                  json_array_size(json_object_get(description, "members")) == count;
    json_decref(description);
    return result;
}

/* Those that own nothing. */
static size_t idle(const struct chaos_group *g)
{
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++)
        count += !g->members[i]->ended && g->history.owned[i] == 0;
    return count;
}

KH_TEST(chaos, C_05_C_08_an_idle_member_takes_over_from_one_that_is_killed)
{
    struct chaos_group g;
    size_t victim = 0;
    begin(&g, CHAOS_PARTITIONS);
    for (int i = 0; i < 2; i++)
        chaos_start(&g, CHAOS_KOHORT);
    run_until(&g.stage, has_members(&g, g.count));
    run_until(&g.stage, (chaos_step(&g), idle(&g) == 2));
    while (g.history.owned[victim] == 0)
        victim++;
    chaos_kill(&g, victim);
    run_until(&g.stage, (chaos_step(&g), idle(&g) == 1));
    struct chaos_verdict verdict = end(&g);
    cr_expect_eq(verdict.takeovers, 1);
    cr_expect_leq(verdict.slowest_takeover_us, (TAKEOVER_MS + MARGIN_MS) * INT64_C(1000));
}

/* The first event of a kind since a time, of a member (-1: any) and a partition (-1: any); NULL:
 * there is none yet. */
static const struct chaos_event *first_since(const struct chaos_history *h, int64_t since_us,
                                             enum chaos_event_kind kind, int member, int partition)
{
    const struct chaos_event *first = NULL;
    for (size_t i = 0; i < h->count; i++) {
        const struct chaos_event *e = &h->events[i];
        if (e->kind == kind && e->at_us >= since_us && (member < 0 || e->member == member) &&
            (partition < 0 || e->partition == partition) &&
            (first == NULL || e->at_us < first->at_us))
            first = e;
    }
    return first;
}

/* The coordinator on which all nodes agree; -1: they do not, now. */
static int agreed_coordinator(const struct chaos_group *g)
{
    int first = chaos_ask_coordinator(cluster_address(1), g->group);
    for (int node = 2; node <= CLUSTER_NODES; node++)
        if (chaos_ask_coordinator(cluster_address(node), g->group) != first)
            return -1;
    return first;
}

/* When some node first names another coordinator than the one that died. */
static int64_t new_coordinator_us(struct chaos_group *g, int dead)
{
    for (;;) {
        for (int node = 1; node <= CLUSTER_NODES; node++) {
            int named = node == dead ? -1 : chaos_ask_coordinator(cluster_address(node), g->group);
            if (named > 0 && named != dead)
                return chaos_now_us();
        }
        chaos_step(g);
        stage_turn(&g->stage, "a new coordinator");
    }
}

KH_TEST(chaos, C_39_the_coordinator_is_killed_and_commits_go_on_with_the_next)
{
    struct chaos_group g;
    const struct chaos_event *commits[MEMBERS];
    int64_t resumed_us = 0;
    /* Work for longer than the election: what is written meanwhile is readable only when it is
     * over, and the dead one is no replica in sync any more. */
    chaos_open(&g, LONG_SESSION_MS);
    g.option = "max.unacked.records=40";
    chaos_produce_backlog(&g, BACKLOG);
    join_all(&g, MEMBERS);
    run_until(&g.stage, (chaos_step(&g), g.history.counts[CHAOS_COMMITTED] > 20));
    int dead, elsewhere = 0;
    run_until(&g.stage, (chaos_step(&g), dead = agreed_coordinator(&g)) > 0);
    while (cluster_leader(g.topic, elsewhere) == dead)
        elsewhere++;
    size_t assigned = g.history.counts[CHAOS_ASSIGNED];
    cluster_kill(dead);
    int64_t killed_us = chaos_now_us();
    chaos_note_broker(&g);
    stage_begin_wait(&g.stage);
    int64_t known_us = new_coordinator_us(&g, dead);
    for (int i = 0; i < MEMBERS; i++) {
        /* An answer of the dead one may still be read. */
        run_until(&g.stage,
                  (chaos_step(&g), commits[i] = first_since(&g.history, killed_us + 200000,
                                                            CHAOS_COMMITTED, i, -1)) != NULL);
        if (commits[i]->at_us > resumed_us)
            resumed_us = commits[i]->at_us;
    }
    live_say("coordinator killed: another one is known after %" PRId64 " ms; the last member "
             "commits %" PRId64 " ms later",
             (known_us - killed_us) / 1000, (resumed_us - known_us) / 1000);
    cr_expect_leq(resumed_us - known_us, (COMMITS_RESUME_MS + MARGIN_MS) * INT64_C(1000));
    const struct chaos_event *went_on =
        first_since(&g.history, killed_us + 200000, CHAOS_RECORDS, -1, elsewhere);
    cr_expect(went_on != NULL && went_on->at_us < known_us, "delivery stood still");
    cluster_restart(dead);
    run_until(&g.stage, (chaos_step(&g), cluster_is_up(dead) && cluster_is_whole()));
    cr_expect_eq(g.history.counts[CHAOS_ASSIGNED], assigned, "a rebalance");
    cr_expect_eq(g.history.counts[CHAOS_LOST], 0);
    end(&g);
}
