#include "consumer/tracker.h"

#include "base/random.h"
#include "support/test.h"

static void deliver(struct kh_tracker *t, const int64_t *offsets, uint32_t count, bool done)
{
    kohort_record records[16];
    for (uint32_t i = 0; i < count; i++)
        records[i] = (kohort_record){.offset = offsets[i]};
    expect_status(kh_tracker_reserve(t, records, count, test_heap), 0);
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

/* What a tracker must say, as a plain list of everything that was delivered. */
struct plain {
    int64_t offsets[4000];
    bool done[4000];
    size_t count;
};

static int64_t lowest_of(const struct plain *list, int64_t from, int64_t none)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->done[i] && list->offsets[i] >= from)
            return list->offsets[i];
    return none;
}

static uint32_t unacknowledged_of(const struct plain *list)
{
    uint32_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += !list->done[i];
    return count;
}

/* max_step 1: no holes; 0: another one each time. jump: before it. */
static int64_t deliver_some(struct kh_tracker *t, struct plain *list, struct kh_random *random,
                            int64_t next, int64_t max_step, int64_t jump)
{
    uint32_t count = 1 + (uint32_t)kh_random_below(random, 16);
    bool done = kh_random_below(random, 4) == 0;
    const int64_t steps[] = {1, 2, 5, 30, 1000};
    max_step = max_step > 0 ? max_step : steps[kh_random_below(random, 5)];
    next += jump;
    for (uint32_t i = 0; i < count; i++) {
        next += (int64_t)kh_random_below(random, (uint64_t)max_step);
        list->done[list->count] = done;
        list->offsets[list->count++] = next++;
    }
    deliver(t, &list->offsets[list->count - count], count, done);
    return next;
}

static void acknowledge_some(struct kh_tracker *t, struct plain *list, struct kh_random *random,
                             int64_t next)
{
    size_t from = kh_random_below(random, list->count);
    size_t to = from + (kh_random_below(random, 2) == 0 ? 0 : kh_random_below(random, 80));
    to = to < list->count ? to : list->count - 1;
    if (from < 3)
        return; /* These are held for long. */
    expect_status(kh_tracker_ack(t, list->offsets[from], list->offsets[to], next), 0);
    for (size_t i = from; i <= to; i++)
        list->done[i] = true;
}

/* Of the last few; returns the next offset. */
static int64_t forget_some(struct kh_tracker *t, struct plain *list, struct kh_random *random)
{
    size_t back = 1 + kh_random_below(random, list->count < 100 ? list->count : 100);
    int64_t from = list->offsets[list->count - back];
    list->count -= back;
    kh_tracker_forget_from(t, from);
    return from;
}

static void compare_under_random_orders(uint64_t seed, int64_t max_step, int64_t jump)
{
    static struct plain list;
    struct kh_random random;
    struct kh_tracker t;
    int64_t next = (int64_t)seed * 1000;
    kh_random_seed(&random, seed);
    kh_tracker_init(&t);
    list.count = 0;
    while (list.count + 16 < 4000) {
        if (list.count == 0 || kh_random_below(&random, 3) == 0)
            next = deliver_some(&t, &list, &random, next, max_step, jump);
        else if (kh_random_below(&random, 100) == 0)
            next = forget_some(&t, &list, &random);
        else
            acknowledge_some(&t, &list, &random, next);
        cr_assert_eq(kh_tracker_acked(&t, next), lowest_of(&list, 0, next), "seed %llu",
                     (unsigned long long)seed);
        cr_assert_eq(t.unacknowledged, unacknowledged_of(&list));
        if (list.count == 0)
            continue;
        int64_t from = list.offsets[kh_random_below(&random, list.count)];
        cr_assert_eq(kh_tracker_next(&t, from), lowest_of(&list, from, -1), "seed %llu",
                     (unsigned long long)seed);
    }
    kh_tracker_free(&t, test_heap);
}

KH_TEST(tracker, equals_a_plain_list_under_random_orders)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        compare_under_random_orders(seed, 1, 0);
        compare_under_random_orders(seed, 1, 2); /* As transactions leave it. */
        compare_under_random_orders(seed, 0, 0);
        compare_under_random_orders(seed, 3, 0);
        compare_under_random_orders(seed, 100000, 0);
        compare_under_random_orders(seed, 1000000, INT64_C(1) << 33); /* Hostile. */
    }
}

/* The figure of the bench, as a bound that no change may pass: `step` 1 is dense. */
static size_t bytes_for(int64_t step, uint32_t count)
{
    struct kh_tracker t;
    int64_t offset = 0;
    kh_tracker_init(&t);
    for (uint32_t i = 0; i < count; i++, offset += step)
        deliver(&t, &offset, 1, false);
    size_t bytes = t.capacity * (sizeof *t.blocks + (t.deltas == NULL ? 0 : 64 * sizeof *t.deltas));
    cr_assert_eq(t.unacknowledged, count);
    kh_tracker_free(&t, test_heap);
    return bytes;
}

KH_TEST(tracker, costs_two_bytes_a_record_and_eight_with_holes)
{
    for (uint32_t count = 10000; count < 40000; count += 777) {
        cr_expect_leq(bytes_for(1, count), 2 * count, "%u", count);
        cr_expect_leq(bytes_for(3, count), 8 * count, "%u", count);
        cr_expect_leq(bytes_for(INT32_MAX / 1000, count), 8 * count, "%u", count);
    }
}

KH_TEST(tracker, keeps_nothing_of_what_is_acknowledged_behind_a_record_that_is_held)
{
    struct kh_tracker t;
    kh_tracker_init(&t);
    deliver(&t, (int64_t[]){0}, 1, false);
    for (int64_t i = 1; i < 200000; i++) {
        deliver(&t, &i, 1, false);
        expect_status(kh_tracker_ack(&t, i, i, i + 1), 0);
    }
    cr_expect_leq(t.capacity, 32);
    expect_status(kh_tracker_ack(&t, 1000, 1000, 200000), 0); /* Twice is once. */
    cr_assert_eq(kh_tracker_acked(&t, 200000), 0);
    expect_status(kh_tracker_ack(&t, 0, 0, 200000), 0);
    cr_assert_eq(kh_tracker_acked(&t, 200000), 200000);
    kh_tracker_free(&t, test_heap);
}

KH_TEST(tracker, keeps_what_it_has_when_memory_runs_out)
{
    for (uint32_t count = 2; count <= 1000; count += 998) { /* For deltas; for more blocks. */
        struct kh_tracker t;
        kohort_record records[1000];
        kh_tracker_init(&t);
        for (int64_t i = 0; i < 64; i++)
            deliver(&t, &i, 1, false);
        for (uint32_t i = 0; i < count; i++)
            records[i].offset = count == 2 ? 70 + 1000 * i : 64 + i;
        test_fail_allocation(0);
        expect_status(kh_tracker_reserve(&t, records, count, test_heap), KOHORT_ENOMEM);
        cr_assert_eq(kh_tracker_acked(&t, 64), 0);
        cr_assert_eq(t.unacknowledged, 64);
        kh_tracker_free(&t, test_heap);
    }
}
