/* The program says when offsets are committed: here after every hundredth record, and when it must
 * let go. commit.mode=manual (Kafka's name for it is enable.auto.commit=false) sends no commit that
 * was not asked for. Leaves on ^C.
 *
 *     manual_commit [BOOTSTRAP [TOPIC [GROUP]]] */
#include <inttypes.h>
#include <kohort/kohort.h>
#include <stdio.h>
#include <uv.h>

enum { EVERY = 100 };

static uint64_t records, commits; /* done; asked for */
static kohort_consumer *consumer;
static kohort_token going; /* of the revocation that waits for its commit */

/* `asked_at`: how many records were done when this commit was asked for. */
static void on_committed(const kohort_error *error, void *asked_at)
{
    if (error != NULL)
        fprintf(stderr, "%s\n", error->text); /* What was not committed comes again. */
    else
        printf("committed what was done after %" PRIuPTR " records\n", (uintptr_t)asked_at);
    fflush(stdout);
}

static int commit(kohort_done *done)
{
    commits++;
    return kohort_commit(consumer, NULL, done, (void *)(uintptr_t)records);
}

/* Records are done when on_records returns KOHORT_DONE. A commit that is asked for here comes after
 * that: the request is sent later, and says what is done by then. */
static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    size_t count;
    kohort_batch_records(batch, &count);
    (void)p;
    (void)user;
    uint64_t before = records;
    records += count; /* What a real program does with them goes here. */
    printf("%" PRIu64 " records\n", records);
    fflush(stdout);
    if (records / EVERY != before / EVERY)
        commit(on_committed);
    return KOHORT_DONE;
}

static void on_last_commit(const kohort_error *error, void *asked_at)
{
    on_committed(error, asked_at);
    kohort_revoke_done(consumer, going);
}

/* Another member takes these over, or this one is leaving. The group waits for us until
 * kohort_revoke_done(): enough time for a last commit. */
static void on_revoked(kohort_consumer *c, const kohort_partitions *partitions, kohort_token token,
                       void *user)
{
    (void)partitions;
    (void)user;
    going = token;
    if (commit(on_last_commit) != 0)
        kohort_revoke_done(c, token);
}

static void on_closed(const kohort_error *error, void *arg)
{
    kohort_client *client = arg;
    if (error != NULL)
        fprintf(stderr, "%s\n", error->text);
    printf("left after %" PRIu64 " records and %" PRIu64 " commits\n", records, commits);
    kohort_consumer_free(consumer);
    kohort_client_close(client, NULL, NULL);
}

static void on_interrupt(uv_signal_t *signal, int number)
{
    (void)number;
    kohort_consumer_close(consumer, 0, KOHORT_LEAVE, on_closed, signal->data);
    uv_close((uv_handle_t *)signal, NULL);
}

int main(int argc, char **argv)
{
    const char *topic = argc > 2 ? argv[2] : "events";
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    kohort_options *options;
    kohort_client *client;
    uv_signal_t interrupt;

    kohort_options_new(&options);
    kohort_options_set(options, "bootstrap.servers", argc > 1 ? argv[1] : "127.0.0.1:9092");
    kohort_options_set(options, "group.id", argc > 3 ? argv[3] : "example");
    kohort_options_set(options, "auto.offset.reset", "earliest");
    kohort_options_set(options, "commit.mode", "manual");
    handlers.on_records = on_records;
    handlers.on_revoked = on_revoked;
    if (kohort_client_new(&client, uv_default_loop(), options) != 0 ||
        kohort_consumer_new(&consumer, client, options, &handlers, NULL) != 0) {
        fprintf(stderr, "%s\n", kohort_options_problem(options));
        return 1;
    }
    kohort_options_free(options);
    kohort_subscribe(consumer, &topic, 1);

    uv_signal_init(uv_default_loop(), &interrupt);
    interrupt.data = client;
    uv_signal_start(&interrupt, on_interrupt, SIGINT);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return 0;
}
