/* The same work with each version of Kafka that matters (contract row C-51): a node of its own for
 * each, one after the other. */
#include "support/live/admin.h"
#include "support/live/dev.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include "protocol/api_versions.h"
#include "protocol/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A version that check has not fetched in advance is fetched by its test. */
enum { BROKER_TEST_SECONDS = 300 };

TestSuite(brokers, .init = live_begin, .timeout = BROKER_TEST_SECONDS);

enum { PARTITIONS = 6, RECORDS = 1200, FRAME_HEAD = 4 };

/* ---- a node ---- */

static char directory[256];

static void start_node(const char *version)
{
    char owner[16];
    if (getenv("KOHORT_TEST_DEV") == NULL)
        cr_skip_test("KOHORT_TEST_DEV does not name ./dev, which starts a node");
    live_temporary(directory, sizeof directory, "broker");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(owner, sizeof owner, "%d", (int)getpid());
    setenv("KOHORT_KAFKA_OWNER", owner, 1); /* It ends with this test, whatever happens. */
    pid_t up = dev_begin(directory, (const char *const[]){"up", "--version", version, NULL});
    cr_assert_eq(dev_wait(up), 0, "Kafka %s did not start: see %s", version, directory);
    live_use(dev_read(directory, "bootstrap"));
}

static void end_node(void)
{
    cr_expect_eq(dev_wait(dev_begin(directory, (const char *const[]){"down", NULL})), 0);
    dev_remove(directory);
}

/* ---- what the broker says it speaks ---- */

struct range {
    int oldest, newest;
};

struct broker {
    struct range speaks[KH_API_COUNT];
    bool asked; /* it has answered ApiVersions */
};

static void note_versions(struct proxy *p, const struct proxy_request *request, uint8_t *frame,
                          size_t size)
{
    struct broker *broker = p->arg;
    struct kh_api_versions_response response;
    struct kh_arena arena;
    struct kh_reader r;
    if (request->api_key != kh_api_info(KH_API_API_VERSIONS)->key)
        return;
    kh_arena_init(&arena, test_heap, 1 << 20);
    kh_reader_init(&r, frame + FRAME_HEAD, size - FRAME_HEAD, false, &arena);
    kh_response_header_decode(&r, KH_API_API_VERSIONS, request->api_version);
    kh_api_versions_response_decode(&r, request->api_version, &response);
    /* An old broker refuses our newest version, in the layout of v0; then it is asked again. */
    if (kh_read_end(&r) && response.error_code == 0) {
        broker->asked = true;
        for (size_t i = 0; i < response.api_key_count; i++) {
            int api = kh_api_by_key(response.api_keys[i].api_key);
            if (api >= 0)
                broker->speaks[api] = (struct range){response.api_keys[i].min_version,
                                                     response.api_keys[i].max_version};
        }
    }
    kh_arena_free(&arena);
}

/* Each request in a version that both speak, and that is not above `cap`; of the group's APIs the
 * newest of those. `cap` has an upper bound for each API, or -1. */
static void judge(const struct proxy *p, const struct broker *broker, const int *cap)
{
    for (size_t i = 0; i < p->request_count; i++) {
        int api = kh_api_by_key(p->requests[i].api_key), version = p->requests[i].api_version;
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        const struct range *speaks = &broker->speaks[api];
        if (api == KH_API_API_VERSIONS)
            continue; /* asked before anything is known */
        int newest = info->newest < speaks->newest ? info->newest : speaks->newest;
        if (cap[api] != -1 && cap[api] < newest)
            newest = cap[api];
        cr_expect(version >= info->oldest && version >= speaks->oldest && version <= newest,
                  "%s v%d: we speak %d to %d, the broker %d to %d, the cap is %d", info->name,
                  version, info->oldest, info->newest, speaks->oldest, speaks->newest, cap[api]);
        if (api == KH_API_JOIN_GROUP || api == KH_API_SYNC_GROUP || api == KH_API_HEARTBEAT)
            cr_expect_eq(version, newest, "%s v%d, not v%d", info->name, version, newest);
    }
}

/* ---- the work ---- */

static bool shared(const struct member *a, const struct member *b)
{
    return member_is(a, "stable") && member_is(b, "stable") && member_owned(a) == PARTITIONS / 2 &&
           member_owned(b) == PARTITIONS / 2;
}

/* Alone, shared, alone again; each time more records come. */
static void consume(struct stage *s, struct proxy *p, const char *group, const char *topic,
                    const char *bounds)
{
    const char *options[] = {"bootstrap.servers", p->address, "api.versions", bounds, NULL};
    const struct member_script script = {.options = options};
    admin_produce_many(topic, RECORDS, 100, 0, "none");
    struct member *a = member_start(s, "a", group, topic, &script);
    run_until(s, oracle_acked_count(s->oracle) == RECORDS);
    cr_expect_eq(member_owned(a), PARTITIONS);
    struct member *b = member_start(s, "b", group, topic, &script);
    run_until(s, shared(a, b));
    admin_produce_many(topic, RECORDS, 100, RECORDS / PARTITIONS, "gzip");
    run_until(s, oracle_acked_count(s->oracle) == 2 * RECORDS);
    member_end(b);
    run_until(s, member_owned(a) == PARTITIONS);
    admin_produce_many(topic, RECORDS, 100, 2 * RECORDS / PARTITIONS, "none");
    run_until(s, oracle_acked_count(s->oracle) == 3 * RECORDS);
    member_end(a);
    cr_expect_eq(oracle_duplicates(s->oracle), 0);
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(group, topic, i), 3 * RECORDS / PARTITIONS);
}

static void work(const char *bounds, const int *cap)
{
    struct stage s;
    struct oracle oracle;
    struct proxy proxy;
    struct broker broker = {0};
    const char *topic = live_name("t6"), *group = live_name("g");
    /* Brokers before 2.4 know no default. */
    admin_do(json_pack("{ss ss si si}", "do", "createTopic", "topic", topic, "partitions",
                       PARTITIONS, "replication", 1));
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    proxy_open(&proxy, &s);
    proxy.arg = &broker;
    proxy.on_answer = note_versions;
    consume(&s, &proxy, group, topic, bounds);
    cr_expect(broker.asked);
    judge(&proxy, &broker, cap);
    proxy_close(&proxy);
    stage_close(&s);
    oracle_close(&oracle);
}

/* Versions that every broker since 2.1 speaks, Kafka 4 included. */
static const struct {
    enum kh_api api;
    int newest;
} caps[] = {
    {KH_API_FETCH, 8},        {KH_API_METADATA, 5},    {KH_API_JOIN_GROUP, 3},
    {KH_API_SYNC_GROUP, 2},   {KH_API_HEARTBEAT, 1},   {KH_API_OFFSET_COMMIT, 4},
    {KH_API_OFFSET_FETCH, 3}, {KH_API_LEAVE_GROUP, 1}, {KH_API_LIST_OFFSETS, 3},
};

static void work_with(const char *version)
{
    int cap[KH_API_COUNT];
    char bounds[512] = "";
    size_t size = 0;
    start_node(version);
    for (size_t i = 0; i < KH_API_COUNT; i++)
        cap[i] = -1;
    work("", cap);
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        const struct kh_api_info *info = kh_api_info(caps[i].api);
        cap[caps[i].api] = caps[i].newest;
        size += (size_t)snprintf(bounds + size, sizeof bounds - size, "%s:%d-%d,",
                                 info->option_name, info->oldest, caps[i].newest);
    }
    work(bounds, cap);
    end_node();
}

KH_TEST(brokers, C_51_works_with_kafka_2_1)
{
    work_with("2.1.1");
}

KH_TEST(brokers, C_51_works_with_kafka_2_8)
{
    work_with("2.8.2");
}

KH_TEST(brokers, C_51_works_with_kafka_3_9)
{
    work_with("3.9.2");
}

KH_TEST(brokers, C_51_works_with_kafka_4_0)
{
    work_with("4.0.2");
}

KH_TEST(brokers, C_51_works_with_kafka_4_4)
{
    work_with("4.4.0");
}
