/* Kafka's VerifiableConsumer on kohort: its flags and its events, so that what drives Kafka's own
 * system tests can drive this consumer too (VerifiableConsumer.java). */
#include "flags.h"
#include "report.h"

#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct verifiable {
    struct flags flags;
    uv_loop_t loop;
    uv_signal_t interrupt, terminate;
    kohort_client *client;
    kohort_consumer *consumer;
    long long consumed;
    bool closing;
    /* Without auto commit: what was delivered is committed at once, one commit at a time. */
    bool committing, commit_again;
    json_t *committed; /* by the commit that is under way */
    /* The revocation that waits for it. */
    kohort_token token;
    json_t *going;
};

/* ---- ending ---- */

static void client_closed(const kohort_error *error, void *arg)
{
    (void)error;
    (void)arg;
    report("shutdown_complete", NULL);
}

static void consumer_closed(const kohort_error *error, void *arg)
{
    struct verifiable *v = arg;
    if (error != NULL)
        fprintf(stderr, "%s\n", error->text);
    kohort_consumer_free(v->consumer);
    kohort_client_close(v->client, client_closed, NULL);
    uv_close((uv_handle_t *)&v->interrupt, NULL);
    uv_close((uv_handle_t *)&v->terminate, NULL);
}

static void begin_close(struct verifiable *v)
{
    if (v->closing)
        return;
    v->closing = true;
    int status = kohort_consumer_close(v->consumer, v->flags.close_timeout_ms,
                                       KOHORT_LEAVE_IF_DYNAMIC, consumer_closed, v);
    if (status != 0) {
        fprintf(stderr, "close: %s\n", kohort_status_text(status));
        exit(EXIT_FAILURE);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct verifiable *v = handle->data;
    (void)number;
    if (!v->closing)
        report("shutdown_requested", NULL);
    begin_close(v);
}

/* ---- commits and revocations ---- */

static void finish_revocation(struct verifiable *v)
{
    kohort_token token = v->token;
    if (token.id == 0 || v->committing)
        return;
    v->token.id = 0;
    report("partitions_revoked", json_pack("{so}", "partitions", v->going));
    v->going = NULL;
    kohort_revoke_done(v->consumer, token);
}

static void commit(struct verifiable *v);

static void commit_done(const kohort_error *error, void *arg)
{
    struct verifiable *v = arg;
    json_t *fields = json_pack("{sb so}", "success", error == NULL, "offsets", v->committed);
    if (error != NULL)
        json_object_set_new(fields, "error", json_string(error->text));
    if (error != NULL || json_array_size(v->committed) > 0)
        report("offsets_committed", json_incref(fields));
    json_decref(fields);
    v->committed = NULL;
    v->committing = false;
    if (v->commit_again && error == NULL)
        commit(v);
    v->commit_again = v->commit_again && error != NULL;
    finish_revocation(v);
}

static void commit(struct verifiable *v)
{
    if (v->flags.auto_commit)
        return;
    v->commit_again = v->committing;
    if (v->committing)
        return;
    v->committing = true;
    v->committed = json_array();
    if (kohort_commit(v->consumer, NULL, commit_done, v) != 0) {
        json_decref(v->committed);
        v->committed = NULL;
        v->committing = false;
    }
}

/* ---- what the consumer tells ---- */

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct verifiable *v = user;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    long long left =
        v->flags.max_messages < 0 ? (long long)count : v->flags.max_messages - v->consumed;
    if (v->closing || left == 0)
        return KOHORT_LATER; /* never acknowledged: the group's next member gets them */
    bool all = left >= (long long)count;
    if (!all)
        count = (size_t)left;
    for (size_t i = 0; v->flags.verbose && i < count; i++)
        report_record(p, &records[i]);
    v->consumed += (long long)count;
    report("records_consumed",
           json_pack("{sI s[{ss si sI sI sI}]}", "count", (json_int_t)count, "partitions", "topic",
                     kohort_partition_topic(p), "partition", (int)kohort_partition_number(p),
                     "count", (json_int_t)count, "minOffset", (json_int_t)records[0].offset,
                     "maxOffset", (json_int_t)records[count - 1].offset));
    kohort_mark mark = kohort_batch_mark(batch);
    mark.count = (uint16_t)count;
    mark.span = (uint32_t)(records[count - 1].offset - records[0].offset);
    kohort_ack(v->consumer, mark);
    commit(v);
    if (v->consumed == v->flags.max_messages)
        begin_close(v);
    return KOHORT_LATER;
}

static void on_assigned(kohort_consumer *c, const kohort_partitions *added, void *user)
{
    (void)c;
    (void)user;
    report("partitions_assigned", json_pack("{so}", "partitions", report_partitions(added)));
}

static void on_revoked(kohort_consumer *c, const kohort_partitions *going, kohort_token token,
                       void *user)
{
    struct verifiable *v = user;
    (void)c;
    json_decref(v->going);
    v->token = token;
    v->going = report_partitions(going);
    finish_revocation(v);
}

/* ConsumerRebalanceListener.onPartitionsLost calls onPartitionsRevoked. */
static void on_lost(kohort_consumer *c, const kohort_partitions *gone, void *user)
{
    struct verifiable *v = user;
    (void)c;
    json_decref(v->going);
    v->going = NULL;
    v->token.id = 0;
    report("partitions_revoked", json_pack("{so}", "partitions", report_partitions(gone)));
}

static void on_event(kohort_consumer *c, const kohort_event *event, void *user)
{
    struct verifiable *v = user;
    (void)c;
    if (event->type == KOHORT_EVENT_COMMITTED && v->committed != NULL)
        json_array_append_new(
            v->committed, json_pack("{ss si sI}", "topic", kohort_partition_topic(event->partition),
                                    "partition", (int)kohort_partition_number(event->partition),
                                    "offset", (json_int_t)event->offset));
    if (event->type == KOHORT_EVENT_ERROR || event->type == KOHORT_EVENT_FAILED)
        fprintf(stderr, "%s\n", event->error->text);
    if (event->type == KOHORT_EVENT_FAILED)
        begin_close(v);
}

/* ---- starting ---- */

static void watch(struct verifiable *v, uv_signal_t *handle, int number)
{
    handle->data = v;
    uv_signal_init(&v->loop, handle);
    uv_signal_start(handle, on_signal, number);
}

static int start(struct verifiable *v)
{
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    handlers.on_records = on_records;
    handlers.on_assigned = on_assigned;
    handlers.on_revoked = on_revoked;
    handlers.on_lost = on_lost;
    handlers.on_event = on_event;
    kohort_options *o = v->flags.options;
    int status = kohort_client_new(&v->client, &v->loop, o);
    if (status == 0)
        status = kohort_consumer_new(&v->consumer, v->client, o, &handlers, v);
    if (status == 0)
        status = kohort_subscribe(v->consumer, &v->flags.topic, 1);
    if (status != 0)
        fprintf(stderr, "%s\n%s\n", kohort_status_text(status), kohort_options_problem(o));
    return status;
}

int main(int count, char **texts)
{
    static struct verifiable v;
    int status = flags_read(&v.flags, count, texts);
    uv_loop_init(&v.loop);
    if (status == 0)
        status = start(&v);
    if (status == 0) {
        report("startup_complete", NULL);
        watch(&v, &v.interrupt, SIGINT);
        watch(&v, &v.terminate, SIGTERM);
        uv_run(&v.loop, UV_RUN_DEFAULT);
        uv_loop_close(&v.loop);
    }
    flags_free(&v.flags);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
