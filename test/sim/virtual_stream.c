/* kh_stream over one end of a link: level-triggered readiness, as epoll has it. */
#include "sim/virtual_stream.h"

#include "sim/memory.h"

#include <errno.h>
#include <kohort/errors.h>
#include <stdlib.h>

struct kh_stream {
    struct kh_list node;
    struct sim_platform *platform;
    const struct kh_stream_events *events;
    void *arg;
    struct sim_end *end; /* NULL: the process is dead */
    struct sim_event ready, connect;
    int connect_error;
    bool connected, wants_readable, wants_writable;
};

static bool is_due(const struct kh_stream *s)
{
    if (!s->connected || s->end == NULL)
        return false;
    return (s->wants_readable && sim_end_readable(s->end)) ||
           (s->wants_writable && sim_end_writable(s->end));
}

static void poll_again(struct kh_stream *s)
{
    if (is_due(s) && !sim_armed(&s->ready))
        sim_after(s->platform->network->schedule, &s->ready, 0);
}

/* One event a turn, as a poll handle gives: the other is due again at once. */
static void on_ready(struct sim_event *event)
{
    struct kh_stream *s = kh_container(event, struct kh_stream, ready);

    if (!sim_platform_runs(s->platform, event) || !is_due(s))
        return;
    bool readable = s->wants_readable && sim_end_readable(s->end);
    bool writable = s->wants_writable && sim_end_writable(s->end);
    sim_after(s->platform->network->schedule, &s->ready, 0);
    if (readable && (!writable || sim_chance(s->platform->network->random, 2)))
        s->events->readable(s->arg);
    else
        s->events->writable(s->arg);
}

static void on_connect(struct sim_event *event)
{
    struct kh_stream *s = kh_container(event, struct kh_stream, connect);

    if (!sim_platform_runs(s->platform, event))
        return;
    s->connected = s->connect_error == 0;
    poll_again(s);
    s->events->connected(s->arg, s->connect_error);
}

static void connected(void *arg, int error_number)
{
    struct kh_stream *s = arg;

    s->connect_error = error_number;
    sim_after(s->platform->network->schedule, &s->connect, 0);
}

static void changed(void *arg)
{
    poll_again(arg);
}

static const struct sim_end_events end_events = {.connected = connected, .changed = changed};

int sim_stream_open(struct kh_platform *p, const struct kh_address *address,
                    const struct kh_stream_events *events, void *arg, struct kh_stream **ret_stream,
                    int *ret_error_number)
{
    struct sim_platform *platform = kh_container(p, struct sim_platform, base);

    if (platform->dead) {
        *ret_error_number = ENETUNREACH;
        return KOHORT_ECONNECT;
    }
    struct kh_stream *s = sim_new(1, sizeof *s);
    s->platform = platform;
    s->events = events;
    s->arg = arg;
    s->ready.fire = on_ready;
    s->connect.fire = on_connect;
    s->end = sim_connect(platform->network, platform->host, address, &end_events, s);
    kh_list_append(&platform->streams, &s->node);
    *ret_stream = s;
    return 0;
}

int64_t sim_stream_recv(struct kh_stream *s, void *out, size_t size, int *ret_error_number)
{
    if (s->end == NULL) {
        *ret_error_number = ECONNRESET;
        return KH_IO_FAILED;
    }
    return sim_end_recv(s->end, out, size, ret_error_number, NULL);
}

int64_t sim_stream_send(struct kh_stream *s, const struct kh_span *spans, int count,
                        int *ret_error_number)
{
    int64_t total = 0;

    if (s->end == NULL) {
        *ret_error_number = ECONNRESET;
        return KH_IO_FAILED;
    }
    for (int i = 0; i < count; i++) {
        if (spans[i].size == 0)
            continue;
        int64_t sent = sim_end_send(s->end, spans[i].data, spans[i].size, ret_error_number);
        if (sent < 0)
            return total > 0 ? total : sent;
        total += sent;
        if ((size_t)sent < spans[i].size)
            break;
    }
    return total;
}

void sim_stream_want(struct kh_stream *s, bool readable, bool writable)
{
    s->wants_readable = readable;
    s->wants_writable = writable;
    poll_again(s);
}

void sim_stream_detach(struct kh_list *node)
{
    struct kh_stream *s = kh_container(node, struct kh_stream, node);

    sim_cancel(s->platform->network->schedule, &s->ready);
    sim_cancel(s->platform->network->schedule, &s->connect);
    if (s->end != NULL)
        sim_end_close(s->end);
    s->end = NULL;
}

void sim_stream_close(struct kh_stream *s)
{
    sim_stream_detach(&s->node);
    kh_list_remove(&s->node);
    free(s);
}

void sim_stream_close_all(struct sim_platform *p)
{
    kh_list_each_safe (node, &p->streams)
        sim_stream_close(kh_container(node, struct kh_stream, node));
}
