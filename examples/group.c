/* The smallest member of a group: joins, counts what it is given, leaves on ^C. Acknowledging is
 * returning KOHORT_DONE. */
#include <inttypes.h>
#include <kohort/kohort.h>
#include <stdio.h>
#include <uv.h>

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    (void)user;
    printf("%s-%" PRId32 ": %zu records from offset %" PRId64 "\n", kohort_partition_topic(p),
           kohort_partition_number(p), count, records[0].offset);
    fflush(stdout);
    return KOHORT_DONE;
}

static void on_closed(const kohort_error *error, void *consumer)
{
    kohort_client *client = kohort_consumer_client(consumer);
    if (error != NULL)
        fprintf(stderr, "%s\n", error->text);
    kohort_consumer_free(consumer);
    kohort_client_close(client, NULL, NULL);
}

static void on_interrupt(uv_signal_t *signal, int number)
{
    (void)number;
    kohort_consumer_close(signal->data, 0, KOHORT_LEAVE, on_closed, signal->data);
    uv_close((uv_handle_t *)signal, NULL);
}

int main(int argc, char **argv)
{
    const char *topic = argc > 2 ? argv[2] : "events";
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    kohort_options *options;
    kohort_client *client;
    kohort_consumer *consumer;
    uv_signal_t interrupt;

    kohort_options_new(&options);
    kohort_options_set(options, "bootstrap.servers", argc > 1 ? argv[1] : "127.0.0.1:9092");
    kohort_options_set(options, "group.id", "example");
    kohort_options_set(options, "auto.offset.reset", "earliest");
    handlers.on_records = on_records;
    if (kohort_client_new(&client, uv_default_loop(), options) != 0 ||
        kohort_consumer_new(&consumer, client, options, &handlers, NULL) != 0) {
        fprintf(stderr, "%s\n", kohort_options_problem(options));
        return 1;
    }
    kohort_subscribe(consumer, &topic, 1);

    uv_signal_init(uv_default_loop(), &interrupt);
    interrupt.data = consumer;
    uv_signal_start(&interrupt, on_interrupt, SIGINT);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    kohort_options_free(options);
    return 0;
}
