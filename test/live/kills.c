/* A worker that is killed by SIGKILL at random moments, whose commands end in any order, over a
 * topic that is transactional and compacted meanwhile: nothing is lost, nothing that was committed
 * comes again, and no commit passes what is not done (contract rows C-21, C-31). */
#include "support/live/admin.h"
#include "support/live/child.h"

#include "base/random.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LIVE_SUITE(kills);

enum { PARTITIONS = 2, OFFSETS_MAX = 20000, RECORDS = 12, KEYS = 150 };

struct setting {
    struct stage stage;
    struct kh_random random;
    const char *group, *topic, *producer;
    int written;
    bool got[PARTITIONS][OFFSETS_MAX], done[PARTITIONS][OFFSETS_MAX];
    size_t again; /* commands that ran for a record that one had run for */
};

/* ---- the topic ---- */

static void begin(struct setting *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    kh_random_seed(&t->random, seed);
    t->group = live_name("g");
    t->topic = live_name("t");
    t->producer = live_name("x");
    stage_open(&t->stage);
    json_t *configs = json_pack("{ss si sf}", "cleanup.policy", "compact", "segment.ms", 500,
                                "min.cleanable.dirty.ratio", 0.0);
    admin_do(json_pack("{ss ss si so}", "do", "createTopic", "topic", t->topic, "partitions",
                       PARTITIONS, "configs", configs));
}

/* One transaction; one in four is aborted. */
static void write_some(struct setting *t)
{
    json_t *records = json_array();
    bool aborts = kh_random_below(&t->random, 4) == 0;
    for (int i = 0; i < RECORDS; i++) {
        char key[32], value[32];
        snprintf(key, sizeof key, "k%d", (int)kh_random_below(&t->random, KEYS));
        snprintf(value, sizeof value, "v%d", t->written++);
        json_array_append_new(records, json_pack("{si ss ss}", "partition", i % PARTITIONS, "key",
                                                 key, "value", value));
    }
    admin_do(json_pack("{ss ss}", "do", "beginTransaction", "transactionalId", t->producer));
    admin_do(json_pack("{ss ss so ss}", "do", "produce", "topic", t->topic, "records", records,
                       "transactionalId", t->producer));
    admin_do(json_pack("{ss ss}", "do", aborts ? "abortTransaction" : "commitTransaction",
                       "transactionalId", t->producer));
}

/* ---- the worker ---- */

static void start(struct setting *t, struct child *c)
{
    /* Every third takes longer than those behind it. */
    const char *command = "echo got $KOHORT_PARTITION $KOHORT_OFFSET;"
                          "[ $((KOHORT_OFFSET % 3)) -ne 0 ] || sleep 0.04;"
                          "echo done $KOHORT_PARTITION $KOHORT_OFFSET";
    child_start(c, &t->stage,
                (const char *const[]){"consume",
                                      "-b",
                                      live_bootstrap(),
                                      "-G",
                                      t->group,
                                      "-o",
                                      "beginning",
                                      "-q",
                                      "-X",
                                      "session.timeout.ms=1000",
                                      "-X",
                                      "heartbeat.interval.ms=100",
                                      "-X",
                                      "auto.commit.interval.ms=50",
                                      "-X",
                                      "isolation.level=read_committed",
                                      "--jobs",
                                      "4",
                                      "--exec",
                                      command,
                                      t->topic,
                                      NULL});
}

/* What it said, of a life that began at these offsets. */
static void take_output(struct setting *t, const struct child *c, const int64_t *from)
{
    char word[8];
    int partition, used;
    long long offset;
    for (const char *at = c->out.text;
         at != NULL && sscanf(at, "%7s %d %lld\n%n", word, &partition, &offset, &used) == 3;
         at += used) {
        cr_assert(partition >= 0 && partition < PARTITIONS && offset >= 0 && offset < OFFSETS_MAX);
        if (strcmp(word, "done") == 0) {
            t->done[partition][offset] = true;
            continue;
        }
        cr_expect_geq(offset, from[partition], "%d-%lld was committed, and comes again", partition,
                      offset);
        t->again += t->got[partition][offset];
        t->got[partition][offset] = true;
    }
}

static void look_up(const struct setting *t, int64_t *committed)
{
    for (int i = 0; i < PARTITIONS; i++) {
        committed[i] = admin_group_offset(t->group, t->topic, i);
        for (int64_t offset = 0; offset < committed[i]; offset++)
            cr_expect(!t->got[i][offset] || t->done[i][offset],
                      "%lld of partition %d is committed, and %lld is not done",
                      (long long)committed[i], i, (long long)offset);
    }
}

static bool all_is_done(const struct setting *t, const json_t *records)
{
    const json_t *record;
    size_t index;
    json_array_foreach(records, index, record)
    {
        int64_t partition = json_integer_value(json_object_get(record, "partition"));
        int64_t offset = json_integer_value(json_object_get(record, "offset"));
        if (!t->done[partition][offset])
            return false;
    }
    return true;
}

static bool is_at_end(const struct setting *t, const json_t *ends)
{
    for (size_t i = 0; i < PARTITIONS; i++)
        if (admin_group_offset(t->group, t->topic, (int)i) !=
            json_integer_value(json_array_get(ends, i)))
            return false;
    return true;
}

KH_TEST(kills, C_31_a_worker_killed_at_random_loses_nothing)
{
    static struct setting t;
    const char *given = getenv("KOHORT_TEST_SEED");
    uint64_t seed = given == NULL ? (uint64_t)live_now_ms() : strtoull(given, NULL, 10);
    int kills = live_duration_ms(200000) >= 200000 ? 200 : 20;
    int64_t from[PARTITIONS] = {-1, -1};
    struct child c;
    begin(&t, seed);
    for (int i = 0; i < 10; i++)
        write_some(&t);
    for (int i = 0; i < kills; i++) {
        size_t enough = 1 + kh_random_below(&t.random, 25);
        int64_t until_ms = live_now_ms() + 500 + (int64_t)kh_random_below(&t.random, 4000);
        write_some(&t);
        start(&t, &c);
        run_until(&t.stage, child_said(&c.out, "done ") >= enough || live_now_ms() >= until_ms);
        child_signal(&c, SIGKILL);
        run_until(&t.stage, child_ended(&c)); /* And the commands that it had begun. */
        take_output(&t, &c, from);
        child_close(&c);
        look_up(&t, from);
    }
    json_t *java = admin_call(
        json_pack("{ss ss ss}", "do", "consume", "topic", t.topic, "isolation", "read_committed"));
    start(&t, &c);
    run_until(&t.stage, is_at_end(&t, json_object_get(java, "ends")));
    child_signal(&c, SIGINT);
    run_until(&t.stage, child_ended(&c));
    take_output(&t, &c, from);
    child_close(&c);
    look_up(&t, from);
    cr_expect(all_is_done(&t, json_object_get(java, "records")), "seed %llu",
              (unsigned long long)seed);
    live_say("%d kills (KOHORT_TEST_SEED=%llu): %d records written, %zu commands ran again", kills,
             (unsigned long long)seed, t.written, t.again);
    json_decref(java);
    stage_close(&t.stage);
}
