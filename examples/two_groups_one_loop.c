/* Two groups in one program: each gets all records of the topic, and has offsets of its own. They
 * share one client, and with it the connections for everything but fetching. Leaves on ^C.
 *
 *     two_groups_one_loop [BOOTSTRAP [TOPIC [PREFIX]]] */
#include <inttypes.h>
#include <kohort/kohort.h>
#include <stdio.h>
#include <uv.h>

/* One of them; kohort hands it back as `user` with every callback. */
struct group {
    char id[256];
    kohort_consumer *consumer;
    uint64_t records;
};

static struct group groups[2];
static int open_groups;
static kohort_client *client;

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct group *group = user;
    size_t count;
    kohort_batch_records(batch, &count);
    group->records += count;
    printf("%s: %zu records of %s-%" PRId32 ", %" PRIu64 " in all\n", group->id, count,
           kohort_partition_topic(p), kohort_partition_number(p), group->records);
    fflush(stdout);
    return KOHORT_DONE;
}

/* The client goes last: when no consumer is left on it. */
static void on_closed(const kohort_error *error, void *arg)
{
    struct group *group = arg;
    if (error != NULL)
        fprintf(stderr, "%s: %s\n", group->id, error->text);
    printf("%s: left after %" PRIu64 " records\n", group->id, group->records);
    kohort_consumer_free(group->consumer);
    if (--open_groups == 0)
        kohort_client_close(client, NULL, NULL);
}

static void on_interrupt(uv_signal_t *signal, int number)
{
    (void)number;
    for (int i = 0; i < 2; i++)
        kohort_consumer_close(groups[i].consumer, 0, KOHORT_LEAVE, on_closed, &groups[i]);
    uv_close((uv_handle_t *)signal, NULL);
}

/* What is the same for all consumers was set for the client already; a consumer's own options come
 * on top. */
static int join(struct group *group, kohort_options *options, const char *topic)
{
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    handlers.on_records = on_records;
    kohort_options_set(options, "group.id", group->id);
    if (kohort_consumer_new(&group->consumer, client, options, &handlers, group) != 0)
        return -1;
    open_groups++;
    return kohort_subscribe(group->consumer, &topic, 1);
}

int main(int argc, char **argv)
{
    const char *topic = argc > 2 ? argv[2] : "events", *prefix = argc > 3 ? argv[3] : "example";
    kohort_options *options;
    uv_signal_t interrupt;

    kohort_options_new(&options);
    kohort_options_set(options, "bootstrap.servers", argc > 1 ? argv[1] : "127.0.0.1:9092");
    kohort_options_set(options, "auto.offset.reset", "earliest");
    snprintf(groups[0].id, sizeof groups[0].id, "%s-billing", prefix);
    snprintf(groups[1].id, sizeof groups[1].id, "%s-audit", prefix);
    if (kohort_client_new(&client, uv_default_loop(), options) != 0 ||
        join(&groups[0], options, topic) != 0 || join(&groups[1], options, topic) != 0) {
        fprintf(stderr, "%s\n", kohort_options_problem(options));
        return 1;
    }
    kohort_options_free(options);

    uv_signal_init(uv_default_loop(), &interrupt);
    uv_signal_start(&interrupt, on_interrupt, SIGINT);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return 0;
}
