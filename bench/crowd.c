/* The leader of the largest group there is, end to end: through a socket, from the start to the
 * layout handed in. How long one turn of its loop takes at most, in CPU time of its thread; what
 * the layout is worth, as the broker reads it. One JSON line.
 *
 *   crowd [MEMBERS [TOPICS [PARTITIONS [owned]]]]     2000 500 2000: partitions of a topic */
#include "crowd_broker.h"

#include <kohort/kohort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum { PATIENCE_MS = 60000, AFTER_MS = 200, SHOWN = 5 };

struct run {
    uv_loop_t *loop;
    uv_prepare_t prepare;
    uv_timer_t timer;
    kohort_client *client;
    kohort_consumer *consumer;
    struct crowd_broker *broker;
    double last_ms;         /* CPU time when the turn began */
    double longest[SHOWN];  /* turns, falling */
    char states[SHOWN][16]; /* and the member's state behind them */
    uint64_t begin_ns, stable_ns;
    size_t turns;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void on_turn(uv_prepare_t *prepare)
{
    struct run *r = prepare->data;
    double now = cpu_ms(), took = now - r->last_ms;
    size_t at = SHOWN;
    while (at > 0 && took > r->longest[at - 1])
        at--;
    if (at < SHOWN) {
        memmove(&r->longest[at + 1], &r->longest[at], (SHOWN - 1 - at) * sizeof *r->longest);
        memmove(&r->states[at + 1], &r->states[at], (SHOWN - 1 - at) * sizeof *r->states);
        r->longest[at] = took;
        snprintf(r->states[at], sizeof r->states[at], "%s", kohort_consumer_state(r->consumer));
    }
    r->turns++;
    r->last_ms = cpu_ms();
}

static void on_closed(const kohort_error *error, void *arg)
{
    struct run *r = arg;
    (void)error;
    kohort_consumer_free(r->consumer);
    kohort_client_close(r->client, NULL, NULL);
}

static void finish(uv_timer_t *timer)
{
    struct run *r = timer->data;
    const char *problem = r->stable_ns == 0 ? "the group is not stable" : crowd_problem(r->broker);
    printf("{\"metadata_bytes\":%zu,\"join_bytes\":%zu,\"sync_bytes\":%zu,\"owned\":%zu,"
           "\"stable_ms\":%.0f,\"turns\":%zu,\"longest_turns_ms\":[",
           crowd_metadata_bytes(r->broker), crowd_join_bytes(r->broker),
           crowd_sync_bytes(r->broker),
           kohort_partitions_count(kohort_consumer_assignment(r->consumer)),
           (double)(r->stable_ns - r->begin_ns) / 1e6, r->turns);
    for (int i = 0; i < SHOWN; i++)
        printf("%s%.2f", i == 0 ? "" : ",", r->longest[i]);
    printf("],\"states\":[");
    for (int i = 0; i < SHOWN; i++)
        printf("%s\"%s\"", i == 0 ? "" : ",", r->states[i]);
    printf("],\"problem\":\"%s\"}\n", problem == NULL ? "" : problem);
    uv_close((uv_handle_t *)timer, NULL);
    uv_close((uv_handle_t *)&r->prepare, NULL);
    kohort_consumer_close(r->consumer, 0, KOHORT_LEAVE, on_closed, r);
    if (problem != NULL)
        exit(1);
}

static void on_event(kohort_consumer *c, const kohort_event *e, void *user)
{
    struct run *r = user;
    (void)c;
    if (e->type == KOHORT_EVENT_FAILED || e->type == KOHORT_EVENT_ERROR)
        fprintf(stderr, "crowd: %s\n", e->error->text);
    if (e->type == KOHORT_EVENT_STATE && strcmp(e->state, "stable") == 0 && r->stable_ns == 0) {
        r->stable_ns = uv_hrtime();
        uv_timer_start(&r->timer, finish, AFTER_MS, 0);
    }
}

static void start(struct run *r, kohort_options *options, size_t topic_count)
{
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    char(*names)[16] = calloc(topic_count, sizeof *names);
    const char **topics = calloc(topic_count, sizeof *topics);
    if (names == NULL || topics == NULL)
        exit(1);
    for (size_t t = 0; t < topic_count; t++) {
        crowd_topic_name(names[t], t);
        topics[t] = names[t];
    }
    handlers.on_event = on_event;
    if (kohort_client_new(&r->client, r->loop, options) < 0 ||
        kohort_consumer_new(&r->consumer, r->client, options, &handlers, r) < 0 ||
        kohort_subscribe(r->consumer, topics, topic_count) < 0) {
        fprintf(stderr, "crowd: %s\n", kohort_options_problem(options));
        exit(1);
    }
    free(names);
    free(topics);
}

int main(int count, char **texts)
{
    static struct run r;
    struct crowd_options crowd = {.members = count > 1 ? strtoul(texts[1], NULL, 10) : 2000,
                                  .topics = count > 2 ? strtoul(texts[2], NULL, 10) : 500,
                                  .partitions = count > 3 ? strtoul(texts[3], NULL, 10) : 2000,
                                  .owned = count > 4};
    kohort_options *options;
    char servers[64];
    uint16_t port;
    r.broker = crowd_start(&crowd, &port);
    r.loop = uv_default_loop();
    snprintf(servers, sizeof servers, "127.0.0.1:%u", (unsigned)port);
    if (kohort_options_new(&options) < 0)
        return 1;
    kohort_options_set(options, "bootstrap.servers", servers);
    kohort_options_set(options, "group.id", "crowd");
    kohort_options_set(options, "membership.only", "true");
    uv_prepare_init(r.loop, &r.prepare);
    uv_timer_init(r.loop, &r.timer);
    r.prepare.data = r.timer.data = &r;
    start(&r, options, crowd.topics);
    r.begin_ns = uv_hrtime();
    r.last_ms = cpu_ms();
    uv_prepare_start(&r.prepare, on_turn);
    uv_timer_start(&r.timer, finish, PATIENCE_MS, 0);
    uv_run(r.loop, UV_RUN_DEFAULT);
    kohort_options_free(options);
    crowd_stop(r.broker);
    uv_loop_close(r.loop);
    return 0;
}
