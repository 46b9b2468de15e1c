#include "differential/sequence.h"

enum { GROUP_STEPS = 32, TIMEOUT_STEPS = 14, DATA_STEPS = 20 };

/* How often an API is asked, in each kind of sequence. */
static const uint8_t weights[SEQUENCE_KIND_COUNT][KH_API_COUNT] = {
    [SEQUENCE_GROUP] = {[KH_API_JOIN_GROUP] = 34,
                        [KH_API_SYNC_GROUP] = 26,
                        [KH_API_HEARTBEAT] = 14,
                        [KH_API_LEAVE_GROUP] = 7,
                        [KH_API_OFFSET_COMMIT] = 12,
                        [KH_API_OFFSET_FETCH] = 7},
    [SEQUENCE_STATIC] = {[KH_API_JOIN_GROUP] = 40,
                         [KH_API_SYNC_GROUP] = 28,
                         [KH_API_HEARTBEAT] = 14,
                         [KH_API_LEAVE_GROUP] = 8,
                         [KH_API_OFFSET_COMMIT] = 10},
    [SEQUENCE_TIMEOUT] = {[KH_API_JOIN_GROUP] = 50, [KH_API_SYNC_GROUP] = 50},
    [SEQUENCE_OFFSETS] = {[KH_API_JOIN_GROUP] = 14,
                          [KH_API_SYNC_GROUP] = 12,
                          [KH_API_LEAVE_GROUP] = 2,
                          [KH_API_OFFSET_COMMIT] = 40,
                          [KH_API_OFFSET_FETCH] = 32},
    [SEQUENCE_FETCH] = {[KH_API_FETCH] = 80, [KH_API_LIST_OFFSETS] = 20},
    [SEQUENCE_CLUSTER] = {[KH_API_API_VERSIONS] = 20,
                          [KH_API_METADATA] = 30,
                          [KH_API_FIND_COORDINATOR] = 20,
                          [KH_API_LIST_OFFSETS] = 30},
};

const char *sequence_kind_name(enum sequence_kind kind)
{
    static const char *const names[] = {"group",   "static", "timeout",
                                        "offsets", "fetch",  "cluster"};
    return names[kind];
}

static enum kh_api choose_api(const uint8_t *weight, struct kh_random *random)
{
    uint64_t total = 0, at;
    int api = 0;

    for (int i = 0; i < KH_API_COUNT; i++)
        total += weight[i];
    at = kh_random_below(random, total);
    while (at >= weight[api])
        at -= weight[api++];
    return (enum kh_api)api;
}

/* Of static members: at a version that can say so, mostly. */
static int choose_version(const struct version_range *range, struct kh_random *random)
{
    /* A version that nobody speaks ends the connection, except that of ApiVersions. */
    if (kh_random_below(random, 200) == 0)
        return range->newest + 1;
    return range->oldest +
           (int)kh_random_below(random, (uint64_t)(range->newest - range->oldest) + 1);
}

static void make_step(struct step *step, const struct scene *scene, enum sequence_kind kind,
                      uint64_t members, struct kh_random *random)
{
    step->slot = (int)kh_random_below(random, members);
    step->api = choose_api(weights[kind], random);
    step->version = choose_version(&scene->versions[step->api], random);
    if (kind == SEQUENCE_STATIC && step->version < 5 && kh_random_below(random, 4) > 0)
        step->version = scene->versions[step->api].newest;
    step->appends = kind == SEQUENCE_FETCH && kh_random_below(random, 6) == 0;
    for (int i = 0; i < STEP_CHOICES; i++)
        step->choices[i] = (uint32_t)kh_random_next(random);
}

void sequence_make(struct sequence *s, const struct scene *scene, uint64_t seed)
{
    /* Groups are what most of the model is about. */
    static const enum sequence_kind kinds[] = {
        SEQUENCE_GROUP, SEQUENCE_STATIC,  SEQUENCE_GROUP, SEQUENCE_FETCH, SEQUENCE_OFFSETS,
        SEQUENCE_GROUP, SEQUENCE_CLUSTER, SEQUENCE_GROUP, SEQUENCE_FETCH, SEQUENCE_STATIC,
    };
    struct kh_random random;

    /* The fewer there are, the more often all of them are where a generation ends. */
    uint64_t members = 2 + seed % (SIDE_SLOTS - 1);

    kh_random_seed(&random, seed);
    *s = (struct sequence){.kind = kinds[seed % (sizeof kinds / sizeof *kinds)]};
    if (seed % 15 == 0)
        s->kind = SEQUENCE_TIMEOUT;
    s->step_count = s->kind == SEQUENCE_TIMEOUT                                ? TIMEOUT_STEPS
                    : s->kind == SEQUENCE_FETCH || s->kind == SEQUENCE_CLUSTER ? DATA_STEPS
                                                                               : GROUP_STEPS;
    for (size_t i = 0; i < s->step_count; i++)
        make_step(&s->steps[i], scene, s->kind, members, &random);
    if (s->kind == SEQUENCE_TIMEOUT)
        s->steps[s->step_count - 1].waits = true;
}

const void *ask_build(const struct scene *scene, const struct step *step, struct side *side)
{
    static ask_builder *const builders[KH_API_COUNT] = {
        [KH_API_JOIN_GROUP] = ask_join_group,
        [KH_API_SYNC_GROUP] = ask_sync_group,
        [KH_API_HEARTBEAT] = ask_heartbeat,
        [KH_API_LEAVE_GROUP] = ask_leave_group,
        [KH_API_OFFSET_COMMIT] = ask_offset_commit,
        [KH_API_OFFSET_FETCH] = ask_offset_fetch,
        [KH_API_LIST_OFFSETS] = ask_list_offsets,
        [KH_API_FETCH] = ask_fetch,
        [KH_API_METADATA] = ask_metadata,
        [KH_API_FIND_COORDINATOR] = ask_find_coordinator,
        [KH_API_API_VERSIONS] = ask_api_versions,
    };
    return step->version > scene->versions[step->api].newest
               ? NULL
               : builders[step->api](scene, step, side);
}
