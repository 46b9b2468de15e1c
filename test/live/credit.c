/* What is asked for and delivered is bound by credit (contract rows C-23 to C-26). */
#include "consumer/client.h"
#include "consumer/consumer.h"
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <criterion/logging.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

LIVE_SUITE(credit);

struct setting {
    struct stage stage;
    struct proxy proxy;
    const char *group, *topic;
    struct member *m;
};

enum { OPTIONS_MAX = 24 };
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void begin(struct setting *t, int partitions, const char *const *more,
                  struct member_script script)
{
    const char *options[OPTIONS_MAX] = {"bootstrap.servers", NULL, "heartbeat.interval.ms", "100"};
    size_t count = 4;
    t->group = live_name("g");
    t->topic = live_name("t");
    admin_create_topic(t->topic, partitions);
    stage_open(&t->stage);
    proxy_open(&t->proxy, &t->stage);
    options[1] = t->proxy.address;
    while (*more != NULL)
        options[count++] = *more++;
    script.options = options;
    t->m = member_start(&t->stage, "m", t->group, t->topic, &script);
    run_until(&t->stage, member_owned(t->m) == (size_t)partitions);
}

static void end(struct setting *t)
{
    member_end(t->m);
    proxy_close(&t->proxy);
    stage_close(&t->stage);
}

static void pass_heartbeats(struct setting *t, size_t count)
{
    size_t wanted = proxy_count(&t->proxy, KH_API_HEARTBEAT) + count;
    run_until(&t->stage, proxy_count(&t->proxy, KH_API_HEARTBEAT) >= wanted);
}

static kohort_partition_status status_of(struct member *m, const char *topic, int32_t partition)
{
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(member_partition(m, topic, partition), &status);
    return status;
}

/* ---- demand ---- */

KH_TEST(credit, C_23_what_is_demanded_is_delivered_and_without_demand_nothing_is_fetched)
{
    struct setting t;
    begin(&t, 1, OPTIONS("demand.mode", "pull"), (struct member_script){.options = NULL});
    admin_produce_many(t.topic, 100, 1000, 0, "none");
    pass_heartbeats(&t, 5);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_FETCH), 0);
    cr_expect_not_null(strstr(status_of(t.m, t.topic, 0).why_waiting, "demanded"));

    kohort_partition *p = member_partition(t.m, t.topic, 0);
    expect_status(kohort_demand(p, 10), KOHORT_OK);
    run_until(&t.stage, t.m->records == 10);
    pass_heartbeats(&t, 5);
    cr_expect_eq(t.m->records, 10);
    expect_status(kohort_demand(p, 5), KOHORT_OK);
    expect_status(kohort_demand(p, 5), KOHORT_OK);
    run_until(&t.stage, t.m->records == 20);
    pass_heartbeats(&t, 5);
    cr_expect_eq(t.m->records, 20);
    cr_expect_eq(status_of(t.m, t.topic, 0).demand, 0);

    size_t fetches = proxy_count(&t.proxy, KH_API_FETCH), held = t.m->consumer->held_bytes;
    size_t blocks = t.stage.allocations;
    admin_produce_many(t.topic, 1000, 1000, 100, "none");
    int64_t until_ms = live_now_ms() + live_duration_ms(120000);
    while (live_now_ms() < until_ms)
        pass_heartbeats(&t, 5);
    cr_expect_eq(proxy_count(&t.proxy, KH_API_FETCH), fetches);
    cr_expect_eq(t.m->consumer->held_bytes, held);
    cr_expect_leq(t.stage.allocations, blocks + 8, "%zu, %zu", t.stage.allocations, blocks);
    cr_expect_eq(kohort_consumer_generation(t.m->consumer), 1);
    expect_status(kohort_demand(p, 2000), KOHORT_OK);
    run_until(&t.stage, t.m->records == 1100);
    end(&t);
}

/* ---- a handler that stands still ---- */

static int never_done(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    size_t *most = m->script.arg;
    kohort_partition_status status = {.size = sizeof status};
    kohort_batch_records(batch, &count);
    kohort_partition_get_status(p, &status);
    if (status.unacknowledged + count > *most)
        *most = (size_t)status.unacknowledged + count;
    return KOHORT_LATER;
}

static int64_t resident_kib(void)
{
    long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%lld %lld", &size, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int64_t longest_heartbeat_gap_ms(const struct proxy *p, size_t from)
{
    int64_t last_ms = -1, worst_ms = 0;
    for (size_t i = from; i < p->request_count; i++) {
        if (p->requests[i].api_key != kh_api_info(KH_API_HEARTBEAT)->key)
            continue;
        if (last_ms >= 0 && p->requests[i].at_ms - last_ms > worst_ms)
            worst_ms = p->requests[i].at_ms - last_ms;
        last_ms = p->requests[i].at_ms;
    }
    return worst_ms;
}

KH_TEST(credit, C_24_a_stopped_handler_holds_what_its_credit_says)
{
    struct setting t;
    enum { PARTITIONS = 64, CREDIT = 4 << 20, BATCH = 17 * 1024, UNACKED = 20, SLACK_KIB = 1024 };
    size_t most_unacked = 0, most_held = 0;
    begin(&t, PARTITIONS, OPTIONS("queued.max.bytes", "4194304", "max.unacked.records", "20"),
          (struct member_script){.on_records = never_done, .arg = &most_unacked});
    admin_job job = admin_begin_produce(t.topic, PARTITIONS * 3000, 0, 0);
    bool done = false;
    run_until(
        &t.stage,
        (most_held = t.m->consumer->held_bytes > most_held ? t.m->consumer->held_bytes : most_held,
         done = done || admin_done(job)));
    /* It stands still, with all it may hold, while there is ever more to fetch. */
    size_t from = t.proxy.request_count;
    int64_t resident = resident_kib(), until_ms = live_now_ms() + live_duration_ms(120000);
    while (live_now_ms() < until_ms) {
        job = admin_begin_produce(t.topic, PARTITIONS * 10, 3000, 0);
        run_until(&t.stage, admin_done(job));
        pass_heartbeats(&t, 2);
        most_held = t.m->consumer->held_bytes > most_held ? t.m->consumer->held_bytes : most_held;
    }
    cr_log_info("held at most: %zu of %d bytes; resident: %" PRId64
                " KiB more; heartbeats: %" PRId64 " ms apart at most, every 100",
                most_held, CREDIT, resident_kib() - resident,
                longest_heartbeat_gap_ms(&t.proxy, from));
    cr_expect_leq(most_held, CREDIT + BATCH);
    cr_expect_gt(most_held, CREDIT / 4, "the credit is used");
    cr_expect_eq(most_unacked, UNACKED);
    cr_expect_leq(resident_kib() - resident, SLACK_KIB);
    cr_expect_eq(kohort_consumer_generation(t.m->consumer), 1);
    cr_expect_eq(t.m->counts[MEMBER_LOST] + t.m->counts[MEMBER_STALL], 0);
    end(&t);
}

/* ---- what Fetches say ---- */

struct asked {
    int32_t max_wait_ms, min_bytes, max_bytes;
};

static int32_t get_i32(const uint8_t *at)
{
    return (int32_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
}

/* Version 12: behind the header come the replica's id, and these. */
static void read_fetch(struct proxy *p, const struct proxy_request *request, const uint8_t *frame,
                       size_t size)
{
    struct asked *asked = p->arg;
    size_t at = 4 + 8;
    if (request->api_key != kh_api_info(KH_API_FETCH)->key)
        return;
    cr_assert_eq(request->api_version, 12);
    at += 2 + ((size_t)frame[at] << 8 | frame[at + 1]) + 1 + 4;
    cr_assert_lt(at + 12, size);
    *asked = (struct asked){get_i32(frame + at), get_i32(frame + at + 4), get_i32(frame + at + 8)};
}

KH_TEST(credit, C_25_limits_are_in_the_fetch_and_the_empty_backoff_between_them)
{
    struct setting t;
    struct asked asked = {0};
    begin(&t, 1,
          OPTIONS("api.versions", "fetch:12-12", "fetch.min.bytes", "7", "fetch.max.bytes",
                  "123456", "fetch.max.wait.ms", "11", "fetch.empty.backoff.ms", "300"),
          (struct member_script){.options = NULL});
    t.proxy.on_request = read_fetch;
    t.proxy.arg = &asked;
    size_t from = t.proxy.request_count, fetches = proxy_count(&t.proxy, KH_API_FETCH);
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_FETCH) >= fetches + 5);
    cr_expect_eq(asked.max_wait_ms, 11);
    cr_expect_eq(asked.min_bytes, 7);
    cr_expect_eq(asked.max_bytes, 123456);
    int64_t last_ms = -1;
    for (size_t i = from; i < t.proxy.request_count; i++) {
        if (t.proxy.requests[i].api_key != kh_api_info(KH_API_FETCH)->key)
            continue;
        int64_t gap_ms = last_ms < 0 ? 300 : t.proxy.requests[i].at_ms - last_ms;
        cr_expect_geq(gap_ms, 295, "%" PRId64 " ms", gap_ms);
        last_ms = t.proxy.requests[i].at_ms;
    }
    end(&t);
}

static void set_true(const kohort_error *error, void *arg)
{
    cr_expect_null(error);
    *(bool *)arg = true;
}

KH_TEST(credit, C_25_a_commit_does_not_wait_behind_a_parked_fetch)
{
    struct setting t;
    bool done = false;
    begin(&t, 1,
          OPTIONS("fetch.max.wait.ms", "30000", "fetch.min.bytes", "1000000", "request.timeout.ms",
                  "60000", "commit.mode", "manual"),
          (struct member_script){.options = NULL});
    run_until(&t.stage, proxy_count(&t.proxy, KH_API_FETCH) == 1);
    int64_t began_ms = live_now_ms();
    kohort_offset offset = {.ownership =
                                kohort_partition_ownership(member_partition(t.m, t.topic, 0)),
                            .offset = 0,
                            .leader_epoch = -1};
    expect_status(kohort_commit_offsets(t.m->consumer, &offset, 1, NULL, set_true, &done),
                  KOHORT_OK);
    run_until(&t.stage, done);
    cr_expect_lt(live_now_ms() - began_ms, 15000, "behind the Fetch it takes 30 s");
    cr_expect_eq(proxy_count(&t.proxy, KH_API_FETCH), 1);
    end(&t);
}

/* ---- pauses ---- */

KH_TEST(credit, C_26_a_pause_lasts_across_a_cooperative_rebalance)
{
    struct setting t;
    enum { PARTITIONS = 4, EACH = 50 };
    kohort_partition *paused[PARTITIONS - 1];
    begin(&t, PARTITIONS, OPTIONS("partition.assignment.strategy", "cooperative-sticky"),
          (struct member_script){.options = NULL});
    admin_produce_many(t.topic, PARTITIONS * EACH, 20, 0, "none");
    run_until(&t.stage, t.m->records == PARTITIONS * EACH);
    for (int i = 0; i < PARTITIONS - 1; i++) {
        paused[i] = member_partition(t.m, t.topic, i);
        expect_status(kohort_pause(paused[i]), KOHORT_OK);
    }
    admin_produce_many(t.topic, PARTITIONS * EACH, 20, EACH, "none");
    run_until(&t.stage, t.m->records == (PARTITIONS + 1) * EACH);

    const char *options[] = {"bootstrap.servers", t.proxy.address, "heartbeat.interval.ms", "100",
                             NULL};
    struct member *other = member_start(&t.stage, "other", t.group, t.topic,
                                        &(struct member_script){.options = options});
    run_until(&t.stage, member_owned(t.m) == 2 && member_owned(other) == 2);
    size_t kept = 0, records = t.m->records;
    pass_heartbeats(&t, 3);
    for (int i = 0; i < PARTITIONS - 1; i++) {
        if (kohort_consumer_partition(t.m->consumer, t.topic, i) == NULL)
            continue;
        cr_expect_eq(kohort_consumer_partition(t.m->consumer, t.topic, i), paused[i]);
        kohort_partition_status status = status_of(t.m, t.topic, i);
        cr_expect(status.paused);
        cr_expect_eq(status.position, EACH);
        expect_status(kohort_resume(paused[i]), KOHORT_OK);
        kept++;
    }
    cr_expect_gt(kept, 0);
    cr_expect_eq(t.m->records, records);
    run_until(&t.stage, t.m->records == records + kept * EACH);
    member_end(other);
    end(&t);
}

/* ---- batches that are kept ---- */

enum { KEPT_MAX = 4096, VALUE = 1000 };
static struct {
    kohort_batch *batches[KEPT_MAX];
    size_t count, records;
} kept;

static int keep_all(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    (void)m;
    (void)p;
    cr_assert_lt(kept.count, KEPT_MAX);
    expect_status(kohort_batch_keep(batch, &kept.batches[kept.count++]), KOHORT_OK);
    return KOHORT_DONE;
}

static void release_all(void)
{
    for (size_t i = 0; i < kept.count; i++) {
        size_t count;
        kohort_batch *again;
        const kohort_record *records = kohort_batch_records(kept.batches[i], &count);
        for (size_t k = 0; k < count; k++, kept.records++) {
            char expected[32];
            int size = snprintf(expected, sizeof expected, "p0-%zu", kept.records);
            cr_assert_eq(records[k].offset, (int64_t)kept.records);
            cr_assert_eq(records[k].value.size, VALUE);
            cr_assert_eq(memcmp(records[k].value.data, expected, (size_t)size), 0);
            cr_assert_eq(((const char *)records[k].value.data)[VALUE - 1], '.');
        }
        expect_status(kohort_batch_keep(kept.batches[i], &again), KOHORT_EINVAL);
        kohort_batch_release(kept.batches[i]);
    }
    kept.count = 0;
}

static void keep_with_codec(const char *codec)
{
    struct setting t;
    enum { RECORDS = 3000, CREDIT = 200000 };
    kept.count = kept.records = 0;
    begin(&t, 1, OPTIONS("prefetch.bytes", "200000", "max.poll.records", "30"),
          (struct member_script){.on_records = keep_all});
    admin_produce_many(t.topic, RECORDS, VALUE, 0, codec);
    while (t.m->records < RECORDS) {
        size_t before = t.m->records;
        run_until(&t.stage,
                  t.m->records > before && (status_of(t.m, t.topic, 0).kept_bytes > CREDIT / 2 ||
                                            t.m->records == RECORDS));
        pass_heartbeats(&t, 2);
        size_t stopped = t.m->records, fetches = proxy_count(&t.proxy, KH_API_FETCH);
        pass_heartbeats(&t, 2);
        if (stopped < RECORDS) {
            cr_expect_eq(t.m->records, stopped, "what is kept takes the credit");
            cr_expect_eq(proxy_count(&t.proxy, KH_API_FETCH), fetches);
        }
        release_all();
        cr_expect_eq(status_of(t.m, t.topic, 0).kept_bytes, 0);
    }
    cr_expect_eq(kept.records, RECORDS);
    cr_expect_eq(t.m->consumer->held_bytes, 0);
    end(&t);
}

KH_TEST(credit, kept_batches_stay_as_they_are_and_take_credit)
{
    keep_with_codec("none");
    keep_with_codec("gzip");
}

KH_TEST(credit, a_kept_batch_may_outlive_its_consumer_and_not_its_client)
{
    struct setting t;
    kept.count = kept.records = 0;
    begin(&t, 1, OPTIONS("auto.offset.reset", "earliest"),
          (struct member_script){.on_records = keep_all});
    admin_produce_many(t.topic, 10, VALUE, 0, "none");
    run_until(&t.stage, t.m->records == 10);
    kohort_client *client = t.m->client;
    member_close(t.m);
    run_until(&t.stage, t.m->closed);
    kohort_consumer_free(t.m->consumer);
    t.m->consumer = NULL;
    run_until(&t.stage, kept.batches[0] != NULL && kh_list_empty(&client->buried));
    expect_status(kohort_client_close(client, NULL, NULL), KOHORT_ESTATE);
    release_all();
    cr_expect_eq(kept.records, 10);
    end(&t);
}

/* ---- others in the host ---- */

static struct {
    uv_timer_t timer;
    size_t calls, worst;
} host;

static void tick(uv_timer_t *timer)
{
    (void)timer;
    host.worst = host.calls > host.worst ? host.calls : host.worst;
    host.calls = 0;
}

static int burn(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    struct timespec now, end;
    (void)m;
    (void)p;
    (void)batch;
    host.calls++;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += 3000000;
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
    return KOHORT_DONE;
}

KH_TEST(credit, a_busy_handler_leaves_the_loop_to_others)
{
    struct setting t;
    enum { RECORDS = 4000, PARTITIONS = 4, CALLS_MOST = 20 };
    host.calls = host.worst = 0;
    begin(&t, PARTITIONS, OPTIONS("max.poll.records", "10"),
          (struct member_script){.on_records = burn});
    uv_timer_init(&t.stage.loop, &host.timer);
    uv_timer_start(&host.timer, tick, 1, 1);
    admin_produce_many(t.topic, RECORDS, 20, 0, "none");
    run_until(&t.stage, t.m->records == RECORDS);
    cr_log_info("calls of on_records between two turns of another's timer: at most %zu",
                host.worst);
    cr_expect_leq(host.worst, CALLS_MOST);
    uv_close((uv_handle_t *)&host.timer, NULL);
    end(&t);
}
