/* A broker's side of a connection: one request at a time, the next one is read when the last is
 * answered (SocketServer.scala mutes the channel meanwhile). So what is parked parks what follows,
 * and a client that goes away is not noticed before. */
#include "sim/call.h"
#include "sim/memory.h"

#include <stdlib.h>

enum { FRAME_MAX = 1 << 24, READ_SIZE = 64 * 1024 };

/* When the bytes from this place on were sent. */
struct sent_mark {
    uint64_t at;
    int64_t sent_us;
};

struct sim_connection {
    struct kh_list node;
    struct sim_broker *broker;
    struct sim_end *end;
    struct test_buffer in, out;
    uint64_t in_begins_at; /* bytes of the stream before in.data */
    size_t out_sent;
    uint64_t out_queued; /* bytes ever queued */
    struct sent_mark *marks;
    size_t mark_count, mark_capacity;
    struct sim_call *current;
};

static void close_connection(struct sim_connection *c)
{
    if (c->current != NULL)
        c->current->connection = NULL;
    sim_end_close(c->end);
    kh_list_remove(&c->node);
    test_buffer_free(&c->in);
    test_buffer_free(&c->out);
    free(c->marks);
    free(c);
}

bool sim_connection_is_open(const struct sim_connection *c)
{
    return !sim_end_peer_closed(c->end);
}

static void begin_call(struct sim_event *event)
{
    sim_call_handle(kh_container(event, struct sim_call, event));
}

static int64_t sent_at(struct sim_connection *c, uint64_t at)
{
    size_t i = 0;

    while (i + 1 < c->mark_count && c->marks[i + 1].at <= at)
        i++;
    c->mark_count -= i;
    memmove(c->marks, c->marks + i, c->mark_count * sizeof *c->marks);
    return c->marks[0].sent_us;
}

static size_t frame_size(const uint8_t *prefix)
{
    return (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
}

/* What concerns groups is handled in the order of its coming, whatever connection it came by: the
 * coordinator is one queue (CoordinatorRuntime, MultiThreadedEventProcessor). */
static int64_t handled_at(const struct sim_call *call)
{
    struct sim_broker *b = call->broker;
    const struct sim_cluster *c = b->cluster;
    int64_t at_us = c->network->schedule->now_us + sim_random_between(c->network->random,
                                                                      c->options.service_min_us,
                                                                      c->options.service_max_us);

    if (call->api == KH_API_FETCH || call->api == KH_API_METADATA ||
        call->api == KH_API_API_VERSIONS || call->api == KH_API_LIST_OFFSETS)
        return at_us;
    if (at_us < b->group_turn_us)
        at_us = b->group_turn_us;
    return b->group_turn_us = at_us;
}

/* False: the client broke the protocol. */
static bool take_frame(struct sim_connection *c, size_t size)
{
    struct sim_broker *b = c->broker;
    uint8_t *frame = sim_new(size + 1, 1);
    int64_t sent_us = sent_at(c, c->in_begins_at);

    memcpy(frame, c->in.data + 4, size);
    c->in.size -= size + 4;
    c->in_begins_at += size + 4;
    memmove(c->in.data, c->in.data + 4 + size, c->in.size);
    struct sim_call *call = sim_call_read(b, frame, size);
    if (call == NULL)
        return false;
    call->connection = c;
    call->host = sim_end_host(c->end);
    call->sent_us = sent_us;
    call->event.fire = begin_call;
    c->current = call;
    if (b->cluster->observer.asked != NULL)
        b->cluster->observer.asked(b->cluster->observer.arg, call);
    sim_at(b->cluster->network->schedule, &call->event, handled_at(call));
    return true;
}

static bool next_request(struct sim_connection *c)
{
    if (c->current != NULL || c->in.size < 4)
        return true;
    size_t size = frame_size(c->in.data);
    if (size > FRAME_MAX) {
        sim_cluster_violated(c->broker->cluster, "S16", "a frame of %zu bytes", size);
        return false;
    }
    return c->in.size < size + 4 || take_frame(c, size);
}

static bool flush_out(struct sim_connection *c)
{
    int error_number;

    while (c->out_sent < c->out.size) {
        int64_t sent = sim_end_send(c->end, c->out.data + c->out_sent, c->out.size - c->out_sent,
                                    &error_number);
        if (sent == KH_IO_AGAIN)
            return true;
        if (sent < 0)
            return false;
        c->out_sent += (size_t)sent;
    }
    c->out.size = c->out_sent = 0;
    return true;
}

static void note_mark(struct sim_connection *c, int64_t sent_us)
{
    if (c->mark_count > 0 && c->marks[c->mark_count - 1].sent_us == sent_us)
        return;
    sim_grow(&c->marks, &c->mark_capacity, c->mark_count, sizeof *c->marks);
    c->marks[c->mark_count++] = (struct sent_mark){c->in_begins_at + c->in.size, sent_us};
}

/* False: the stream is over. */
static bool read_in(struct sim_connection *c)
{
    static uint8_t piece[READ_SIZE];
    int error_number;
    int64_t sent_us = 0, size;

    while ((size = sim_end_recv(c->end, piece, sizeof piece, &error_number, &sent_us)) > 0) {
        note_mark(c, sent_us);
        test_buffer_append(&c->in, piece, (size_t)size);
    }
    return size == KH_IO_AGAIN;
}

static void changed(void *arg)
{
    struct sim_connection *c = arg;

    if (!flush_out(c) || !read_in(c) || !next_request(c))
        close_connection(c);
}

static void answer_read(struct sim_mark *mark, bool reached)
{
    struct sim_call *call = kh_container(mark, struct sim_call, mark);
    const struct sim_observer *o = &call->broker->cluster->observer;

    if (reached && o->received != NULL)
        o->received(o->arg, call);
    sim_call_free(call);
}

void sim_connection_send(struct sim_connection *c, struct sim_call *call,
                         const struct kh_writer *frame)
{
    struct sim_answer_fault *fault = &c->broker->faults[call->api];

    if (fault->cut_wanted) {
        fault->cut_wanted = false;
        fault->cut_size = frame->size;
        sim_end_cut_behind(c->end, c->out_queued + fault->cut_behind);
    }
    if (fault->hold_wanted) {
        fault->hold_wanted = false;
        fault->held_link = sim_end_number(c->end);
        sim_end_silence(c->end, true);
        fault->held(fault->held_arg, call->host);
    }
    test_buffer_append(&c->out, frame->data, frame->size);
    c->out_queued += frame->size;
    call->connection = NULL;
    call->mark.told = answer_read;
    sim_end_mark(c->end, &call->mark, c->out_queued);
    c->current = NULL;
    if (!flush_out(c) || !next_request(c))
        close_connection(c);
}

static const struct sim_end_events end_events = {.changed = changed};

static void accept_end(struct sim_listener *listener, struct sim_end *end)
{
    struct sim_broker *b = kh_container(listener, struct sim_broker, listener);
    struct sim_connection *c = sim_new(1, sizeof *c);

    c->broker = b;
    c->end = end;
    sim_end_accept(end, &end_events, c);
    kh_list_append(&b->connections, &c->node);
}

void sim_broker_listen(struct sim_broker *b)
{
    kh_list_init(&b->connections);
    kh_list_init(&b->calls);
    b->listener.accept = accept_end;
    sim_listen(b->cluster->network, &b->listener);
}

void sim_broker_vanish(struct sim_broker *b)
{
    b->listener.state = SIM_SILENT;
    kh_list_each (node, &b->connections) {
        struct sim_end *end = kh_container(node, struct sim_connection, node)->end;
        sim_end_silence(end, true);
        sim_end_silence(sim_end_peer(end), true);
    }
}

void sim_broker_disconnect(struct sim_broker *b)
{
    kh_list_each (node, &b->connections)
        sim_end_break(kh_container(node, struct sim_connection, node)->end);
}

void sim_broker_close(struct sim_broker *b)
{
    sim_unlisten(&b->listener);
    kh_list_each_safe (node, &b->connections)
        close_connection(kh_container(node, struct sim_connection, node));
    kh_list_each_safe (node, &b->calls)
        sim_call_free(kh_container(node, struct sim_call, all));
}
