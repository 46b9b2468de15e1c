/* Old versions of each API, as an old broker would speak them (`api.versions`). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <stdio.h>
#include <string.h>

LIVE_SUITE(versions);

enum { PARTITIONS = 2, RECORDS = 400 };

/* Two members consume a topic and leave; every request is judged by `bounds`. */
static void consume(const char *bounds, void (*judge)(const struct proxy_request *))
{
    struct stage s;
    struct oracle oracle;
    struct proxy proxy;
    const char *topic = live_name("t"), *group = live_name("g");
    admin_create_topic(topic, PARTITIONS);
    admin_produce_many(topic, RECORDS, 100, 0, "none");
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    proxy_open(&proxy, &s);
    const char *options[] = {"bootstrap.servers", proxy.address, "api.versions", bounds, NULL};
    const struct member_script script = {.options = options};
    struct member *a = member_start(&s, "a", group, topic, &script);
    run_until(&s, oracle_acked_count(&oracle) == RECORDS);
    struct member *b = member_start(&s, "b", group, topic, &script);
    run_until(&s, member_owned(a) == 1 && member_owned(b) == 1);
    admin_produce_many(topic, RECORDS, 100, RECORDS / PARTITIONS, "none");
    run_until(&s, oracle_acked_count(&oracle) == 2 * RECORDS);
    member_end(a);
    run_until(&s, member_owned(b) == PARTITIONS);
    member_end(b);
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(group, topic, i), 2 * RECORDS / PARTITIONS);
    cr_expect_eq(oracle_duplicates(&oracle), 0, "with api.versions=%s", bounds);
    for (size_t i = 0; i < proxy.request_count; i++)
        judge(&proxy.requests[i]);
    proxy_close(&proxy);
    stage_close(&s);
    oracle_close(&oracle);
}

static void judge_floor(const struct proxy_request *request)
{
    int api = kh_api_by_key(request->api_key);
    if (api != KH_API_API_VERSIONS)
        cr_expect_eq(request->api_version, kh_api_info((enum kh_api)api)->oldest, "%s v%d",
                     kh_api_info((enum kh_api)api)->name, request->api_version);
}

KH_TEST(versions, P_03_all_at_their_floor)
{
    char bounds[2048] = "";
    size_t size = 0;
    for (int api = 0; api < KH_API_COUNT; api++)
        if (api != KH_API_API_VERSIONS)
            size += (size_t)snprintf(bounds + size, sizeof bounds - size, "%s:%d,",
                                     kh_api_info((enum kh_api)api)->option_name,
                                     kh_api_info((enum kh_api)api)->oldest);
    consume(bounds, judge_floor);
}

/* One side of each change that matters to us: before flexible versions, before topic ids, before
 * batches of groups, before member ids are asked for. */
static const struct {
    const char *bounds;
    enum kh_api api;
    int newest;
} steps[] = {
    {"join_group:0-5", KH_API_JOIN_GROUP, 5},
    {"join_group:0-3", KH_API_JOIN_GROUP, 3},
    {"fetch:4-6", KH_API_FETCH, 6},
    {"fetch:4-11", KH_API_FETCH, 11},
    {"fetch:4-12", KH_API_FETCH, 12},
    {"offset_fetch:1-7,offset_commit:2-7", KH_API_OFFSET_FETCH, 7},
    {"metadata:0-8,find_coordinator:0-3", KH_API_METADATA, 8},
    {"sync_group:0-3,leave_group:0-2,heartbeat:0-3", KH_API_LEAVE_GROUP, 2},
};

static size_t step;

static void judge_step(const struct proxy_request *request)
{
    if (request->api_key == kh_api_info(steps[step].api)->key)
        cr_expect_eq(request->api_version, steps[step].newest, "%s v%d",
                     kh_api_info(steps[step].api)->name, request->api_version);
}

KH_TEST(versions, P_03_one_side_of_each_change)
{
    for (step = 0; step < sizeof steps / sizeof steps[0]; step++)
        consume(steps[step].bounds, judge_step);
}

static void judge_newest(const struct proxy_request *request)
{
    if (request->api_key == kh_api_info(KH_API_FETCH)->key)
        cr_expect_geq(request->api_version, 13, "topics go by their ids");
    if (request->api_key == kh_api_info(KH_API_JOIN_GROUP)->key)
        cr_expect_geq(request->api_version, 9);
}

KH_TEST(versions, P_03_the_newest_that_both_speak)
{
    consume("", judge_newest);
}

/* A broker that speaks an API at its newest version alone: key, oldest and newest stand together in
 * its answer. */
static void keep_newest(struct proxy *p, const struct proxy_request *request, uint8_t *frame,
                        size_t size)
{
    const struct kh_api_info *info = p->arg;
    const uint8_t entry[] = {0, (uint8_t)info->key,   0, (uint8_t)info->oldest,
                             0, (uint8_t)info->newest};
    uint8_t *found = request->api_key == kh_api_info(KH_API_API_VERSIONS)->key
                         ? memmem(frame, size, entry, sizeof entry)
                         : NULL;
    if (found != NULL)
        found[3] = found[5];
}

static const kohort_error *version_error(const struct member *m)
{
    for (size_t i = 0; i < m->entry_count; i++)
        if (m->entries[i].error.code == KOHORT_EVERSION)
            return &m->entries[i].error;
    return NULL;
}

/* We speak it at all versions but the newest. */
static void find_nothing_in_common(enum kh_api api)
{
    struct stage s;
    struct proxy proxy;
    const struct kh_api_info *info = kh_api_info(api);
    char bounds[64], ours[64], theirs[64];
    const char *topic = live_name("t");
    admin_create_topic(topic, 1);
    admin_produce_many(topic, 10, 20, 0, "none");
    stage_open(&s);
    proxy_open(&proxy, &s);
    proxy.on_answer = keep_newest;
    proxy.arg = (void *)(uintptr_t)info;
    snprintf(bounds, sizeof bounds, "%s:%d-%d", info->option_name, info->oldest, info->newest - 1);
    snprintf(ours, sizeof ours, "versions %d to %d", info->oldest, info->newest - 1);
    snprintf(theirs, sizeof theirs, "version %d only", info->newest);
    const char *options[] = {"bootstrap.servers",
                             proxy.address,
                             "api.versions",
                             bounds,
                             "auto.commit.interval.ms",
                             "100",
                             NULL};
    struct member *m =
        member_start(&s, "m", live_name("g"), topic, &(struct member_script){.options = options});
    run_until(&s, version_error(m) != NULL);
    const kohort_error *error = version_error(m);
    cr_expect_eq(error->api_key, info->key);
    cr_expect_not_null(strstr(error->text, info->name), "%s", error->text);
    cr_expect_not_null(strstr(error->text, ours), "%s", error->text);
    cr_expect_not_null(strstr(error->text, theirs), "%s", error->text);
    cr_expect_not_null(strstr(error->text, proxy.address), "%s", error->text);
    member_end(m);
    proxy_close(&proxy);
    stage_close(&s);
}

/* Each that a member cannot do without. Leaving is best effort, and says nothing. */
KH_TEST(versions, P_03_no_version_in_common_is_an_error_with_both_ranges)
{
    static const enum kh_api needed[] = {
        KH_API_METADATA,     KH_API_FIND_COORDINATOR, KH_API_JOIN_GROUP,   KH_API_SYNC_GROUP,
        KH_API_HEARTBEAT,    KH_API_OFFSET_FETCH,     KH_API_LIST_OFFSETS, KH_API_FETCH,
        KH_API_OFFSET_COMMIT};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        find_nothing_in_common(needed[i]);
}
