/* How a story is told: a steady network (10 ms one way, brokers that answer at once), a topic "t"
 * of six partitions, eager members, and what members live through as text.
 *
 *     KH_TEST(sim_join, first_member_C_01)
 *     {
 *         struct story s = story_begin(&STORY_DEFAULTS);
 *         story_member(&s);
 *         story_run(&s, 200);
 *         expect_story(&s, "[     0] m1 is finding: subscribed\n" …);
 *         story_end(&s);
 *     } */
#ifndef TEST_SIM_STORIES_STORY_H
#define TEST_SIM_STORIES_STORY_H

#include "sim/world.h"
#include "support/test.h"

enum { STORY_PARTITIONS = 6, STORY_SESSION_MS = 6000, STORY_HEARTBEAT_MS = 1000 };

struct story {
    struct sim_world *world;
    struct sim_topic *topic;
};

struct story_options {
    struct sim_world_options world;
    int records; /* already in each partition, in batches of ten */
};
extern const struct story_options story_defaults;

/* Of every member, as Kafka spells it. */
void story_set(struct story_options *o, const char *name, const char *value);

struct story story_begin(const struct story_options *options);
/* No rule was violated; all that lives is killed, and leaves nothing. */
void story_end(struct story *s);
/* An application that is done with every batch at once. */
struct sim_member *story_member(struct story *s);
void story_append(struct story *s, int32_t partition, size_t records);
void story_run(struct story *s, int64_t duration_ms);
/* Compares with what was traced since the last time. */
void expect_story(struct story *s, const char *expected);
/* Fails when it takes longer. */
void expect_soon(struct story *s, bool (*condition)(struct sim_world *w), int64_t limit_ms,
                 const char *what);
/* How many partitions each owns, "3 3 0"; the dead own none. */
void expect_shares(struct story *s, const char *expected);
void expect_lawful(struct story *s);
/* What the group has committed of a partition; -1: nothing. */
int64_t story_stored(struct story *s, int32_t partition);
/* NULL: it does not own that one. */
kohort_partition *story_partition(const struct sim_member *m, int32_t partition);
bool story_is(const struct sim_member *m, const char *state);
void story_await(struct story *s, const struct sim_member *m, const char *state);
struct sim_broker *story_coordinator(struct story *s);

#endif
