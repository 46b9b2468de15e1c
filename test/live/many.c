/* More members than partitions, many members in one process, and many lives of one (contract rows
 * C-05, C-49, C-50). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/process.h"

#include <criterion/logging.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LIVE_SUITE(many);

enum { PARTITIONS = 6, CLOSE_MS = 10000 };

static size_t records_of(const struct stage *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->member_count; i++)
        count += s->members[i]->records;
    return count;
}

/* ---- members without partitions ---- */

struct crowd {
    struct stage stage;
    struct oracle oracle;
    const char *group, *topic;
    struct member *members[8];
    size_t count;
    int64_t produced;
};

static void begin_crowd(struct crowd *t, size_t count, const struct member_script *script)
{
    t->group = live_name("g");
    t->topic = live_name("t6");
    t->count = count;
    t->produced = 0;
    admin_create_topic(t->topic, PARTITIONS);
    stage_open(&t->stage);
    oracle_open(&t->oracle, t->topic);
    t->stage.oracle = &t->oracle;
    for (size_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%zu", i);
        t->members[i] = member_start(&t->stage, name, t->group, t->topic, script);
    }
}

static void end_crowd(struct crowd *t)
{
    stage_close(&t->stage);
    oracle_close(&t->oracle);
}

static void produce(struct crowd *t, int count)
{
    admin_produce_many(t->topic, count, 20, (int)(t->produced / PARTITIONS), "none");
    t->produced += count;
}

static bool all_is_done(const struct crowd *t)
{
    return oracle_acked_count(&t->oracle) == (size_t)t->produced;
}

static bool all_is_committed(const struct crowd *t)
{
    for (int i = 0; i < PARTITIONS; i++)
        if (t->oracle.partitions[i].committed < t->produced / PARTITIONS)
            return false;
    return all_is_done(t);
}

/* Whether all that live are stable in one generation and share the partitions, one each. */
static bool one_each(const struct crowd *t)
{
    size_t owned = 0;
    int32_t generation = -1;
    for (size_t i = 0; i < t->count; i++) {
        const struct member *m = t->members[i];
        if (m->consumer == NULL)
            continue;
        if (!member_is(m, "stable") || member_owned(m) > 1)
            return false;
        if (generation >= 0 && kohort_consumer_generation(m->consumer) != generation)
            return false;
        generation = kohort_consumer_generation(m->consumer);
        owned += member_owned(m);
    }
    return owned == PARTITIONS;
}

static size_t members_as_kafka_has_them(const char *group)
{
    json_t *description = admin_describe_group(group);
    cr_assert_not_null(description);
    cr_expect_str_eq(json_string_value(json_object_get(description, "state")), "Stable");
    size_t count = json_array_size(json_object_get(description, "members"));
    json_decref(description);
    return count;
}

KH_TEST(many, C_05_members_without_partitions_stay_and_take_over)
{
    struct crowd t;
    enum { SESSION_MS = 3000 };
    const char *options[] = {"session.timeout.ms", "3000", "heartbeat.interval.ms", "300", NULL};
    begin_crowd(&t, 8, &(struct member_script){.options = options});
    run_until(&t.stage, one_each(&t));

    /* Who does not beat is out after one session, and the others are in another generation. */
    int32_t generation = kohort_consumer_generation(t.members[0]->consumer);
    for (int session_number = 0; session_number < 3; session_number++) {
        int64_t end_ms = live_now_ms() + SESSION_MS;
        run_until(&t.stage, live_now_ms() >= end_ms);
        produce(&t, 60);
    }
    run_until(&t.stage, all_is_committed(&t));
    stage_check(&t.stage, one_each(&t));
    cr_expect_eq(kohort_consumer_generation(t.members[0]->consumer), generation);
    cr_expect_eq(members_as_kafka_has_them(t.group), 8);

    size_t dead = 0;
    while (member_owned(t.members[dead]) == 0)
        dead++;
    member_kill(t.members[dead]);
    run_until(&t.stage, one_each(&t));
    cr_expect_eq(members_as_kafka_has_them(t.group), 7);
    produce(&t, 60);
    run_until(&t.stage, all_is_done(&t));
    cr_expect_eq(oracle_duplicates(&t.oracle), 0, "it had committed, and was idle");
    end_crowd(&t);
}

/* ---- order ---- */

enum { GENERATIONS_MAX = 256 };

/* The highest offset delivered of each partition in each generation, whoever had it. */
static int64_t highest[PARTITIONS][GENERATIONS_MAX];
static size_t out_of_order;

static int check_order(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    int32_t generation = kohort_consumer_generation(m->consumer);
    cr_assert(generation >= 0 && generation < GENERATIONS_MAX);
    int64_t *last = &highest[kohort_partition_number(p)][generation];
    for (size_t i = 0; i < count; i++) {
        if (records[i].offset < *last)
            out_of_order++;
        *last = records[i].offset + 1;
    }
    return KOHORT_DONE;
}

KH_TEST(many, C_50_each_generation_delivers_in_order)
{
    struct crowd t;
    enum { ROUNDS = 6, RECORDS = 6000 };
    const char *options[] = {"max.poll.records",
                             "7",
                             "session.timeout.ms",
                             "3000",
                             "heartbeat.interval.ms",
                             "300",
                             "max.partition.fetch.bytes",
                             "3000",
                             NULL};
    const struct member_script script = {.options = options, .on_records = check_order};
    begin_crowd(&t, 2, &script);
    for (int round = 0; round < ROUNDS; round++) {
        produce(&t, RECORDS);
        /* One comes and one goes, politely or not, in the middle of what there is to read. */
        run_until(&t.stage, records_of(&t.stage) >= (size_t)t.produced - RECORDS + 100);
        char name[16];
        snprintf(name, sizeof name, "n%d", round);
        struct member *old = t.members[round % 2];
        t.members[round % 2] = member_start(&t.stage, name, t.group, t.topic, &script);
        run_until(&t.stage, member_owned(t.members[round % 2]) > 0);
        if (round % 3 == 0)
            member_kill(old);
        else
            member_close(old);
    }
    run_until(&t.stage, all_is_done(&t));
    cr_expect_eq(out_of_order, 0, "%zu records came after later ones", out_of_order);
    end_crowd(&t);
}

/* ---- many in one process ---- */

static void nothing(uv_work_t *work)
{
    (void)work;
}

static void did_nothing(uv_work_t *work, int status)
{
    (void)status;
    work->data = NULL;
}

/* libuv's own threads start with the first work that it is given. */
static void start_pool(struct stage *s)
{
    uv_work_t work = {.data = s};
    uv_queue_work(&s->loop, &work, nothing, did_nothing);
    run_until(s, work.data == NULL);
}

enum { HUNDRED = 100 };

struct hundred {
    struct stage stage;
    struct member *members[HUNDRED];
    size_t sockets_before, sockets_most;
};

static bool hundred_are_stable(struct hundred *t)
{
    size_t now = process_sockets() - t->sockets_before, owned = 0;
    t->sockets_most = now > t->sockets_most ? now : t->sockets_most;
    for (size_t i = 0; i < HUNDRED; i++) {
        if (!member_is(t->members[i], "stable"))
            return false;
        owned += member_owned(t->members[i]);
    }
    return owned == HUNDRED;
}

static void start_hundred(struct hundred *t, const char *topic, bool share_client)
{
    /* A member each 3 s beats, as with Kafka's defaults; what waits longer answers sooner. */
    static const char *const options[] = {"heartbeat.interval.ms",
                                          "1000",
                                          "fetch.max.wait.ms",
                                          "500",
                                          "auto.commit.interval.ms",
                                          "1000",
                                          NULL};
    struct member_script script = {.options = options};
    const char *group = live_name("g");
    for (size_t i = 0; i < HUNDRED; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%zu", i);
        t->members[i] = member_start(&t->stage, name, group, topic, &script);
        if (share_client)
            script.client = t->members[0]->client;
    }
}

static void run_hundred(bool share_client, size_t most_stable, size_t most_joining)
{
    struct hundred t = {0};
    const char *topic = live_name("t100");
    enum { EACH = 30 };
    admin_create_topic(topic, HUNDRED);
    admin_produce_many(topic, HUNDRED * EACH, 20, 0, "none");
    stage_open(&t.stage);
    start_pool(&t.stage);
    size_t threads_before = process_threads();
    t.sockets_before = process_sockets();
    start_hundred(&t, topic, share_client);
    run_until(&t.stage, hundred_are_stable(&t) && records_of(&t.stage) >= HUNDRED * EACH);
    size_t stable = process_sockets() - t.sockets_before;
    cr_expect_leq(stable, most_stable, "%zu connections when stable", stable);
    cr_expect_leq(t.sockets_most, most_joining, "%zu connections at most", t.sockets_most);
    cr_expect_eq(process_threads(), threads_before, "%zu threads, %zu before", process_threads(),
                 threads_before);
    cr_log_info("%d members on %s: %zu connections when stable, %zu at most; %zu threads more",
                HUNDRED, share_client ? "one client" : "a client each", stable, t.sockets_most,
                process_threads() - threads_before);
    stage_close(&t.stage);
    cr_expect_eq(process_sockets(), t.sockets_before);
}

KH_TEST(many, C_49_a_hundred_members_on_one_client)
{
    run_hundred(true, HUNDRED + 2, 2 * HUNDRED + 2);
}

/* Each has a connection for quick requests of its own, and for a moment the one that it began with.
 */
KH_TEST(many, C_49_a_hundred_clients_on_one_loop)
{
    run_hundred(false, 2 * HUNDRED, 4 * HUNDRED);
}

/* ---- many lives ---- */

/* One in two is closed in the midst of its start. */
static void live_once(int number, const char *group, const char *topic)
{
    struct stage s;
    stage_open(&s);
    struct member *m = member_start(&s, "m", group, topic, NULL);
    if (number % 2 == 0)
        run_until(&s, member_owned(m) == 1);
    else
        for (int i = 0; i < number % 40; i++)
            uv_run(&s.loop, UV_RUN_NOWAIT);
    stage_close(&s);
}

KH_TEST(many, lives_leave_no_byte_and_no_descriptor)
{
    enum { WARM_UP = 40, LIVES = 1000 };
    const char *group = live_name("g"), *topic = live_name("t");
    admin_create_topic(topic, 1);
    for (int i = 0; i < WARM_UP; i++)
        live_once(i, group, topic);
    size_t descriptors_before = process_descriptors(), bytes_before = mallinfo2().uordblks;
    for (int i = 0; i < LIVES; i++)
        live_once(i, group, topic);
    size_t bytes = mallinfo2().uordblks;
    cr_expect_eq(process_descriptors(), descriptors_before, "%zu descriptors, %zu before",
                 process_descriptors(), descriptors_before);
    /* The stages have seen every block of the clients come back. glibc counts what its cache of
     * free blocks holds as used, and its smallest block has 32 bytes: one that every fourth life
     * left anywhere else would still be found. */
    cr_expect_lt(bytes, bytes_before + (size_t)8 * LIVES, "%zu bytes, %zu before", bytes,
                 bytes_before);
}
