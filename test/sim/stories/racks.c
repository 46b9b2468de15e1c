/* The leader's watch on racks (KIP-881). */
#include "sim/group.h"
#include "sim/stories/story.h"

#include <string.h>

static int32_t generation(const struct story *s)
{
    return sim_group_find(&s->world->cluster, KH_STRING("g"))->generation;
}

/* As story_defaults, with a rack (NULL: none) of the member's own. */
static struct story begin(const char *rack)
{
    struct story_options o = story_defaults;
    size_t at = 0;

    o.world.cluster.broker_count = 2;
    while (o.world.member_options[at] != NULL)
        at += 2;
    o.world.member_options[at] = "metadata.max.age.ms";
    o.world.member_options[at + 1] = "1000";
    if (rack != NULL) {
        o.world.member_options[at + 2] = "client.rack";
        o.world.member_options[at + 3] = rack;
    }
    struct story s = story_begin(&o);
    sim_cluster_broker(&s.world->cluster, 0)->rack = "a";
    sim_cluster_broker(&s.world->cluster, 1)->rack = "b";
    story_member(&s);
    story_run(&s, 3000);
    expect_shares(&s, "6");
    cr_assert_eq(generation(&s), 1);
    return s;
}

KH_TEST(sim_racks, replicas_in_other_racks_make_a_leader_with_a_rack_assign_anew)
{
    struct story s = begin("a");

    story_run(&s, 3000);
    cr_assert_eq(generation(&s), 1, "nothing has changed");
    sim_cluster_broker(&s.world->cluster, 1)->rack = "c";
    story_run(&s, 3000);
    cr_assert_eq(generation(&s), 2);
    story_run(&s, 3000);
    cr_assert_eq(generation(&s), 2, "once");
    story_end(&s);
}

KH_TEST(sim_racks, a_leader_without_a_rack_does_not_care)
{
    struct story s = begin(NULL);

    sim_cluster_broker(&s.world->cluster, 1)->rack = "c";
    story_run(&s, 5000);
    cr_assert_eq(generation(&s), 1);
    story_end(&s);
}
