/* Records are processed on four threads, and acknowledged in whatever order they are finished. What
 * is committed never passes a record that is not done: after a crash nothing is lost.
 *
 * One rule: of all of kohort only kohort_post() may be called on another thread. So a worker gets a
 * copy of what it needs, and its acknowledgement travels back to the loop as a post.
 *
 * ^C: nothing more is delivered, what is with the workers is finished, acknowledged and committed,
 * and then the member leaves.
 *
 *     worker_threads [BOOTSTRAP [TOPIC [GROUP]]] */
#include <inttypes.h>
#include <kohort/kohort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { WORKERS = 4, ROUNDS = 50 };

/* One batch on its way: to a worker, and back. */
struct job {
    struct job *next;
    kohort_mark mark; /* plain data: it says what is acknowledged, wherever it has been */
    uint64_t checksum;
    size_t size;
    unsigned char values[]; /* of all records, one behind the other */
};

static struct {
    uv_mutex_t mutex;
    uv_cond_t changed;
    struct job *first, **end;
    bool stopping;
} queue = {.end = &queue.first};

static uv_thread_t workers[WORKERS];
static kohort_client *client;

/* Of the loop's thread alone: */
static kohort_consumer *consumer;
static uint64_t delivered, acknowledged, refused, checksum;
static size_t outstanding; /* jobs that have not come back */
static bool closed;

/* ---- on the workers ---- */

static void acknowledge(void *arg);

/* FNV-1a over and over: milliseconds of work. */
static uint64_t process(const struct job *job)
{
    uint64_t hash = 14695981039346656037u;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < job->size; i++)
            hash = (hash ^ job->values[i]) * 1099511628211u;
    return hash;
}

static struct job *take_job(void)
{
    uv_mutex_lock(&queue.mutex);
    while (queue.first == NULL && !queue.stopping)
        uv_cond_wait(&queue.changed, &queue.mutex);
    struct job *job = queue.first;
    if (job != NULL) {
        queue.first = job->next;
        if (queue.first == NULL)
            queue.end = &queue.first;
    }
    uv_mutex_unlock(&queue.mutex);
    return job;
}

static void work(void *arg)
{
    struct job *job;
    (void)arg;
    while ((job = take_job()) != NULL) {
        job->checksum = process(job);
        if (kohort_post(client, acknowledge, job) != 0)
            abort(); /* No memory for a few bytes. */
    }
}

/* ---- on the loop ---- */

static struct job *copy_batch(const kohort_batch *batch)
{
    size_t count, size = 0;
    const kohort_record *records = kohort_batch_records(batch, &count);
    for (size_t i = 0; i < count; i++)
        size += (size_t)records[i].value.size;
    struct job *job = malloc(sizeof *job + size);
    if (job == NULL)
        return NULL;
    *job = (struct job){.mark = kohort_batch_mark(batch), .size = size};
    size = 0;
    for (size_t i = 0; i < count; i++) {
        if (records[i].value.size > 0)
            memcpy(job->values + size, records[i].value.data, (size_t)records[i].value.size);
        size += (size_t)records[i].value.size;
    }
    return job;
}

/* What is not acknowledged is bounded: at max.unacked.records a partition is not delivered further
 * until some are. A slow worker slows the fetching down, and no memory fills. */
static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct job *job = copy_batch(batch);
    (void)p;
    (void)user;
    if (job == NULL)
        return -1; /* The batch comes again. */
    delivered += job->mark.count;
    outstanding++;
    uv_mutex_lock(&queue.mutex);
    *queue.end = job;
    queue.end = &job->next;
    uv_cond_signal(&queue.changed);
    uv_mutex_unlock(&queue.mutex);
    return KOHORT_LATER;
}

/* The consumer has closed, and every job has come back: nobody needs the workers any more. The
 * client goes after them, since they may post to it as long as they run. */
static void finish_when_idle(void)
{
    if (!closed || outstanding > 0)
        return;
    uv_mutex_lock(&queue.mutex);
    queue.stopping = true;
    uv_cond_broadcast(&queue.changed);
    uv_mutex_unlock(&queue.mutex);
    for (int i = 0; i < WORKERS; i++)
        uv_thread_join(&workers[i]);
    kohort_consumer_free(consumer);
    kohort_client_close(client, NULL, NULL);
}

/* Posted by a worker. A batch whose partition went to another member meanwhile is refused
 * (KOHORT_ESTALE): that member gets it again. */
static void acknowledge(void *arg)
{
    struct job *job = arg;
    if (kohort_ack(consumer, job->mark) == 0)
        acknowledged += job->mark.count;
    else
        refused += job->mark.count;
    checksum ^= job->checksum;
    outstanding--;
    printf("%" PRIu64 " records acknowledged\n", acknowledged);
    fflush(stdout);
    free(job);
    finish_when_idle();
}

static void on_closed(const kohort_error *error, void *arg)
{
    (void)arg;
    if (error != NULL)
        fprintf(stderr, "%s\n", error->text);
    printf("left: %" PRIu64 " delivered, %" PRIu64 " acknowledged, %" PRIu64 " refused, %016" PRIx64
           "\n",
           delivered, acknowledged, refused, checksum);
    closed = true;
    finish_when_idle();
}

/* There is no on_revoked: so a revocation, and closing is one, ends by itself as soon as everything
 * is acknowledged, or after rebalance.drain.timeout.ms. */
static void on_interrupt(uv_signal_t *signal, int number)
{
    (void)number;
    kohort_consumer_close(consumer, 0, KOHORT_LEAVE, on_closed, NULL);
    uv_close((uv_handle_t *)signal, NULL);
}

int main(int argc, char **argv)
{
    const char *topic = argc > 2 ? argv[2] : "events";
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    kohort_options *options;
    uv_signal_t interrupt;

    kohort_options_new(&options);
    kohort_options_set(options, "bootstrap.servers", argc > 1 ? argv[1] : "127.0.0.1:9092");
    kohort_options_set(options, "group.id", argc > 3 ? argv[3] : "example");
    kohort_options_set(options, "auto.offset.reset", "earliest");
    kohort_options_set(options, "max.poll.records", "50"); /* small jobs for many workers */
    handlers.on_records = on_records;
    if (kohort_client_new(&client, uv_default_loop(), options) != 0 ||
        kohort_consumer_new(&consumer, client, options, &handlers, NULL) != 0) {
        fprintf(stderr, "%s\n", kohort_options_problem(options));
        return 1;
    }
    kohort_options_free(options);

    uv_mutex_init(&queue.mutex);
    uv_cond_init(&queue.changed);
    for (int i = 0; i < WORKERS; i++)
        uv_thread_create(&workers[i], work, NULL);
    kohort_subscribe(consumer, &topic, 1);

    uv_signal_init(uv_default_loop(), &interrupt);
    uv_signal_start(&interrupt, on_interrupt, SIGINT);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    uv_cond_destroy(&queue.changed);
    uv_mutex_destroy(&queue.mutex);
    return 0;
}
