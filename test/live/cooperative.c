/* Rebalances of a cooperative group (KIP-429; contract rows C-11, C-12, C-37, C-38). */
#include "support/live/admin.h"
#include "support/live/child.h"
#include "support/live/member.h"
#include "support/live/oracle.h"

#include <stdlib.h>
#include <string.h>

LIVE_SUITE(cooperative);

enum { PARTITIONS = 6, ROUNDS = 10, RECORDS = 60 };

struct setting {
    struct stage s;
    struct oracle oracle;
    const char *group, *topic;
    size_t produced; /* of each partition */
};

static void begin(struct setting *t)
{
    *t = (struct setting){.group = live_name("g"), .topic = live_name("t6")};
    admin_create_topic(t->topic, PARTITIONS);
    stage_open(&t->s);
    oracle_open(&t->oracle, t->topic);
    t->s.oracle = &t->oracle;
}

static void produce(struct setting *t)
{
    admin_produce_many(t->topic, RECORDS, 100, (int)t->produced, "none");
    t->produced += RECORDS / PARTITIONS;
}

static struct member *join(struct setting *t, const char *name, const struct member_script *script)
{
    return member_start(&t->s, name, t->group, t->topic, script);
}

static bool all_acked(const struct setting *t)
{
    return oracle_acked_count(&t->oracle) == t->produced * PARTITIONS;
}

static void end(struct setting *t)
{
    run_until(&t->s, all_acked(t));
    cr_expect_eq(oracle_duplicates(&t->oracle), 0);
    stage_close(&t->s);
    oracle_close(&t->oracle);
}

/* How often it was told so of this partition. */
static size_t told(const struct member *m, enum member_entry_kind kind, int32_t partition)
{
    size_t count = 0;
    for (size_t i = 0; i < m->entry_count; i++)
        count += m->entries[i].kind == kind && m->entries[i].partition == partition;
    return count;
}

static bool shares(const struct member *m, size_t count)
{
    return member_is(m, "stable") && member_owned(m) == count;
}

static void expect_untouched(const struct member *m)
{
    const kohort_partitions *owned = kohort_consumer_assignment(m->consumer);
    for (size_t i = 0; i < kohort_partitions_count(owned); i++) {
        int32_t number = kohort_partition_number(kohort_partitions_at(owned, i));
        cr_expect_eq(told(m, MEMBER_REVOKED, number), 0, "%s: %d is revoked", m->name, number);
        cr_expect_eq(told(m, MEMBER_ASSIGNED, number), 1, "%s: %d is assigned", m->name, number);
    }
}

KH_TEST(cooperative, C_11_a_third_member_takes_its_share_and_touches_nothing_else)
{
    struct setting t;
    begin(&t);
    struct member *a = join(&t, "a", NULL);
    run_until(&t.s, shares(a, 6));
    struct member *b = join(&t, "b", NULL);
    run_until(&t.s, shares(a, 3) && shares(b, 3));
    expect_untouched(a);
    produce(&t);
    struct member *c = join(&t, "c", NULL);
    for (int i = 0; i < ROUNDS; i++)
        produce(&t);
    run_until(&t.s, shares(a, 2) && shares(b, 2) && shares(c, 2));
    expect_untouched(a);
    expect_untouched(b);
    cr_expect_eq(a->counts[MEMBER_REVOKED], 4, "three for b, one for c");
    cr_expect_eq(b->counts[MEMBER_REVOKED], 1);
    cr_expect_eq(a->counts[MEMBER_LOST] + b->counts[MEMBER_LOST], 0);

    member_end(b);
    run_until(&t.s, shares(a, 3) && shares(c, 3));
    cr_expect_eq(a->counts[MEMBER_REVOKED], 4, "what b leaves is added to what they have");
    cr_expect_eq(c->counts[MEMBER_REVOKED], 0);
    end(&t);
}

/* While one partition's revocation is held up by the application, the others flow, and are
 * committed. */
KH_TEST(cooperative, C_11_what_stays_flows_on_while_another_partition_is_let_go_of)
{
    struct setting t;
    begin(&t);
    const char *options[] = {"auto.commit.interval.ms", "50", NULL};
    struct member *a =
        join(&t, "a", &(struct member_script){.options = options, .keep_revoked = true});
    run_until(&t.s, shares(a, 6));
    struct member *b = join(&t, "b", NULL);
    run_until(&t.s, member_is(a, "revoking") && a->token.id != 0);
    for (int i = 0; i < ROUNDS; i++) {
        size_t before = a->records;
        produce(&t);
        run_until(&t.s, a->records == before + RECORDS / 2);
    }
    for (int32_t p = 0; p < PARTITIONS; p++)
        if (!(a->going & 1u << p))
            run_until(&t.s, t.oracle.partitions[p].committed == (int64_t)t.produced);
    cr_expect_eq(b->records, 0, "nothing of theirs is anybody's yet");
    member_let_go(a);
    run_until(&t.s, shares(a, 3) && shares(b, 3));
    end(&t);
}

/* C-37: what is acknowledged while draining is committed before the other one has it. */
static int hold(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    kohort_mark *of_partition = (kohort_mark *)m->script.arg + kohort_partition_number(p);
    kohort_mark mark = kohort_batch_mark(batch);
    if (of_partition->ownership != mark.ownership)
        *of_partition = mark;
    else
        of_partition->span = (uint32_t)(mark.offset + mark.span - of_partition->offset);
    return KOHORT_LATER;
}

KH_TEST(cooperative, C_37_what_is_acknowledged_while_draining_is_committed_in_the_new_generation)
{
    struct setting t;
    kohort_mark marks[PARTITIONS] = {{0}};
    begin(&t);
    const char *options[] = {"auto.commit.interval.ms", "60000", NULL};
    struct member *a =
        join(&t, "a",
             &(struct member_script){
                 .options = options, .on_records = hold, .keep_revoked = true, .arg = marks});
    run_until(&t.s, shares(a, 6));
    produce(&t);
    run_until(&t.s, a->records == RECORDS);
    struct member *b = join(&t, "b", NULL);
    run_until(&t.s, member_is(a, "revoking") && a->token.id != 0);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        expect_status(kohort_ack(a->consumer, marks[p]), KOHORT_OK);
        oracle_acked(&t.oracle, p, marks[p].offset, marks[p].offset + marks[p].span);
    }
    member_let_go(a);
    run_until(&t.s, shares(a, 3) && shares(b, 3));
    produce(&t);
    run_until(&t.s, b->records == RECORDS / 2);
    for (int32_t p = 0; p < PARTITIONS; p++)
        if (t.oracle.partitions[p].owner == a) {
            run_until(&t.s, t.oracle.partitions[p].delivered[t.produced - 1] == 1);
            oracle_acked(&t.oracle, p, 0, (int64_t)t.produced - 1);
        }
    end(&t);
}

/* The application still believes that it holds on to it. */
static void take_away(struct member *m, const struct member_entry *entry)
{
    if (entry->kind == MEMBER_UNCOMMITTED)
        oracle_released(m->stage->oracle, m, entry->partition);
}

/* And what takes longer than rebalance.drain.timeout.ms is counted, and comes again. */
KH_TEST(cooperative, C_37_what_is_not_let_go_of_in_time_goes_and_is_counted)
{
    struct setting t;
    kohort_mark marks[PARTITIONS] = {{0}};
    begin(&t);
    const char *options[] = {"rebalance.drain.timeout.ms", "700", NULL};
    struct member *a = join(&t, "a",
                            &(struct member_script){.options = options,
                                                    .on_records = hold,
                                                    .on_entry = take_away,
                                                    .keep_revoked = true,
                                                    .arg = marks});
    run_until(&t.s, shares(a, 6));
    produce(&t);
    run_until(&t.s, a->records == RECORDS);
    struct member *b = join(&t, "b", NULL);
    run_until(&t.s, shares(a, 3) && shares(b, 3) && b->records == RECORDS / 2);
    cr_expect_eq(a->counts[MEMBER_UNCOMMITTED], 3);
    const struct member_entry *entry = member_last(a, MEMBER_UNCOMMITTED, -1);
    cr_expect_leq(entry->offset, 0, "nothing of it was committed");
    cr_expect_eq(entry->count, (size_t)RECORDS / PARTITIONS);
    expect_status(kohort_ack(a->consumer, marks[entry->partition]), KOHORT_ESTALE);
    stage_close(&t.s);
    oracle_close(&t.oracle);
}

/* C-12: each member in turn gets both assignors, then only the new one. */
KH_TEST(cooperative, C_12_a_live_group_goes_from_eager_to_cooperative)
{
    static const char *const steps[] = {"range", "range,cooperative-sticky", "cooperative-sticky"};
    struct setting t;
    struct member *members[2] = {NULL, NULL};
    begin(&t);
    for (size_t step = 0; step < sizeof steps / sizeof *steps; step++)
        for (size_t i = 0; i < 2; i++) {
            const char *options[] = {"partition.assignment.strategy", steps[step], NULL};
            if (members[i] != NULL)
                member_end(members[i]);
            produce(&t);
            members[i] = join(&t, i == 0 ? "a" : "b", &(struct member_script){.options = options});
            run_until(&t.s, step == 0 && i == 0 ? shares(members[0], 6)
                                                : shares(members[0], 3) && shares(members[1], 3));
            produce(&t);
        }
    /* Now it is cooperative: a third one takes its share, and what stays is not touched. */
    const char *options[] = {"partition.assignment.strategy", "cooperative-sticky", NULL};
    size_t before = members[0]->counts[MEMBER_REVOKED] + members[1]->counts[MEMBER_REVOKED];
    struct member *third = join(&t, "c", &(struct member_script){.options = options});
    run_until(&t.s, shares(members[0], 2) && shares(members[1], 2) && shares(third, 2));
    cr_expect_eq(members[0]->counts[MEMBER_REVOKED] + members[1]->counts[MEMBER_REVOKED],
                 before + 2);
    end(&t);
}

/* C-38: it is asked back while it drains, because the one it was for has gone. */
KH_TEST(cooperative, C_38_what_is_given_back_and_asked_for_again_flows)
{
    struct setting t;
    begin(&t);
    struct member *a = join(&t, "a", &(struct member_script){.keep_revoked = true});
    run_until(&t.s, shares(a, 6));
    struct member *b = join(&t, "b", NULL);
    run_until(&t.s, member_is(a, "revoking") && a->token.id != 0);
    member_end(b);
    produce(&t);
    member_let_go(a);
    run_until(&t.s, shares(a, 6));
    end(&t);
}
