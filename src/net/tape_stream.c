/* Streams of a tape. What is received is masked before it is written down; of what is sent only a
 * hash is, without what is secret. */
#include "base/status.h"
#include "net/record_mask.h"
#include "net/tape_platform_internal.h"

#include <errno.h>
#include <string.h>

struct kh_stream {
    struct kh_tape_platform *platform;
    struct kh_list node;
    int64_t number;
    struct kh_stream *inner; /* NULL: replaying */
    const struct kh_stream_events *events;
    void *arg;
    struct kh_record_mask mask;
};

enum { PIECE = 4096 };

static void connected(void *arg, int error_number)
{
    struct kh_stream *s = arg;
    struct kh_tape *t = s->platform->tape;
    kh_tape_begin_all(t, KH_TAPE_CONNECTED, s->number, error_number);
    s->events->connected(s->arg, error_number);
    kh_tape_end(t);
}

static void readable(void *arg)
{
    struct kh_stream *s = arg;
    struct kh_tape *t = s->platform->tape;
    kh_tape_begin_all(t, KH_TAPE_READABLE, s->number);
    s->events->readable(s->arg);
    kh_tape_end(t);
}

static void writable(void *arg)
{
    struct kh_stream *s = arg;
    struct kh_tape *t = s->platform->tape;
    kh_tape_begin_all(t, KH_TAPE_WRITABLE, s->number);
    s->events->writable(s->arg);
    kh_tape_end(t);
}

bool kh_tape_stream_play(struct kh_tape_platform *p, enum kh_tape_kind kind, int64_t number,
                         int64_t error_number)
{
    kh_list_each (node, &p->streams) {
        struct kh_stream *s = kh_container(node, struct kh_stream, node);
        if (s->number != number)
            continue;
        if (kind == KH_TAPE_CONNECTED)
            connected(s, (int)error_number);
        else if (kind == KH_TAPE_READABLE)
            readable(s);
        else
            writable(s);
        return true;
    }
    return false;
}

static void put_address(struct kh_tape *t, const struct kh_address *address, int64_t number)
{
    uint8_t bytes[sizeof address->bytes] = {0};
    memcpy(bytes, address->bytes, address->ipv6 ? sizeof bytes : 4);
    kh_tape_put_all(t, KH_TAPE_OPEN, number, address->port, address->ipv6, address->scope_id);
    kh_tape_put(t, KH_TAPE_ADDRESS, bytes, sizeof bytes);
}

int kh_tape_stream_open(struct kh_platform *base, const struct kh_address *address,
                        const struct kh_stream_events *events, void *arg,
                        struct kh_stream **ret_stream, int *ret_error_number)
{
    static const struct kh_stream_events ours = {connected, readable, writable};
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    struct kh_stream *s = kh_alloc_zeroed(p->tape->heap, 1, sizeof *s);
    int64_t result[2] = {0, 0}; /* the status, and an error number */
    if (s == NULL)
        return KOHORT_ENOMEM;
    s->platform = p;
    s->number = ++p->tape->streams;
    s->events = events;
    s->arg = arg;
    put_address(p->tape, address, s->number);
    if (p->inner != NULL) {
        int error_number = 0;
        result[0] = p->inner->ops->open(p->inner, address, &ours, s, &s->inner, &error_number);
        result[1] = error_number;
    }
    kh_tape_get_numbers(p->tape, KH_TAPE_RESULT, result, 2);
    if (result[0] != 0) {
        *ret_error_number = (int)result[1];
        kh_free(p->tape->heap, s);
        return result[0] == KOHORT_ENOMEM ? KOHORT_ENOMEM : KOHORT_ECONNECT;
    }
    kh_record_mask_init(&s->mask, p->tape->heap);
    kh_list_append(&p->streams, &s->node);
    *ret_stream = s;
    return 0;
}

/* The bytes go to the library as they are, and masked onto the tape; a replay gives it those. */
static void tape_received(struct kh_stream *s, uint8_t *data, size_t size)
{
    struct kh_tape *t = s->platform->tape;
    uint8_t piece[PIECE];
    for (size_t i = 0; i < size; i += sizeof piece) {
        size_t here = size - i < sizeof piece ? size - i : sizeof piece;
        if (t->recording) {
            memcpy(piece, data + i, here);
            kh_record_mask_received(&s->mask, piece, here);
        }
        kh_tape_get(t, KH_TAPE_RECEIVED, piece, here);
        if (!t->recording) {
            memcpy(data + i, piece, here);
            /* What is masked already stays as it is; which requests are answered must be known. */
            kh_record_mask_received(&s->mask, piece, here);
        }
    }
}

int64_t kh_tape_stream_recv(struct kh_stream *s, void *out, size_t size, int *ret_error_number)
{
    struct kh_tape_platform *p = s->platform;
    int64_t result[2] = {0, 0}; /* what recv returns, and an error number */
    kh_tape_put_all(p->tape, KH_TAPE_RECEIVE, s->number, (int64_t)size);
    if (p->inner != NULL) {
        int error_number = 0;
        result[0] = p->inner->ops->recv(s->inner, out, size, &error_number);
        result[1] = error_number;
    }
    kh_tape_get_numbers(p->tape, KH_TAPE_RESULT, result, 2);
    if (kh_tape_diverged(p->tape))
        return KH_IO_AGAIN;
    *ret_error_number = (int)result[1];
    if (result[0] < KH_IO_FAILED || result[0] > (int64_t)size) {
        kh_tape_diverge(p->tape, "more is received than there is room for: the file is damaged");
        return KH_IO_AGAIN;
    }
    if (result[0] > 0)
        tape_received(s, out, (size_t)result[0]);
    return result[0];
}

/* FNV-1a of what was sent, with zeros for what is secret. */
static int64_t hash_sent(struct kh_stream *s, const struct kh_span *spans, int count, size_t sent)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    uint8_t piece[PIECE];
    for (int i = 0; i < count; i++) {
        const uint8_t *data = spans[i].data;
        for (size_t at = 0; at < spans[i].size && sent > 0;) {
            size_t here = spans[i].size - at < sizeof piece ? spans[i].size - at : sizeof piece;
            here = here < sent ? here : sent;
            memcpy(piece, data + at, here);
            kh_record_mask_sent(&s->mask, piece, here);
            for (size_t k = 0; k < here; k++)
                hash = (hash ^ piece[k]) * UINT64_C(0x100000001b3);
            at += here;
            sent -= here;
        }
    }
    return (int64_t)hash;
}

int64_t kh_tape_stream_send(struct kh_stream *s, const struct kh_span *spans, int count,
                            int *ret_error_number)
{
    struct kh_tape_platform *p = s->platform;
    int64_t result[2] = {0, 0}, offered = 0;
    for (int i = 0; i < count; i++)
        offered += (int64_t)spans[i].size;
    kh_tape_put_all(p->tape, KH_TAPE_SEND, s->number, offered);
    if (p->inner != NULL) {
        int error_number = 0;
        result[0] = p->inner->ops->send(s->inner, spans, count, &error_number);
        result[1] = error_number;
    }
    kh_tape_get_numbers(p->tape, KH_TAPE_RESULT, result, 2);
    if (kh_tape_diverged(p->tape))
        return KH_IO_AGAIN;
    *ret_error_number = (int)result[1];
    if (result[0] < KH_IO_FAILED || result[0] > offered) {
        kh_tape_diverge(p->tape, "more is sent than there is: the file is damaged");
        return KH_IO_AGAIN;
    }
    if (result[0] > 0)
        kh_tape_put_all(p->tape, KH_TAPE_SEND, hash_sent(s, spans, count, (size_t)result[0]));
    return result[0];
}

void kh_tape_stream_want(struct kh_stream *s, bool is_readable, bool is_writable)
{
    kh_tape_put_all(s->platform->tape, KH_TAPE_WANT, s->number, is_readable, is_writable);
    if (s->inner != NULL)
        s->platform->inner->ops->want(s->inner, is_readable, is_writable);
}

void kh_tape_stream_close(struct kh_stream *s)
{
    kh_tape_put_all(s->platform->tape, KH_TAPE_CLOSE, s->number);
    if (s->inner != NULL)
        s->platform->inner->ops->close(s->inner);
    kh_tape_stream_free(&s->node);
}

void kh_tape_stream_free(struct kh_list *node)
{
    struct kh_stream *s = kh_container(node, struct kh_stream, node);
    kh_list_remove(node);
    kh_record_mask_free(&s->mask);
    kh_free(s->platform->tape->heap, s);
}
