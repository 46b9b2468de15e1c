/* An assignor that takes long works in the platform's queue; what becomes of it there. A group of
 * one member is enough, when its topic is wide. */
#include "sim/group.h"
#include "sim/stories/story.h"

#include <string.h>

enum { WIDE = 45000 };

static struct story wide_story(void)
{
    struct story_options o = story_defaults;
    size_t at = 0;

    while (o.world.member_options[at] != NULL)
        at += 2;
    o.world.member_options[at] = "metadata.max.age.ms";
    o.world.member_options[at + 1] = "1000";
    struct story s = story_begin(&o);
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

static bool has_joined_again(struct sim_world *w)
{
    return sim_group_find(&w->cluster, KH_STRING("g"))->generation == 2;
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

/* What the assignor did not see is not taken for what it saw. */
KH_TEST(sim_long_assign, partitions_that_come_meanwhile_are_assigned_in_a_round_of_their_own)
{
    struct story s = wide_story();
    struct sim_topic *topic = sim_cluster_topic(&s.world->cluster, KH_STRING("wide"));
    topic->partition_count = WIDE - 1;
    struct sim_member *m = wide_member(&s);
    m->platform.work_delay_us = 3000 * SIM_MS;
    expect_soon(&s, is_assigning, 1000, "the work is queued");
    topic->partition_count = WIDE;
    expect_soon(&s, is_stable, 4000, "the member is stable");
    cr_assert_eq(sim_member_owns(m), WIDE - 1);
    expect_soon(&s, has_joined_again, 1000, "the member joins again");
    story_end(&s);
}
