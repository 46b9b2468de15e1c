#include "support/live/proxy_internal.h"

#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 5 };

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request);
}

static void write_now(struct proxy_half *to, const uint8_t *bytes, size_t size)
{
    uv_write_t *request = malloc(sizeof *request + size);
    char *copy = (char *)(request + 1);
    memcpy(copy, bytes, size);
    uv_buf_t buffer = uv_buf_init(copy, (unsigned)size);
    if (uv_write(request, (uv_stream_t *)&to->tcp, &buffer, 1, written) != 0)
        free(request);
}

/* One piece a tick while it drips, else all that is due. */
static void send_due(const struct proxy *p, struct proxy_half *to)
{
    int64_t now_ms = live_now_ms();
    while (to->first != NULL && to->first->due_ms <= now_ms) {
        struct proxy_piece *piece = to->first;
        size_t left = piece->size - piece->sent;
        size_t size = p->drip_bytes > 0 && p->drip_bytes < left ? p->drip_bytes : left;
        write_now(to, piece->bytes + piece->sent, size);
        piece->sent += size;
        if (piece->sent == piece->size) {
            to->first = piece->next;
            free(piece);
        }
        if (p->drip_bytes > 0)
            break;
    }
}

static void tick(uv_timer_t *timer)
{
    const struct proxy *p = timer->data;
    bool more = false;
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next) {
        if (c->closing)
            continue;
        send_due(p, &c->client);
        send_due(p, &c->broker);
        more = more || c->client.first != NULL || c->broker.first != NULL;
    }
    if (!more)
        uv_timer_stop(timer);
}

void proxy_pipe_init(struct proxy *p)
{
    uv_timer_init(&p->stage->loop, &p->tick);
    p->tick.data = p;
}

void proxy_send(struct proxy_connection *c, struct proxy_half *to, const uint8_t *bytes,
                size_t size)
{
    struct proxy *p = c->proxy;
    if (to->first == NULL && p->delay_ms == 0 && p->drip_bytes == 0) {
        write_now(to, bytes, size);
        return;
    }
    struct proxy_piece *piece = malloc(sizeof *piece + size);
    *piece = (struct proxy_piece){.due_ms = live_now_ms() + p->delay_ms, .size = size};
    memcpy(piece->bytes, bytes, size);
    if (to->first == NULL)
        to->first = piece;
    else
        to->last->next = piece;
    to->last = piece;
    if (!uv_is_active((uv_handle_t *)&p->tick))
        uv_timer_start(&p->tick, tick, TICK_MS, TICK_MS);
}

void proxy_drop_pieces(struct proxy_half *half)
{
    while (half->first != NULL) {
        struct proxy_piece *piece = half->first;
        half->first = piece->next;
        free(piece);
    }
}
