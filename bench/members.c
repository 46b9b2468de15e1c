/* What members cost that only belong to groups: thousands of them in one process, on one loop and
 * one client, each in a group of its own (replay_broker), or so many in each (model_broker).
 * Heartbeats share one lane.
 *
 *   members PORT COUNT SECONDS [PER_GROUP] */
#include <kohort/kohort.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

enum { AT_ONCE = 30, STEP_MS = 5, SETTLE_MS = 4000 };

struct member {
    struct run *run;
    kohort_consumer *consumer;
    bool stable;
};

struct run {
    uv_loop_t *loop;
    uv_timer_t timer;
    kohort_client *client;
    kohort_options *options;
    struct member *members;
    size_t wanted, per_group, started, stable, closed;
    size_t allocated; /* bytes that kohort holds */
    size_t before;    /* with the first member: what the client itself holds it has by then */
    long resident_kib;
    uint64_t seconds, cpu_ns, wall_ns;
};

/* Each block tells its size: what is held can be counted exactly. */
static void *reallocate(void *arg, void *old, size_t size)
{
    struct run *r = arg;
    size_t *block = old == NULL ? NULL : (size_t *)old - 2;
    size_t had = block == NULL ? 0 : *block;
    if (size == 0) {
        r->allocated -= had;
        free(block);
        return NULL;
    }
    block = realloc(block, size + 2 * sizeof *block);
    if (block == NULL)
        return NULL;
    r->allocated += size - had;
    *block = size;
    return block + 2;
}

static uint64_t cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ((uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
            (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)) *
           1000;
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void on_event(kohort_consumer *c, const kohort_event *e, void *user)
{
    struct member *m = user;
    (void)c;
    if (e->type == KOHORT_EVENT_STATE) {
        m->run->stable -= m->stable;
        m->stable = strcmp(e->state, "stable") == 0;
        m->run->stable += m->stable;
    }
    if (e->type == KOHORT_EVENT_FAILED) {
        fprintf(stderr, "members: %s\n", e->error->text);
        exit(1);
    }
}

static void on_closed(const kohort_error *error, void *arg)
{
    struct run *r = arg;
    (void)error;
    if (++r->closed < r->started)
        return;
    for (size_t i = 0; i < r->started; i++)
        kohort_consumer_free(r->members[i].consumer);
    kohort_client_close(r->client, NULL, NULL);
}

static void finish(uv_timer_t *timer)
{
    struct run *r = timer->data;
    double seconds = (double)(uv_hrtime() - r->wall_ns) / 1e9;
    double busy = (double)(cpu_ns() - r->cpu_ns) / 1e9 / seconds;
    double count = (double)(r->started - 1);
    printf("name=kohort members=%zu groups=%zu cpu_percent=%.2f bytes_per_member=%.0f "
           "resident_bytes_per_member=%.0f\n",
           r->started, (r->started + r->per_group - 1) / r->per_group, 100 * busy,
           (double)(r->allocated - r->before) / count,
           (double)(resident_kib() - r->resident_kib) * 1024 / count);
    uv_close((uv_handle_t *)timer, NULL);
    for (size_t i = 0; i < r->started; i++)
        kohort_consumer_close(r->members[i].consumer, 0, KOHORT_STAY, on_closed, r);
}

static void measure(uv_timer_t *timer)
{
    struct run *r = timer->data;
    r->cpu_ns = cpu_ns();
    r->wall_ns = uv_hrtime();
    uv_timer_start(timer, finish, 1000 * r->seconds, 0);
}

static void start_one(struct run *r)
{
    static const char *const topics[] = {"bench"};
    struct member *m = &r->members[r->started];
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    char group[32];
    handlers.on_event = on_event;
    m->run = r;
    snprintf(group, sizeof group, "members-%zu", r->started / r->per_group);
    kohort_options_set(r->options, "group.id", group);
    if (kohort_consumer_new(&m->consumer, r->client, r->options, &handlers, m) < 0 ||
        kohort_subscribe(m->consumer, topics, 1) < 0) {
        fprintf(stderr, "members: %s\n", kohort_options_problem(r->options));
        exit(1);
    }
    r->started++;
}

/* A few at a time: each join has a connection of its own. */
static void grow(uv_timer_t *timer)
{
    struct run *r = timer->data;
    size_t at_once = r->before == 0 ? 1 : r->per_group > AT_ONCE ? r->per_group : AT_ONCE;
    for (size_t i = 0; i < at_once && r->started < r->wanted && r->started < r->stable + at_once;
         i++)
        start_one(r);
    if (r->stable == 1 && r->before == 0) {
        r->before = r->allocated;
        r->resident_kib = resident_kib();
    }
    if (r->stable == r->wanted)
        uv_timer_start(timer, measure, SETTLE_MS, 0);
}

int main(int argc, char **argv)
{
    static struct run r;
    char servers[64];
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: members PORT COUNT SECONDS [PER_GROUP]\n");
        return 2;
    }
    r.loop = uv_default_loop();
    r.wanted = strtoul(argv[2], NULL, 10);
    r.seconds = strtoul(argv[3], NULL, 10);
    r.per_group = argc == 5 ? strtoul(argv[4], NULL, 10) : 1;
    r.members = calloc(r.wanted, sizeof *r.members);
    snprintf(servers, sizeof servers, "127.0.0.1:%s", argv[1]);
    if (r.members == NULL || r.per_group == 0 || kohort_options_new(&r.options) < 0)
        return 1;
    kohort_options_set(r.options, "bootstrap.servers", servers);
    kohort_options_set(r.options, "membership.only", "true");
    kohort_options_set_allocator(r.options, reallocate, &r);
    if (kohort_client_new(&r.client, r.loop, r.options) < 0)
        return 1;
    uv_timer_init(r.loop, &r.timer);
    r.timer.data = &r;
    uv_timer_start(&r.timer, grow, STEP_MS, STEP_MS);
    uv_run(r.loop, UV_RUN_DEFAULT);
    kohort_options_free(r.options);
    free(r.members);
    return 0;
}
