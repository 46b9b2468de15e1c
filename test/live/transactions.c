/* Transactions and compacted topics, beside Kafka's own consumer: the same records, and a commit
 * that reaches the end however they are acknowledged (contract rows C-31, P-06). */
#include "support/live/admin.h"
#include "support/live/member.h"

#include "base/random.h"

#include <stdlib.h>
#include <string.h>

LIVE_SUITE(transactions);

enum { PARTITIONS = 2, PRODUCERS = 3, STEPS = 150, RECORDS_MAX = 2000, TEXT_MAX = 48 };

/* What a member was given, by partition and offset, and which of it is not acknowledged yet. */
struct got {
    int32_t partition;
    int64_t offset;
    char key[TEXT_MAX], value[TEXT_MAX];
    kohort_mark mark;
};

struct setting {
    struct stage stage;
    struct kh_random random;
    const char *topic, *isolation;
    const char *producers[PRODUCERS];
    bool is_open[PRODUCERS];
    int written;
    struct got got[RECORDS_MAX];
    size_t count, acknowledged;
    struct member *m;
};

/* ---- writing ---- */

static void open_topic(struct setting *t, uint64_t seed, json_t *configs)
{
    memset(t, 0, sizeof *t);
    kh_random_seed(&t->random, seed);
    t->topic = live_name("t");
    for (int i = 0; i < PRODUCERS; i++)
        t->producers[i] = live_name("x");
    admin_do(json_pack("{ss ss si so}", "do", "createTopic", "topic", t->topic, "partitions",
                       PARTITIONS, "configs", configs));
    stage_open(&t->stage);
}

/* A few records in one batch; id NULL: in no transaction. */
static void write_some(struct setting *t, const char *id)
{
    json_t *records = json_array();
    int partition = (int)kh_random_below(&t->random, PARTITIONS);
    int count = 1 + (int)kh_random_below(&t->random, 4);
    for (int i = 0; i < count; i++) {
        char key[TEXT_MAX], value[TEXT_MAX];
        snprintf(key, sizeof key, "k%d", (int)kh_random_below(&t->random, 12));
        snprintf(value, sizeof value, "v%d", t->written++);
        json_array_append_new(
            records, json_pack("{si ss ss}", "partition", partition, "key", key, "value", value));
    }
    json_t *request =
        json_pack("{ss ss so}", "do", "produce", "topic", t->topic, "records", records);
    if (id != NULL)
        json_object_set_new(request, "transactionalId", json_string(id));
    admin_do(request);
}

static void end_transaction(struct setting *t, int producer, bool aborts)
{
    admin_do(json_pack("{ss ss}", "do", aborts ? "abortTransaction" : "commitTransaction",
                       "transactionalId", t->producers[producer]));
    t->is_open[producer] = false;
}

/* The next step of some producer, between those of the others. */
static void take_step(struct setting *t)
{
    int producer = (int)kh_random_below(&t->random, PRODUCERS + 1);
    if (producer == PRODUCERS) {
        write_some(t, NULL);
        return;
    }
    const char *id = t->producers[producer];
    if (!t->is_open[producer])
        admin_do(json_pack("{ss ss}", "do", "beginTransaction", "transactionalId", id));
    else if (kh_random_below(&t->random, 3) == 0) {
        end_transaction(t, producer, kh_random_below(&t->random, 2) == 0);
        return;
    }
    t->is_open[producer] = true;
    write_some(t, id);
}

/* The last that any partition holds was aborted. */
static void end_all(struct setting *t)
{
    for (int i = 0; i < PRODUCERS; i++)
        if (t->is_open[i])
            end_transaction(t, i, i % 2 == 0);
    for (int i = 0; i < 8; i++) {
        if (!t->is_open[0])
            admin_do(
                json_pack("{ss ss}", "do", "beginTransaction", "transactionalId", t->producers[0]));
        t->is_open[0] = true;
        write_some(t, t->producers[0]);
    }
    end_transaction(t, 0, true);
}

/* ---- reading ---- */

static void copy_text(char *out, kohort_bytes bytes)
{
    cr_assert_lt(bytes.size, TEXT_MAX);
    memcpy(out, bytes.data, (size_t)bytes.size);
    out[bytes.size] = '\0';
}

static int hold(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    struct setting *t = m->script.arg;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_lt(t->count, RECORDS_MAX);
        struct got *got = &t->got[t->count++];
        got->partition = kohort_partition_number(p);
        got->offset = records[i].offset;
        got->mark = kohort_record_mark(batch, &records[i]);
        copy_text(got->key, records[i].key);
        copy_text(got->value, records[i].value);
    }
    return KOHORT_LATER;
}

static void start(struct setting *t, const char *isolation)
{
    const char *options[] = {"auto.offset.reset",
                             "earliest",
                             "auto.commit.interval.ms",
                             "50",
                             "isolation.level",
                             isolation,
                             "fetch.max.wait.ms",
                             "50",
                             NULL};
    t->isolation = isolation;
    t->count = t->acknowledged = 0;
    t->m = member_start(&t->stage, isolation, live_name("g"), t->topic,
                        &(struct member_script){.options = options, .on_records = hold, .arg = t});
    run_until(&t->stage, member_owned(t->m) == PARTITIONS);
}

static kohort_partition_status status_of(const struct setting *t, int32_t partition)
{
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(member_partition(t->m, t->topic, partition), &status);
    return status;
}

/* One of those that it holds, whichever. */
static void acknowledge_one(struct setting *t)
{
    size_t left = t->count - t->acknowledged;
    size_t at = t->acknowledged + kh_random_below(&t->random, left);
    struct got chosen = t->got[at];
    t->got[at] = t->got[t->acknowledged];
    t->got[t->acknowledged++] = chosen;
    cr_expect_eq(kohort_ack(t->m->consumer, chosen.mark), KOHORT_OK);
}

static bool is_at_end(struct setting *t, const json_t *ends)
{
    bool all = true;
    for (int32_t i = 0; i < PARTITIONS; i++)
        all =
            all && status_of(t, i).committed >= json_integer_value(json_array_get(ends, (size_t)i));
    return all;
}

/* Acknowledges what comes, in any order, until the commit is there. */
static void acknowledge_all(struct setting *t, const json_t *ends)
{
    while (!is_at_end(t, ends)) {
        run_until(&t->stage, t->acknowledged < t->count || is_at_end(t, ends));
        if (t->acknowledged < t->count)
            acknowledge_one(t);
    }
    cr_expect_eq(t->acknowledged, t->count);
    for (int32_t i = 0; i < PARTITIONS; i++)
        run_until(&t->stage, status_of(t, i).lag == 0);
}

static int compare(const void *left, const void *right)
{
    const struct got *l = left, *r = right;
    if (l->partition != r->partition)
        return l->partition < r->partition ? -1 : 1;
    return l->offset < r->offset ? -1 : l->offset > r->offset;
}

static void expect_same(struct setting *t, const json_t *records)
{
    size_t i;
    const json_t *record;
    qsort(t->got, t->count, sizeof *t->got, compare);
    cr_assert_eq(t->count, json_array_size(records));
    json_array_foreach(records, i, record)
    {
        json_int_t partition, offset;
        const char *key, *value;
        cr_assert_eq(json_unpack((json_t *)(uintptr_t)record, "{sI sI ss ss}", "partition",
                                 &partition, "offset", &offset, "key", &key, "value", &value),
                     0);
        cr_assert_eq(t->got[i].partition, partition);
        cr_assert_eq(t->got[i].offset, offset);
        cr_assert_str_eq(t->got[i].key, key);
        cr_assert_str_eq(t->got[i].value, value);
    }
}

static json_t *read_by_java(const struct setting *t, const char *isolation)
{
    return admin_call(
        json_pack("{ss ss ss}", "do", "consume", "topic", t->topic, "isolation", isolation));
}

/* A marker may be written after its producer was answered, and the cleaner may come by. */
static bool is_same(const json_t *before, const json_t *after)
{
    return json_equal(json_object_get(before, "ends"), json_object_get(after, "ends")) &&
           json_equal(json_object_get(before, "records"), json_object_get(after, "records"));
}

/* Reads it all, and compares; returns how many records there were. What the cleaner has taken
 * meanwhile one may have seen, and the other not: then again. */
static size_t compare_with_java(struct setting *t, const char *isolation)
{
    json_t *java = read_by_java(t, isolation);
    for (bool same = false; !same;) {
        start(t, isolation);
        acknowledge_all(t, json_object_get(java, "ends"));
        json_t *after = read_by_java(t, isolation);
        same = is_same(java, after);
        json_decref(java);
        java = after;
        if (!same)
            member_end(t->m);
    }
    expect_same(t, json_object_get(java, "records"));
    json_decref(java);
    member_end(t->m);
    return t->count;
}

KH_TEST(transactions, C_31_the_commit_reaches_the_end_of_interleaved_transactions)
{
    static struct setting t;
    open_topic(&t, 31, json_object());
    for (int i = 0; i < STEPS; i++)
        take_step(&t);
    end_all(&t);
    size_t all = compare_with_java(&t, "read_uncommitted");
    size_t committed = compare_with_java(&t, "read_committed");
    cr_expect_eq(all, (size_t)t.written);
    cr_expect_gt(committed, all / 4);
    cr_expect_lt(committed, all * 3 / 4);
    stage_close(&t.stage);
}

/* While one is open nothing behind it comes; what it holds back comes when it ends. */
KH_TEST(transactions, P_06_what_is_open_is_not_read)
{
    static struct setting t;
    open_topic(&t, 6, json_object());
    for (int i = 0; i < STEPS / 3; i++)
        take_step(&t);
    while (!t.is_open[0])
        take_step(&t);
    json_t *java = read_by_java(&t, "read_committed");
    start(&t, "read_committed");
    acknowledge_all(&t, json_object_get(java, "ends"));
    size_t before = t.count;
    json_decref(java);
    end_all(&t);
    java = read_by_java(&t, "read_committed");
    for (bool same = false; !same;) {
        acknowledge_all(&t, json_object_get(java, "ends"));
        json_t *after = read_by_java(&t, "read_committed");
        same = is_same(java, after);
        json_decref(java);
        java = after;
    }
    cr_expect_gt(t.count, before);
    expect_same(&t, json_object_get(java, "records"));
    json_decref(java);
    member_end(t.m);
    stage_close(&t.stage);
}

/* A record that is written when its time is up ends a segment, which then can be cleaned. */
static bool is_compacted(struct setting *t)
{
    for (int i = 0; i < PARTITIONS; i++)
        write_some(t, NULL);
    json_t *java = read_by_java(t, "read_uncommitted");
    size_t count = json_array_size(json_object_get(java, "records"));
    json_decref(java);
    return count < (size_t)t->written / 2;
}

KH_TEST(transactions, C_31_the_commit_reaches_the_end_of_a_compacted_topic)
{
    static struct setting t;
    open_topic(&t, 32,
               json_pack("{ss si sf si}", "cleanup.policy", "compact", "segment.ms", 200,
                         "min.cleanable.dirty.ratio", 0.0, "delete.retention.ms", 0));
    for (int i = 0; i < STEPS; i++)
        take_step(&t);
    for (int i = 0; i < PRODUCERS; i++) /* Behind an open one nothing is cleaned. */
        if (t.is_open[i])
            end_transaction(&t, i, false);
    run_until(&t.stage, is_compacted(&t));
    end_all(&t);
    compare_with_java(&t, "read_uncommitted");
    compare_with_java(&t, "read_committed");
    stage_close(&t.stage);
}
