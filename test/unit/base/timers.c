#include "base/timers.h"

#include "base/random.h"
#include "support/test.h"

static struct kh_timers timers;
static char story[64];
static size_t story_size;

static void write_name(struct kh_timer *timer, int64_t now_ms)
{
    (void)now_ms;
    cr_assert_eq(timer->due_ms, KH_NEVER, "disarmed before it fires");
    story[story_size++] = *(const char *)timer->arg;
    story[story_size] = '\0';
}

KH_TEST(timers, fire_by_deadline_then_by_order_of_arming)
{
    kh_timers_init(&timers);
    cr_assert_eq(kh_timers_due(&timers), KH_NEVER);
    struct kh_timer timer[5];
    for (int i = 0; i < 5; i++)
        kh_timer_init(&timer[i], write_name, &"abcde"[i]);
    kh_timer_set(&timers, &timer[0], 30);
    kh_timer_set(&timers, &timer[1], 10);
    kh_timer_set(&timers, &timer[2], 20);
    kh_timer_set(&timers, &timer[3], 10);
    kh_timer_set(&timers, &timer[4], 99);
    kh_timer_set(&timers, &timer[1], 10); /* moved behind d */
    kh_timer_set(&timers, &timer[4], KH_NEVER);
    cr_assert_eq(kh_timers_due(&timers), 10);
    kh_timers_run(&timers, 9);
    cr_assert_str_eq(story, "");
    kh_timers_run(&timers, 29);
    cr_assert_str_eq(story, "dbc");
    kh_timers_run(&timers, 1000);
    cr_assert_str_eq(story, "dbca");
    cr_assert_eq(kh_timers_due(&timers), KH_NEVER);
}

static struct kh_timer other;

static void rearm_in_the_past(struct kh_timer *timer, int64_t now_ms)
{
    write_name(timer, now_ms);
    kh_timer_set(&timers, timer, now_ms - 100);
}

static void disarm_other(struct kh_timer *timer, int64_t now_ms)
{
    write_name(timer, now_ms);
    kh_timer_set(&timers, &other, KH_NEVER);
}

KH_TEST(timers, one_armed_in_a_run_waits_and_does_not_push_in)
{
    kh_timers_init(&timers);
    struct kh_timer again, last;
    kh_timer_init(&again, rearm_in_the_past, "a");
    kh_timer_init(&last, write_name, "b");
    kh_timer_set(&timers, &again, 1);
    kh_timer_set(&timers, &last, 2);
    kh_timers_run(&timers, 5);
    cr_assert_str_eq(story, "ab");
    cr_assert_eq(kh_timers_due(&timers), 5);
    kh_timers_run(&timers, 5);
    cr_assert_str_eq(story, "aba");
}

KH_TEST(timers, one_that_is_disarmed_in_a_run_does_not_fire)
{
    kh_timers_init(&timers);
    struct kh_timer first;
    kh_timer_init(&first, disarm_other, "a");
    kh_timer_init(&other, write_name, "b");
    kh_timer_set(&timers, &first, 1);
    kh_timer_set(&timers, &other, 1);
    kh_timers_run(&timers, 5);
    cr_assert_str_eq(story, "a");
}

static void remember_due(void *arg, int64_t due_ms)
{
    *(int64_t *)arg = due_ms;
}

KH_TEST(timers, tell_of_an_earlier_deadline_only)
{
    int64_t told_ms = 0;
    kh_timers_init(&timers);
    timers.earlier = remember_due;
    timers.arg = &told_ms;
    struct kh_timer a, b;
    kh_timer_init(&a, write_name, "a");
    kh_timer_init(&b, write_name, "b");
    kh_timer_set(&timers, &a, 50);
    cr_assert_eq(told_ms, 50);
    kh_timer_set(&timers, &b, 60);
    cr_assert_eq(told_ms, 50);
    kh_timer_set(&timers, &b, 40);
    cr_assert_eq(told_ms, 40);
}

static int64_t last_due_ms, fired;

static void expect_order(struct kh_timer *timer, int64_t now_ms)
{
    int64_t *due_ms = timer->arg;
    cr_assert_leq(*due_ms, now_ms);
    cr_assert_geq(*due_ms, last_due_ms);
    last_due_ms = *due_ms;
    *due_ms = KH_NEVER;
    fired++;
}

KH_TEST(timers, agree_with_a_plain_list)
{
    enum { COUNT = 200 };
    static struct kh_timer timer[COUNT];
    static int64_t due_ms[COUNT];
    struct kh_random random;
    kh_random_seed(&random, 3);
    kh_timers_init(&timers);
    for (int i = 0; i < COUNT; i++) {
        kh_timer_init(&timer[i], expect_order, &due_ms[i]);
        due_ms[i] = KH_NEVER;
    }
    for (int64_t now_ms = 0; now_ms < 2000; now_ms++) {
        for (int i = 0; i < 20; i++) {
            size_t which = kh_random_below(&random, COUNT);
            bool disarm = kh_random_below(&random, 4) == 0;
            due_ms[which] = disarm ? KH_NEVER : now_ms + (int64_t)kh_random_below(&random, 50);
            kh_timer_set(&timers, &timer[which], due_ms[which]);
        }
        int64_t least = KH_NEVER, due = 0;
        for (int i = 0; i < COUNT; i++) {
            least = due_ms[i] < least ? due_ms[i] : least;
            due += due_ms[i] <= now_ms;
        }
        cr_assert_eq(kh_timers_due(&timers), least);
        last_due_ms = fired = 0;
        kh_timers_run(&timers, now_ms);
        cr_assert_eq(fired, due);
    }
}
