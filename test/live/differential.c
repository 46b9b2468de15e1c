/* The model of test/sim against a real Kafka: the same requests, the same answers
 * (test/differential/README.md). */
#include "base/status.h"
#include "differential/normal.h"
#include "differential/play.h"
#include "protocol/api_versions.h"
#include "protocol/find_coordinator.h"
#include "protocol/heartbeat.h"
#include "protocol/metadata.h"
#include "sim/world.h"
#include "support/live/admin.h"
#include "support/live/live.h"

#include <stdio.h>
#include <stdlib.h>

LIVE_SUITE(differential);

enum {
    SEQUENCES = 240,
    PLAYS_MAX =
        3, /* a crowded machine may handle two requests the other way round; not each time */
    PARTITIONS = 3,
    BATCHES = 6,
};

/* Where each side says it is, and the topic's id. */
static struct kh_uuid ask_for_topic(struct side *s, const char *topic)
{
    struct kh_metadata_request request = KH_METADATA_REQUEST_DEFAULTS;
    const struct kh_metadata_request_topic asked = {.name = kh_string_of(topic)};

    request.topics = &asked;
    request.topic_count = 1;
    const struct kh_metadata_response *response =
        side_call(s, SIDE_CONTROL, KH_API_METADATA, 12, &request);
    s->node_id = response->brokers[0].node_id;
    s->port = response->brokers[0].port;
    snprintf(s->host, sizeof s->host, "%.*s", (int)response->brokers[0].host.size,
             response->brokers[0].host.data);
    return response->topics[0].topic_id;
}

/* The first who asks for groups makes the topic that they are kept in. */
static void await_coordinator(struct side *s)
{
    const struct kh_string key = KH_STRING("any");
    const struct kh_find_coordinator_request find = {.coordinator_keys = &key,
                                                     .coordinator_key_count = 1};
    const struct kh_heartbeat_request beat = {.group_id = key, .member_id = key};
    const struct kh_find_coordinator_response *found;
    const struct kh_heartbeat_response *beaten;

    do
        found = side_call(s, SIDE_CONTROL, KH_API_FIND_COORDINATOR, 4, &find);
    while (found->coordinators[0].error_code != 0);
    do
        beaten = side_call(s, SIDE_CONTROL, KH_API_HEARTBEAT, 4, &beat);
    while (beaten->error_code != KH_KAFKA_UNKNOWN_MEMBER_ID);
}

/* Both speak these. */
static void learn_versions(struct play *p)
{
    const struct kh_api_versions_request request = KH_API_VERSIONS_REQUEST_DEFAULTS;
    const struct kh_api_versions_response *response =
        side_call(&p->broker, SIDE_CONTROL, KH_API_API_VERSIONS, 0, &request);

    for (size_t i = 0; i < response->api_key_count; i++) {
        int api = kh_api_by_key(response->api_keys[i].api_key);
        if (api < 0)
            continue;
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        int16_t min = response->api_keys[i].min_version, max = response->api_keys[i].max_version;
        p->scene.versions[api] = (struct version_range){min > info->oldest ? min : info->oldest,
                                                        max < info->newest ? max : info->newest};
    }
}

/* The same topic on both sides. */
static struct sim_topic *make_topic(struct play *p, struct sim_world *w, int partitions)
{
    const char *name = live_name("t");
    struct sim_topic *topic = sim_cluster_add_topic(&w->cluster, name, partitions);

    /* Records are of 1970, and stay. */
    admin_do(json_pack("{ss ss si s{ss}}", "do", "createTopic", "topic", name, "partitions",
                       partitions, "configs", "retention.ms", "-1"));
    topic->id = ask_for_topic(&p->broker, name);
    ask_for_topic(&p->model, name);
    return topic;
}

/* One partition is empty, and one does not begin at 0. */
static void fill_topic(struct play *p, struct sim_world *w, struct sim_topic *topic)
{
    for (int i = 0; i < PARTITIONS; i++) {
        if (i == 1)
            continue;
        for (int k = 0; k < BATCHES; k++)
            append_both(p, &topic->logs[i], 1000 + 10 * k);
    }
    sim_cluster_delete_records(&w->cluster, &topic->logs[2], 7);
    admin_delete_records(topic->name, 2, 7);
}

static void make_topics(struct play *p, struct sim_world *w)
{
    struct sim_topic *whole = make_topic(p, w, PARTITIONS), *growing = make_topic(p, w, 1);

    fill_topic(p, w, whole);
    p->scene.topics[TOPIC_WHOLE] = (struct topic_ref){whole->name, whole->id};
    p->scene.topics[TOPIC_MISSING] = (struct topic_ref){"not-there", {{1, 2, 3}}};
    p->scene.topics[TOPIC_GROWING] = (struct topic_ref){growing->name, growing->id};
    p->growing = growing->logs;
}

/* How often it has to be played until both are the same; 0: they never are. */
static int play_until_equal(struct play *p, uint64_t seed)
{
    struct sequence s;

    sequence_make(&s, &p->scene, seed);
    p->scene.seed = seed;
    p->scene.kind = s.kind;
    for (int i = 1; i <= PLAYS_MAX; i++) {
        snprintf(p->scene.group, sizeof p->scene.group, "%s-%d-%d",
                 p->scene.topics[TOPIC_WHOLE].name, (int)seed, i);
        if (play(p, &s))
            return i;
        cr_log_info("sequence %d, play %d: %s", (int)seed, i, strstr(p->story, "DIFFERENCE"));
    }
    cr_expect(false, "sequence %d (%s; alone: KOHORT_TEST_SEQUENCE=%d):\n%s", (int)seed,
              sequence_kind_name(s.kind), (int)seed, p->story);
    return 0;
}

static void log_figures(const struct play *p, int sequences, int again)
{
    size_t total = 0;

    for (int api = 0; api < KH_API_COUNT; api++)
        total += p->answers[api];
    cr_log_info("%d sequences, %d of them played again; %zu answers are equal", sequences, again,
                total);
    for (int api = 0; api < KH_API_COUNT; api++)
        if (p->answers[api] > 0)
            cr_log_info("%s: %zu", kh_api_info((enum kh_api)api)->name, p->answers[api]);
    for (size_t i = 0; explained_name(i) != NULL; i++)
        cr_log_info("explained, %s: %zu", explained_name(i), explained_count(i));
}

/* KOHORT_TEST_SEQUENCE: one, or the first and the last of many, "241-2000". */
static int play_all(struct play *p)
{
    const char *only = getenv("KOHORT_TEST_SEQUENCE");
    char *end = NULL;
    int first = only == NULL ? 1 : (int)strtol(only, &end, 10);
    int last = only == NULL ? SEQUENCES : *end == '-' ? (int)strtol(end + 1, NULL, 10) : first;
    int different = 0, again = 0;

    for (int seed = first; seed <= last; seed++) {
        int plays = play_until_equal(p, (uint64_t)seed);
        different += plays == 0;
        again += plays > 1;
    }
    log_figures(p, last - first + 1, again);
    return different;
}

/* The notes name each difference that is explained. */
KH_TEST(differential, what_is_explained_is_in_the_notes)
{
    const char *path = getenv("KOHORT_TEST_NOTES");
    char notes[1 << 15], wanted[64];
    FILE *file = path == NULL ? NULL : fopen(path, "r");

    cr_assert_not_null(file, "KOHORT_TEST_NOTES is not test/differential/README.md");
    notes[fread(notes, 1, sizeof notes - 1, file)] = '\0';
    fclose(file);
    for (size_t i = 0; explained_name(i) != NULL; i++) {
        snprintf(wanted, sizeof wanted, "\n| `%s` |", explained_name(i));
        cr_expect(strstr(notes, wanted) != NULL, "no row of %s", explained_name(i));
    }
}

KH_TEST(differential, the_model_answers_as_kafka_does)
{
    struct sim_world_options options = SIM_WORLD_DEFAULTS;
    struct play p = {.story = malloc(STORY_SIZE)};

    options.steady = true;
    options.cluster.session_timeout_min_ms = 100; /* docker/server.properties */
    struct sim_world *w = sim_world_new(1, &options);
    struct side_model model = {w, sim_cluster_broker(&w->cluster, 0)};
    w->cluster.observer = (struct sim_observer){0}; /* Wrong requests are what this is about. */
    side_init(&p.model, "the model", &side_model_ops, &model);
    side_init(&p.broker, "Kafka", &side_broker_ops, NULL);
    await_coordinator(&p.broker);
    learn_versions(&p);
    make_topics(&p, w);
    int different = play_all(&p);
    side_free(&p.broker);
    side_free(&p.model);
    sim_world_free(w);
    free(p.story);
    cr_assert_eq(different, 0, "%d sequences are answered otherwise by Kafka", different);
}
