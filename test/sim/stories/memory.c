/* Memory that runs out, at each allocation in turn: nothing crashes, leaks, hangs, or is delivered
 * wrongly, and what was missed is made good. */
#include "sim/stories/story.h"

#include <stdio.h>

/* Who could not take the subscription has said so, and is asked once more. */
static void start_again(struct sim_member *m)
{
    const char *topic = "t";

    if (m->failures > 0)
        SIM_CALL(m, kohort_subscribe(m->consumer, &topic, 1));
}

/* Two members, one of which closes. Returns whether the allocation was reached. */
static bool live_through(uint64_t fail_allocation)
{
    struct story_options o = story_defaults;
    o.records = 20;
    o.world.fail_allocation = fail_allocation;
    struct story s = story_begin(&o);
    char what[64];

    snprintf(what, sizeof what, "all is read, without allocation %llu",
             (unsigned long long)fail_allocation);
    struct sim_member *first = story_member(&s);
    story_run(&s, 1000);
    struct sim_member *second = story_member(&s);
    story_run(&s, 2500);
    if (first->client_closed)
        first = story_member(&s);
    start_again(first);
    start_again(second);
    expect_soon(&s, sim_world_drained, 60000, what);
    sim_member_close(first, 5000);
    story_run(&s, 6000);
    cr_assert(first->client_closed, "%s", what);
    story_append(&s, 0, 5);
    if (!second->client_closed)
        expect_soon(&s, sim_world_drained, 60000, what);
    cr_assert_eq(s.world->judge.violations, 0, "%s: %s", what, s.world->judge.first);
    bool reached = s.world->allocations >= fail_allocation;
    story_end(&s);
    return reached;
}

KH_TEST(sim_memory, each_allocation_may_fail)
{
    for (uint64_t i = 1; live_through(i); i++)
        ;
}
