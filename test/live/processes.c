/* Members in processes of their own: the tool, with no link to the others but the group (contract
 * rows C-03, C-08, C-41). */
#include "support/live/admin.h"
#include "support/live/child.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LIVE_SUITE(processes);

enum { PARTITIONS = 6, SESSION_MS = 3000, HEARTBEAT_MS = 300 };

static const char *new_topic(const char *purpose, int partitions)
{
    const char *topic = live_name(purpose);
    admin_create_topic(topic, partitions);
    return topic;
}

/* Prints "topic partition offset" of each record. */
static void start(struct child *c, struct stage *s, const char *address, const char *name,
                  const char *group, const char *const *topics, const char *commit_interval)
{
    char client_id[64], commits[64];
    const char *arguments[24] = {"consume",
                                 "-b",
                                 address,
                                 "-G",
                                 group,
                                 "-o",
                                 "beginning",
                                 "-f",
                                 "%t %p %o\\n",
                                 "-X",
                                 "session.timeout.ms=3000",
                                 "-X",
                                 "heartbeat.interval.ms=300",
                                 "-X",
                                 client_id,
                                 "-X",
                                 commits};
    size_t count = 17;
    snprintf(client_id, sizeof client_id, "client.id=%s", name);
    snprintf(commits, sizeof commits, "auto.commit.interval.ms=%s", commit_interval);
    while (*topics != NULL)
        arguments[count++] = *topics++;
    child_start(c, s, arguments);
}

static size_t lines(const struct child *c)
{
    return child_said(&c->out, "\n");
}

static void interrupt(struct child *c)
{
    child_signal(c, SIGINT);
    run_until(c->stage, child_ended(c));
    cr_expect_eq(c->exit_code, 0, "%s", c->err.text);
    child_close(c);
}

/* ---- what Kafka says ---- */

static size_t partitions_of(const json_t *member)
{
    const json_t *entry;
    size_t index, count = 0;
    json_array_foreach(json_object_get(member, "assignment"), index, entry)
    {
        count += json_array_size(json_object_get(entry, "partitions"));
    }
    return count;
}

/* The member with a client id, in a stable group; a text that is the caller's. NULL: not there. */
static char *member_id_of(const char *group, const char *client_id, size_t *ret_partitions)
{
    json_t *description = admin_describe_group(group);
    const json_t *member;
    size_t index;
    char *id = NULL;
    const char *state = json_string_value(json_object_get(description, "state"));
    if (state != NULL && strcmp(state, "Stable") == 0)
        json_array_foreach(json_object_get(description, "members"), index, member)
        {
            if (strcmp(json_string_value(json_object_get(member, "clientId")), client_id) != 0)
                continue;
            id = strdup(json_string_value(json_object_get(member, "memberId")));
            *ret_partitions = partitions_of(member);
        }
    json_decref(description);
    return id;
}

/* Whether a member of the group has so many partitions, as Kafka has it. */
static bool has(const char *group, const char *client_id, size_t partitions)
{
    size_t count = 0;
    char *id = member_id_of(group, client_id, &count);
    bool result = id != NULL && count == partitions;
    free(id);
    return result;
}

KH_TEST(processes, C_03_strangers_share_three_topics)
{
    struct stage s;
    struct child a, b;
    enum { RECORDS = 1500 };
    const char *group = live_name("g");
    const char *topics[] = {new_topic("t6", 6), new_topic("t4", 4), new_topic("t5", 5), NULL};
    stage_open(&s);
    start(&a, &s, live_bootstrap(), "a", group, topics, "100");
    start(&b, &s, live_bootstrap(), "b", group, topics, "100");
    run_until(&s, (has(group, "a", 8) && has(group, "b", 7)) ||
                      (has(group, "a", 7) && has(group, "b", 8)));
    for (size_t i = 0; i < 3; i++)
        admin_produce_many(topics[i], RECORDS / 3, 20, 0, "none");
    run_until(&s, lines(&a) + lines(&b) >= RECORDS);
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(child_said(&a.out, topics[i]) + child_said(&b.out, topics[i]), RECORDS / 3);
    interrupt(&a);
    interrupt(&b);
    stage_close(&s);
}

/* ---- ends and pauses that nobody announces ---- */

struct pair {
    struct stage stage;
    struct oracle oracle;
    struct proxy proxy; /* before the child */
    struct child child;
    struct member *survivor;
    const char *group, *topic;
};

static void begin_pair(struct pair *t, const char *commit_interval)
{
    static const char *const options[] = {"session.timeout.ms", "3000", "heartbeat.interval.ms",
                                          "300", NULL};
    t->group = live_name("g");
    t->topic = new_topic("t6", PARTITIONS);
    stage_open(&t->stage);
    oracle_open(&t->oracle, t->topic);
    t->stage.oracle = &t->oracle;
    proxy_open(&t->proxy, &t->stage);
    start(&t->child, &t->stage, t->proxy.address, "child", t->group,
          (const char *const[]){t->topic, NULL}, commit_interval);
    t->survivor = member_start(&t->stage, "survivor", t->group, t->topic,
                               &(struct member_script){.options = options});
    run_until(&t->stage, member_is(t->survivor, "stable") && member_owned(t->survivor) == 3 &&
                             has(t->group, "child", 3));
}

static void end_pair(struct pair *t)
{
    child_close(&t->child);
    member_end(t->survivor);
    proxy_close(&t->proxy);
    stage_close(&t->stage);
    oracle_close(&t->oracle);
}

/* What the child has committed is done; the oracle sees this process alone. */
static void tell_oracle(struct pair *t, int64_t committed[PARTITIONS])
{
    for (int i = 0; i < PARTITIONS; i++) {
        committed[i] = admin_group_offset(t->group, t->topic, i);
        if (committed[i] > 0)
            oracle_acked(&t->oracle, i, 0, committed[i] - 1);
    }
}

/* How often the child printed a record. */
static size_t printed(const struct pair *t, int partition, int64_t offset)
{
    char line[256];
    snprintf(line, sizeof line, "%s %d %" PRId64 "\n", t->topic, partition, offset);
    return child_said(&t->child.out, line);
}

static int64_t first_of(const struct member *m, int partition)
{
    for (size_t i = 0; i < m->entry_count; i++)
        if (m->entries[i].kind == MEMBER_RECORDS && m->entries[i].partition == partition)
            return m->entries[i].offset;
    return -1;
}

KH_TEST(processes, C_08_who_was_killed_is_replaced_at_the_last_commit)
{
    struct pair t;
    enum { EACH = 200, RECORDS = EACH * PARTITIONS };
    /* A crowded machine may take its time to let anybody run. */
    const int64_t margin_ms = 5000;
    bool was_its[PARTITIONS];
    begin_pair(&t, "700");
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    run_until(&t.stage, admin_group_offset(t.group, t.topic, 0) == EACH &&
                            admin_group_offset(t.group, t.topic, 5) == EACH &&
                            lines(&t.child) == RECORDS / 2);
    admin_produce_many(t.topic, RECORDS, 20, EACH, "none");
    run_until(&t.stage, lines(&t.child) > RECORDS / 2);
    for (int i = 0; i < PARTITIONS; i++)
        was_its[i] = kohort_consumer_partition(t.survivor->consumer, t.topic, i) == NULL;
    child_signal(&t.child, SIGKILL);
    int64_t killed_ms = live_now_ms(), committed[PARTITIONS];
    run_until(&t.stage, child_ended(&t.child));
    tell_oracle(&t, committed);

    run_until(&t.stage, member_owned(t.survivor) == PARTITIONS);
    int64_t took_ms = live_now_ms() - killed_ms;
    cr_expect_leq(took_ms, SESSION_MS + 2 * HEARTBEAT_MS + 1000 + margin_ms, "%" PRId64 " ms",
                  took_ms);
    admin_produce_many(t.topic, RECORDS, 20, 2 * EACH, "none");
    for (int i = 0; i < PARTITIONS; i++) {
        run_until(&t.stage, t.oracle.partitions[i].committed == 3 * EACH);
        if (!was_its[i])
            continue;
        /* What the dead one had not committed comes twice, and that alone; nothing is missing. */
        cr_expect_eq(first_of(t.survivor, i), committed[i],
                     "partition %d: from %" PRId64 " where %" PRId64 " was committed", i,
                     first_of(t.survivor, i), committed[i]);
        for (int64_t offset = 0; offset < 3 * EACH; offset++)
            cr_expect(printed(&t, i, offset) + t.oracle.partitions[i].delivered[offset] >= 1);
        for (int64_t offset = 0; offset < committed[i]; offset++)
            cr_expect_eq(printed(&t, i, offset), 1);
    }
    end_pair(&t);
}

/* Requests of an API since one was seen. */
static size_t requests_since(const struct proxy *p, enum kh_api api, size_t from)
{
    size_t count = 0;
    for (size_t i = from; i < p->request_count; i++)
        count += p->requests[i].api_key == kh_api_info(api)->key;
    return count;
}

/* Where the first request of an API since one was seen is; SIZE_MAX: nowhere. */
static size_t first_since(const struct proxy *p, enum kh_api api, size_t from)
{
    for (size_t i = from; i < p->request_count; i++)
        if (p->requests[i].api_key == kh_api_info(api)->key)
            return i;
    return SIZE_MAX;
}

KH_TEST(processes, C_41_who_stood_still_beyond_its_session_starts_anew)
{
    struct pair t;
    enum { EACH = 100, RECORDS = EACH * PARTITIONS };
    size_t partitions = 0;
    begin_pair(&t, "1500");
    char *old_id = member_id_of(t.group, "child", &partitions);
    cr_assert_not_null(old_id);
    /* It has records that it has not committed, and more that wait in its sockets. */
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    run_until(&t.stage, lines(&t.child) == RECORDS / 2);
    int64_t committed[PARTITIONS];
    child_signal(&t.child, SIGSTOP);
    tell_oracle(&t, committed);
    admin_produce_many(t.topic, RECORDS, 20, EACH, "none");
    run_until(&t.stage, member_owned(t.survivor) == PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        run_until(&t.stage, t.oracle.partitions[i].committed == 2 * EACH);

    size_t from = t.proxy.request_count, before = lines(&t.child);
    child_signal(&t.child, SIGCONT);
    run_until(&t.stage, has(t.group, "child", 3) && has(t.group, "survivor", 3));
    run_until(&t.stage, child_said(&t.child.err, "assigned 3:") == 2);
    char *new_id = member_id_of(t.group, "child", &partitions);
    cr_expect_str_neq(new_id, old_id);
    cr_expect_eq(child_said(&t.child.err, "lost 3:"), 1, "%s", t.child.err.text);
    cr_expect_eq(lines(&t.child), before, "records of its old generation were delivered");
    size_t joined = first_since(&t.proxy, KH_API_JOIN_GROUP, from);
    cr_expect_lt(joined, SIZE_MAX);
    cr_expect_gt(first_since(&t.proxy, KH_API_OFFSET_COMMIT, from), joined,
                 "it committed for its old generation");

    /* It works, and nothing was taken back. */
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(t.group, t.topic, i), 2 * EACH);
    admin_produce_many(t.topic, RECORDS, 20, 2 * EACH, "none");
    run_until(&t.stage, lines(&t.child) == before + RECORDS / 2);
    run_until(&t.stage, requests_since(&t.proxy, KH_API_OFFSET_COMMIT, joined) > 0);
    free(old_id);
    free(new_id);
    child_signal(&t.child, SIGINT);
    run_until(&t.stage, child_ended(&t.child));
    end_pair(&t);
}

/* ---- memory, as valgrind sees it ---- */

KH_TEST(processes, a_whole_life_is_clean_under_valgrind)
{
    struct stage s;
    struct child c;
    enum { RECORDS = 600 };
    const char *group = live_name("g"), *topic = new_topic("t6", PARTITIONS);
    const char *tool = getenv("KOHORT_TEST_TOOL");
    admin_produce_many(topic, RECORDS, 100, 0, "gzip");
    stage_open(&s);
    child_start_program(&c, &s, "/usr/bin/env",
                        (const char *[]){"valgrind", "--quiet", "--leak-check=full",
                                         "--show-leak-kinds=all", "--errors-for-leak-kinds=all",
                                         "--track-fds=yes", "--error-exitcode=99", tool, "consume",
                                         "-b", live_bootstrap(), "-G", group, "-o", "beginning",
                                         topic, NULL});
    run_until(&s, lines(&c) == RECORDS);
    child_signal(&c, SIGINT);
    run_until(&s, child_ended(&c));
    cr_expect_eq(c.exit_code, 0, "exit code %d; it said: %s", c.exit_code, c.err.text);
    for (int i = 0; i < PARTITIONS; i++)
        cr_expect_eq(admin_group_offset(group, topic, i), RECORDS / PARTITIONS);
    child_close(&c);
    stage_close(&s);
}
