/* Who hands out what: groups shared with other clients, each side leading (C-06), and assignors of
 * the application's own (C-07). */
#include "support/live/admin.h"
#include "support/live/child.h"
#include "support/live/member.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

LIVE_SUITE(assignors);

enum { PARTITIONS = 6, ALL = (1 << PARTITIONS) - 1 };

static const char *new_topic(void)
{
    const char *topic = live_name("t6");
    admin_create_topic(topic, PARTITIONS);
    return topic;
}

/* What Kafka says that this member of the group is given of the topic: a bit a partition; -1: it is
 * no member. `assignor` (may be NULL) must be the group's. */
static int described(const char *group, const char *client_id, const char *assignor)
{
    json_t *description = admin_describe_group(group);
    size_t index, i, p;
    json_t *member, *topic, *number;
    int bits = -1;
    if (assignor != NULL && description != NULL)
        cr_assert_str_eq(json_string_value(json_object_get(description, "assignor")), assignor);
    json_array_foreach(json_object_get(description, "members"), index, member)
    {
        if (strcmp(json_string_value(json_object_get(member, "clientId")), client_id) != 0)
            continue;
        bits = 0;
        json_array_foreach(json_object_get(member, "assignment"), i, topic)
            json_array_foreach(json_object_get(topic, "partitions"), p, number) bits |=
            1 << json_integer_value(number);
    }
    json_decref(description);
    return bits;
}

static int owned_bits(const struct member *m)
{
    const kohort_partitions *list = kohort_consumer_assignment(m->consumer);
    int bits = 0;
    for (size_t i = 0; i < kohort_partitions_count(list); i++)
        bits |= 1 << kohort_partition_number(kohort_partitions_at(list, i));
    return bits;
}

/* ---- C-06: other clients' members ---- */

/* Java's tool takes its heartbeats from a file alone. */
static const char *java_config(void)
{
    static const char text[] = "heartbeat.interval.ms=300\n";
    static char path[256];
    live_temporary(path, sizeof path, "java");
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(write(descriptor, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(descriptor);
    return path;
}

static void start_java(struct child *c, struct stage *s, const char *group, const char *topic,
                       const char *class, const char *config)
{
    const char *dev = getenv("KOHORT_TEST_DEV");
    cr_assert_not_null(dev, "KOHORT_TEST_DEV does not name ./dev");
    child_start_program(c, s, dev,
                        (const char *[]){"kafka", "cli", "verifiable-consumer",
                                         "--bootstrap-server", live_bootstrap(), "--topic", topic,
                                         "--group-id", group, "--assignment-strategy", class,
                                         config == NULL ? NULL : "--command-config", config, NULL});
}

/* How many partitions it was given last, by its own word; -1: none yet. A cooperative one names
 * what is new to it. */
static int java_owns(const struct child *c)
{
    const char *last = NULL;
    for (const char *at = c->out.text; (at = strstr(at, "partitions_assigned")) != NULL; at++)
        last = at;
    if (last == NULL)
        return -1;
    int count = 0;
    for (const char *end = strchr(last, '\n'), *at = last;
         (at = strstr(at, "\"partition\":")) != NULL && (end == NULL || at < end); at++)
        count++;
    return count;
}

/* Its client.id is kcat. */
static void start_librdkafka(struct child *c, struct stage *s, const char *group, const char *topic,
                             const char *name)
{
    char strategy[64];
    snprintf(strategy, sizeof strategy, "partition.assignment.strategy=%s", name);
    child_start_program(c, s, "kcat",
                        (const char *[]){"-b", live_bootstrap(), "-X", strategy, "-X",
                                         "client.id=kcat", "-X", "heartbeat.interval.ms=300", "-G",
                                         group, topic, NULL});
}

/* Kafka's word: between them they have everything, and each half of it. */
static bool is_halved(const char *group, const char *other, const struct member *m)
{
    return member_owned(m) == PARTITIONS / 2 && member_is(m, "stable") &&
           described(group, other, NULL) == (ALL ^ owned_bits(m)) &&
           described(group, "kohort", NULL) == owned_bits(m);
}

static void share_with_java(const char *name, const char *class, bool java_leads)
{
    struct stage s;
    struct child java;
    struct member *m = NULL;
    char client_id[128];
    bool eager = strcmp(name, "cooperative-sticky") != 0;
    const char *group = live_name("g"), *topic = new_topic();
    const char *options[] = {"partition.assignment.strategy", name, "heartbeat.interval.ms", "300",
                             NULL};
    const struct member_script script = {.options = options};
    stage_open(&s);
    if (java_leads) {
        start_java(&java, &s, group, topic, class, NULL);
        run_until(&s, java_owns(&java) == PARTITIONS);
        m = member_start(&s, "kohort", group, topic, &script);
    } else {
        m = member_start(&s, "kohort", group, topic, &script);
        run_until(&s, member_owned(m) == PARTITIONS);
        start_java(&java, &s, group, topic, class, NULL);
    }
    snprintf(client_id, sizeof client_id, "consumer-%s-1", group); /* Java's own choice */
    run_until(&s, (!eager || java_owns(&java) == PARTITIONS / 2) && is_halved(group, client_id, m));
    cr_expect_eq(kohort_consumer_is_leader(m->consumer), !java_leads);
    cr_expect_eq(described(group, "kohort", name), owned_bits(m));
    child_signal(&java, SIGTERM);
    run_until(&s, child_ended(&java));
    run_until(&s, member_owned(m) == PARTITIONS);
    child_close(&java);
    stage_close(&s);
}

#define JAVA "org.apache.kafka.clients.consumer."

KH_TEST(assignors, C_06_java_leads_range)
{
    share_with_java("range", JAVA "RangeAssignor", true);
}

KH_TEST(assignors, C_06_java_follows_range)
{
    share_with_java("range", JAVA "RangeAssignor", false);
}

KH_TEST(assignors, C_06_java_leads_roundrobin)
{
    share_with_java("roundrobin", JAVA "RoundRobinAssignor", true);
}

KH_TEST(assignors, C_06_java_follows_roundrobin)
{
    share_with_java("roundrobin", JAVA "RoundRobinAssignor", false);
}

KH_TEST(assignors, C_06_java_leads_sticky)
{
    share_with_java("sticky", JAVA "StickyAssignor", true);
}

KH_TEST(assignors, C_06_java_follows_sticky)
{
    share_with_java("sticky", JAVA "StickyAssignor", false);
}

KH_TEST(assignors, C_06_java_leads_cooperative_sticky)
{
    share_with_java("cooperative-sticky", JAVA "CooperativeStickyAssignor", true);
}

KH_TEST(assignors, C_06_java_follows_cooperative_sticky)
{
    share_with_java("cooperative-sticky", JAVA "CooperativeStickyAssignor", false);
}

static void share_with_librdkafka(const char *name, bool it_leads)
{
    struct stage s;
    struct child kcat;
    struct member *m = NULL;
    const char *group = live_name("g"), *topic = new_topic();
    const char *options[] = {"partition.assignment.strategy", name, "heartbeat.interval.ms", "300",
                             NULL};
    const struct member_script script = {.options = options};
    stage_open(&s);
    if (it_leads) {
        start_librdkafka(&kcat, &s, group, topic, name);
        run_until(&s, described(group, "kcat", NULL) == ALL);
        m = member_start(&s, "kohort", group, topic, &script);
    } else {
        m = member_start(&s, "kohort", group, topic, &script);
        run_until(&s, member_owned(m) == PARTITIONS);
        start_librdkafka(&kcat, &s, group, topic, name);
    }
    run_until(&s, is_halved(group, "kcat", m));
    cr_expect_eq(kohort_consumer_is_leader(m->consumer), !it_leads);
    cr_expect_eq(described(group, "kohort", name), owned_bits(m));
    cr_expect_eq(described(group, "kcat", name), ALL ^ owned_bits(m));
    child_signal(&kcat, SIGINT);
    run_until(&s, child_ended(&kcat) && member_owned(m) == PARTITIONS);
    child_close(&kcat);
    stage_close(&s);
}

KH_TEST(assignors, C_06_librdkafka_leads_range)
{
    share_with_librdkafka("range", true);
}

KH_TEST(assignors, C_06_librdkafka_follows_range)
{
    share_with_librdkafka("range", false);
}

KH_TEST(assignors, C_06_librdkafka_leads_roundrobin)
{
    share_with_librdkafka("roundrobin", true);
}

KH_TEST(assignors, C_06_librdkafka_follows_roundrobin)
{
    share_with_librdkafka("roundrobin", false);
}

KH_TEST(assignors, C_06_librdkafka_leads_cooperative_sticky)
{
    share_with_librdkafka("cooperative-sticky", true);
}

KH_TEST(assignors, C_06_librdkafka_follows_cooperative_sticky)
{
    share_with_librdkafka("cooperative-sticky", false);
}

/* ---- C-06: all three in one group ---- */

enum client { KOHORT, JAVAS, LIBRDKAFKA };

struct trio {
    struct stage stage;
    struct child children[3];
    struct member *member;
    const char *group, *topic, *name, *class, *config;
};

static void start_client(struct trio *t, enum client client)
{
    const char *options[] = {"partition.assignment.strategy", t->name, "heartbeat.interval.ms",
                             "300", NULL};
    if (client == KOHORT)
        t->member = member_start(&t->stage, "kohort", t->group, t->topic,
                                 &(struct member_script){.options = options});
    else if (client == JAVAS)
        start_java(&t->children[JAVAS], &t->stage, t->group, t->topic, t->class, t->config);
    else
        start_librdkafka(&t->children[LIBRDKAFKA], &t->stage, t->group, t->topic, t->name);
}

/* Kafka's word: each has a third, between them they have everything, and what kohort was told is
 * what the group's layout says. */
static bool is_shared(const char *group, const char *const ids[3], const struct member *m)
{
    int all = 0;
    if (!member_is(m, "stable") || described(group, ids[KOHORT], NULL) != owned_bits(m))
        return false;
    for (int i = 0; i < 3; i++) {
        int bits = described(group, ids[i], NULL);
        if (bits < 0 || __builtin_popcount((unsigned)bits) != PARTITIONS / 3)
            return false;
        all |= bits;
    }
    return all == ALL;
}

/* Who comes first leads; the others come at once. */
static void share_with_both(const char *name, const char *class, enum client leader)
{
    struct trio t = {.group = live_name("g"),
                     .topic = new_topic(),
                     .name = name,
                     .class = class,
                     .config = java_config()};
    char java_id[128];
    bool eager = strcmp(name, "cooperative-sticky") != 0;
    const char *const ids[3] = {"kohort", java_id, "kcat"};
    struct child *java = &t.children[JAVAS], *kcat = &t.children[LIBRDKAFKA];
    snprintf(java_id, sizeof java_id, "consumer-%s-1", t.group); /* Java's own choice */
    stage_open(&t.stage);
    start_client(&t, leader);
    run_until(&t.stage, described(t.group, ids[leader], NULL) == ALL);
    for (enum client c = KOHORT; c <= LIBRDKAFKA; c++)
        if (c != leader)
            start_client(&t, c);
    run_until(&t.stage,
              is_shared(t.group, ids, t.member) && (!eager || java_owns(java) == PARTITIONS / 3));
    cr_expect_eq(kohort_consumer_is_leader(t.member->consumer), leader == KOHORT);
    cr_expect_eq(described(t.group, "kohort", name), owned_bits(t.member));
    child_signal(java, SIGTERM);
    child_signal(kcat, SIGINT);
    run_until(&t.stage, child_ended(java) && child_ended(kcat));
    child_close(java);
    child_close(kcat);
    stage_close(&t.stage);
    unlink(t.config);
}

static void lead(enum client leader)
{
    share_with_both("range", JAVA "RangeAssignor", leader);
    share_with_both("roundrobin", JAVA "RoundRobinAssignor", leader);
    share_with_both("cooperative-sticky", JAVA "CooperativeStickyAssignor", leader);
}

KH_TEST(assignors, C_06_of_three_clients_kohort_leads)
{
    lead(KOHORT);
}

KH_TEST(assignors, C_06_of_three_clients_java_leads)
{
    lead(JAVAS);
}

KH_TEST(assignors, C_06_of_three_clients_librdkafka_leads)
{
    lead(LIBRDKAFKA);
}

/* ---- C-07: the application's own ---- */

/* Gives all to the member with the greatest id, or does one thing wrong. */
struct greedy {
    int calls, heard;
    int32_t last_generation;
    char told[16];
    enum { GOOD, TWICE, UNKNOWN_MEMBER, UNKNOWN_TOPIC, UNKNOWN_PARTITION, GIVES_UP } mode;
};

static int greedy_assign(void *arg, const kohort_group *group, kohort_layout *layout)
{
    struct greedy *g = arg;
    size_t greatest = 0;
    g->calls++;
    for (size_t m = 1; m < group->member_count; m++)
        if (strcmp(group->members[m].id, group->members[greatest].id) > 0)
            greatest = m;
    for (size_t t = 0; t < group->topic_count; t++)
        for (int32_t p = 0; p < group->topics[t].partition_count; p++)
            cr_expect_eq(kohort_layout_give(layout, greatest, t, p), 0);
    for (size_t m = 0; m < group->member_count; m++)
        kohort_layout_tell(
            layout, m, (kohort_user_data){m == greatest ? "all" : "none", m == greatest ? 3 : 4});
    if (g->mode == TWICE)
        kohort_layout_give(layout, 0, 0, 0);
    else if (g->mode == UNKNOWN_MEMBER)
        kohort_layout_give(layout, group->member_count, 0, 0);
    else if (g->mode == UNKNOWN_TOPIC)
        kohort_layout_give(layout, 0, group->topic_count, 0);
    else if (g->mode == UNKNOWN_PARTITION)
        kohort_layout_give(layout, 0, 0, PARTITIONS);
    return g->mode == GIVES_UP ? -7 : 0;
}

static void greedy_heard(void *arg, const kohort_topic_partitions *assigned, size_t count,
                         kohort_user_data user_data, int32_t generation)
{
    struct greedy *g = arg;
    (void)assigned;
    (void)count;
    g->heard++;
    g->last_generation = generation;
    snprintf(g->told, sizeof g->told, "%.*s", (int)user_data.size, (const char *)user_data.data);
}

static struct member *start_greedy(struct stage *s, const char *name, const char *group,
                                   const char *topic, struct greedy *g)
{
    kohort_assignor assignor = KOHORT_ASSIGNOR_INIT;
    const char *options[] = {"partition.assignment.strategy", "greedy", "heartbeat.interval.ms",
                             "300", NULL};
    assignor.name = "greedy";
    assignor.assign = greedy_assign;
    assignor.on_assignment = greedy_heard;
    assignor.arg = g;
    return member_start(s, name, group, topic,
                        &(struct member_script){.options = options, .assignor = &assignor});
}

KH_TEST(assignors, C_07_a_custom_assignor_runs_on_the_leader_and_kafka_shows_its_layout)
{
    struct stage s;
    struct greedy a = {0}, b = {0};
    const char *group = live_name("g"), *topic = new_topic();
    stage_open(&s);
    struct member *first = start_greedy(&s, "first", group, topic, &a);
    run_until(&s, member_owned(first) == PARTITIONS);
    struct member *second = start_greedy(&s, "second", group, topic, &b);
    run_until(&s, b.heard > 0 && a.last_generation == b.last_generation);
    run_until(&s, member_is(first, "stable") && member_is(second, "stable"));
    cr_expect_eq(a.calls, 2);
    cr_expect_eq(b.calls, 0, "not the leader");
    struct member *greatest = strcmp(kohort_consumer_member_id(first->consumer),
                                     kohort_consumer_member_id(second->consumer)) > 0
                                  ? first
                                  : second;
    cr_expect_eq(described(group, "first", "greedy"),
                 greatest == first ? (1 << PARTITIONS) - 1 : 0);
    cr_expect_eq(described(group, "second", "greedy"),
                 greatest == second ? (1 << PARTITIONS) - 1 : 0);
    cr_expect_str_eq(a.told, greatest == first ? "all" : "none");
    cr_expect_str_eq(b.told, greatest == second ? "all" : "none");
    stage_close(&s);
}

KH_TEST(assignors, C_07_an_invalid_layout_is_refused_and_the_group_recovers)
{
    static const char *const reasons[] = {
        [TWICE] = "it gives a partition twice (member '",
        [UNKNOWN_MEMBER] = "it gives to a member that is not in the group (number 1)",
        [UNKNOWN_TOPIC] = "it gives a topic that does not exist (member '",
        [UNKNOWN_PARTITION] = "it gives a partition that does not exist (member '",
        [GIVES_UP] = "it gave up with -7"};
    for (int mode = TWICE; mode <= GIVES_UP; mode++) {
        struct stage s;
        struct greedy g = {.mode = mode};
        stage_open(&s);
        struct member *m = start_greedy(&s, "only", live_name("g"), new_topic(), &g);
        run_until(&s, g.calls >= 2); /* it is asked again, and nothing was handed in */
        const struct member_entry *told = member_last(m, MEMBER_ERROR, -1);
        cr_assert_not_null(told);
        cr_expect_eq(told->error.code, KOHORT_EASSIGNOR);
        cr_expect_not_null(strstr(told->error.text, reasons[mode]), "%s", told->error.text);
        cr_expect_eq(m->counts[MEMBER_ASSIGNED], 0);
        g.mode = GOOD;
        run_until(&s, member_is(m, "stable") && member_owned(m) == PARTITIONS);
        stage_close(&s);
    }
}

KH_TEST(assignors, C_07_a_wire_name_can_be_chosen)
{
    struct stage s;
    const char *group = live_name("g"), *topic = new_topic();
    const char *options[] = {"partition.assignment.strategy", "roundrobin as roundrobin_v2", NULL};
    stage_open(&s);
    struct member *m =
        member_start(&s, "renamed", group, topic, &(struct member_script){.options = options});
    run_until(&s, member_is(m, "stable") && member_owned(m) == PARTITIONS);
    cr_expect_eq(described(group, "renamed", "roundrobin_v2"), (1 << PARTITIONS) - 1);
    stage_close(&s);
}
