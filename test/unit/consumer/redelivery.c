#include "consumer/redelivery.h"

#include "support/test.h"

struct scene {
    struct kh_tracker tracker;
    struct kh_redelivery redelivery;
};

/* 0 to 9 are delivered and outstanding. */
static void begin(struct scene *s)
{
    kohort_record records[10];
    *s = (struct scene){.redelivery = {0}};
    kh_tracker_init(&s->tracker);
    for (int64_t i = 0; i < 10; i++)
        records[i] = (kohort_record){.offset = i};
    expect_status(kh_tracker_reserve(&s->tracker, records, 10, test_heap), 0);
    kh_tracker_add(&s->tracker, records, 10, false);
}

static void end(struct scene *s)
{
    kh_tracker_free(&s->tracker, test_heap);
    kh_redelivery_free(&s->redelivery, test_heap);
}

static int want(struct scene *s, int64_t first, int64_t last)
{
    return kh_redelivery_want(&s->redelivery, test_heap, &s->tracker, first, last);
}

KH_TEST(redelivery, C_29_only_what_was_refused_comes_again_and_what_is_new)
{
    struct scene s;
    kohort_record records[8];
    uint32_t used = 8;
    begin(&s);
    expect_status(kh_tracker_ack(&s.tracker, 5, 6, 10), 0);
    expect_status(want(&s, 4, 7), 0); /* 5 and 6 are done. */
    cr_assert_eq(s.redelivery.waiting, 2);
    cr_assert_eq(kh_redelivery_lowest(&s.redelivery), 4);
    for (int64_t i = 0; i < 8; i++)
        records[i] = (kohort_record){.offset = 4 + i, .attempt = 1};
    /* 8 is still held: what a mark spans ends before it. */
    cr_assert_eq(kh_redelivery_filter(&s.redelivery, &s.tracker, records, &used, 10), 2);
    cr_assert_eq(used, 4);
    cr_assert_eq(records[0].offset, 4);
    cr_assert_eq(records[1].offset, 7);
    cr_assert_eq(records[1].attempt, 2);
    kh_redelivery_delivered(&s.redelivery, records, 2, 1);
    cr_assert_eq(s.redelivery.waiting, 0);
    used = 4;
    cr_assert_eq(kh_redelivery_filter(&s.redelivery, &s.tracker, &records[4], &used, 10), 2);
    cr_assert_eq(records[4].offset, 10);
    cr_assert_eq(records[4].attempt, 1);
    end(&s);
}

KH_TEST(redelivery, C_32_a_mark_of_an_earlier_delivery_is_stale)
{
    struct scene s;
    kohort_record again = {.offset = 4, .attempt = 2};
    begin(&s);
    cr_assert_eq(kh_redelivery_stale(&s.redelivery, 0, 0), INT64_MAX);
    expect_status(want(&s, 4, 4), 0);
    cr_assert_eq(kh_redelivery_stale(&s.redelivery, 0, 0), 4, "it waits");
    kh_redelivery_delivered(&s.redelivery, &again, 1, 1);
    cr_assert_eq(kh_redelivery_stale(&s.redelivery, 0, 0), 4);
    cr_assert_eq(kh_redelivery_stale(&s.redelivery, 0, 1), INT64_MAX);
    expect_status(want(&s, 4, 4), 0);
    expect_status(want(&s, 2, 3), 0);
    cr_assert_eq(s.redelivery.items[2].attempt, 2, "attempts go on");
    kh_redelivery_forget(&s.redelivery, 3, 9);
    cr_assert_eq(s.redelivery.waiting, 1);
    cr_assert_eq(kh_redelivery_lowest(&s.redelivery), 2);
    end(&s);
}

KH_TEST(redelivery, nothing_changes_when_memory_runs_out)
{
    struct scene s;
    begin(&s);
    test_fail_allocation(0);
    expect_status(want(&s, 0, 9), KOHORT_ENOMEM);
    cr_assert_eq(s.redelivery.waiting, 0);
    expect_status(want(&s, 0, 9), 0);
    cr_assert_eq(s.redelivery.waiting, 10);
    end(&s);
}
