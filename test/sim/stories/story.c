#include "sim/stories/story.h"

#include <stdio.h>

const struct story_options story_defaults = {
    .world = {.cluster = {.broker_count = 1,
                          .session_timeout_min_ms = 1000,
                          .session_timeout_max_ms = 1800000},
              .latency_min_us = 10 * SIM_MS,
              .latency_max_us = 10 * SIM_MS,
              .steady = true,
              .session_timeout_ms = STORY_SESSION_MS,
              .member_options = {"partition.assignment.strategy", "range", "heartbeat.interval.ms",
                                 "1000", "max.poll.interval.ms", "20000",
                                 "rebalance.drain.timeout.ms", "5000", "auto.commit.interval.ms",
                                 "500", "partition.assignment.strategy", "range"},
              .kept = SIM_TRACE_MEMBER}};

void story_set(struct story_options *o, const char *name, const char *value)
{
    size_t at = 0;

    while (o->world.member_options[at] != NULL)
        at += 2;
    o->world.member_options[at] = name;
    o->world.member_options[at + 1] = value;
}

struct story story_begin(const struct story_options *options)
{
    struct story s = {.world = sim_world_new(1, &options->world)};

    s.topic = sim_cluster_add_topic(&s.world->cluster, "t", STORY_PARTITIONS);
    for (int32_t i = 0; i < STORY_PARTITIONS; i++)
        for (int left = options->records; left > 0; left -= 10)
            story_append(&s, i, 10);
    return s;
}

void expect_lawful(struct story *s)
{
    cr_assert_eq(s->world->judge.violations, 0, "%s", s->world->judge.first);
}

void story_end(struct story *s)
{
    struct sim_world *w = s->world;

    for (int i = 1; i <= w->member_count; i++)
        if (!w->members[i]->client_closed)
            sim_member_kill(w->members[i], false);
    expect_lawful(s);
    sim_world_free(w);
}

struct sim_member *story_member(struct story *s)
{
    const struct sim_application application = SIM_APPLICATION_DEFAULTS;

    return sim_member_start(s->world, &application, "t");
}

void story_append(struct story *s, int32_t partition, size_t records)
{
    const struct sim_batch_shape shape = {.record_count = records, .value_size = 20};

    sim_cluster_append(&s->world->cluster, &s->topic->logs[partition], &shape);
}

void story_run(struct story *s, int64_t duration_ms)
{
    sim_world_run_for(s->world, duration_ms);
}

void expect_story(struct story *s, const char *expected)
{
    const char *told = sim_trace_take(&s->world->trace);

    cr_assert_str_eq(told, expected, "this was told:\n%s", told);
}

void expect_soon(struct story *s, bool (*condition)(struct sim_world *w), int64_t limit_ms,
                 const char *what)
{
    cr_assert(sim_world_wait(s->world, condition, limit_ms), "not within %lld ms: %s; %s",
              (long long)limit_ms, what, s->world->judge.first);
}

void expect_shares(struct story *s, const char *expected)
{
    char shares[128] = "";
    size_t used = 0;

    for (int i = 1; i <= s->world->member_count; i++) {
        int added = snprintf(shares + used, sizeof shares - used, i == 1 ? "%zu" : " %zu",
                             sim_member_owns(s->world->members[i]));
        used += added < 0 ? 0 : (size_t)added;
    }
    cr_assert_str_eq(shares, expected);
}

int64_t story_stored(struct story *s, int32_t partition)
{
    return sim_judge_progress(&s->world->judge, &s->topic->logs[partition])->stored;
}

kohort_partition *story_partition(const struct sim_member *m, int32_t partition)
{
    return kohort_consumer_partition(m->consumer, m->topic, partition);
}

bool story_is(const struct sim_member *m, const char *state)
{
    return strcmp(kohort_consumer_state(m->consumer), state) == 0;
}

void story_await(struct story *s, const struct sim_member *m, const char *state)
{
    for (int i = 0; i < 20000 && !story_is(m, state); i++)
        story_run(s, 1);
    cr_assert(story_is(m, state), "m%d is never %s", m->number, state);
}

struct sim_broker *story_coordinator(struct story *s)
{
    return sim_cluster_coordinator(&s->world->cluster, KH_STRING("g"));
}
