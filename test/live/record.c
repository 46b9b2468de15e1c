/* KOHORT_RECORD and `kohort replay`: a session with a real Kafka, once more without one. */
#include "support/live/admin.h"
#include "support/live/child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

LIVE_SUITE(record);

enum { RECORDS = 300, HEADER = 64, FLIPS = 12 };

static char path[256];

/* Consumes a topic to its end, recorded into `path`. */
static void record_session(struct stage *s, const char *codec)
{
    struct child c;
    const char *topic = live_name("t"), *group = live_name("g");
    admin_create_topic(topic, 3);
    admin_produce_many(topic, RECORDS, 100, 0, codec);
    admin_do(json_pack("{ss ss s[{ss ss}]}", "do", "produce", "topic", topic, "records", "key",
                       "the-key-nobody-sees", "value", "the-value-nobody-sees"));
    live_temporary(path, sizeof path, "recording");
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
    setenv("KOHORT_RECORD", path, 1);
    child_start(&c, s,
                (const char *[]){"consume", "-b", live_bootstrap(), "-G", group, "-o", "beginning",
                                 "-q", "-e", topic, NULL});
    unsetenv("KOHORT_RECORD");
    run_until(s, child_ended(&c));
    cr_assert_eq(c.exit_code, 0, "%s", c.err.text);
    cr_assert_eq(child_said(&c.out, "\n"), RECORDS + 1);
    cr_assert_eq(child_said(&c.out, "the-value-nobody-sees"), 1);
    child_close(&c);
}

static void replay(struct stage *s, int expected, char *out, char *err, size_t size)
{
    struct child c;
    child_start(&c, s, (const char *[]){"replay", path, NULL});
    run_until(s, child_ended(&c));
    cr_assert_eq(c.exit_code, expected, "%s%s", c.out.text, c.err.text);
    snprintf(out, size, "%s", c.out.size == 0 ? "" : c.out.text);
    snprintf(err, size, "%s", c.err.size == 0 ? "" : c.err.text);
    child_close(&c);
}

static uint64_t used(int file)
{
    uint8_t end[8];
    uint64_t value = 0;
    cr_assert_eq(pread(file, end, sizeof end, 32), (ssize_t)sizeof end);
    for (size_t i = 0; i < sizeof end; i++)
        value |= (uint64_t)end[i] << (8 * i);
    return value;
}

static void expect_masked(int file, uint64_t size)
{
    uint8_t *bytes = malloc(size);
    cr_assert_eq(pread(file, bytes, size, HEADER), (ssize_t)size);
    cr_expect_null(memmem(bytes, size, "nobody-sees", strlen("nobody-sees")));
    cr_expect_not_null(memmem(bytes, size, "group.id=", strlen("group.id=")));
    free(bytes);
}

static void flip(int file, uint64_t at)
{
    uint8_t byte;
    cr_assert_eq(pread(file, &byte, 1, (off_t)at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(file, &byte, 1, (off_t)at), 1);
}

static void record_and_replay(const char *codec)
{
    struct stage s;
    char first[256], again[256], err[256];
    stage_open(&s);
    record_session(&s, codec);
    replay(&s, 0, first, err, sizeof first);
    cr_expect_str_empty(err, "it is complete: %s", err);
    replay(&s, 0, again, err, sizeof again);
    cr_expect_str_eq(first, again);
    int file = open(path, O_RDWR);
    uint64_t size = used(file);
    expect_masked(file, size);
    for (uint64_t i = 0; i < FLIPS; i++) {
        uint64_t at = HEADER + (size - 1) * i / (FLIPS - 1);
        flip(file, at);
        replay(&s, 1, again, err, sizeof again);
        cr_expect_not_null(strstr(err, "not as recorded: event "), "byte %llu: %s",
                           (unsigned long long)at, err);
        flip(file, at);
    }
    close(file);
    replay(&s, 0, again, err, sizeof again);
    cr_expect_str_eq(first, again);
    unlink(path);
    stage_close(&s);
}

KH_TEST(record, a_session_replays_to_the_same_hash_and_a_changed_byte_is_named)
{
    record_and_replay("none");
}

KH_TEST(record, compressed_records_replay_without_their_bytes)
{
    record_and_replay("zstd");
}
