#include "chaos/group.h"

#include "support/live/dev.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { RATE = 60, JOB_SECONDS = 10, PATH_SIZE = 320 };

int64_t chaos_now_us(void)
{
    return (int64_t)(uv_hrtime() / 1000);
}

/* ---- all of it ---- */

static void write_java_config(struct chaos_group *g)
{
    snprintf(g->java_config, sizeof g->java_config, "%.200s/java.properties", g->directory);
    FILE *file = fopen(g->java_config, "we");
    cr_assert_not_null(file);
    fprintf(file,
            "heartbeat.interval.ms=%d\nmax.poll.interval.ms=30000\n"
            "metadata.max.age.ms=3000\nmax.poll.records=200\n",
            CHAOS_HEARTBEAT_MS);
    fclose(file);
}

void chaos_open(struct chaos_group *g, int64_t session_ms)
{
    *g = (struct chaos_group){
        .group = live_name("g"), .topic = live_name("t6"), .session_ms = session_ms};
    live_temporary(g->directory, sizeof g->directory, "chaos");
    cr_assert_not_null(mkdtemp(g->directory));
    write_java_config(g);
    g->clock_offset_us = chaos_clock_offset_us();
    admin_create_topic(g->topic, CHAOS_PARTITIONS);
    stage_open(&g->stage);
}

void chaos_close(struct chaos_group *g, bool keep)
{
    for (size_t i = 0; i < g->count; i++) {
        child_close(&g->members[i]->child);
        free(g->members[i]);
    }
    if (keep)
        live_say("the diaries are in %s", g->directory);
    else
        dev_remove(g->directory);
    chaos_history_free(&g->history);
    stage_close(&g->stage);
}

/* ---- members ---- */

static const char *program_of(enum chaos_client client)
{
    static const char *const variables[] = {"KOHORT_TEST_CHAOS_MEMBER", "KOHORT_TEST_DEV",
                                            "KOHORT_TEST_CHAOS_LIBRDKAFKA"};
    return getenv(variables[client]);
}

bool chaos_has(enum chaos_client client)
{
    return program_of(client) != NULL;
}

static void start_java(struct chaos_group *g, struct chaos_member *m, const char *program)
{
    char session[16];
    snprintf(session, sizeof session, "%" PRId64, g->session_ms);
    child_start_program(
        &m->child, &g->stage, "/bin/sh",
        (const char *[]){"-c",
                         "exec \"$@\" >\"$0\"",
                         m->diary,
                         program,
                         "kafka",
                         "cli",
                         "verifiable-consumer",
                         "--bootstrap-server",
                         live_bootstrap(),
                         "--topic",
                         g->topic,
                         "--group-id",
                         g->group,
                         "--session-timeout",
                         session,
                         "--assignment-strategy",
                         "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
                         "--command-config",
                         g->java_config,
                         NULL});
}

static void start_ours(struct chaos_group *g, struct chaos_member *m, const char *program)
{
    char servers[256], group[128], session[64], heartbeat[64], seed[24], id[32];
    snprintf(servers, sizeof servers, "bootstrap.servers=%.200s", live_bootstrap());
    snprintf(group, sizeof group, "group.id=%.100s", g->group);
    snprintf(session, sizeof session, "session.timeout.ms=%" PRId64, g->session_ms);
    snprintf(heartbeat, sizeof heartbeat, "heartbeat.interval.ms=%d", CHAOS_HEARTBEAT_MS);
    snprintf(seed, sizeof seed, "%zu", g->count);
    snprintf(id, sizeof id, "client.id=m%zu", g->count);
    child_start_program(
        &m->child, &g->stage, program,
        (const char *[]){m->diary, g->topic, seed, servers, group, session, heartbeat, id,
                         "auto.offset.reset=earliest", "auto.commit.interval.ms=200",
                         "partition.assignment.strategy=cooperative-sticky",
                         m->client == CHAOS_KOHORT ? "metadata.max.age.ms=3000"
                                                   : "topic.metadata.refresh.interval.ms=3000",
                         m->client == CHAOS_KOHORT ? g->option : NULL, NULL});
}

size_t chaos_start(struct chaos_group *g, enum chaos_client client)
{
    static const char *const names[] = {"kohort", "java", "librdkafka"};
    const char *program = program_of(client);
    struct chaos_member *m = calloc(1, sizeof *m);
    cr_assert_lt(g->count, CHAOS_MEMBERS_MAX);
    cr_assert_not_null(program, "the environment names no program for a member of %s",
                       names[client]);
    m->client = client;
    snprintf(m->diary, sizeof m->diary, "%.200s/%zu-%s", g->directory, g->count, names[client]);
    if (client == CHAOS_JAVA)
        start_java(g, m, program);
    else
        start_ours(g, m, program);
    g->members[g->count] = m;
    g->is_ours[g->count] = client == CHAOS_KOHORT;
    return g->count++;
}

/* So that the diaries that a test leaves can be judged again. */
static void write_down(const struct chaos_group *g, const struct chaos_event *event)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/faults", g->directory);
    FILE *file = fopen(path, "ae");
    cr_assert_not_null(file);
    fprintf(file, "{\"at_us\":%" PRId64 ",\"event\":\"%s\",\"member\":%d}\n", event->at_us,
            chaos_kind_name(event->kind), event->member);
    fclose(file);
}

static void note(struct chaos_group *g, enum chaos_event_kind kind, int member)
{
    struct chaos_event event = {
        .at_us = chaos_now_us(), .kind = kind, .member = member, .partition = -1, .generation = -1};
    write_down(g, &event);
    chaos_history_add(&g->history, &event);
}

void chaos_note_broker(struct chaos_group *g)
{
    note(g, CHAOS_BROKER, -1);
}

static void read_diary(struct chaos_group *g, size_t member)
{
    struct chaos_member *m = g->members[member];
    if (m->ended)
        return;
    const char *wrong = chaos_history_read_file(&g->history, (int)member, m->diary, &m->read,
                                                m->client == CHAOS_JAVA, g->clock_offset_us);
    cr_assert_null(wrong, "what is this? %s", wrong);
}

void chaos_kill(struct chaos_group *g, size_t member)
{
    struct chaos_member *m = g->members[member];
    child_signal(&m->child, SIGKILL);
    run_until(&g->stage, child_ended(&m->child));
    read_diary(g, member);
    note(g, CHAOS_KILLED, (int)member);
    m->ended = true;
}

void chaos_leave(struct chaos_group *g, size_t member)
{
    g->members[member]->leaving = true;
    child_signal(&g->members[member]->child, SIGTERM);
}

void chaos_stop(struct chaos_group *g, size_t member, int64_t duration_ms)
{
    struct chaos_member *m = g->members[member];
    note(g, CHAOS_STOPPED, (int)member);
    child_signal(&m->child, SIGSTOP);
    m->stopped = true;
    m->continue_ms = live_now_ms() + duration_ms;
}

static void wake(struct chaos_group *g, size_t member)
{
    note(g, CHAOS_CONTINUED, (int)member);
    g->members[member]->stopped = false;
    child_signal(&g->members[member]->child, SIGCONT);
}

/* Nobody of ours ends by itself, or in another way than cleanly. */
static void judge_end(struct chaos_group *g, size_t member)
{
    struct chaos_member *m = g->members[member];
    read_diary(g, member);
    m->ended = true;
    if (m->client == CHAOS_KOHORT && (!m->leaving || m->child.exit_code != 0))
        stage_fail(&g->stage, "%s ended with %d: %s", m->diary, m->child.exit_code,
                   m->child.err.text);
    if (m->client != CHAOS_KOHORT) /* A peer need not say so itself. */
        note(g, CHAOS_KILLED, (int)member);
}

void chaos_step(struct chaos_group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        struct chaos_member *m = g->members[i];
        if (m->stopped && live_now_ms() >= m->continue_ms)
            wake(g, i);
        if (!m->ended && child_ended(&m->child))
            judge_end(g, i);
        read_diary(g, i);
    }
    for (size_t i = 0; i < g->production_count; i++) {
        struct chaos_production *p = &g->productions[i];
        if (p->job != 0 && admin_done(p->job))
            p->job = 0;
        if (p->job != 0 || !g->producing)
            continue;
        json_t *list = json_array();
        for (int k = 0; k < p->partitions; k++)
            json_array_append_new(list, json_integer(p->first_partition + k));
        p->job = admin_begin(json_pack("{ss ss si sI si so}", "do", "produceMany", "topic",
                                       g->topic, "count", RATE * JOB_SECONDS * p->partitions,
                                       "first", (json_int_t)p->produced, "rate",
                                       RATE * p->partitions, "partitions", list));
        p->produced += RATE * JOB_SECONDS;
    }
}

/* ---- who is there ---- */

static bool is_running(const struct chaos_member *m, enum chaos_client client)
{
    return m->client == client && !m->ended && !m->leaving && !m->stopped;
}

size_t chaos_running(const struct chaos_group *g, enum chaos_client client)
{
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++)
        count += is_running(g->members[i], client);
    return count;
}

size_t chaos_pick(const struct chaos_group *g, enum chaos_client client, uint64_t random)
{
    size_t count = chaos_running(g, client), left = count == 0 ? 0 : random % count;
    for (size_t i = 0; i < g->count && count > 0; i++)
        if (is_running(g->members[i], client) && left-- == 0)
            return i;
    return SIZE_MAX;
}

int chaos_partitions(const struct chaos_group *g)
{
    int count = 0;
    for (size_t i = 0; i < g->production_count; i++)
        count += g->productions[i].partitions;
    return count;
}

bool chaos_is_shared(struct chaos_group *g)
{
    uint32_t owned = 0;
    chaos_step(g);
    for (size_t i = 0; i < g->count; i++) {
        if (!g->members[i]->ended && g->history.owned[i] == 0)
            return false;
        owned |= g->history.owned[i];
    }
    return owned == (UINT32_C(1) << chaos_partitions(g)) - 1;
}

/* ---- records ---- */

void chaos_produce(struct chaos_group *g, int first_partition, int partitions)
{
    cr_assert_lt(g->production_count, CHAOS_PRODUCTIONS_MAX);
    g->producing = true;
    g->productions[g->production_count++] =
        (struct chaos_production){.first_partition = first_partition,
                                  .partitions = partitions,
                                  .produced = first_partition == 0 ? g->backlog : 0};
}

void chaos_produce_backlog(struct chaos_group *g, int records)
{
    admin_produce_many(g->topic, records * CHAOS_PARTITIONS, 100, 0, "none");
    g->backlog = records;
}

void chaos_stop_producing(struct chaos_group *g)
{
    g->producing = false;
    for (size_t i = 0; i < g->production_count; i++)
        run_until(&g->stage, (chaos_step(g), g->productions[i].job == 0));
}

static int64_t produced(const struct chaos_group *g, int partition)
{
    for (size_t i = 0; i < g->production_count; i++) {
        const struct chaos_production *p = &g->productions[i];
        if (partition >= p->first_partition && partition < p->first_partition + p->partitions)
            return p->produced;
    }
    return 0;
}

bool chaos_all_is_done(struct chaos_group *g)
{
    chaos_step(g);
    for (int i = 0; i < chaos_partitions(g); i++)
        if (g->history.tallies[i].acked_count < produced(g, i))
            return false;
    return true;
}

bool chaos_all_is_committed(struct chaos_group *g)
{
    chaos_step(g);
    for (int i = 0; i < chaos_partitions(g); i++)
        if (admin_group_offset(g->group, g->topic, i) != produced(g, i))
            return false;
    return true;
}

void chaos_judge_group(struct chaos_group *g, struct chaos_verdict *ret)
{
    struct chaos_conditions conditions = {.session_us = g->session_ms * 1000,
                                          .heartbeat_us = CHAOS_HEARTBEAT_MS * INT64_C(1000),
                                          .is_ours = g->is_ours};
    for (int i = 0; i < chaos_partitions(g); i++)
        conditions.produced[i] = produced(g, i);
    chaos_judge(&g->history, &conditions, ret);
}
