#include "consumer/tracker.h"

#include "base/random.h"
#include "support/test.h"

static void deliver(struct kh_tracker *t, const int64_t *offsets, uint32_t count, bool done)
{
    kohort_record records[16];
    for (uint32_t i = 0; i < count; i++)
        records[i] = (kohort_record){.offset = offsets[i]};
    expect_status(kh_tracker_reserve(t, count, test_heap), 0);
    kh_tracker_add(t, records, count, done);
}

KH_TEST(tracker, says_the_position_when_nothing_is_outstanding)
{
    struct kh_tracker t;
    kh_tracker_init(&t);
    deliver(&t, (int64_t[]){1, 2, 3}, 3, true);
    cr_assert_eq(kh_tracker_acked(&t, 4), 4);
    cr_assert_eq(t.unacknowledged, 0);
    kh_tracker_free(&t, test_heap);
}

KH_TEST(tracker, holds_back_at_the_lowest_unacknowledged_offset)
{
    struct kh_tracker t;
    kh_tracker_init(&t);
    deliver(&t, (int64_t[]){10, 12, 20, 21}, 4, false); /* Compaction left holes. */
    deliver(&t, (int64_t[]){30}, 1, true);
    expect_status(kh_tracker_ack(&t, 20, 21, 31), 0);
    cr_assert_eq(kh_tracker_acked(&t, 31), 10);
    expect_status(kh_tracker_ack(&t, 10, 10, 31), 0);
    cr_assert_eq(kh_tracker_acked(&t, 31), 12);
    expect_status(kh_tracker_ack(&t, 10, 12, 31), 0); /* A part of it for the second time. */
    cr_assert_eq(kh_tracker_acked(&t, 31), 31);
    cr_assert_eq(t.unacknowledged, 0);
    kh_tracker_free(&t, test_heap);
}

KH_TEST(tracker, refuses_what_was_not_delivered)
{
    struct kh_tracker t;
    kh_tracker_init(&t);
    deliver(&t, (int64_t[]){5, 9}, 2, false);
    expect_status(kh_tracker_ack(&t, 10, 10, 10), KOHORT_EINVAL);
    expect_status(kh_tracker_ack(&t, 5, 10, 10), KOHORT_EINVAL);
    expect_status(kh_tracker_ack(&t, -1, 5, 10), KOHORT_EINVAL);
    expect_status(kh_tracker_ack(&t, 9, 5, 10), KOHORT_EINVAL);
    expect_status(kh_tracker_ack(&t, 6, 8, 10), KOHORT_EINVAL);
    cr_assert_eq(kh_tracker_acked(&t, 10), 5);
    kh_tracker_free(&t, test_heap);
}

KH_TEST(tracker, forgets_what_will_be_delivered_again)
{
    struct kh_tracker t;
    kh_tracker_init(&t);
    deliver(&t, (int64_t[]){1, 2, 3, 4}, 4, false);
    expect_status(kh_tracker_ack(&t, 4, 4, 5), 0);
    kh_tracker_forget_from(&t, 3);
    cr_assert_eq(t.unacknowledged, 2);
    expect_status(kh_tracker_ack(&t, 1, 2, 3), 0);
    cr_assert_eq(kh_tracker_acked(&t, 3), 3);
    kh_tracker_free(&t, test_heap);
}

KH_TEST(tracker, equals_a_plain_list_under_random_orders)
{
    enum { OFFSETS = 400 };
    struct kh_random random;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct kh_tracker t;
        bool done[OFFSETS] = {false};
        int64_t next = 0;
        kh_random_seed(&random, seed);
        kh_tracker_init(&t);
        for (int step = 0; step < 2000; step++) {
            int64_t lowest = 0;
            if (next < OFFSETS && kh_random_below(&random, 4) == 0)
                deliver(&t, &next, 1, false), next++;
            else if (next > 0) {
                int64_t at = (int64_t)kh_random_below(&random, (uint64_t)next);
                expect_status(kh_tracker_ack(&t, at, at, next), 0);
                done[at] = true;
            }
            while (lowest < next && done[lowest])
                lowest++;
            cr_assert_eq(kh_tracker_acked(&t, next), lowest, "seed %llu", (unsigned long long)seed);
        }
        kh_tracker_free(&t, test_heap);
    }
}

KH_TEST(tracker, keeps_what_it_has_when_memory_runs_out)
{
    struct kh_tracker t;
    kh_tracker_init(&t);
    for (int64_t i = 0; i < 64; i++)
        deliver(&t, &i, 1, false);
    test_fail_allocation(0);
    expect_status(kh_tracker_reserve(&t, 1, test_heap), KOHORT_ENOMEM);
    cr_assert_eq(kh_tracker_acked(&t, 64), 0);
    cr_assert_eq(t.unacknowledged, 64);
    kh_tracker_free(&t, test_heap);
}
