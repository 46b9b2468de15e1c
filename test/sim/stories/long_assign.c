/* An assignor that takes long works in the platform's queue; what becomes of it there. A group of
 * one member is enough, when its topic is wide. */
#include "sim/stories/story.h"

#include <string.h>

enum { WIDE = 45000 };

static struct story wide_story(void)
{
    struct story s = story_begin(&story_defaults);
    sim_cluster_add_topic(&s.world->cluster, "wide", WIDE);
    return s;
}

static struct sim_member *wide_member(struct story *s)
{
    const struct sim_application application = SIM_APPLICATION_DEFAULTS;
    return sim_member_start(s->world, &application, "wide");
}

static bool is_assigning(struct sim_world *w)
{
    return !kh_list_empty(&w->members[1]->platform.works);
}

static bool is_stable(struct sim_world *w)
{
    return strcmp(kohort_consumer_state(w->members[1]->consumer), "stable") == 0;
}

KH_TEST(sim_long_assign, the_layout_comes_out_of_the_queue)
{
    struct story s = wide_story();
    struct sim_member *m = wide_member(&s);
    expect_soon(&s, is_assigning, 1000, "the work is queued");
    cr_assert_str_eq(kohort_consumer_state(m->consumer), "syncing");
    expect_soon(&s, is_stable, 1000, "the member is stable");
    cr_assert_eq(sim_member_owns(m), WIDE);
    story_end(&s);
}

KH_TEST(sim_long_assign, whoever_closes_meanwhile_is_not_held_up)
{
    struct story s = wide_story();
    struct sim_member *m = wide_member(&s);
    expect_soon(&s, is_assigning, 1000, "the work is queued");
    sim_member_close(m, 500);
    story_run(&s, 600);
    cr_assert(m->client_closed);
    cr_assert_eq(sim_member_owns(m), 0);
    story_end(&s);
}

KH_TEST(sim_long_assign, a_result_of_another_round_is_dropped)
{
    struct story s = wide_story();
    struct sim_member *m = wide_member(&s);
    expect_soon(&s, is_assigning, 1000, "the work is queued");
    kohort_subscribe(m->consumer, (const char *const[]){"t"}, 1);
    story_run(&s, 3000);
    cr_assert_str_eq(kohort_consumer_state(m->consumer), "stable");
    cr_assert_eq(sim_member_owns(m), STORY_PARTITIONS);
    story_end(&s);
}

KH_TEST(sim_long_assign, who_is_freed_meanwhile_leaves_nothing)
{
    struct story s = wide_story();
    struct sim_member *m = wide_member(&s);
    expect_soon(&s, is_assigning, 1000, "the work is queued");
    sim_member_kill(m, false);
    story_run(&s, 1000);
    story_end(&s);
}
