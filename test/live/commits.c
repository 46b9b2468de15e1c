/* When offsets are committed (contract row C-17), and what an acknowledgement means for that. */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

LIVE_SUITE(commits);

struct setting {
    struct stage stage;
    struct proxy proxy;
    struct oracle oracle;
    const char *group, *topic;
    struct member *m;
};

static void begin(struct setting *t, const char *interval_ms,
                  int (*on_records)(struct member *, kohort_partition *, const kohort_batch *))
{
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, 1);
    stage_open(&t->stage);
    proxy_open(&t->proxy, &t->stage);
    oracle_open(&t->oracle, t->topic);
    t->stage.oracle = &t->oracle;
    const char *options[] = {"bootstrap.servers",
                             t->proxy.address,
                             "auto.commit.interval.ms",
                             interval_ms,
                             "heartbeat.interval.ms",
                             "100",
                             NULL};
    t->m = member_start(&t->stage, "m", t->group, t->topic,
                        &(struct member_script){.options = options, .on_records = on_records});
    run_until(&t->stage, member_owned(t->m) == 1 && t->m->counts[MEMBER_RESET] == 1);
}

static void end(struct setting *t)
{
    member_end(t->m);
    proxy_close(&t->proxy);
    stage_close(&t->stage);
    oracle_close(&t->oracle);
}

/* Lets time pass that the loop shows: so many heartbeats. */
static void pass_heartbeats(struct setting *t, size_t count)
{
    size_t wanted = proxy_count(&t->proxy, KH_API_HEARTBEAT) + count;
    run_until(&t->stage, proxy_count(&t->proxy, KH_API_HEARTBEAT) >= wanted);
}

static int64_t committed(struct setting *t)
{
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(member_partition(t->m, t->topic, 0), &status);
    return status.committed;
}

KH_TEST(commits, C_17_a_trickle_is_committed_in_each_interval_and_idle_time_is_not)
{
    struct setting t;
    enum { TRICKLE = 40, INTERVAL_MS = 200 };
    begin(&t, "200", NULL);
    int64_t began_ms = live_now_ms();
    for (int i = 0; i < TRICKLE; i++) {
        admin_produce_one(t.topic, 0, i);
        run_until(&t.stage, t.m->records == (size_t)i + 1);
    }
    run_until(&t.stage, committed(&t) == TRICKLE);
    size_t commits = proxy_count(&t.proxy, KH_API_OFFSET_COMMIT);
    int64_t intervals = (live_now_ms() - began_ms) / INTERVAL_MS + 1;
    cr_expect_leq((int64_t)commits, intervals, "%zu commits in %lld intervals", commits,
                  (long long)intervals);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), TRICKLE);

    pass_heartbeats(&t, 12); /* six intervals */
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), commits);
    admin_produce_one(t.topic, 0, TRICKLE);
    run_until(&t.stage, committed(&t) == TRICKLE + 1);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), commits + 1);
    end(&t);
}

KH_TEST(commits, the_interval_holds_a_commit_back_and_an_explicit_one_does_not_wait)
{
    struct setting t;
    begin(&t, "600000", NULL);
    admin_produce_many(t.topic, 50, 20, 0, "none");
    run_until(&t.stage, t.m->records == 50);
    pass_heartbeats(&t, 5);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 0);

    expect_status(kohort_commit(t.m->consumer, NULL, NULL, NULL), KOHORT_OK);
    run_until(&t.stage, committed(&t) == 50);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 50);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 1);
    end(&t);
}

/* The marks of later acknowledgements, one a record. */
static struct {
    kohort_mark marks[64];
    size_t count;
} held;

static int hold_marks(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    (void)m;
    (void)p;
    for (size_t i = 0; i < count; i++)
        held.marks[held.count++] = kohort_record_mark(batch, &records[i]);
    return KOHORT_LATER;
}

static void ack_held(struct setting *t, size_t index)
{
    oracle_acked(&t->oracle, 0, held.marks[index].offset, held.marks[index].offset);
    expect_status(kohort_ack(t->m->consumer, held.marks[index]), KOHORT_OK);
}

KH_TEST(commits, what_is_not_acknowledged_is_not_committed)
{
    struct setting t;
    begin(&t, "100", hold_marks);
    admin_produce_many(t.topic, 10, 20, 0, "none");
    run_until(&t.stage, held.count == 10);
    for (size_t i = 0; i < 10; i++)
        if (i != 3)
            ack_held(&t, i);
    run_until(&t.stage, committed(&t) == 3);
    pass_heartbeats(&t, 5);
    cr_expect_eq(committed(&t), 3);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 3);
    ack_held(&t, 3);
    run_until(&t.stage, committed(&t) == 10);
    end(&t);
}
