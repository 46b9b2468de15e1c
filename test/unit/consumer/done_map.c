#include "consumer/done_map.h"

#include "base/random.h"
#include "support/test.h"

#include <string.h>

enum { MANY = 4000 };

struct scene {
    struct kh_tracker tracker;
    struct kh_done_map map;
    char text[KH_DONE_MAP_SIZE];
    int32_t size;
};

/* So many records from `base` on, `step` apart, are delivered. */
static void begin(struct scene *s, int64_t base, int64_t step, uint32_t count)
{
    static kohort_record records[MANY];
    *s = (struct scene){0};
    kh_tracker_init(&s->tracker);
    for (uint32_t i = 0; i < count; i++)
        records[i] = (kohort_record){.offset = base + step * i};
    expect_status(kh_tracker_reserve(&s->tracker, records, count, test_heap), 0);
    kh_tracker_add(&s->tracker, records, count, false);
}

static void end(struct scene *s)
{
    kh_tracker_free(&s->tracker, test_heap);
    kh_done_map_free(&s->map, test_heap);
}

static void say(struct scene *s, int64_t end, int32_t epoch)
{
    s->size = (int32_t)kh_done_map_write(&s->tracker, &s->map, kh_tracker_acked(&s->tracker, end),
                                         end, epoch, s->text);
}

static void read_at(struct scene *s, int64_t offset, int32_t epoch)
{
    kh_done_map_free(&s->map, test_heap);
    expect_status(
        kh_done_map_read(&s->map, test_heap, (struct kh_string){s->text, s->size}, offset, epoch),
        0);
}

static bool is_done(struct scene *s, int64_t offset)
{
    bool done = false;
    kohort_record record = {.offset = offset};
    if (s->map.count > 0)
        cr_assert_eq(kh_done_map_run(&s->map, &record, 1, 0, &done), 1);
    return done;
}

KH_TEST(done_map, holds_for_its_offset_and_epoch_alone)
{
    struct scene s;
    begin(&s, 100, 1, 10);
    expect_status(kh_tracker_ack(&s.tracker, 103, 105, 110), 0);
    say(&s, 110, 7);
    cr_assert_eq(strncmp(s.text, "kohort-done/1 ", 14), 0);
    read_at(&s, 100, 7);
    for (int64_t i = 90; i < 120; i++)
        cr_expect_eq(is_done(&s, i), i >= 103 && i <= 105);
    read_at(&s, 101, 7);
    cr_expect_eq(s.map.count, 0);
    read_at(&s, 100, 8);
    cr_expect_eq(s.map.count, 0);
    read_at(&s, 100, -1);
    cr_expect_eq(s.map.count, 0);
    end(&s);
}

KH_TEST(done_map, there_is_none_where_nothing_is_finished_out_of_order)
{
    struct scene s;
    begin(&s, 0, 1, 10);
    say(&s, 10, 0);
    cr_expect_eq(s.size, 0);
    expect_status(kh_tracker_ack(&s.tracker, 0, 9, 10), 0);
    say(&s, 10, 0);
    cr_expect_eq(s.size, 0);
    end(&s);
}

KH_TEST(done_map, says_nothing_without_an_epoch)
{
    struct scene s;
    begin(&s, 0, 1, 10);
    expect_status(kh_tracker_ack(&s.tracker, 2, 3, 10), 0);
    say(&s, 10, -1);
    cr_expect_eq(s.size, 0);
    end(&s);
}

/* What does not fit is left out; nothing is in it that is not finished. */
KH_TEST(done_map, is_cut_to_what_fits_and_never_says_too_much)
{
    struct kh_random random;
    kh_random_seed(&random, 9);
    for (int round = 0; round < 100; round++) {
        struct scene s;
        static bool done[MANY];
        int64_t base = (int64_t)(kh_random_next(&random) >> (1 + kh_random_below(&random, 60)));
        int64_t step =
            1 + (int64_t)kh_random_below(&random, 40) * (int64_t)kh_random_below(&random, 2);
        base = base > INT64_MAX / 2 ? INT64_MAX / 2 : base;
        begin(&s, base, step, MANY);
        memset(done, 0, sizeof done);
        for (int i = 0; i < MANY; i++) {
            size_t at = kh_random_below(&random, MANY);
            done[at] = true;
            int64_t offset = base + step * (int64_t)at;
            expect_status(kh_tracker_ack(&s.tracker, offset, offset, base + step * MANY), 0);
        }
        int64_t acked = kh_tracker_acked(&s.tracker, base + step * MANY);
        say(&s, base + step * MANY, 3);
        cr_assert_leq(s.size, KH_DONE_MAP_SIZE);
        read_at(&s, acked, 3);
        cr_assert_gt(s.map.count, 100);
        for (int64_t i = 0; i < MANY; i++) {
            int64_t offset = base + step * i;
            cr_assert(done[i] || !is_done(&s, offset), "%lld", (long long)offset);
            if (done[i] && offset > acked && offset <= s.map.runs[s.map.count - 1].last)
                cr_assert(is_done(&s, offset), "%lld", (long long)offset);
        }
        end(&s);
    }
}

KH_TEST(done_map, what_was_inherited_is_handed_on)
{
    struct scene s;
    begin(&s, 0, 1, 10);
    expect_status(kh_tracker_ack(&s.tracker, 4, 9, 10), 0);
    say(&s, 10, 0);
    read_at(&s, 0, 0);
    kh_tracker_clear(&s.tracker);
    kohort_record records[2] = {{.offset = 0}, {.offset = 1}};
    expect_status(kh_tracker_reserve(&s.tracker, records, 2, test_heap), 0);
    kh_tracker_add(&s.tracker, records, 2, false);
    expect_status(kh_tracker_ack(&s.tracker, 1, 1, 2), 0);
    say(&s, 2, 1);
    struct kh_done_map map;
    expect_status(kh_done_map_read(&map, test_heap, (struct kh_string){s.text, s.size}, 0, 1), 0);
    cr_expect_eq(map.count, 1, "of a later epoch: what lies at 4 may be something else");
    kh_done_map_free(&map, test_heap);
    say(&s, 2, 0);
    read_at(&s, 0, 0);
    for (int64_t i = 0; i < 12; i++)
        cr_expect_eq(is_done(&s, i), i == 1 || (i >= 4 && i <= 9), "%d", (int)i);
    end(&s);
}

KH_TEST(done_map, texts_of_others_are_passed_over)
{
    static const char *const texts[] = {"",
                                        "kohort-done/1 ",
                                        "kohort-done/2 AAEBAQ",
                                        "my own words",
                                        "kohort-done/1 A",
                                        "kohort-done/1 !!!!",
                                        "kohort-done/1 AAEBAQ==",
                                        "kohort-done/1 AAEA",
                                        "kohort-done/1 AAH///////////8"};
    struct scene s;
    begin(&s, 0, 1, 1);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        s.size = (int32_t)strlen(texts[i]);
        memcpy(s.text, texts[i], (size_t)s.size);
        read_at(&s, 0, 0);
        cr_expect_eq(s.map.count, 0, "%s", texts[i]);
    }
    end(&s);
}
