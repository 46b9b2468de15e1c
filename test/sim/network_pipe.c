/* Bytes on their way: pieces that arrive in order, and the end of a stream. */
#include "sim/memory.h"
#include "sim/network_internal.h"

#include <errno.h>
#include <stdlib.h>

int64_t sim_link_delay(struct sim_link *link)
{
    if (link->network->steady)
        return link->latency_us;
    return link->latency_us + sim_random_between(link->network->random, 0, link->latency_us / 2);
}

void sim_end_note(struct sim_end *end)
{
    if (!end->closed && end->events != NULL && !sim_armed(&end->changed))
        sim_after(end->link->network->schedule, &end->changed, 0);
}

void sim_link_break(struct sim_link *link, int error_number)
{
    if (link->state == SIM_LINK_OVER)
        return;
    link->state = SIM_LINK_OVER;
    for (int side = 0; side < 2; side++) {
        sim_cancel(link->network->schedule, &link->pipes[side].arrival);
        link->ends[side].error_number = error_number;
        sim_end_note(&link->ends[side]);
    }
    sim_trace(link->network->trace, SIM_TRACE_NETWORK, "link %llu breaks",
              (unsigned long long)link->number);
}

static struct sim_end *reader_of(struct sim_pipe *pipe)
{
    return &pipe->link->ends[pipe == &pipe->link->pipes[0]];
}

static struct sim_end *writer_of(struct sim_pipe *pipe)
{
    return &pipe->link->ends[pipe == &pipe->link->pipes[1]];
}

static void await_arrival(struct sim_pipe *pipe)
{
    if (pipe->silent || pipe->link->state != SIM_LINK_OPEN)
        return;
    if (pipe->coming != NULL)
        sim_at(pipe->link->network->schedule, &pipe->arrival, pipe->coming->arrives_us);
    else if (pipe->ended && !pipe->end_arrived)
        sim_at(pipe->link->network->schedule, &pipe->arrival, pipe->last_arrival_us);
}

/* The piece that reaches the cut arrives up to it; false: the link is cut. */
static bool arrive_piece(struct sim_pipe *pipe)
{
    struct sim_piece *piece = pipe->coming;
    bool whole = pipe->arrived + piece->size < pipe->cut_behind;

    if (!whole)
        piece->size = (size_t)(pipe->cut_behind - pipe->arrived);
    pipe->arrived += piece->size;
    pipe->coming = whole ? piece->next : NULL;
    return whole;
}

static void arrive(struct sim_event *event)
{
    struct sim_pipe *pipe = kh_container(event, struct sim_pipe, arrival);
    struct sim_end *reader = reader_of(pipe);
    int64_t now_us = pipe->link->network->schedule->now_us;

    while (pipe->coming != NULL && pipe->coming->arrives_us <= now_us) {
        if (reader->closed || !arrive_piece(pipe)) { /* a closed reader's kernel answers RST */
            sim_link_break(pipe->link, ECONNRESET);
            return;
        }
    }
    if (pipe->coming == NULL && pipe->ended && pipe->last_arrival_us <= now_us)
        pipe->end_arrived = true;
    sim_end_note(reader);
    await_arrival(pipe);
}

void sim_pipe_init(struct sim_link *link, int side)
{
    struct sim_pipe *pipe = &link->pipes[side];

    pipe->link = link;
    pipe->cut_behind = UINT64_MAX;
    pipe->arrival.fire = arrive;
    kh_list_init(&pipe->marks);
}

void sim_pipe_end(struct sim_pipe *pipe)
{
    pipe->ended = true;
    if (pipe->coming == NULL) {
        int64_t due_us = pipe->link->network->schedule->now_us + sim_link_delay(pipe->link);
        if (pipe->last_arrival_us < due_us)
            pipe->last_arrival_us = due_us;
        await_arrival(pipe);
    }
}

/* What was held back arrives after a fresh delay, as TCP's retransmissions would have it. */
void sim_pipe_silence(struct sim_pipe *pipe, bool silent)
{
    pipe->silent = silent;
    if (silent) {
        sim_cancel(pipe->link->network->schedule, &pipe->arrival);
        return;
    }
    int64_t due_us = pipe->link->network->schedule->now_us + sim_link_delay(pipe->link);
    for (struct sim_piece *piece = pipe->coming; piece != NULL; piece = piece->next)
        if (piece->arrives_us < due_us)
            piece->arrives_us = due_us;
    if (pipe->last_arrival_us < due_us)
        pipe->last_arrival_us = due_us;
    await_arrival(pipe);
}

void sim_end_silence(struct sim_end *end, bool silent)
{
    sim_pipe_silence(sim_out(end), silent);
}

static void append_piece(struct sim_pipe *pipe, const uint8_t *data, size_t size)
{
    struct sim_network *n = pipe->link->network;
    struct sim_piece *piece = sim_new(1, sizeof *piece + size);

    memcpy(piece->data, data, size);
    piece->size = size;
    piece->sent_us = n->schedule->now_us;
    piece->arrives_us = n->schedule->now_us + sim_link_delay(pipe->link);
    if (piece->arrives_us < pipe->last_arrival_us)
        piece->arrives_us = pipe->last_arrival_us;
    pipe->last_arrival_us = piece->arrives_us;
    if (pipe->last != NULL && pipe->first != NULL)
        pipe->last->next = piece;
    else
        pipe->first = piece;
    pipe->last = piece;
    if (pipe->coming == NULL) {
        pipe->coming = piece;
        await_arrival(pipe);
    }
    pipe->held += size;
    pipe->sent += size;
}

int64_t sim_end_send(struct sim_end *end, const void *data, size_t size, int *ret_error_number)
{
    struct sim_pipe *pipe = sim_out(end);
    struct sim_network *n = end->link->network;
    const uint8_t *bytes = data;

    if (end->error_number != 0) {
        *ret_error_number = end->error_number;
        return KH_IO_FAILED;
    }
    if (pipe->held >= SIM_WINDOW)
        return KH_IO_AGAIN;
    if (size > SIM_WINDOW - pipe->held)
        size = SIM_WINDOW - pipe->held;
    if (n->short_io && size > 1 && sim_chance(n->random, 8))
        size = 1 + kh_random_below(n->random, size - 1);
    for (size_t at = 0; at < size;) {
        size_t piece = 1 + kh_random_below(n->random, n->piece_max);
        piece = piece < size - at ? piece : size - at;
        append_piece(pipe, bytes + at, piece);
        at += piece;
    }
    return (int64_t)size;
}

bool sim_end_readable(const struct sim_end *end)
{
    const struct sim_pipe *pipe = sim_in(end);

    return pipe->arrived > pipe->taken || pipe->end_arrived || end->error_number != 0;
}

bool sim_end_writable(const struct sim_end *end)
{
    return sim_out(end)->held < SIM_WINDOW || end->error_number != 0;
}

uint64_t sim_end_sent(const struct sim_end *end)
{
    return sim_out(end)->sent;
}

void sim_end_mark(struct sim_end *end, struct sim_mark *mark, uint64_t at)
{
    mark->at = at;
    kh_list_append(&sim_out(end)->marks, &mark->node);
}

static void tell_marks(struct sim_pipe *pipe, bool reached)
{
    while (!kh_list_empty(&pipe->marks)) {
        struct sim_mark *mark = kh_container(pipe->marks.next, struct sim_mark, node);
        if (reached && mark->at > pipe->taken)
            return;
        kh_list_remove(&mark->node);
        mark->told(mark, reached);
    }
}

void sim_pipe_free(struct sim_pipe *pipe)
{
    tell_marks(pipe, false);
    sim_cancel(pipe->link->network->schedule, &pipe->arrival);
    while (pipe->first != NULL) {
        struct sim_piece *next = pipe->first->next;
        free(pipe->first);
        pipe->first = next;
    }
}

/* Bytes of one piece: they were sent at one time. */
static size_t take(struct sim_pipe *pipe, void *out, size_t size)
{
    struct sim_piece *piece = pipe->first;
    size_t left = piece->size - piece->at;

    size = size < left ? size : left;
    if (size > pipe->arrived - pipe->taken)
        size = (size_t)(pipe->arrived - pipe->taken);
    memcpy(out, piece->data + piece->at, size);
    piece->at += size;
    pipe->taken += size;
    pipe->held -= size;
    if (piece->at == piece->size && piece != pipe->coming) {
        pipe->first = piece->next;
        free(piece);
    }
    return size;
}

int64_t sim_end_recv(struct sim_end *end, void *out, size_t size, int *ret_error_number,
                     int64_t *ret_sent_us)
{
    struct sim_pipe *pipe = sim_in(end);
    struct sim_network *n = end->link->network;

    if (pipe->arrived == pipe->taken) {
        if (pipe->end_arrived)
            return 0;
        if (end->error_number == 0)
            return KH_IO_AGAIN;
        *ret_error_number = end->error_number;
        return KH_IO_FAILED;
    }
    if (n->short_io && size > 1 && sim_chance(n->random, 8))
        size = 1 + kh_random_below(n->random, size - 1);
    if (ret_sent_us != NULL)
        *ret_sent_us = pipe->first->sent_us;
    size = take(pipe, out, size);
    sim_end_note(writer_of(pipe));
    tell_marks(pipe, true);
    return (int64_t)size;
}
