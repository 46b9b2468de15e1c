/* Clock, timer, wake, posts, work and names of one virtual process. */
#include "sim/virtual_platform.h"

#include "base/timers.h"
#include "sim/memory.h"
#include "sim/virtual_stream.h"

#include <kohort/errors.h>
#include <stdlib.h>

#define WALL_EPOCH_MS INT64_C(1767225600000) /* 2026-01-01 */

struct kh_lookup {
    struct kh_list node;
    struct sim_platform *platform;
    const struct sim_name *name; /* NULL: there is none */
    uint16_t port;
    void (*done)(void *arg, const char *error, const struct kh_address *addresses, size_t count);
    void *arg;
    struct sim_event event;
};

struct sim_post {
    struct kh_list node;
    void (*fn)(void *arg);
    void *arg;
};

struct sim_work {
    struct kh_list node;
    struct sim_platform *platform;
    struct kh_work *work;
    struct sim_event event;
};

static struct sim_platform *platform_of(struct kh_platform *p)
{
    return kh_container(p, struct sim_platform, base);
}

static struct sim_schedule *schedule_of(struct sim_platform *p)
{
    return p->network->schedule;
}

bool sim_platform_runs(struct sim_platform *p, struct sim_event *event)
{
    if (p->dead)
        return false;
    if (sim_platform_suspended(p)) {
        sim_at(schedule_of(p), event, p->suspended_until_us);
        return false;
    }
    return true;
}

static int64_t now_ms(struct kh_platform *p)
{
    return sim_now_ms(schedule_of(platform_of(p)));
}

static int64_t wall_ms(struct kh_platform *p)
{
    return WALL_EPOCH_MS + platform_of(p)->wall_shift_ms + now_ms(p);
}

static void turn(struct sim_platform *p)
{
    if (p->shut_down)
        return;
    p->turns++;
    p->base.turn(p->base.turn_arg);
}

static void on_timer(struct sim_event *event)
{
    struct sim_platform *p = kh_container(event, struct sim_platform, timer);

    if (sim_platform_runs(p, event))
        turn(p);
}

static void set_timer(struct kh_platform *base, int64_t due_ms)
{
    struct sim_platform *p = platform_of(base);

    if (due_ms == KH_NEVER)
        sim_cancel(schedule_of(p), &p->timer);
    else
        sim_at(schedule_of(p), &p->timer, due_ms * SIM_MS);
}

static void on_wake(struct sim_event *event)
{
    struct sim_platform *p = kh_container(event, struct sim_platform, wake);

    if (sim_platform_runs(p, event))
        turn(p);
}

static void wake(struct kh_platform *base)
{
    struct sim_platform *p = platform_of(base);

    if (!sim_armed(&p->wake))
        sim_after(schedule_of(p), &p->wake, 0);
}

static void run_posts(struct sim_platform *p)
{
    struct kh_list now;

    kh_list_move(&now, &p->posts);
    kh_list_each_safe (node, &now) {
        struct sim_post *post = kh_container(node, struct sim_post, node);
        kh_list_remove(&post->node);
        post->fn(post->arg);
        free(post);
    }
}

static void on_posted(struct sim_event *event)
{
    struct sim_platform *p = kh_container(event, struct sim_platform, posted);

    if (sim_platform_runs(p, event))
        run_posts(p);
}

static int post(struct kh_platform *base, void (*fn)(void *), void *arg)
{
    struct sim_platform *p = platform_of(base);

    if (p->shut_down)
        return KOHORT_ECLOSED;
    struct sim_post *added = sim_new(1, sizeof *added);
    added->fn = fn;
    added->arg = arg;
    kh_list_append(&p->posts, &added->node);
    if (!sim_armed(&p->posted))
        sim_after(schedule_of(p), &p->posted, 0);
    return 0;
}

static void finish_work(struct sim_work *w)
{
    struct kh_work *work = w->work;

    sim_cancel(schedule_of(w->platform), &w->event);
    kh_list_remove(&w->node);
    free(w);
    work->run(work);
    work->done(work);
}

static void on_work(struct sim_event *event)
{
    struct sim_work *w = kh_container(event, struct sim_work, event);

    if (sim_platform_runs(w->platform, event))
        finish_work(w);
}

static int queue_work(struct kh_platform *base, struct kh_work *work)
{
    struct sim_platform *p = platform_of(base);
    struct sim_work *w = sim_new(1, sizeof *w);

    w->platform = p;
    w->work = work;
    w->event.fire = on_work;
    kh_list_append(&p->works, &w->node);
    sim_after(schedule_of(p), &w->event,
              p->work_delay_us + sim_random_between(p->network->random, 100, 20 * SIM_MS));
    return 0;
}

static int random_bytes(struct kh_platform *base, void *out, size_t size)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)kh_random_below(&platform_of(base)->random, 256);
    return 0;
}

static void free_lookup(struct kh_lookup *lookup)
{
    sim_cancel(schedule_of(lookup->platform), &lookup->event);
    kh_list_remove(&lookup->node);
    free(lookup);
}

static void on_lookup(struct sim_event *event)
{
    struct kh_lookup *lookup = kh_container(event, struct kh_lookup, event);
    struct kh_lookup found = *lookup;
    struct kh_address address;

    if (!sim_platform_runs(lookup->platform, event))
        return;
    free_lookup(lookup);
    if (found.name == NULL || found.name->fails) {
        found.done(found.arg, "name not known", NULL, 0);
        return;
    }
    address = found.name->address;
    address.port = found.port;
    found.done(found.arg, NULL, &address, 1);
}

static struct kh_lookup *resolve(struct kh_platform *base, const char *host, uint16_t port,
                                 void (*done)(void *arg, const char *error,
                                              const struct kh_address *addresses, size_t count),
                                 void *arg)
{
    struct sim_platform *p = platform_of(base);
    struct sim_network *n = p->network;
    struct kh_lookup *lookup = sim_new(1, sizeof *lookup);

    lookup->platform = p;
    lookup->port = port;
    lookup->done = done;
    lookup->arg = arg;
    lookup->event.fire = on_lookup;
    for (size_t i = 0; i < n->name_count; i++)
        if (strcmp(n->names[i].host, host) == 0)
            lookup->name = &n->names[i];
    kh_list_append(&p->lookups, &lookup->node);
    sim_after(n->schedule, &lookup->event,
              n->steady ? n->latency_max_us : sim_random_between(n->random, 100, 10 * SIM_MS));
    return lookup;
}

static void on_closed(struct sim_event *event)
{
    struct sim_platform *p = kh_container(event, struct sim_platform, closed);

    if (!p->dead && !sim_platform_runs(p, event))
        return;
    run_posts(p);
    kh_list_each_safe (node, &p->works)
        finish_work(kh_container(node, struct sim_work, node));
    p->gone = true;
    p->when_closed(p->when_closed_arg);
}

static void stop_lookups(struct sim_platform *p)
{
    kh_list_each_safe (node, &p->lookups)
        free_lookup(kh_container(node, struct kh_lookup, node));
}

static void shut_down(struct kh_platform *base, void (*closed)(void *arg), void *arg)
{
    struct sim_platform *p = platform_of(base);

    sim_stream_close_all(p);
    stop_lookups(p);
    sim_cancel(schedule_of(p), &p->timer);
    sim_cancel(schedule_of(p), &p->wake);
    p->shut_down = true;
    p->when_closed = closed;
    p->when_closed_arg = arg;
    sim_after(schedule_of(p), &p->closed, 0);
}

const struct kh_platform_ops sim_platform_ops = {
    .now_ms = now_ms,
    .wall_ms = wall_ms,
    .set_timer = set_timer,
    .wake = wake,
    .post = post,
    .queue_work = queue_work,
    .random = random_bytes,
    .open = sim_stream_open,
    .recv = sim_stream_recv,
    .send = sim_stream_send,
    .want = sim_stream_want,
    .close = sim_stream_close,
    .resolve = resolve,
    .resolve_cancel = free_lookup,
    .shutdown = shut_down,
};

void sim_platform_init(struct sim_platform *p, struct sim_network *network, int host, uint64_t seed)
{
    *p = (struct sim_platform){.base.ops = &sim_platform_ops, .network = network, .host = host};
    kh_random_seed(&p->random, seed);
    kh_list_init(&p->streams);
    kh_list_init(&p->lookups);
    kh_list_init(&p->posts);
    kh_list_init(&p->works);
    p->timer.fire = on_timer;
    p->wake.fire = on_wake;
    p->posted.fire = on_posted;
    p->closed.fire = on_closed;
}

void sim_platform_free(struct sim_platform *p)
{
    sim_cancel(schedule_of(p), &p->posted);
    sim_cancel(schedule_of(p), &p->closed);
}

void sim_platform_suspend(struct sim_platform *p, int64_t until_us)
{
    p->suspended_until_us = until_us;
}

void sim_platform_sleep(struct sim_platform *p, int64_t duration_us)
{
    struct sim_schedule *schedule = schedule_of(p);

    sim_platform_suspend(p, schedule->now_us + duration_us);
    if (sim_armed(&p->timer))
        sim_at(schedule, &p->timer, p->timer.due_us + duration_us);
}

bool sim_platform_suspended(const struct sim_platform *p)
{
    return p->network->schedule->now_us < p->suspended_until_us;
}

void sim_platform_kill(struct sim_platform *p, bool silently)
{
    if (silently)
        sim_network_vanish(p->network, p->host);
    p->dead = true;
    kh_list_each (node, &p->streams)
        sim_stream_detach(node);
    kh_list_each (node, &p->lookups)
        sim_cancel(schedule_of(p), &kh_container(node, struct kh_lookup, node)->event);
    sim_cancel(schedule_of(p), &p->timer);
    sim_cancel(schedule_of(p), &p->wake);
}

bool sim_platform_bury(struct sim_platform *p)
{
    struct sim_event *due = sim_armed(&p->wake) ? &p->wake : &p->closed;

    if (!sim_armed(due))
        return false;
    sim_cancel(schedule_of(p), due);
    if (due == &p->wake)
        turn(p);
    else
        on_closed(due);
    return true;
}
