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
