/* A recording as a host makes it, in a file; and what somebody may have done to the file since. */
#include "support/test.h"

#include <fcntl.h>
#include <kohort/kohort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { HEADER = 64, SIZE = KOHORT_RECORDING_MIN };

struct life {
    char path[256];
    kohort_client *client;
    kohort_consumer *consumer;
    uint8_t bytes[SIZE];
    size_t used; /* of the ring */
};

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    (void)p, (void)batch, (void)user;
    return KOHORT_DONE;
}

static void on_client_closed(const kohort_error *error, void *arg)
{
    (void)error, (void)arg;
}

static void on_closed(const kohort_error *error, void *arg)
{
    struct life *l = arg;
    (void)error;
    kohort_consumer_free(l->consumer);
    kohort_client_close(l->client, on_client_closed, l);
}

static void set_all(const struct life *l, kohort_options *o)
{
    expect_status(kohort_options_set(o, "bootstrap.servers", "127.0.0.1:1"), 0);
    expect_status(kohort_options_set(o, "group.id", "recorded"), 0);
    expect_status(kohort_options_set_recording(o, l->path, SIZE), 0);
}

static void read_back(struct life *l)
{
    int file = open(l->path, O_RDONLY);
    struct stat status;
    cr_assert_eq(fstat(file, &status), 0);
    cr_assert_eq(status.st_size, SIZE);
    cr_expect_eq(status.st_mode & 077, 0, "it is its owner's alone");
    cr_assert_eq(read(file, l->bytes, SIZE), SIZE);
    close(file);
    for (size_t i = 0; i < 8; i++)
        l->used |= (size_t)l->bytes[32 + i] << (8 * i);
}

/* Nobody listens: it looks for a coordinator, and is closed. */
static void live(struct life *l)
{
    const char *const topics[] = {"t"};
    const char *directory = getenv("TMPDIR");
    kohort_handlers h = KOHORT_HANDLERS_INIT;
    kohort_options *o;
    uv_loop_t loop;
    *l = (struct life){.client = NULL};
    snprintf(l->path, sizeof l->path, "%s/kohort-recording.XXXXXX",
             directory == NULL ? "/tmp" : directory);
    int file = mkstemp(l->path);
    cr_assert_geq(file, 0);
    close(file);
    h.on_records = on_records;
    cr_assert_eq(uv_loop_init(&loop), 0);
    expect_status(kohort_options_new(&o), 0);
    set_all(l, o);
    expect_status(kohort_client_new(&l->client, &loop, o), 0);
    expect_status(kohort_consumer_new(&l->consumer, l->client, o, &h, l), 0);
    expect_status(kohort_subscribe(l->consumer, topics, 1), 0);
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_ONCE);
    expect_status(kohort_consumer_close(l->consumer, 1, KOHORT_LEAVE, on_closed, l), 0);
    kohort_options_free(o);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    read_back(l);
}

static int replay(const struct life *l, kohort_replay_report *report)
{
    *report = (kohort_replay_report){.size = sizeof *report};
    return kohort_replay(l->path, report);
}

static void write_at(const struct life *l, size_t at, uint8_t byte)
{
    int file = open(l->path, O_WRONLY);
    cr_assert_eq(pwrite(file, &byte, 1, (off_t)at), 1);
    close(file);
}

KH_TEST(recording, a_client_that_met_nobody_replays)
{
    struct life l;
    kohort_replay_report report, again;
    live(&l);
    expect_status(replay(&l, &report), 0);
    expect_status(replay(&l, &again), 0);
    cr_assert(report.same && report.complete, "%s", report.text);
    cr_assert_geq(report.events, 5);
    cr_assert_eq(report.hash, again.hash);
    unlink(l.path);
}

/* Each byte that is used, changed: it is refused, or said to be another, or ends early. */
KH_TEST(recording, each_changed_byte_is_noticed)
{
    struct life l;
    kohort_replay_report report;
    live(&l);
    for (size_t i = 0; i < HEADER + l.used; i++) {
        if (i >= 12 && i < 16) /* of the header, not used */
            i = 16;
        if (i >= 48 && i < HEADER)
            i = HEADER;
        write_at(&l, i, (uint8_t)(l.bytes[i] ^ (1 + i % 255)));
        int status = replay(&l, &report);
        cr_assert(status == 0 || status == KOHORT_EINVAL);
        cr_assert(status != 0 || !report.complete, "byte %zu", i);
        cr_assert((status == 0 && report.same) || *report.text != '\0', "byte %zu", i);
        write_at(&l, i, l.bytes[i]);
    }
    expect_status(replay(&l, &report), 0);
    cr_assert(report.complete);
    unlink(l.path);
}

/* A file that was not copied whole: every length, from the end. */
KH_TEST(recording, what_was_cut_is_refused)
{
    struct life l;
    kohort_replay_report report;
    live(&l);
    for (size_t size = HEADER + l.used; size-- > 0;) {
        cr_assert_eq(truncate(l.path, (off_t)size), 0);
        expect_status(replay(&l, &report), KOHORT_EINVAL);
        cr_assert_str_eq(report.text,
                         size < HEADER ? "it is no recording of kohort" : "it was cut short");
    }
    unlink(l.path);
    expect_status(replay(&l, &report), KOHORT_EINVAL);
    cr_assert_str_eq(report.text, "No such file or directory");
}

KH_TEST(recording, what_cannot_be_recorded_is_said)
{
    kohort_options *o;
    kohort_client *client;
    uv_loop_t loop;
    cr_assert_eq(uv_loop_init(&loop), 0);
    expect_status(kohort_options_new(&o), 0);
    expect_status(kohort_options_set_recording(o, "x", SIZE - 1), KOHORT_EINVAL);
    expect_status(kohort_options_set(o, "bootstrap.servers", "127.0.0.1:1"), 0);
    expect_status(kohort_options_set_recording(o, "/nowhere/at/all", SIZE), 0);
    expect_status(kohort_client_new(&client, &loop, o), KOHORT_EINVAL);
    cr_assert_str_eq(kohort_options_problem(o),
                     "recording /nowhere/at/all: No such file or directory");
    expect_status(kohort_options_set_recording(o, NULL, 0), 0);
    expect_status(kohort_client_new(&client, &loop, o), 0);
    expect_status(kohort_client_close(client, on_client_closed, NULL), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    kohort_options_free(o);
}
