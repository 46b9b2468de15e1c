/* What breaks once and heals. */
#include "sim/stories/story.h"

#include <stdio.h>

enum { HEAL_MS = 40000, CUTS_MAX = 4096 };

/* Returns how long the answer was; 0: none came. */
static size_t cut_answer(enum kh_api api, size_t behind)
{
    struct story_options o = story_defaults;
    o.records = 20;
    struct story s = story_begin(&o);
    struct sim_broker *b = story_coordinator(&s);
    char what[64];

    snprintf(what, sizeof what, "%s cut behind byte %zu", kh_api_info(api)->name, behind);
    sim_broker_cut_next(b, api, behind);
    struct sim_member *m = story_member(&s);
    expect_soon(&s, sim_world_drained, HEAL_MS, what);
    cr_assert_eq(s.world->judge.delivered, 120, "%s", what);
    if (b->faults[api].cut_size == 0) /* heartbeats, and what closing needs */
        story_run(&s, 3 * STORY_HEARTBEAT_MS);
    sim_member_close(m, 5000);
    story_run(&s, 6000);
    cr_assert(m->client_closed, "%s", what);
    size_t size = b->faults[api].cut_size;
    story_end(&s);
    return size;
}

/* From before the first byte to behind the last. */
static void cut_everywhere(enum kh_api api)
{
    size_t size = 1;

    for (size_t behind = 0; behind <= size; behind++) {
        size = cut_answer(api, behind);
        cr_assert(size > 0, "%s was never answered", kh_api_info(api)->name);
        if (behind > CUTS_MAX) /* all of a large Fetch would take long */
            behind += 97;
    }
}

#define CUT_STORY(name, API)                                                                       \
    KH_TEST(sim_cut, name)                                                                         \
    {                                                                                              \
        cut_everywhere(KH_API_##API);                                                              \
    }

CUT_STORY(api_versions, API_VERSIONS)
CUT_STORY(metadata, METADATA)
CUT_STORY(find_coordinator, FIND_COORDINATOR)
CUT_STORY(join_group, JOIN_GROUP)
CUT_STORY(sync_group, SYNC_GROUP)
CUT_STORY(heartbeat, HEARTBEAT)
CUT_STORY(offset_fetch, OFFSET_FETCH)
CUT_STORY(list_offsets, LIST_OFFSETS)
CUT_STORY(fetch, FETCH)
CUT_STORY(offset_commit, OFFSET_COMMIT)
CUT_STORY(leave_group, LEAVE_GROUP)

static void meet_error(enum kh_api api, int16_t error_code, bool terminal)
{
    struct story_options o = story_defaults;
    o.records = 20;
    struct story s = story_begin(&o);
    struct sim_broker *b = story_coordinator(&s);
    char what[96];

    snprintf(what, sizeof what, "%s answered with %s", kh_api_info(api)->name,
             kh_kafka_error_name(error_code));
    s.world->judge.terminal = terminal;
    sim_broker_answer_next(b, api, error_code);
    struct sim_member *m = story_member(&s);
    story_run(&s, 3 * STORY_HEARTBEAT_MS);
    cr_assert_not(b->faults[api].error_wanted, "%s: never asked", what);
    if (terminal) {
        story_run(&s, HEAL_MS);
        cr_assert_eq(m->failures, 1, "%s: reported %llu times", what,
                     (unsigned long long)m->failures);
        cr_assert_eq(m->failure.kafka_code, error_code, "%s", what);
        cr_assert(strstr(m->failure.text, kh_kafka_error_name(error_code)) != NULL, "%s: %s", what,
                  m->failure.text);
    } else {
        expect_soon(&s, sim_world_drained, HEAL_MS, what);
        cr_assert_eq(m->failures, 0, "%s", what);
        cr_assert_eq(s.world->judge.acknowledged, s.world->judge.delivered, "%s", what);
    }
    sim_member_close(m, 5000);
    story_run(&s, 6000);
    cr_assert(m->client_closed, "%s", what);
    expect_lawful(&s);
    story_end(&s);
}

/* The table "what each group error does". */
KH_TEST(sim_errors, what_heals_heals_C_42)
{
    static const enum kh_api apis[] = {KH_API_JOIN_GROUP,   KH_API_SYNC_GROUP,
                                       KH_API_HEARTBEAT,    KH_API_OFFSET_COMMIT,
                                       KH_API_OFFSET_FETCH, KH_API_FIND_COORDINATOR};
    static const int16_t errors[] = {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS,
                                     KH_KAFKA_COORDINATOR_NOT_AVAILABLE,
                                     KH_KAFKA_NOT_COORDINATOR,
                                     KH_KAFKA_REBALANCE_IN_PROGRESS,
                                     KH_KAFKA_ILLEGAL_GENERATION,
                                     KH_KAFKA_UNKNOWN_MEMBER_ID};

    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
        for (size_t k = 0; k < sizeof errors / sizeof *errors; k++) {
            bool of_members = k >= 3;
            if (of_members &&
                (apis[i] == KH_API_OFFSET_FETCH || apis[i] == KH_API_FIND_COORDINATOR))
                continue; /* never said there */
            meet_error(apis[i], errors[k], false);
        }
}

KH_TEST(sim_errors, what_is_terminal_is_told_once_C_42)
{
    static const int16_t errors[] = {KH_KAFKA_GROUP_AUTHORIZATION_FAILED,
                                     KH_KAFKA_FENCED_INSTANCE_ID};

    for (size_t k = 0; k < 2; k++) {
        meet_error(KH_API_JOIN_GROUP, errors[k], true);
        meet_error(KH_API_SYNC_GROUP, errors[k], true);
        meet_error(KH_API_HEARTBEAT, errors[k], true);
        meet_error(KH_API_OFFSET_COMMIT, errors[k], true);
    }
    meet_error(KH_API_JOIN_GROUP, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, true);
    meet_error(KH_API_JOIN_GROUP, KH_KAFKA_INVALID_GROUP_ID, true);
    meet_error(KH_API_OFFSET_FETCH, KH_KAFKA_GROUP_AUTHORIZATION_FAILED, true);
    meet_error(KH_API_FIND_COORDINATOR, KH_KAFKA_GROUP_AUTHORIZATION_FAILED, true);
}

/* Errors of leaders, and of fetch sessions. */
KH_TEST(sim_errors, what_leaders_say_heals)
{
    meet_error(KH_API_OFFSET_FETCH, KH_KAFKA_UNSTABLE_OFFSET_COMMIT, false);
    meet_error(KH_API_METADATA, KH_KAFKA_LEADER_NOT_AVAILABLE, false);
    meet_error(KH_API_METADATA, KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION, false);
    meet_error(KH_API_LIST_OFFSETS, KH_KAFKA_NOT_LEADER_OR_FOLLOWER, false);
    meet_error(KH_API_LIST_OFFSETS, KH_KAFKA_FENCED_LEADER_EPOCH, false);
    meet_error(KH_API_LIST_OFFSETS, KH_KAFKA_UNKNOWN_LEADER_EPOCH, false);
    meet_error(KH_API_LIST_OFFSETS, KH_KAFKA_OFFSET_NOT_AVAILABLE, false);
    meet_error(KH_API_FETCH, KH_KAFKA_FETCH_SESSION_ID_NOT_FOUND, false);
    meet_error(KH_API_FETCH, KH_KAFKA_INVALID_FETCH_SESSION_EPOCH, false);
    meet_error(KH_API_FETCH, KH_KAFKA_FETCH_SESSION_TOPIC_ID_ERROR, false);
}
