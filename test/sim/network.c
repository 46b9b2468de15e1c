/* Links: connecting, closing, and what can go wrong with all of them at once. */
#include "sim/network_internal.h"

#include "sim/memory.h"

#include <errno.h>
#include <stdlib.h>

int64_t sim_random_between(struct kh_random *random, int64_t min, int64_t max)
{
    return max <= min ? min : min + (int64_t)kh_random_below(random, (uint64_t)(max - min) + 1);
}

bool sim_chance(struct kh_random *random, uint64_t bound)
{
    return kh_random_below(random, bound) == 0;
}

void sim_network_init(struct sim_network *n, struct sim_schedule *schedule,
                      struct kh_random *random, struct sim_trace *trace)
{
    *n = (struct sim_network){.schedule = schedule,
                              .random = random,
                              .trace = trace,
                              .latency_min_us = 200,
                              .latency_max_us = 2 * SIM_MS,
                              .piece_max = 16 * 1024};
    kh_list_init(&n->listeners);
    kh_list_init(&n->links);
}

static void free_link(struct sim_link *link)
{
    struct sim_schedule *schedule = link->network->schedule;

    for (int side = 0; side < 2; side++) {
        sim_pipe_free(&link->pipes[side]);
        sim_cancel(schedule, &link->ends[side].changed);
    }
    sim_cancel(schedule, &link->connect);
    sim_cancel(schedule, &link->sweep);
    kh_list_remove(&link->node);
    free(link);
}

void sim_network_free(struct sim_network *n)
{
    kh_list_each_safe (node, &n->links)
        free_link(kh_container(node, struct sim_link, node));
}

void sim_network_name(struct sim_network *n, const char *host, const struct kh_address *address)
{
    n->names[n->name_count++] = (struct sim_name){.host = host, .address = *address};
}

void sim_listen(struct sim_network *n, struct sim_listener *listener)
{
    kh_list_append(&n->listeners, &listener->node);
}

void sim_unlisten(struct sim_listener *listener)
{
    kh_list_remove(&listener->node);
}

static void changed(struct sim_event *event)
{
    struct sim_end *end = kh_container(event, struct sim_end, changed);

    if (!end->closed && end->events != NULL)
        end->events->changed(end->arg);
}

static void sweep(struct sim_event *event)
{
    free_link(kh_container(event, struct sim_link, sweep));
}

static struct sim_listener *find_listener(const struct sim_network *n,
                                          const struct kh_address *address)
{
    kh_list_each (node, &n->listeners) {
        struct sim_listener *listener = kh_container(node, struct sim_listener, node);
        if (memcmp(listener->address.bytes, address->bytes, sizeof address->bytes) == 0 &&
            listener->address.port == address->port)
            return listener;
    }
    return NULL;
}

/* The SYN has arrived, and its answer is back. */
static void finish_connect(struct sim_event *event)
{
    struct sim_link *link = kh_container(event, struct sim_link, connect);
    struct sim_listener *listener = find_listener(link->network, &link->address);
    struct sim_end *client = &link->ends[0];

    if (listener == NULL || listener->state == SIM_REFUSING) {
        link->state = SIM_LINK_OVER;
        client->error_number = ECONNREFUSED;
        client->events->connected(client->arg, ECONNREFUSED);
        return;
    }
    if (listener->state == SIM_SILENT || link->vanished)
        return;
    link->state = SIM_LINK_OPEN;
    listener->accept(listener, &link->ends[1]);
    client->events->connected(client->arg, 0);
}

static void init_end(struct sim_link *link, int side)
{
    struct sim_end *end = &link->ends[side];

    end->link = link;
    end->changed.fire = changed;
    sim_pipe_init(link, side);
}

struct sim_end *sim_connect(struct sim_network *n, int host, const struct kh_address *address,
                            const struct sim_end_events *events, void *arg)
{
    struct sim_link *link = sim_new(1, sizeof *link);

    link->network = n;
    link->number = ++n->links_made;
    link->host = host;
    link->address = *address;
    link->latency_us = sim_random_between(n->random, n->latency_min_us, n->latency_max_us);
    link->connect.fire = finish_connect;
    link->sweep.fire = sweep;
    init_end(link, 0);
    init_end(link, 1);
    sim_end_accept(&link->ends[0], events, arg);
    kh_list_append(&n->links, &link->node);
    sim_after(n->schedule, &link->connect, 2 * sim_link_delay(link));
    return &link->ends[0];
}

void sim_end_accept(struct sim_end *end, const struct sim_end_events *events, void *arg)
{
    end->events = events;
    end->arg = arg;
}

int sim_end_host(const struct sim_end *end)
{
    return end->link->host;
}

struct sim_end *sim_end_peer(const struct sim_end *end)
{
    return &end->link->ends[!sim_side(end)];
}

uint64_t sim_end_number(const struct sim_end *end)
{
    return end->link->number;
}

bool sim_end_peer_closed(const struct sim_end *end)
{
    return sim_end_peer(end)->closed || end->link->state == SIM_LINK_OVER;
}

/* A link that both sides have closed goes with the schedule's next turn: this may be inside one of
 * its own events. */
static void close_end(struct sim_end *end)
{
    struct sim_link *link = end->link;
    bool never_accepted = link->ends[1].events == NULL;

    end->closed = true;
    if (sim_end_peer(end)->closed || never_accepted) {
        sim_cancel(link->network->schedule, &link->connect);
        sim_after(link->network->schedule, &link->sweep, 0);
    }
}

void sim_end_close(struct sim_end *end)
{
    if (end->link->state == SIM_LINK_OPEN)
        sim_pipe_end(sim_out(end));
    close_end(end);
}

void sim_end_break(struct sim_end *end)
{
    sim_link_break(end->link, ECONNRESET);
}

void sim_end_cut_behind(struct sim_end *end, uint64_t total)
{
    struct sim_pipe *pipe = sim_out(end);

    pipe->cut_behind = total;
    if (pipe->arrived >= total)
        sim_link_break(end->link, ECONNRESET);
}

void sim_network_cut(struct sim_network *n, int host)
{
    kh_list_each (node, &n->links) {
        struct sim_link *link = kh_container(node, struct sim_link, node);
        if ((host < 0 || link->host == host) && link->state == SIM_LINK_OPEN)
            sim_link_break(link, ECONNRESET);
    }
}

void sim_network_vanish(struct sim_network *n, int host)
{
    kh_list_each (node, &n->links) {
        struct sim_link *link = kh_container(node, struct sim_link, node);
        if (link->host != host)
            continue;
        link->vanished = true;
        sim_pipe_silence(&link->pipes[0], true);
        sim_pipe_silence(&link->pipes[1], true);
    }
}

struct sim_end *sim_network_next(struct sim_network *n, struct sim_end *after)
{
    struct kh_list *node = after == NULL ? n->links.next : after->link->node.next;

    for (; node != &n->links; node = node->next) {
        struct sim_link *link = kh_container(node, struct sim_link, node);
        if (link->state == SIM_LINK_OPEN && !link->ends[0].closed)
            return &link->ends[0];
    }
    return NULL;
}

struct sim_end *sim_network_find(struct sim_network *n, uint64_t number)
{
    for (struct sim_end *end = sim_network_next(n, NULL); end != NULL;
         end = sim_network_next(n, end))
        if (end->link->number == number)
            return end;
    return NULL;
}
