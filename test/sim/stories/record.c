/* A recording that somebody changed: a replay says where, and neither crashes, leaks nor hangs. */
#include "consumer/replay.h"
#include "sim/stories/story.h"

#include <stdlib.h>

enum { STEP = 211 }; /* a prime: all fields of entries get their turn */

/* A member's life, closed and all. */
static struct sim_member *live_recorded(struct story *s)
{
    struct sim_member *m = story_member(s);
    story_run(s, 4000);
    sim_member_close(m, 5000);
    story_run(s, 5000);
    cr_assert(m->client_closed);
    return m;
}

static kohort_replay_report replay(const struct kh_record_ring *ring)
{
    kohort_replay_report report = {.size = sizeof report};
    expect_status(kh_replay(ring, test_heap, &report), 0);
    return report;
}

static struct kh_record_ring begin(struct story *s)
{
    struct story_options o = story_defaults;
    struct kh_record_ring ring;
    o.records = 20;
    o.world.recorded = true;
    *s = story_begin(&o);
    struct sim_member *m = live_recorded(s);
    ring = m->tape.ring;
    cr_assert_eq(ring.lost, 0);
    kohort_replay_report report = replay(&ring);
    cr_assert(report.same && report.complete, "%s", report.text);
    cr_assert_eq(report.hash, m->tape.hash);
    return ring;
}

KH_TEST(sim_record, each_changed_byte_is_named)
{
    struct story s;
    struct kh_record_ring ring = begin(&s);
    for (uint64_t i = 0; i < ring.end; i += STEP) {
        uint8_t *byte = ring.memory + KH_RECORD_HEADER + i, was = *byte;
        *byte = (uint8_t)(was ^ (1 + i % 255));
        kohort_replay_report report = replay(&ring);
        cr_assert(!report.complete && (!report.same || report.text[0] != '\0'), "byte %llu",
                  (unsigned long long)i);
        *byte = was;
    }
    story_end(&s);
}

/* A process that was killed leaves a file that ends anywhere. */
KH_TEST(sim_record, one_that_ends_anywhere_is_the_same_as_far_as_it_goes)
{
    struct story s;
    struct kh_record_ring ring = begin(&s);
    uint64_t at = 0, data;
    uint8_t kind;
    uint32_t size;
    for (uint64_t i = 0; kh_record_ring_next(&ring, &at, &kind, &data, &size); i++) {
        struct kh_record_ring cut = ring;
        cut.end = at;
        if (i % 17 != 0 || at == ring.end)
            continue;
        kohort_replay_report report = replay(&cut);
        cr_assert(report.same && !report.complete, "%s", report.text);
    }
    story_end(&s);
}

/* ---- an assignor of the application's ---- */

static kohort_user_data say_hello(void *arg, const kohort_topic_partitions *assigned, size_t count,
                                  int32_t generation)
{
    (void)assigned;
    (void)count;
    (void)generation;
    return (kohort_user_data){arg, 5};
}

/* All to the first; refused once, while *arg says so. */
static int give_all(void *arg, const kohort_group *group, kohort_layout *layout)
{
    char *hello = arg;
    if (hello[0] == 'H') {
        hello[0] = 'h';
        return -7;
    }
    for (int32_t i = 0; i < group->topics[0].partition_count; i++)
        kohort_layout_give(layout, 0, 0, i);
    return kohort_layout_tell(layout, 0, (kohort_user_data){"all is yours", 12});
}

static void take_note(void *arg, const kohort_topic_partitions *assigned, size_t count,
                      kohort_user_data user_data, int32_t generation)
{
    (void)generation;
    cr_assert_eq(count, 1);
    cr_assert_eq(assigned[0].count, STORY_PARTITIONS);
    cr_assert_eq(user_data.size, 12);
    *(char *)arg = 'n';
}

KH_TEST(sim_record, what_an_assignor_of_the_application_says_is_said_again)
{
    char hello[] = "Hello";
    struct story s;
    struct story_options o = story_defaults;
    const kohort_assignor all = {.size = sizeof all,
                                 .name = "all=1",
                                 .user_data = say_hello,
                                 .assign = give_all,
                                 .on_assignment = take_note,
                                 .arg = hello};
    o.world.recorded = true;
    o.world.assignor = &all;
    story_set(&o, "partition.assignment.strategy", "all=1");
    s = story_begin(&o);
    struct sim_member *m = live_recorded(&s);
    cr_assert_eq(hello[0], 'n', "it has been asked, and told");
    hello[0] = 'H';
    kohort_replay_report report = replay(&m->tape.ring);
    cr_assert(report.same && report.complete, "%s", report.text);
    cr_assert_eq(report.hash, m->tape.hash);
    cr_assert_eq(hello[0], 'H', "a replay does without it");
    story_end(&s);
}
