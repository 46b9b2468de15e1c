/* Several consumers, groups and clusters in one process and on one loop (contract row C-49). */
#include "support/live/admin.h"
#include "support/live/child.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

LIVE_SUITE(embedding);

enum { PARTITIONS = 6, RECORDS = 600 };

static const char *new_topic(void)
{
    const char *topic = live_name("t6");
    admin_create_topic(topic, PARTITIONS);
    return topic;
}

static void expect_committed(const char *group, const char *topic, int64_t offset)
{
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(group, topic, i), offset, "%s %s-%d: %lld", group, topic, i,
                     (long long)admin_group_offset(group, topic, i));
}

/* Every record of a topic once, and each partition in order: the offsets begin at 0, and each
 * batch goes on where the last one ended. */
static void expect_each_once(const struct member *m)
{
    int64_t next[PARTITIONS] = {0};
    for (size_t i = 0; i < m->entry_count; i++) {
        const struct member_entry *e = &m->entries[i];
        if (e->kind != MEMBER_RECORDS)
            continue;
        cr_expect_eq(e->offset, next[e->partition], "%s: partition %d goes from %lld to %lld",
                     m->name, (int)e->partition, (long long)next[e->partition],
                     (long long)e->offset);
        next[e->partition] = e->offset + (int64_t)e->count;
    }
}

/* On how many connections requests of an API have come since `from`. */
static size_t connections_of(const struct proxy *p, enum kh_api api, size_t from)
{
    bool *seen = calloc(p->connection_count, sizeof *seen);
    size_t count = 0;
    for (size_t i = from; i < p->request_count; i++)
        if (p->requests[i].api_key == kh_api_info(api)->key && !seen[p->requests[i].connection]) {
            seen[p->requests[i].connection] = true;
            count++;
        }
    free(seen);
    return count;
}

/* ---- one client ---- */

enum { GROUPS = 4 };

struct groups {
    struct stage stage;
    struct proxy proxy;
    const char *topic, *names[GROUPS];
    struct member *members[GROUPS]; /* the first one has the client */
};

static void begin_groups(struct groups *t)
{
    t->topic = new_topic();
    stage_open(&t->stage);
    proxy_open(&t->proxy, &t->stage);
    for (size_t i = 0; i < GROUPS; i++) {
        const char *options[] = {"bootstrap.servers", t->proxy.address, NULL};
        const struct member_script script = {.options = options,
                                             .client = i == 0 ? NULL : t->members[0]->client};
        char name[16];
        snprintf(name, sizeof name, "m%zu", i);
        t->names[i] = live_name("g");
        t->members[i] = member_start(&t->stage, name, t->names[i], t->topic, &script);
    }
    for (size_t i = 0; i < GROUPS; i++)
        run_until(&t->stage, member_owned(t->members[i]) == PARTITIONS);
}

static void end_groups(struct groups *t)
{
    for (size_t i = GROUPS; i-- > 0;)
        member_end(t->members[i]);
    proxy_close(&t->proxy);
    stage_close(&t->stage);
}

static void read_all(struct groups *t, size_t members, size_t records)
{
    for (size_t i = 0; i < members; i++)
        run_until(&t->stage, t->members[i]->records == records);
}

KH_TEST(embedding, C_49_groups_of_one_client_each_get_all_records)
{
    struct groups t;
    begin_groups(&t);
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    read_all(&t, GROUPS, RECORDS);
    end_groups(&t);
    for (size_t i = 0; i < GROUPS; i++)
        expect_committed(t.names[i], t.topic, RECORDS / PARTITIONS);
}

KH_TEST(embedding, C_49_offsets_of_groups_on_one_client_are_their_own)
{
    struct groups t;
    begin_groups(&t);
    /* One stands still in one partition, and only there and only for its group. */
    expect_status(kohort_pause(member_partition(t.members[1], t.topic, 2)), KOHORT_OK);
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    read_all(&t, 1, RECORDS);
    run_until(&t.stage, t.members[1]->records == RECORDS - RECORDS / PARTITIONS);
    expect_each_once(t.members[0]);
    end_groups(&t);
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(t.names[1], t.topic, i),
                     i == 2 ? -1 : RECORDS / PARTITIONS);
    expect_committed(t.names[0], t.topic, RECORDS / PARTITIONS);
}

KH_TEST(embedding, members_of_one_group_on_one_client_share_the_partitions)
{
    struct stage s;
    struct oracle oracle;
    const char *topic = new_topic(), *group = live_name("g");
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    struct member *first = member_start(&s, "first", group, topic, NULL);
    struct member *second =
        member_start(&s, "second", group, topic, &(struct member_script){.client = first->client});
    run_until(&s, member_owned(first) == 3 && member_owned(second) == 3);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    run_until(&s, oracle_acked_count(&oracle) == RECORDS);
    cr_expect_eq(oracle_duplicates(&oracle), 0);
    member_end(second);
    run_until(&s, member_owned(first) == PARTITIONS);
    stage_close(&s);
    expect_committed(group, topic, RECORDS / PARTITIONS);
    oracle_close(&oracle);
}

/* Decision 14: a lane for Fetch each, and one for the quick requests of all. It has a second
 * connection while an answer takes long. */
KH_TEST(embedding, C_49_consumers_of_one_client_share_a_lane)
{
    struct groups t;
    begin_groups(&t);
    size_t from = t.proxy.request_count;
    size_t wanted = proxy_count(&t.proxy, KH_API_HEARTBEAT) + 10 * GROUPS;
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_HEARTBEAT) >= wanted);
    cr_expect_eq(connections_of(&t.proxy, KH_API_FETCH, from), GROUPS);
    cr_expect_leq(connections_of(&t.proxy, KH_API_HEARTBEAT, from), 2, "%zu connections",
                  connections_of(&t.proxy, KH_API_HEARTBEAT, from));
    end_groups(&t);
}

static void expect_undisturbed(const struct member *m)
{
    cr_expect_eq(m->counts[MEMBER_REVOKED] + m->counts[MEMBER_LOST], 0, "%s", m->name);
    cr_expect_eq(m->counts[MEMBER_ERROR] + m->counts[MEMBER_FAILED], 0, "%s", m->name);
    cr_expect_eq(m->records, RECORDS);
    expect_each_once(m);
}

KH_TEST(embedding, C_49_who_closes_or_fails_disturbs_no_other)
{
    struct groups t;
    begin_groups(&t);
    const char *options[] = {"session.timeout.ms", "50", "heartbeat.interval.ms", "10", NULL};
    const struct member_script script = {.options = options, .client = t.members[0]->client};
    admin_produce_many(t.topic, RECORDS / 2, 20, 0, "none");
    struct member *failing = member_start(&t.stage, "failing", live_name("g"), t.topic, &script);
    run_until(&t.stage, failing->counts[MEMBER_FAILED] == 1);
    member_end(failing);                          /* closed, and freed */
    kohort_consumer_free(t.members[3]->consumer); /* torn down at once */
    t.members[3]->consumer = NULL;
    member_close(t.members[2]);
    admin_produce_many(t.topic, RECORDS / 2, 20, RECORDS / 2 / PARTITIONS, "none");
    run_until(&t.stage, t.members[2]->closed);
    read_all(&t, 2, RECORDS);
    expect_undisturbed(t.members[0]);
    expect_undisturbed(t.members[1]);
    end_groups(&t);
    expect_committed(t.names[0], t.topic, RECORDS / PARTITIONS);
    expect_committed(t.names[1], t.topic, RECORDS / PARTITIONS);
}

/* ---- two clusters ---- */

enum { NODE_MS = 75000 };

struct node {
    char folder[256], bootstrap[64];
};

/* Runs a command line about the second node, and waits for its end. What it said is c's. */
static void run_line(struct stage *s, struct child *c, const char *line)
{
    child_start_program(c, s, "/bin/sh", (const char *[]){"-c", line, NULL});
    stage_begin_wait(s);
    s->deadline_ms += NODE_MS - STAGE_WAIT_MS; /* A JVM starts. */
    while (!child_ended(c))
        stage_turn(s, line);
    cr_assert_eq(c->exit_code, 0, "%s: %s%s", line, c->out.text, c->err.text);
}

/* It ends with this process, whatever happens to it. */
static void node_start(struct node *n, struct stage *s)
{
    struct child c;
    char owner[16];
    live_temporary(n->folder, sizeof n->folder, "second");
    cr_assert_not_null(mkdtemp(n->folder));
    snprintf(owner, sizeof owner, "%d", (int)getpid());
    setenv("KOHORT_KAFKA_OWNER", owner, 1);
    setenv("KOHORT_RUN_DIR", n->folder, 1);
    run_line(s, &c, "\"$KOHORT_TEST_DEV\" kafka up | tail -n 1");
    snprintf(n->bootstrap, sizeof n->bootstrap, "%.*s", (int)strcspn(c.out.text, "\n"), c.out.text);
    child_close(&c);
}

static void node_produce(const struct node *n, struct stage *s, const char *topic, int count)
{
    struct child c;
    char line[1024];
    snprintf(line, sizeof line,
             "printf '%%s\\n' '{\"do\":\"createTopic\",\"topic\":\"%s\",\"partitions\":%d}' "
             "'{\"do\":\"produceMany\",\"topic\":\"%s\",\"count\":%d}' | "
             "\"$KOHORT_TEST_DEV\" kafka admin --bootstrap %s",
             topic, PARTITIONS, topic, count, n->bootstrap);
    run_line(s, &c, line);
    cr_assert_eq(child_said(&c.out, "\"error\""), 0, "%s", c.out.text);
    child_close(&c);
}

static void node_stop(const struct node *n, struct stage *s)
{
    struct child c;
    run_line(s, &c, "\"$KOHORT_TEST_DEV\" kafka down && rm -r \"$KOHORT_RUN_DIR\"");
    child_close(&c);
    rmdir(n->folder);
}

/* The same topic and the same group, and yet nothing of one is the other's. */
KH_TEST(embedding, clients_of_two_clusters_on_one_loop)
{
    struct stage s;
    struct node second;
    const char *topic = new_topic(), *group = live_name("g");
    if (getenv("KOHORT_TEST_DEV") == NULL)
        cr_skip_test("KOHORT_TEST_DEV does not name the program that starts a second node");
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    stage_open(&s);
    node_start(&second, &s);
    node_produce(&second, &s, topic, RECORDS / 2);
    const char *options[] = {"bootstrap.servers", second.bootstrap, NULL};
    struct member *here = member_start(&s, "here", group, topic, NULL);
    struct member *there =
        member_start(&s, "there", group, topic, &(struct member_script){.options = options});
    run_until(&s, here->records == RECORDS && there->records == RECORDS / 2);
    cr_expect_eq(member_owned(here), PARTITIONS);
    cr_expect_eq(member_owned(there), PARTITIONS);
    expect_each_once(here);
    expect_each_once(there);
    member_end(there);
    node_stop(&second, &s);
    admin_produce_many(topic, RECORDS, 20, RECORDS / PARTITIONS, "none");
    run_until(&s, here->records == 2 * RECORDS);
    cr_expect_eq(here->counts[MEMBER_ERROR], 0);
    stage_close(&s);
    expect_committed(group, topic, 2 * RECORDS / PARTITIONS);
}
