#include "consumer/deadlines.h"

#include "support/test.h"

#include "base/random.h"

struct scene {
    struct kh_tracker tracker;
    struct kh_deadlines deadlines;
};

/* 0 to 99 are delivered and outstanding. */
static void begin(struct scene *s)
{
    kohort_record records[100];
    *s = (struct scene){.deadlines = {0}};
    kh_tracker_init(&s->tracker);
    for (int64_t i = 0; i < 100; i++)
        records[i] = (kohort_record){.offset = i};
    expect_status(kh_tracker_reserve(&s->tracker, records, 100, test_heap), 0);
    kh_tracker_add(&s->tracker, records, 100, false);
}

static void end(struct scene *s)
{
    kh_tracker_free(&s->tracker, test_heap);
    kh_deadlines_free(&s->deadlines, test_heap);
}

static void set(struct scene *s, int64_t first, int64_t last, int64_t due_ms)
{
    expect_status(kh_deadlines_reserve(&s->deadlines, &s->tracker, 1, test_heap), 0);
    kh_deadlines_set(&s->deadlines, first, last, due_ms);
}

KH_TEST(deadlines, what_follows_in_one_grain_of_time_is_one_range)
{
    struct scene s;
    begin(&s);
    set(&s, 0, 9, 100);
    set(&s, 10, 19, 100);
    set(&s, 25, 29, 110);
    cr_assert_eq(s.deadlines.count, 2);
    cr_expect_eq(s.deadlines.items[0].last, 19);
    cr_expect_eq(s.deadlines.items[1].first, 25);
    expect_status(kh_tracker_ack(&s.tracker, 0, 19, 100), 0);
    kh_deadlines_settle(&s.deadlines, &s.tracker);
    cr_assert_eq(s.deadlines.count, 1);
    cr_expect_eq(s.deadlines.items[0].first, 25);
    end(&s);
}

/* Against an array that has the deadline of every offset. */
KH_TEST(deadlines, C_32_any_range_may_be_extended_and_the_rest_keeps_what_it_had)
{
    struct scene s;
    struct kh_random random;
    int64_t due_ms[100] = {0};
    kh_random_seed(&random, 32);
    begin(&s);
    for (int round = 0; round < 2000; round++) {
        int64_t first = (int64_t)kh_random_below(&random, 100);
        int64_t last = first + (int64_t)kh_random_below(&random, (uint64_t)(100 - first));
        int64_t due = 1 + (int64_t)kh_random_below(&random, 5);
        set(&s, first, last, due);
        for (int64_t i = first; i <= last; i++)
            due_ms[i] = due;
        for (uint32_t i = 0; i < s.deadlines.count; i++) {
            const struct kh_deadline *d = &s.deadlines.items[i];
            cr_assert_leq(d->first, d->last);
            cr_assert(i == 0 || d[-1].last < d->first);
        }
        for (int64_t at = 0; at < 100; at++) {
            int64_t found = 0;
            for (uint32_t i = 0; i < s.deadlines.count; i++)
                if (s.deadlines.items[i].first <= at && at <= s.deadlines.items[i].last)
                    found = s.deadlines.items[i].due_ms;
            cr_assert(found == due_ms[at] || due_ms[at] == 0, "%d", (int)at);
        }
    }
    end(&s);
}
