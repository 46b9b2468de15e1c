/* How long a partition's records stop when a second member joins a cooperative group, while the
 * topic is written to all the time (feeder.c): those that stay, and those that move.
 *
 *   rebalance PORT TOPIC PARTITIONS [NAME=VALUE ...] */
#include <kohort/kohort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { PARTITIONS_MAX = 64, WARM_MS = 3000, AFTER_MS = 1000 };

struct member {
    struct run *run;
    kohort_client *client;
    kohort_consumer *consumer;
    uint64_t last_ns[PARTITIONS_MAX]; /* when it last delivered; 0: never */
    uint64_t gap_ns[PARTITIONS_MAX];  /* the longest, since counting began */
    uint64_t first_ns[PARTITIONS_MAX];
};

struct run {
    uv_loop_t *loop;
    uv_timer_t timer;
    const char *topic;
    size_t partitions;
    kohort_options *options;
    struct member first, second;
    uint64_t heard_ns; /* the first member heard of the second */
    uint64_t usual_ns; /* the longest gap before that */
    bool counting;
};

static uint64_t now_ns(void)
{
    return uv_hrtime();
}

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct member *m = user;
    size_t n = (size_t)kohort_partition_number(p);
    uint64_t now = now_ns();
    (void)batch;
    if (n >= PARTITIONS_MAX)
        return KOHORT_DONE;
    if (m->last_ns[n] == 0)
        m->first_ns[n] = now;
    else if (now - m->last_ns[n] > m->gap_ns[n])
        m->gap_ns[n] = now - m->last_ns[n];
    m->last_ns[n] = now;
    return KOHORT_DONE;
}

static void on_event(kohort_consumer *c, const kohort_event *e, void *user)
{
    struct member *m = user;
    (void)c;
    if (e->type == KOHORT_EVENT_STATE && m == &m->run->first && m->run->counting &&
        m->run->heard_ns == 0 && strcmp(e->state, "stable") != 0)
        m->run->heard_ns = now_ns();
    if (e->type == KOHORT_EVENT_FAILED) {
        fprintf(stderr, "rebalance: %s\n", e->error->text);
        exit(1);
    }
}

static void start(struct run *r, struct member *m)
{
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    handlers.on_records = on_records;
    handlers.on_event = on_event;
    m->run = r;
    if (kohort_client_new(&m->client, r->loop, r->options) < 0 ||
        kohort_consumer_new(&m->consumer, m->client, r->options, &handlers, m) < 0 ||
        kohort_subscribe(m->consumer, &r->topic, 1) < 0) {
        fprintf(stderr, "rebalance: %s\n", kohort_options_problem(r->options));
        exit(1);
    }
}

static uint64_t longest(const struct member *m, size_t count)
{
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++)
        most = m->gap_ns[i] > most ? m->gap_ns[i] : most;
    return most;
}

static size_t owned(const struct member *m)
{
    return kohort_partitions_count(kohort_consumer_assignment(m->consumer));
}

static bool all_flow(const struct run *r)
{
    for (size_t i = 0; i < r->partitions; i++)
        if (r->second.last_ns[i] == 0 && r->second.consumer != NULL &&
            kohort_consumer_partition(r->second.consumer, r->topic, (int32_t)i) != NULL)
            return false;
    return r->second.consumer != NULL && owned(&r->first) == r->partitions / 2 &&
           owned(&r->second) == r->partitions - r->partitions / 2;
}

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

static void say(struct run *r)
{
    uint64_t kept = 0, moved = 0, heard = 0;
    for (size_t i = 0; i < r->partitions; i++) {
        uint64_t first_ns = r->second.first_ns[i], last_ns = r->first.last_ns[i];
        if (first_ns == 0) {
            kept = r->first.gap_ns[i] > kept ? r->first.gap_ns[i] : kept;
            continue;
        }
        moved = first_ns - last_ns > moved ? first_ns - last_ns : moved;
        heard = first_ns - r->heard_ns > heard ? first_ns - r->heard_ns : heard;
    }
    printf(
        "name=kohort usual_gap_ms=%.1f kept_gap_ms=%.1f moved_gap_ms=%.1f heard_to_moved_ms=%.1f\n",
        ms(r->usual_ns), ms(kept), ms(moved), ms(heard));
}

static void on_closed(const kohort_error *error, void *arg)
{
    struct member *m = arg;
    (void)error;
    kohort_consumer_free(m->consumer);
    kohort_client_close(m->client, NULL, NULL);
}

static void on_done(uv_timer_t *timer)
{
    struct run *r = timer->data;
    say(r);
    kohort_consumer_close(r->first.consumer, 0, KOHORT_LEAVE, on_closed, &r->first);
    kohort_consumer_close(r->second.consumer, 0, KOHORT_LEAVE, on_closed, &r->second);
    uv_close((uv_handle_t *)timer, NULL);
}

static void watch(uv_timer_t *timer)
{
    struct run *r = timer->data;
    if (all_flow(r))
        uv_timer_start(timer, on_done, AFTER_MS, 0);
}

static void begin(uv_timer_t *timer)
{
    struct run *r = timer->data;
    if (owned(&r->first) != r->partitions) {
        uv_timer_start(timer, begin, WARM_MS, 0);
        return;
    }
    if (!r->counting) { /* what came before is a start, not the usual */
        r->counting = true;
        memset(r->first.gap_ns, 0, sizeof r->first.gap_ns);
        uv_timer_start(timer, begin, WARM_MS, 0);
        return;
    }
    r->usual_ns = longest(&r->first, r->partitions);
    memset(r->first.gap_ns, 0, sizeof r->first.gap_ns);
    start(r, &r->second);
    uv_timer_start(timer, watch, 1, 1);
}

int main(int argc, char **argv)
{
    static struct run r;
    char servers[64], group[64];
    if (argc < 4) {
        fprintf(stderr, "usage: rebalance PORT TOPIC PARTITIONS [NAME=VALUE ...]\n");
        return 2;
    }
    r.loop = uv_default_loop();
    r.topic = argv[2];
    r.partitions = (size_t)strtoul(argv[3], NULL, 10);
    snprintf(servers, sizeof servers, "127.0.0.1:%s", argv[1]);
    snprintf(group, sizeof group, "rebalance-%d", (int)uv_os_getpid());
    if (r.partitions > PARTITIONS_MAX || kohort_options_new(&r.options) < 0)
        return 2;
    kohort_options_set(r.options, "bootstrap.servers", servers);
    kohort_options_set(r.options, "group.id", group);
    for (int i = 4; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL)
            return 2;
        *equals = '\0';
        kohort_options_set(r.options, argv[i], equals + 1);
    }
    start(&r, &r.first);
    uv_timer_init(r.loop, &r.timer);
    r.timer.data = &r;
    uv_timer_start(&r.timer, begin, WARM_MS, 0);
    uv_run(r.loop, UV_RUN_DEFAULT);
    kohort_options_free(r.options);
    uv_loop_close(r.loop);
    return 0;
}
