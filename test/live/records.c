/* What is delivered is what was produced; and when it is not delivered. */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"

#include <string.h>

LIVE_SUITE(records);

enum { RECORDS = 3000 };

/* What this build reads. */
static const char *const codecs[] = {
#ifdef KH_WITH_ZLIB
    "gzip",
#endif
#ifdef KH_WITH_SNAPPY
    "snappy",
#endif
#ifdef KH_WITH_LZ4
    "lz4",
#endif
#ifdef KH_WITH_ZSTD
    "zstd",
#endif
    "none",   NULL,
};

static void consume_all(const char *compression, const char *poll_records)
{
    struct stage s;
    struct oracle oracle;
    const char *topic = live_name("t");
    admin_create_topic(topic, 3);
    admin_produce_many(topic, RECORDS, 300, 0, compression);
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    const char *options[] = {"max.poll.records", poll_records, NULL};
    struct member *m =
        member_start(&s, "m", live_name("g"), topic, &(struct member_script){.options = options});
    run_until(&s, m->records == RECORDS && m->counts[MEMBER_END] == 3);
    cr_expect_eq(oracle_acked_count(&oracle), RECORDS);
    cr_expect_eq(oracle_duplicates(&oracle), 0);
    cr_expect_eq(m->counts[MEMBER_ERROR], 0);
    stage_close(&s);
    oracle_close(&oracle);
}

KH_TEST(records, batches_of_each_codec_are_what_was_produced)
{
    for (size_t i = 0; codecs[i] != NULL; i++)
        consume_all(codecs[i], "1000");
    consume_all(codecs[0], "1");
}

static void expect_bytes(kohort_bytes bytes, const char *text)
{
    if (text == NULL) {
        cr_expect_null(bytes.data);
        cr_expect_eq(bytes.size, text == NULL ? bytes.size : 0);
        return;
    }
    cr_expect_not_null(bytes.data);
    cr_expect_eq((size_t)bytes.size, strlen(text));
    cr_expect_eq(memcmp(bytes.data, text, strlen(text)), 0, "not \"%s\"", text);
}

static int check_shapes(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *r = kohort_batch_records(batch, &count);
    kohort_bytes key, value;
    (void)m;
    (void)p;
    cr_assert_eq(count, 4);
    expect_bytes(r[0].key, "k");
    expect_bytes(r[0].value, "v");
    cr_expect_eq(r[0].timestamp_ms, 1234567890123);
    cr_expect_eq(r[0].header_count, 3);
    const void *next = r[0].headers;
    kohort_header_next(&next, &key, &value);
    expect_bytes(key, "one");
    expect_bytes(value, "1");
    kohort_header_next(&next, &key, &value);
    expect_bytes(key, "one");
    expect_bytes(value, NULL);
    kohort_header_next(&next, &key, &value);
    expect_bytes(key, "");
    expect_bytes(value, "");
    expect_bytes(r[1].key, NULL);
    expect_bytes(r[1].value, "no key");
    cr_expect_eq(r[1].header_count, 0);
    expect_bytes(r[2].key, "tombstone");
    expect_bytes(r[2].value, NULL);
    expect_bytes(r[3].key, "");
    expect_bytes(r[3].value, "");
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(r[i].offset, (int64_t)i);
        cr_expect_eq(r[i].attempt, 1);
    }
    return KOHORT_DONE;
}

KH_TEST(records, headers_nulls_and_empties_arrive_as_they_were_sent)
{
    for (size_t i = 0; codecs[i] != NULL; i++) {
        struct stage s;
        const char *topic = live_name("t");
        json_error_t wrong;
        admin_create_topic(topic, 1);
        json_t *records =
            json_loads("[{\"key\":\"k\",\"value\":\"v\",\"timestamp\":1234567890123,\"headers\":["
                       "{\"key\":\"one\",\"value\":\"1\"},{\"key\":\"one\",\"value\":null},"
                       "{\"key\":\"\",\"value\":\"\"}]},"
                       "{\"value\":\"no key\"},{\"key\":\"tombstone\"},"
                       "{\"key\":\"\",\"value\":\"\"}]",
                       0, &wrong);
        admin_do(json_pack("{ss ss ss so}", "do", "produce", "topic", topic, "compression",
                           codecs[i], "records", records));
        stage_open(&s);
        struct member *m = member_start(&s, "m", live_name("g"), topic,
                                        &(struct member_script){.on_records = check_shapes});
        run_until(&s, m->records == 4);
        stage_close(&s);
    }
}

static size_t records_of(const struct member *m, int32_t partition)
{
    size_t count = 0;
    for (size_t i = 0; i < m->entry_count; i++)
        if (m->entries[i].kind == MEMBER_RECORDS && m->entries[i].partition == partition)
            count += m->entries[i].count;
    return count;
}

KH_TEST(records, a_paused_partition_waits_while_others_flow)
{
    struct stage s;
    struct oracle oracle;
    const char *topic = live_name("t");
    enum { EACH = 200 };
    admin_create_topic(topic, 2);
    admin_produce_many(topic, 2 * EACH, 100, 0, "none");
    stage_open(&s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    struct member *m = member_start(&s, "m", live_name("g"), topic, NULL);
    run_until(&s, m->records == 2 * EACH);
    kohort_partition *paused = member_partition(m, topic, 0);
    expect_status(kohort_pause(paused), KOHORT_OK);
    expect_status(kohort_pause(paused), KOHORT_OK);
    admin_produce_many(topic, 2 * EACH, 100, EACH, "none");
    run_until(&s, records_of(m, 1) == 2 * EACH);
    cr_expect_eq(records_of(m, 0), EACH);
    kohort_partition_status status = {.size = sizeof status};
    kohort_partition_get_status(paused, &status);
    cr_expect(status.paused);
    cr_expect_eq(status.position, EACH);
    cr_expect_str_not_empty(status.why_waiting);

    expect_status(kohort_resume(paused), KOHORT_OK);
    run_until(&s, records_of(m, 0) == 2 * EACH);
    cr_expect_eq(oracle_duplicates(&oracle), 0);
    stage_close(&s);
    oracle_close(&oracle);
}

static int fail_twice(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    int *attempts = m->script.arg;
    (void)p;
    cr_expect_eq(records[0].offset, 0);
    cr_expect_eq(records[0].attempt, (uint32_t)++ * attempts);
    return *attempts < 3 ? -1 : KOHORT_DONE;
}

KH_TEST(records, a_batch_that_failed_comes_again_with_its_attempt)
{
    struct stage s;
    const char *topic = live_name("t");
    int attempts = 0;
    admin_create_topic(topic, 1);
    admin_produce_many(topic, 10, 20, 0, "none");
    stage_open(&s);
    struct member *m =
        member_start(&s, "m", live_name("g"), topic,
                     &(struct member_script){.on_records = fail_twice, .arg = &attempts});
    run_until(&s, attempts == 3 && m->counts[MEMBER_COMMITTED] > 0);
    cr_expect_eq(m->counts[MEMBER_ERROR], 2);
    cr_expect_eq(member_last(m, MEMBER_COMMITTED, 0)->offset, 10);
    stage_close(&s);
}
