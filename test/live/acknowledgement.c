/* What the application says of each record, in any order: done, again, nothing; and marks that no
 * partition gave out (contract rows C-21, C-27, C-28, C-29, C-31). */
#include "support/live/admin.h"
#include "support/live/member.h"

#include "base/random.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

LIVE_SUITE(acknowledgement);

enum { HELD_MAX = 4096 };

/* What members were given, in that order. */
struct held {
    kohort_mark marks[HELD_MAX];
    uint32_t attempts[HELD_MAX];
    size_t count;
};

struct setting {
    struct stage stage;
    const char *group, *topic;
    struct held held;
    struct member *m;
};

static int hold(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    struct held *held = m->script.arg;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    (void)p;
    for (size_t i = 0; i < count; i++) {
        cr_assert_lt(held->count, HELD_MAX);
        held->attempts[held->count] = records[i].attempt;
        held->marks[held->count++] = kohort_record_mark(batch, &records[i]);
    }
    return KOHORT_LATER;
}

static void start(struct setting *t,
                  int (*on_records)(struct member *, kohort_partition *, const kohort_batch *))
{
    static const char *const options[] = {"auto.offset.reset",
                                          "earliest",
                                          "auto.commit.interval.ms",
                                          "50",
                                          "heartbeat.interval.ms",
                                          "100",
                                          "session.timeout.ms",
                                          "1000",
                                          NULL};
    t->held.count = 0;
    t->m = member_start(
        &t->stage, "m", t->group, t->topic,
        &(struct member_script){.options = options, .on_records = on_records, .arg = &t->held});
}

static void open_topic(struct setting *t)
{
    *t = (struct setting){.group = live_name("g"), .topic = live_name("t")};
    admin_create_topic(t->topic, 1);
    stage_open(&t->stage);
}

static kohort_partition_status status_of(const struct setting *t)
{
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(member_partition(t->m, t->topic, 0), &status);
    return status;
}

static int ack(struct setting *t, size_t index)
{
    return kohort_ack(t->m->consumer, t->held.marks[index]);
}

static int nack(struct setting *t, size_t index, int64_t delay_ms)
{
    return kohort_nack(t->m->consumer, t->held.marks[index], delay_ms);
}

static void end(struct setting *t)
{
    member_end(t->m);
    stage_close(&t->stage);
}

KH_TEST(acknowledgement, C_29_what_is_refused_comes_again_in_order_and_nothing_else_does)
{
    struct setting t;
    open_topic(&t);
    admin_produce_many(t.topic, 10, 20, 0, "none");
    start(&t, hold);
    run_until(&t.stage, t.held.count == 10);
    expect_status(nack(&t, 7, 0), KOHORT_OK);
    expect_status(nack(&t, 3, 100), KOHORT_OK);
    for (size_t i = 0; i < 10; i++)
        if (i != 3 && i != 5 && i != 7)
            expect_status(ack(&t, i), KOHORT_OK);
    admin_produce_many(t.topic, 2, 20, 10, "none");
    run_until(&t.stage, t.held.count == 14);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(t.held.marks[10 + i].offset, ((int64_t[]){3, 7, 10, 11})[i]);
        cr_expect_eq(t.held.attempts[10 + i], ((uint32_t[]){2, 2, 1, 1})[i]);
    }
    expect_status(ack(&t, 3), KOHORT_ESTALE); /* Of the delivery before. */
    for (size_t i = 10; i < 14; i++)
        expect_status(ack(&t, i), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 5);
    expect_status(ack(&t, 5), KOHORT_OK); /* Held all the time, delivered once. */
    run_until(&t.stage, status_of(&t).committed == 12);
    cr_expect_eq(t.held.count, 14);
    end(&t);
}

KH_TEST(acknowledgement, C_29_what_was_refused_and_deleted_since_is_given_up_and_nothing_else_is)
{
    struct setting t;
    open_topic(&t);
    admin_produce_many(t.topic, 10, 20, 0, "none");
    start(&t, hold);
    run_until(&t.stage, t.held.count == 10);
    for (size_t i = 0; i < 10; i++)
        if (i != 3 && i != 7 && i != 8)
            expect_status(ack(&t, i), KOHORT_OK);
    admin_delete_records(t.topic, 0, 6);
    expect_status(nack(&t, 3, 0), KOHORT_OK);
    expect_status(nack(&t, 7, 0), KOHORT_OK);
    run_until(&t.stage, t.held.count == 11);
    cr_expect_eq(t.held.marks[10].offset, 7);
    cr_expect_eq(t.held.attempts[10], 2);
    const struct member_entry *told = member_last(t.m, MEMBER_ERROR, 0);
    cr_assert_not_null(told);
    cr_expect_eq(told->error.kafka_code, KH_KAFKA_OFFSET_OUT_OF_RANGE);
    cr_expect(strstr(told->error.text, "1 refused records from offset 3 on") != NULL, "%s",
              told->error.text);
    cr_expect_eq(t.m->counts[MEMBER_RESET], 1, "its start, and no other");
    run_until(&t.stage, status_of(&t).committed == 7);
    expect_status(ack(&t, 10), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 8);

    admin_delete_records(t.topic, 0, 10); /* All that is to come again, and the log is empty. */
    expect_status(nack(&t, 8, 0), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 10);
    admin_produce_many(t.topic, 1, 20, 10, "none");
    run_until(&t.stage, t.held.count == 12);
    cr_expect_eq(t.held.marks[11].offset, 10);
    cr_expect_eq(t.m->counts[MEMBER_RESET], 1);
    end(&t);
}

static int refuse_one(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    bool first = ((struct held *)m->script.arg)->count == 0;
    hold(m, p, batch);
    if (first) {
        expect_status(kohort_nack(m->consumer, kohort_record_mark(batch, &records[2]), 0),
                      KOHORT_OK);
        expect_status(kohort_ack(m->consumer, kohort_record_mark(batch, &records[2])),
                      KOHORT_ESTALE);
    }
    return KOHORT_DONE;
}

KH_TEST(acknowledgement, C_29_a_record_refused_inside_the_callback_is_not_done_by_it)
{
    struct setting t;
    open_topic(&t);
    admin_produce_many(t.topic, 5, 20, 0, "none");
    start(&t, refuse_one);
    run_until(&t.stage, t.held.count == 6);
    cr_expect_eq(t.held.marks[5].offset, 2);
    cr_expect_eq(t.held.attempts[5], 2);
    run_until(&t.stage, status_of(&t).committed == 5);
    end(&t);
}

KH_TEST(acknowledgement, C_28_marks_that_nobody_gave_out_are_refused_and_the_member_goes_on)
{
    struct setting t;
    open_topic(&t);
    admin_produce_many(t.topic, 5, 20, 0, "none");
    start(&t, hold);
    run_until(&t.stage, t.held.count == 5);
    kohort_mark good = t.held.marks[0], m = good;
    kohort_consumer *c = t.m->consumer;
    m.offset = 5; /* beyond what was delivered */
    expect_status(kohort_ack(c, m), KOHORT_EINVAL);
    expect_status(kohort_nack(c, m, 0), KOHORT_EINVAL);
    m = good, m.span = 5;
    expect_status(kohort_ack(c, m), KOHORT_EINVAL);
    expect_status(kohort_nack(c, m, 0), KOHORT_EINVAL);
    m = good, m.span = UINT32_MAX;
    expect_status(kohort_ack(c, m), KOHORT_EINVAL);
    m = good, m.offset = INT64_MAX, m.span = 1;
    expect_status(kohort_ack(c, m), KOHORT_EINVAL);
    m = good, m.offset = -1;
    expect_status(kohort_ack(c, m), KOHORT_EINVAL);
    expect_status(kohort_nack(c, m, 0), KOHORT_EINVAL);
    expect_status(kohort_nack(c, good, -1), KOHORT_EINVAL);
    m = good, m.ownership += 1; /* no such ownership */
    expect_status(kohort_ack(c, m), KOHORT_ESTALE);
    expect_status(kohort_nack(c, m, 0), KOHORT_ESTALE);
    cr_expect_eq(status_of(&t).acked, 0);
    cr_expect_eq(status_of(&t).unacknowledged, 5);
    for (size_t i = 5; i-- > 0;)
        expect_status(ack(&t, i), KOHORT_OK);
    expect_status(ack(&t, 0), KOHORT_OK); /* Twice is once. */
    expect_status(nack(&t, 0, 0), KOHORT_EINVAL);
    run_until(&t.stage, status_of(&t).committed == 5);
    end(&t);
}

KH_TEST(acknowledgement,
        C_21_C_27_what_is_never_acknowledged_comes_to_the_next_and_old_marks_are_stale)
{
    struct setting t;
    open_topic(&t);
    admin_produce_many(t.topic, 10, 20, 0, "none");
    start(&t, hold);
    run_until(&t.stage, t.held.count == 10);
    for (size_t i = 0; i < 10; i++)
        if (i != 4)
            expect_status(ack(&t, i), KOHORT_OK);
    kohort_mark held = t.held.marks[4];
    member_close(t.m);
    run_until(&t.stage, t.m->closed);
    expect_status(kohort_ack(t.m->consumer, held), KOHORT_ESTALE);
    expect_status(kohort_nack(t.m->consumer, held, 0), KOHORT_ESTALE);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 4);
    member_end(t.m);
    start(&t, hold);
    run_until(&t.stage, t.held.count == 6);
    cr_expect_eq(t.held.marks[0].offset, 4);
    end(&t);
}

static int try_offsets(struct setting *t, kohort_offset offset, size_t count)
{
    return kohort_commit_offsets(t->m->consumer, &offset, count, NULL, NULL, NULL);
}

KH_TEST(acknowledgement, C_28_offsets_that_cannot_be_committed_are_refused_and_the_member_goes_on)
{
    struct setting t;
    open_topic(&t);
    admin_produce_many(t.topic, 5, 20, 0, "none");
    start(&t, hold);
    run_until(&t.stage, t.held.count == 5);
    kohort_offset good = {.ownership = t.held.marks[0].ownership, .offset = 2, .leader_epoch = -1};
    kohort_offset o = good;
    expect_status(try_offsets(&t, good, 0), KOHORT_EINVAL);
    expect_status(kohort_commit_offsets(t.m->consumer, NULL, 1, NULL, NULL, NULL), KOHORT_EINVAL);
    o.offset = -1;
    expect_status(try_offsets(&t, o, 1), KOHORT_EINVAL);
    o = good, o.leader_epoch = -2;
    expect_status(try_offsets(&t, o, 1), KOHORT_EINVAL);
    o = good, o.ownership += 1; /* a partition that nobody has */
    expect_status(try_offsets(&t, o, 1), KOHORT_ESTALE);
    expect_status(kohort_seek(member_partition(t.m, t.topic, 0), -3), KOHORT_EINVAL);
    expect_status(try_offsets(&t, good, 1), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 2);
    for (size_t i = 0; i < 5; i++)
        expect_status(ack(&t, i), KOHORT_OK);
    run_until(&t.stage, status_of(&t).committed == 5);
    member_close(t.m);
    run_until(&t.stage, t.m->closed); /* What it had is given back. */
    expect_status(try_offsets(&t, good, 1), KOHORT_ESTATE);
    expect_status(kohort_commit(t.m->consumer, NULL, NULL, NULL), KOHORT_ESTATE);
    expect_status(ack(&t, 4), KOHORT_ESTALE);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 5);
    end(&t);
}

/* Three of the first batch are done, and in the midst of it the member goes. */
static void go_in_mid_batch(struct setting *t, void (*go)(struct member *m),
                            int (*on_records)(struct member *, kohort_partition *,
                                              const kohort_batch *))
{
    open_topic(t);
    admin_produce_many(t->topic, 10, 20, 0, "none");
    start(t, on_records);
    run_until(&t->stage, t->held.count > 0);
    if (go == member_close)
        run_until(&t->stage, t->m->closed);
    member_end(t->m);
    start(t, hold);
    run_until(&t->stage, t->held.count > 0 && status_of(t).position == 10);
    int64_t first = t->held.marks[0].offset;
    cr_expect(first == 3 || (go == member_kill && first == 0), "it starts at %lld",
              (long long)first);
    for (size_t i = 0; i < t->held.count; i++) {
        cr_expect_eq(t->held.marks[i].offset, first + (int64_t)i);
        expect_status(ack(t, i), KOHORT_OK);
    }
    run_until(&t->stage, status_of(t).committed == 10);
    end(t);
}

static void settle_three(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    hold(m, p, batch);
    for (size_t i = 0; i < 3 && i < count; i++)
        expect_status(kohort_ack(m->consumer, kohort_record_mark(batch, &records[i])), KOHORT_OK);
}

static int close_in_mid_batch(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    settle_three(m, p, batch);
    member_close(m);
    return KOHORT_LATER;
}

static int free_in_mid_batch(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    settle_three(m, p, batch);
    member_kill(m);
    return KOHORT_DONE;
}

KH_TEST(acknowledgement, C_28_a_handler_that_closes_in_mid_batch_loses_nothing)
{
    struct setting t;
    go_in_mid_batch(&t, member_close, close_in_mid_batch);
}

KH_TEST(acknowledgement, C_28_a_handler_that_frees_in_mid_batch_loses_nothing)
{
    struct setting t;
    go_in_mid_batch(&t, member_kill, free_in_mid_batch);
}

/* Transactions of 5 records each: a control record after each leaves a hole in the offsets. */
static void produce_transactions(const char *topic, int count)
{
    const char *id = live_name("x");
    for (int i = 0; i < count; i++) {
        admin_do(json_pack("{ss ss}", "do", "beginTransaction", "transactionalId", id));
        admin_do(json_pack("{ss ss si ss}", "do", "produceMany", "topic", topic, "count", 5,
                           "transactionalId", id));
        admin_do(json_pack("{ss ss}", "do", i % 3 == 2 ? "abortTransaction" : "commitTransaction",
                           "transactionalId", id));
    }
}

enum { TRANSACTIONS = 60, END = TRANSACTIONS * 6 };

/* Acknowledges and refuses some of what was delivered, at random; `done` says what is acknowledged.
 */
static void settle_some(struct setting *t, struct kh_random *random, bool *done)
{
    for (size_t i = 0; i < t->held.count; i++) {
        int64_t offset = t->held.marks[i].offset;
        if (kh_random_below(random, 100) < 60)
            done[offset] |= ack(t, i) == KOHORT_OK;
        else if (kh_random_below(random, 100) < 10)
            nack(t, i, 0);
    }
}

static int64_t lowest_open(const bool *done)
{
    int64_t at = 0;
    while (at < END && (done[at] || at % 6 == 5))
        at++;
    return at;
}

KH_TEST(acknowledgement, C_31_kills_at_random_lose_nothing_where_offsets_have_holes)
{
    struct setting t;
    struct kh_random random;
    bool done[END] = {false};
    int kills = live_duration_ms(200000) >= 200000 ? 200 : 20;
    kh_random_seed(&random, 31);
    open_topic(&t);
    produce_transactions(t.topic, TRANSACTIONS);
    for (int kill = 0; kill < kills; kill++) {
        start(&t, hold);
        size_t enough = 1 + kh_random_below(&random, 20);
        run_until(&t.stage, member_owned(t.m) == 1 &&
                                (t.held.count >= enough || status_of(&t).position == END));
        int64_t committed = admin_group_offset(t.group, t.topic, 0);
        int64_t from = committed < 0 ? 0 : committed;
        cr_expect_leq(from, lowest_open(done), "%lld is committed", (long long)from);
        for (size_t i = 0; i < t.held.count; i++) /* Nothing that was committed comes again. */
            cr_expect_geq(t.held.marks[i].offset, from);
        settle_some(&t, &random, done);
        member_kill(t.m);
        member_end(t.m);
    }
    start(&t, hold);
    run_until(&t.stage, member_owned(t.m) == 1);
    for (size_t at = 0; status_of(&t).committed < END;) {
        run_until(&t.stage, t.held.count > at || status_of(&t).committed == END);
        for (; at < t.held.count; at++)
            done[t.held.marks[at].offset] |= ack(&t, at) == KOHORT_OK;
    }
    cr_expect_eq(lowest_open(done), END);
    end(&t);
}
