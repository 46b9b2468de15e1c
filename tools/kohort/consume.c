/* kohort consume: joins a group and prints what it is given. A record is acknowledged once it is
 * written, so that what a broken pipe swallowed comes again. */
#include "output.h"
#include "progress.h"
#include "tool.h"
#include "worker.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLOSE_MS = 10000, PATIENCE_MS = 500, COMMANDS_MS = 8000, LIST_TEXT = 512, ERRORS_TOLD = 4 };

struct consume {
    struct arguments arguments;
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    kohort_client *client;
    kohort_consumer *consumer;
    struct output output;
    struct worker worker; /* with --exec */
    struct progress progress;
    kohort_token revoking; /* id 0: no revocation waits for us */
    bool paused;           /* stdout is behind */
    bool closing;
    bool ending;         /* as soon as no command runs or waits */
    uv_timer_t patience; /* runs while closing */
    bool impatient;      /* a reader that takes nothing does not hold up the group */
    int exit_code;
    char errors[ERRORS_TOLD][512]; /* the last ones: the same again is not printed again */
    unsigned error_count;
};

/* ---- ending ---- */

static void client_closed(const kohort_error *error, void *arg)
{
    (void)error;
    (void)arg;
}

static void consumer_closed(const kohort_error *error, void *arg)
{
    struct consume *t = arg;
    if (error != NULL) {
        say("%s", error->text);
        t->exit_code = EXIT_FAILED;
    }
    kohort_consumer_free(t->consumer);
    t->consumer = NULL;
    kohort_client_close(t->client, client_closed, NULL);
    progress_stop(&t->progress);
    output_close(&t->output);
    uv_close((uv_handle_t *)&t->interrupt, NULL);
    uv_close((uv_handle_t *)&t->terminate, NULL);
    uv_close((uv_handle_t *)&t->patience, NULL);
}

static void let_go(struct consume *t)
{
    bool waits = output_waiting(&t->output) > 0 && !t->output.failed && !t->impatient;
    waits = waits || t->worker.going > 0;
    if (t->revoking.id == 0 || waits)
        return;
    kohort_revoke_done(t->consumer, t->revoking);
    t->revoking.id = 0;
}

static void patience_ended(uv_timer_t *timer)
{
    struct consume *t = timer->data;
    t->impatient = true;
    worker_kill(&t->worker); /* What has not ended comes again, elsewhere. */
    let_go(t);
}

static void begin_close(struct consume *t)
{
    if (t->closing)
        return;
    t->closing = true;
    worker_stop(&t->worker);
    uv_timer_start(&t->patience, patience_ended,
                   t->arguments.exec == NULL ? PATIENCE_MS : COMMANDS_MS, 0);
    if (kohort_consumer_close(t->consumer, CLOSE_MS, KOHORT_LEAVE_IF_DYNAMIC, consumer_closed, t) !=
        0)
        exit(EXIT_FAILED);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct consume *t = signal->data;
    (void)number;
    if (t->closing) {
        worker_kill(&t->worker);
        _exit(EXIT_INTERRUPTED);
    }
    progress_clear(&t->progress);
    if (!t->arguments.quiet)
        say("closing (again: end at once)");
    begin_close(t);
}

/* ---- output ---- */

static void pause_all(struct consume *t, bool paused)
{
    const kohort_partitions *owned = kohort_consumer_assignment(t->consumer);
    t->paused = paused;
    for (size_t i = 0; i < kohort_partitions_count(owned); i++) {
        if (paused)
            kohort_pause(kohort_partitions_at(owned, i));
        else
            kohort_resume(kohort_partitions_at(owned, i));
    }
}

/* As many again as are done. */
static void demand(struct consume *t, kohort_mark mark)
{
    const kohort_partitions *owned = kohort_consumer_assignment(t->consumer);
    for (size_t i = 0; t->arguments.demand > 0 && i < kohort_partitions_count(owned); i++)
        if (kohort_partition_ownership(kohort_partitions_at(owned, i)) == mark.ownership)
            kohort_demand(kohort_partitions_at(owned, i), mark.count);
}

static void done(void *arg, kohort_mark mark)
{
    struct consume *t = arg;
    if (t->consumer == NULL)
        return;
    if (t->arguments.ack != ACK_AUTO)
        kohort_ack(t->consumer, mark); /* ESTALE: no longer ours, somebody else gets it again. */
    demand(t, mark);
}

static void written(void *arg, const kohort_mark *marks, size_t count)
{
    struct consume *t = arg;
    for (size_t i = 0; i < count; i++)
        done(t, marks[i]);
    if (t->paused && output_waiting(&t->output) < OUTPUT_LOW)
        pause_all(t, false);
    let_go(t);
}

static void output_broken(void *arg, const char *why)
{
    struct consume *t = arg;
    if (!t->closing)
        say("stdout: %s", why);
    t->exit_code = EXIT_FAILED;
    begin_close(t);
}

/* ---- records ---- */

static void print(struct consume *t, const kohort_partition *p, const kohort_record *record)
{
    struct text *text = &t->output.filling.text;
    if (t->arguments.json)
        format_json(text, kohort_partition_topic(p), kohort_partition_number(p), record);
    else
        format_record(text, t->arguments.format, kohort_partition_topic(p),
                      kohort_partition_number(p), record);
}

static void print_input(void *arg, struct text *text, const kohort_partition *p,
                        const kohort_record *record)
{
    const struct consume *t = arg;
    if (t->arguments.json)
        format_json(text, kohort_partition_topic(p), kohort_partition_number(p), record);
    else if (t->arguments.format != NULL || t->arguments.by_batch)
        format_record(text, t->arguments.format, kohort_partition_topic(p),
                      kohort_partition_number(p), record);
    else
        text_append(text, record->value.data,
                    (size_t)(record->value.size < 0 ? 0 : record->value.size));
}

static void commands_changed(void *arg)
{
    struct consume *t = arg;
    if (t->consumer == NULL)
        return;
    let_go(t);
    if (t->ending && worker_idle(&t->worker))
        begin_close(t);
}

static void run_commands(struct consume *t, kohort_partition *p, const kohort_batch *batch,
                         size_t count)
{
    if (worker_take(&t->worker, p, batch, count) == 0) {
        t->ending = t->ending || t->arguments.count == 0;
        return;
    }
    say("out of memory");
    t->exit_code = EXIT_FAILED;
    begin_close(t);
}

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct consume *t = user;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    kohort_mark mark = kohort_batch_mark(batch);
    int64_t left = t->arguments.count;
    if (t->closing || left == 0)
        return KOHORT_LATER; /* Not printed, never acknowledged: the group's next member gets it. */
    if (left > 0 && (uint64_t)left < count) {
        count = (size_t)left;
        mark.count = (uint16_t)count;
        mark.span = (uint32_t)(records[count - 1].offset - records[0].offset);
    }
    t->progress.records += count;
    if (left > 0)
        t->arguments.count -= (int64_t)count;
    if (t->arguments.ack == ACK_AUTO)
        kohort_ack(t->consumer, mark);
    if (t->arguments.exec != NULL) {
        run_commands(t, p, batch, count);
        return KOHORT_LATER;
    }
    for (size_t i = 0; i < count; i++)
        print(t, p, &records[i]);
    output_commit(&t->output, mark);
    if (t->arguments.count == 0)
        begin_close(t);
    else if (!t->paused && output_waiting(&t->output) > OUTPUT_HIGH)
        pause_all(t, true);
    return KOHORT_LATER;
}

/* ---- the group ---- */

static void say_list(struct consume *t, const char *what, const kohort_partitions *list)
{
    char text[LIST_TEXT];
    size_t count = kohort_partitions_count(list), size = 0;
    if (t->arguments.quiet)
        return;
    text[0] = '\0';
    for (size_t i = 0; i < count && size < sizeof text; i++) {
        const kohort_partition *p = kohort_partitions_at(list, i);
        size += (size_t)snprintf(text + size, sizeof text - size, " %s-%" PRId32,
                                 kohort_partition_topic(p), kohort_partition_number(p));
    }
    progress_clear(&t->progress);
    say("%s %zu:%s", what, count, text);
}

static void on_assigned(kohort_consumer *c, const kohort_partitions *added, void *user)
{
    struct consume *t = user;
    if (kohort_partitions_count(added) > 0 ||
        kohort_partitions_count(kohort_consumer_assignment(c)) == 0)
        say_list(t, "assigned", added);
    memset(t->errors, 0, sizeof t->errors); /* The group works: what fails from now on is news. */
    for (size_t i = 0; i < kohort_partitions_count(added); i++) {
        if (t->paused)
            kohort_pause(kohort_partitions_at(added, i));
        if (t->arguments.demand > 0)
            kohort_demand(kohort_partitions_at(added, i), (uint64_t)t->arguments.demand);
    }
}

static void forget_commands(struct consume *t, const kohort_partitions *list)
{
    for (size_t i = 0; i < kohort_partitions_count(list); i++)
        worker_let_go(&t->worker, kohort_partition_ownership(kohort_partitions_at(list, i)));
}

static void on_revoked(kohort_consumer *c, const kohort_partitions *going, kohort_token token,
                       void *user)
{
    struct consume *t = user;
    (void)c;
    say_list(t, "revoked", going);
    forget_commands(t, going);
    t->revoking = token;
    let_go(t);
}

static void on_lost(kohort_consumer *c, const kohort_partitions *gone, void *user)
{
    (void)c;
    say_list(user, "lost", gone);
    forget_commands(user, gone);
}

static void say_error(struct consume *t, const char *text)
{
    for (unsigned i = 0; i < ERRORS_TOLD; i++)
        if (strcmp(text, t->errors[i]) == 0)
            return;
    char *slot = t->errors[t->error_count++ % ERRORS_TOLD];
    snprintf(slot, sizeof t->errors[0], "%s", text);
    progress_clear(&t->progress);
    say("%s", text);
}

static void end_reached(struct consume *t, kohort_partition *p, int64_t offset)
{
    const kohort_partitions *owned = kohort_consumer_assignment(t->consumer);
    if (!t->arguments.exit_at_end)
        return;
    if (!t->arguments.quiet)
        say("end of %s-%" PRId32 " at offset %" PRId64, kohort_partition_topic(p),
            kohort_partition_number(p), offset);
    kohort_partition_set_data(p, t);
    for (size_t i = 0; i < kohort_partitions_count(owned); i++)
        if (kohort_partition_data(kohort_partitions_at(owned, i)) == NULL)
            return;
    t->ending = true;
    if (worker_idle(&t->worker))
        begin_close(t);
}

static void on_event(kohort_consumer *c, const kohort_event *event, void *user)
{
    struct consume *t = user;
    (void)c;
    switch (event->type) {
    case KOHORT_EVENT_ERROR:
        say_error(t, event->error->text);
        break;
    case KOHORT_EVENT_FAILED:
        say_error(t, event->error->text);
        t->exit_code = EXIT_FAILED;
        begin_close(t);
        break;
    case KOHORT_EVENT_RESET:
        if (!t->arguments.quiet)
            say("%s-%" PRId32 " starts at %" PRId64 ": %s",
                kohort_partition_topic(event->partition), kohort_partition_number(event->partition),
                event->offset, event->text);
        break;
    case KOHORT_EVENT_TRUNCATED:
        say("%s-%" PRId32 ": %s: offsets %" PRId64 " to %" PRId64 " are lost",
            kohort_partition_topic(event->partition), kohort_partition_number(event->partition),
            event->text, event->offset, event->offset_before - 1);
        break;
    case KOHORT_EVENT_STALL:
        say_error(t, event->text);
        break;
    case KOHORT_EVENT_END:
        end_reached(t, event->partition, event->offset);
        break;
    default:
        break;
    }
}

/* ---- starting ---- */

static int refuse(struct consume *t, int status)
{
    const char *problem = kohort_options_problem(t->arguments.options);
    say("%s", *problem != '\0' ? problem : kohort_status_text(status));
    return EXIT_USAGE;
}

/* A name of a topic cannot begin with '^': what does is a pattern. */
static int subscribe(struct consume *t)
{
    char problem[512];
    const struct arguments *a = &t->arguments;
    if (a->topic_count == 1 && *a->topics[0] == '^') {
        int status = kohort_subscribe_pattern(t->consumer, a->topics[0], problem, sizeof problem);
        if (status != 0)
            say("%s", *problem != '\0' ? problem : kohort_status_text(status));
        return status;
    }
    int status = kohort_subscribe(t->consumer, a->topics, a->topic_count);
    if (status != 0)
        say("not a topic name that Kafka allows: letters, digits, '.', '_' and '-', at most 249");
    return status;
}

static int make_consumer(struct consume *t)
{
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    handlers.on_records = on_records;
    handlers.on_assigned = on_assigned;
    handlers.on_revoked = on_revoked;
    handlers.on_lost = on_lost;
    handlers.on_event = on_event;
    int status = kohort_client_new(&t->client, &t->loop, t->arguments.options);
    if (status != 0)
        return refuse(t, status);
    status = kohort_consumer_new(&t->consumer, t->client, t->arguments.options, &handlers, t);
    if (status == 0) {
        if (subscribe(t) == 0)
            return 0;
        kohort_consumer_free(t->consumer);
    } else {
        refuse(t, status);
    }
    kohort_client_close(t->client, client_closed, NULL);
    return EXIT_USAGE;
}

static void watch_signal(struct consume *t, uv_signal_t *signal, int number)
{
    signal->data = t;
    uv_signal_init(&t->loop, signal);
    uv_signal_start(signal, on_signal, number);
}

static int run(struct consume *t)
{
    t->output.written = written;
    t->output.broken = output_broken;
    t->output.arg = t;
    uv_loop_init(&t->loop);
    t->worker = (struct worker){.command = t->arguments.exec,
                                .jobs = (size_t)t->arguments.jobs,
                                .by_batch = t->arguments.by_batch,
                                .retries = t->arguments.ack != ACK_AUTO,
                                .print = print_input,
                                .done = done,
                                .changed = commands_changed,
                                .arg = t,
                                .loop = &t->loop};
    int status = make_consumer(t);
    if (status == 0 && output_open(&t->output, &t->loop) == 0) {
        watch_signal(t, &t->interrupt, SIGINT);
        watch_signal(t, &t->terminate, SIGTERM);
        t->patience.data = t;
        uv_timer_init(&t->loop, &t->patience);
        progress_start(&t->progress, &t->loop, t->consumer);
    }
    uv_run(&t->loop, UV_RUN_DEFAULT);
    uv_loop_close(&t->loop);
    return status != 0 ? status : t->exit_code;
}

int consume(int count, char **texts)
{
    static struct consume t; /* Too large for a stack with little room. */
    signal(SIGPIPE, SIG_IGN);
    int status = arguments_read(&t.arguments, "consume", count, texts);
    if (status == 0)
        status = run(&t);
    arguments_free(&t.arguments);
    return status;
}
