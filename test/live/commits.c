/* When offsets are committed (contract rows C-17 to C-20, C-22, C-35), and what an acknowledgement
 * means for that. */
#include "base/status.h"
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <string.h>

LIVE_SUITE(commits);

struct setting {
    struct stage stage;
    struct proxy proxy;
    struct oracle oracle;
    const char *group, *topic;
    struct member *m;
};

enum { OPTIONS_MAX = 16 };

/* `more` options, beside those that all have. */
static void begin(struct setting *t, const char *const *more,
                  int (*on_records)(struct member *, kohort_partition *, const kohort_batch *))
{
    const char *options[OPTIONS_MAX] = {"bootstrap.servers", NULL, "heartbeat.interval.ms", "100"};
    size_t count = 4;
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, 1);
    stage_open(&t->stage);
    proxy_open(&t->proxy, &t->stage);
    oracle_open(&t->oracle, t->topic);
    t->stage.oracle = &t->oracle;
    options[1] = t->proxy.address;
    while (*more != NULL)
        options[count++] = *more++;
    t->m = member_start(&t->stage, "m", t->group, t->topic,
                        &(struct member_script){.options = options, .on_records = on_records});
    run_until(&t->stage, member_owned(t->m) == 1 && t->m->counts[MEMBER_RESET] == 1);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void end(struct setting *t)
{
    if (t->m != NULL)
        member_end(t->m);
    proxy_close(&t->proxy);
    stage_close(&t->stage);
    oracle_close(&t->oracle);
}

/* Lets time pass that the loop shows: so many heartbeats. */
static void pass_heartbeats(struct setting *t, size_t count)
{
    size_t wanted = proxy_count(&t->proxy, KH_API_HEARTBEAT) + count;
    run_until(&t->stage, proxy_count(&t->proxy, KH_API_HEARTBEAT) >= wanted);
}

static kohort_partition_status status_of(struct setting *t)
{
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(member_partition(t->m, t->topic, 0), &status);
    return status;
}

static int64_t committed(struct setting *t)
{
    return status_of(t).committed;
}

KH_TEST(commits, C_17_a_trickle_is_committed_in_each_interval_and_idle_time_is_not)
{
    struct setting t;
    enum { TRICKLE = 40, INTERVAL_MS = 200 };
    begin(&t, OPTIONS("auto.commit.interval.ms", "200"), NULL);
    int64_t began_ms = live_now_ms();
    for (int i = 0; i < TRICKLE; i++) {
        admin_produce_one(t.topic, 0, i);
        run_until(&t.stage, t.m->records == (size_t)i + 1);
    }
    run_until(&t.stage, committed(&t) == TRICKLE);
    size_t commits = proxy_count(&t.proxy, KH_API_OFFSET_COMMIT);
    int64_t intervals = (live_now_ms() - began_ms) / INTERVAL_MS + 1;
    cr_expect_leq((int64_t)commits, intervals, "%zu commits in %lld intervals", commits,
                  (long long)intervals);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), TRICKLE);

    pass_heartbeats(&t, 12); /* six intervals */
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), commits);
    admin_produce_one(t.topic, 0, TRICKLE);
    run_until(&t.stage, committed(&t) == TRICKLE + 1);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), commits + 1);
    end(&t);
}

KH_TEST(commits, the_interval_holds_a_commit_back_and_an_explicit_one_does_not_wait)
{
    struct setting t;
    begin(&t, OPTIONS("auto.commit.interval.ms", "600000"), NULL);
    admin_produce_many(t.topic, 50, 20, 0, "none");
    run_until(&t.stage, t.m->records == 50);
    pass_heartbeats(&t, 5);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 0);

    expect_status(kohort_commit(t.m->consumer, NULL, NULL, NULL), KOHORT_OK);
    run_until(&t.stage, committed(&t) == 50);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 50);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 1);
    end(&t);
}

/* The marks of later acknowledgements, one a record. */
static struct {
    kohort_mark marks[64];
    size_t count;
} held;

static int hold_marks(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    (void)m;
    (void)p;
    for (size_t i = 0; i < count; i++)
        held.marks[held.count++] = kohort_record_mark(batch, &records[i]);
    return KOHORT_LATER;
}

static void ack_held(struct setting *t, size_t index)
{
    oracle_acked(&t->oracle, 0, held.marks[index].offset, held.marks[index].offset);
    expect_status(kohort_ack(t->m->consumer, held.marks[index]), KOHORT_OK);
}

KH_TEST(commits, what_is_not_acknowledged_is_not_committed)
{
    struct setting t;
    begin(&t, OPTIONS("auto.commit.interval.ms", "100"), hold_marks);
    admin_produce_many(t.topic, 10, 20, 0, "none");
    run_until(&t.stage, held.count == 10);
    for (size_t i = 0; i < 10; i++)
        if (i != 3)
            ack_held(&t, i);
    run_until(&t.stage, committed(&t) == 3);
    pass_heartbeats(&t, 5);
    cr_expect_eq(committed(&t), 3);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 3);
    ack_held(&t, 3);
    run_until(&t.stage, committed(&t) == 10);
    end(&t);
}

KH_TEST(commits, C_17_a_threshold_commits_and_what_comes_meanwhile_is_merged)
{
    struct setting t;
    enum { THRESHOLD = 100, RECORDS = 5000 };
    begin(&t,
          OPTIONS("auto.commit.interval.ms", "600000", "commit.threshold", "100",
                  "max.poll.records", "10"),
          NULL);
    admin_produce_many(t.topic, THRESHOLD - 1, 20, 0, "none");
    run_until(&t.stage, t.m->records == THRESHOLD - 1);
    pass_heartbeats(&t, 5);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 0);
    admin_produce_one(t.topic, 0, THRESHOLD - 1);
    run_until(&t.stage, committed(&t) == THRESHOLD);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 1);

    admin_produce_many(t.topic, RECORDS, 20, THRESHOLD, "none");
    run_until(&t.stage, t.m->records == THRESHOLD + RECORDS);
    run_until(&t.stage, committed(&t) > RECORDS);
    cr_expect_leq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 1 + RECORDS / THRESHOLD);
    end(&t);
}

static int fail_once(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    (void)m;
    (void)p;
    return kohort_batch_records(batch, &count)->attempt == 1 ? -1 : KOHORT_DONE;
}

KH_TEST(commits, C_17_what_comes_again_counts_once_for_the_threshold)
{
    struct setting t;
    enum { THRESHOLD = 100, FIRST = 60 };
    begin(&t, OPTIONS("auto.commit.interval.ms", "600000", "commit.threshold", "100"), fail_once);
    t.stage.oracle = NULL; /* It takes what comes again for a repeat. */
    admin_produce_many(t.topic, FIRST, 20, 0, "none");
    run_until(&t.stage, status_of(&t).acked == FIRST);
    pass_heartbeats(&t, 5);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 0, "60 are done");
    admin_produce_many(t.topic, THRESHOLD - FIRST, 20, FIRST, "none");
    run_until(&t.stage, committed(&t) == THRESHOLD);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 1);
    end(&t);
}

/* ---- sync ---- */

static void count_commit_answers(struct proxy *p, const struct proxy_request *request,
                                 uint8_t *frame, size_t size)
{
    (void)frame;
    (void)size;
    *(size_t *)p->arg += request->api_key == kh_api_info(KH_API_OFFSET_COMMIT)->key;
}

static size_t commit_answers, deliveries;

static int expect_answered(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    (void)m;
    (void)p;
    (void)batch;
    cr_expect_geq(commit_answers, deliveries, "delivery %zu after %zu answers", deliveries,
                  commit_answers);
    deliveries++;
    return KOHORT_DONE;
}

KH_TEST(commits, C_18_the_next_batch_waits_for_the_answer)
{
    struct setting t;
    enum { RECORDS = 200 };
    commit_answers = deliveries = 0;
    begin(&t, OPTIONS("commit.mode", "sync", "max.poll.records", "10"), expect_answered);
    t.proxy.on_answer = count_commit_answers;
    t.proxy.arg = &commit_answers;
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    run_until(&t.stage, t.m->records == RECORDS);
    cr_expect_geq(deliveries, RECORDS / 10);
    run_until(&t.stage, committed(&t) == RECORDS);

    /* While there is no answer there is no delivery. */
    proxy_hold_api(&t.proxy, KH_API_OFFSET_COMMIT);
    admin_produce_many(t.topic, 20, 20, RECORDS, "none");
    run_until(&t.stage, t.m->records == RECORDS + 10);
    size_t fetches = proxy_count(&t.proxy, KH_API_FETCH);
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_FETCH) >= fetches + 4);
    cr_expect_eq(t.m->records, RECORDS + 10);
    proxy_release(&t.proxy);
    run_until(&t.stage, committed(&t) == RECORDS + 20);
    end(&t);
}

/* ---- explicit ---- */

enum { EACH = 60 };
static size_t dones, failures, out_of_order;

static void count_done(const kohort_error *error, void *arg)
{
    out_of_order += (size_t)(uintptr_t)arg != dones++;
    failures += error != NULL;
}

static int commit_each(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    static size_t asked;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    asked = dones == 0 && records[0].offset == 0 ? 0 : asked;
    for (size_t i = 0; i < count; i++) {
        kohort_offset offset = {.ownership = kohort_partition_ownership(p),
                                .offset = records[i].offset + 1,
                                .leader_epoch = kohort_batch_leader_epoch(batch),
                                .metadata = "one by one"};
        expect_status(kohort_commit_offsets(m->consumer, &offset, 1, NULL, count_done,
                                            (void *)(uintptr_t)asked++),
                      KOHORT_OK);
    }
    return KOHORT_DONE;
}

KH_TEST(commits, C_19_each_message_and_all_and_each_is_told_once)
{
    struct setting t;
    dones = failures = out_of_order = 0;
    begin(&t, OPTIONS("commit.mode", "manual", "max.poll.records", "1"), commit_each);
    admin_produce_many(t.topic, EACH, 20, 0, "none");
    run_until(&t.stage, dones == EACH);
    cr_expect_eq(failures, 0);
    cr_expect_eq(out_of_order, 0);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), EACH);
    cr_expect_leq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), EACH);

    expect_status(kohort_commit(t.m->consumer, NULL, count_done, (void *)(uintptr_t)EACH),
                  KOHORT_OK);
    run_until(&t.stage, dones == EACH + 1);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), EACH);
    cr_expect_eq(failures, 0);
    end(&t);
}

static kohort_error last_error;

static void keep_error(const kohort_error *error, void *arg)
{
    last_error = *error;
    (*(size_t *)arg)++;
}

KH_TEST(commits, C_19_a_refused_offset_is_told_once_and_where)
{
    struct setting t;
    static char long_text[5000];
    size_t told = 0;
    begin(&t, OPTIONS("commit.mode", "manual"), NULL);
    uint64_t ownership = kohort_partition_ownership(member_partition(t.m, t.topic, 0));
    memset(long_text, 'x', sizeof long_text - 1);
    kohort_offset offset = {.ownership = ownership, .leader_epoch = -1, .metadata = long_text};
    expect_status(kohort_commit_offsets(t.m->consumer, &offset, 1, NULL, keep_error, &told),
                  KOHORT_OK);
    run_until(&t.stage, told == 1);
    cr_expect_eq(last_error.kafka_code, KH_KAFKA_OFFSET_METADATA_TOO_LARGE, "%s", last_error.text);
    cr_expect_str_eq(last_error.topic, t.topic);
    cr_expect_eq(last_error.partition, 0);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), -1);

    kohort_offset wrong = {.ownership = ownership, .offset = -1, .leader_epoch = -1};
    expect_status(kohort_commit_offsets(t.m->consumer, &wrong, 1, NULL, keep_error, &told),
                  KOHORT_EINVAL);
    wrong = (kohort_offset){.ownership = ownership + (1u << 24), .offset = 1, .leader_epoch = -1};
    expect_status(kohort_commit_offsets(t.m->consumer, &wrong, 1, NULL, keep_error, &told),
                  KOHORT_ESTALE);
    expect_status(kohort_commit_offsets(t.m->consumer, &wrong, 0, NULL, keep_error, &told),
                  KOHORT_EINVAL);
    cr_expect_eq(told, 1);
    end(&t);
}

KH_TEST(commits, C_20_manual_commits_nothing_that_was_not_asked_for)
{
    struct setting t;
    begin(&t, OPTIONS("enable.auto.commit", "false", "auto.commit.interval.ms", "100"), NULL);
    admin_produce_many(t.topic, 500, 20, 0, "none");
    run_until(&t.stage, t.m->records == 500);
    pass_heartbeats(&t, 5);
    member_end(t.m);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_OFFSET_COMMIT), 0);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), -1);
    t.m = NULL;
    end(&t);
}

/* ---- the start as the group's own ---- */

static int fail(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    (void)m;
    (void)p;
    (void)batch;
    return -1;
}

KH_TEST(commits, C_35_latest_and_a_handler_that_fails_skip_nothing)
{
    struct setting t;
    int64_t first = -1;
    begin(&t, OPTIONS("auto.offset.reset", "latest", "auto.commit.interval.ms", "600000"), fail);
    t.stage.oracle = NULL; /* It knows no redelivery. */
    admin_produce_many(t.topic, 3, 20, 0, "none");
    run_until(&t.stage, t.m->counts[MEMBER_ERROR] >= 2);
    cr_expect_eq(admin_group_offset(t.group, t.topic, 0), 0, "the end that it found is the start");
    member_kill(t.m);
    t.m = member_start(&t.stage, "next", t.group, t.topic,
                       &(struct member_script){.options = OPTIONS("auto.offset.reset", "latest")});
    run_until(&t.stage, t.m->records == 3);
    for (size_t i = t.m->entry_count; i-- > 0;)
        if (t.m->entries[i].kind == MEMBER_RECORDS)
            first = t.m->entries[i].offset;
    cr_expect_eq(first, 0);
    end(&t);
}
