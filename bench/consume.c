/* kohort beside the floor: joins a group, reads as many records as asked for, adds up the sizes of
 * their keys and values, leaves. Everything the library does by default is on: checksums,
 * heartbeats, commits.
 *
 *   [KOHORT_RECORD=FILE] consume PORT RECORDS [NAME=VALUE ...] */
#include "report.h"

#include <kohort/kohort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { RECORDING_SIZE = 64 << 20 };

struct consume {
    struct bench_report report;
    kohort_client *client;
    kohort_consumer *consumer;
    uint64_t records, bytes, wanted;
    bool closing, failed;
};

static void on_client_closed(const kohort_error *error, void *arg)
{
    (void)error, (void)arg;
}

static void on_closed(const kohort_error *error, void *arg)
{
    struct consume *c = arg;

    (void)error;
    kohort_consumer_free(c->consumer);
    kohort_client_close(c->client, on_client_closed, c);
}

static void stop(struct consume *c)
{
    if (!c->closing)
        kohort_consumer_close(c->consumer, 0, KOHORT_LEAVE, on_closed, c);
    c->closing = true;
}

static int on_records(kohort_partition *partition, const kohort_batch *batch, void *user)
{
    struct consume *c = user;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    uint64_t bytes = 0;

    (void)partition;
    for (size_t i = 0; i < count; i++)
        bytes += (uint64_t)records[i].key.size + (uint64_t)records[i].value.size;
    c->bytes += bytes;
    c->records += count;
    bench_read(&c->report, c->records);
    if (c->records >= c->wanted)
        stop(c);
    return KOHORT_DONE;
}

static void on_event(kohort_consumer *consumer, const kohort_event *event, void *user)
{
    struct consume *c = user;

    (void)consumer;
    if (event->type != KOHORT_EVENT_ERROR && event->type != KOHORT_EVENT_FAILED)
        return;
    fprintf(stderr, "consume: %s\n", event->error->text);
    c->failed = true;
    stop(c);
}

static int set_options(kohort_options *options, int argc, char **argv)
{
    char servers[64];

    snprintf(servers, sizeof servers, "127.0.0.1:%s", argv[1]);
    if (kohort_options_set(options, "bootstrap.servers", servers) < 0 ||
        kohort_options_set(options, "group.id", "bench") < 0 ||
        kohort_options_set(options, "auto.offset.reset", "earliest") < 0)
        return -1;
    if (getenv("KOHORT_RECORD") != NULL &&
        kohort_options_set_recording(options, getenv("KOHORT_RECORD"), RECORDING_SIZE) < 0)
        return -1;
    for (int i = 3; i < argc; i++) {
        char *equals = strchr(argv[i], '=');

        if (equals == NULL)
            return -1;
        *equals = '\0';
        if (kohort_options_set(options, argv[i], equals + 1) < 0)
            return -1;
    }
    return 0;
}

static int start(struct consume *c, kohort_options *options)
{
    const char *const topics[] = {"bench"};
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    int status;

    handlers.on_records = on_records;
    handlers.on_event = on_event;
    status = kohort_client_new(&c->client, uv_default_loop(), options);
    if (status == 0)
        status = kohort_consumer_new(&c->consumer, c->client, options, &handlers, c);
    if (status == 0)
        status = kohort_subscribe(c->consumer, topics, 1);
    return status;
}

int main(int argc, char **argv)
{
    struct consume c = {0};
    kohort_options *options = NULL;

    if (argc < 3) {
        fprintf(stderr, "usage: consume PORT RECORDS [NAME=VALUE ...]\n");
        return 2;
    }
    c.wanted = strtoull(argv[2], NULL, 10);
    bench_begin(&c.report, "kohort", c.wanted);
    if (kohort_options_new(&options) < 0 || set_options(options, argc, argv) < 0 ||
        start(&c, options) < 0) {
        fprintf(stderr, "consume: %s\n", options == NULL ? "" : kohort_options_problem(options));
        return 1;
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    kohort_options_free(options);
    uv_loop_close(uv_default_loop());
    bench_end(&c.report, c.records, c.bytes);
    return c.failed;
}
