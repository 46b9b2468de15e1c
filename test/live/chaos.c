/* Everything at once, on three nodes: members of three clients as processes that join, leave, are
 * killed and stopped, while coordinators and leaders die and partitions are added. What they write
 * down is judged when all is over (contract rows C-02, C-05, C-08, C-39, C-41; test/chaos). And
 * what one fault alone costs. */
#include "chaos/faults.h"
#include "support/live/cluster.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHAOS_TEST_SECONDS = 2400, MEMBERS = 3, FAULTS_MIN = 8, FAULTS_MIN_LONG = 100 };

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
    tell_counts("rules broken by kohort", v->ours, CHAOS_RULE_COUNT, rule_name);
    tell_counts("rules broken by other clients", v->peers, CHAOS_RULE_COUNT, rule_name);
    if (v->first_peer[0] != '\0')
        live_say("the first of those: %s", v->first_peer);
}

/* Judges, and keeps what was judged if anything is wrong. */
static void conclude(struct chaos_group *g)
{
    struct chaos_verdict verdict;
    chaos_judge_group(g, &verdict);
    tell_verdict(g, &verdict);
    chaos_close(g, chaos_violations(&verdict) > 0);
    cr_assert_eq(chaos_violations(&verdict), 0, "%zu broken rules; the first: %s",
                 chaos_violations(&verdict), verdict.first);
}

/* ---- the ends ---- */

static void begin(struct chaos_group *g, size_t members)
{
    chaos_open(g);
    for (size_t i = 0; i < members; i++)
        chaos_start(g, CHAOS_KOHORT);
    chaos_produce(g, 0, CHAOS_PARTITIONS);
    run_until(&g->stage, chaos_is_shared(g));
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

/* The peers go first: what they have not done, ours do. */
static void end(struct chaos_group *g)
{
    chaos_stop_producing(g);
    all_leave(g, CHAOS_JAVA);
    run_until(&g->stage, chaos_all_is_done(g));
    run_until(&g->stage, chaos_all_is_committed(g));
    all_leave(g, CHAOS_KOHORT);
    conclude(g);
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
