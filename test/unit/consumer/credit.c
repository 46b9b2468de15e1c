/* What may be asked for, and what may be delivered. */
#include "consumer/consumer.h"
#include "support/test.h"

TestSuite(credit);

enum { PARTITIONS = 4 };

struct setting {
    kohort_consumer consumer;
    kohort_partition partitions[PARTITIONS];
};

/* Every partition may hold 1,000 bytes, all together 4,000. */
static void begin(struct setting *t)
{
    *t = (struct setting){.consumer.values = {.prefetch_bytes = 5000,
                                              .queued_max_bytes = 4000,
                                              .max_partition_fetch_bytes = 800,
                                              .max_unacked_records = 100,
                                              .max_poll_records = 40}};
    t->consumer.ownership.owned.count = PARTITIONS;
    for (int i = 0; i < PARTITIONS; i++)
        t->partitions[i].consumer = &t->consumer;
}

KH_TEST(credit, a_partition_asks_for_its_part_of_what_the_consumer_may_hold)
{
    struct setting t;
    kohort_partition *p = &t.partitions[0];
    begin(&t);
    cr_expect_eq(kh_credit_bytes(p), 800, "max.partition.fetch.bytes");
    kh_credit_hold(p, 300);
    cr_expect_eq(kh_credit_bytes(p), 700);
    p->kept_bytes = 200;
    cr_expect_eq(kh_credit_bytes(p), 500, "what the application keeps counts");
    kh_credit_hold(p, 1);
    cr_expect_eq(kh_credit_bytes(p), 0, "more than half is there");
    cr_expect_eq(kh_credit_bytes(&t.partitions[1]), 800, "that is not the others' trouble");
    t.consumer.values.prefetch_bytes = 600;
    p->kept_bytes = 0;
    kh_credit_let_go(p, 1);
    cr_expect_eq(kh_credit_bytes(p), 300);
    t.consumer.values.queued_max_bytes = 1;
    kh_credit_let_go(p, 300);
    cr_expect_eq(kh_credit_bytes(p), 1, "one batch always passes");
}

KH_TEST(credit, all_together_hold_no_more_than_the_consumer_may)
{
    struct setting t;
    size_t asked = 0;
    begin(&t);
    cr_expect_eq(kh_credit_left(&t.consumer), 4000);
    for (int i = 0; i < PARTITIONS; i++) {
        kh_credit_hold(&t.partitions[i], 100 * (size_t)i);
        asked += kh_credit_bytes(&t.partitions[i]);
    }
    cr_expect_leq(asked, kh_credit_left(&t.consumer), "no broker has to wait for another");
    t.consumer.asked_bytes = 3000;
    cr_expect_eq(kh_credit_left(&t.consumer), 4000 - 600 - 3000);
    kh_credit_hold(&t.partitions[1], 5000);
    cr_expect_eq(kh_credit_left(&t.consumer), 0);
}

KH_TEST(credit, records_are_bound_by_what_is_not_acknowledged_and_by_demand)
{
    struct setting t;
    kohort_partition *p = &t.partitions[0];
    begin(&t);
    cr_expect_eq(kh_credit_records(p), 40, "max.poll.records");
    p->tracker.unacknowledged = 75;
    cr_expect_eq(kh_credit_records(p), 25);
    p->tracker.unacknowledged = 100;
    cr_expect_eq(kh_credit_records(p), 0);
    p->tracker.unacknowledged = 0;
    t.consumer.values.demand_mode = KH_DEMAND_PULL;
    cr_expect_eq(kh_credit_records(p), 0);
    p->demand = 7;
    cr_expect_eq(kh_credit_records(p), 7);
    p->demand = UINT64_MAX;
    cr_expect_eq(kh_credit_records(p), 40);
}
