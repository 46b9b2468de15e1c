/* TCP: segments in order, each direction of a connection cut into frames. What the capture lacks is
 * said; reading goes on where a segment begins with what looks like a frame. */
#include "decode.h"

#include "base/limits.h"
#include "protocol/big_endian.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    CONNECTIONS_MAX = 4096,
    BROKERS_MAX = 64,
    LATE_MAX = KH_MIB, /* held of a direction until what comes before arrives */
};

/* A segment that came before its turn. */
struct late {
    struct late *next; /* by rising sequence */
    uint32_t sequence;
    size_t size;
    uint8_t data[];
};

/* One direction. */
struct half {
    bool begun;    /* `next` is known */
    bool lost;     /* within something: waits for a segment that begins with a frame */
    uint32_t next; /* the sequence that is to come */
    struct late *late;
    size_t late_size;
    uint8_t *bytes; /* of the frame that is not yet whole, its size included */
    size_t size, capacity;
};

struct connection {
    struct connection *next;
    struct endpoint ends[2];
    struct half halves[2]; /* from ends[i] */
    int client;            /* which end; -1: not yet known */
    bool is_tls;
    struct dialogue dialogue;
    char name[160]; /* "client > broker" */
};

struct streams {
    struct decode *decode;
    struct connection *connections; /* the one last used first */
    size_t connection_count, dropped;
    struct endpoint brokers[BROKERS_MAX]; /* found so far */
    size_t broker_count;
    uint16_t port;
    int64_t time_us; /* of the packet at hand */
};

struct streams *streams_new(struct decode *d, uint16_t port)
{
    struct streams *s = kh_alloc_zeroed(&d->heap, 1, sizeof *s);
    if (s != NULL)
        *s = (struct streams){.decode = d, .port = port};
    return s;
}

/* ---- Connections ---- */

static bool same_end(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && a->address_size == b->address_size &&
           memcmp(a->address, b->address, a->address_size) == 0;
}

static void end_name(char *out, size_t size, const struct endpoint *end)
{
    char text[INET6_ADDRSTRLEN] = "?";
    bool is_ipv6 = end->address_size == 16;
    inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, end->address, text, sizeof text);
    snprintf(out, size, is_ipv6 ? "[%s]:%u" : "%s:%u", text, end->port);
}

static void settle_client(struct connection *c, int client)
{
    char from[INET6_ADDRSTRLEN + 16], to[INET6_ADDRSTRLEN + 16];
    c->client = client;
    end_name(from, sizeof from, &c->ends[client]);
    end_name(to, sizeof to, &c->ends[1 - client]);
    snprintf(c->name, sizeof c->name, "%s > %s", from, to);
}

static bool is_broker(const struct streams *s, const struct endpoint *end)
{
    for (size_t i = 0; i < s->broker_count; i++)
        if (same_end(end, &s->brokers[i]))
            return true;
    return false;
}

/* Which side asks is now known by what it sent. */
static void found_client(struct streams *s, struct connection *c, int client)
{
    const struct endpoint *broker = &c->ends[1 - client];
    settle_client(c, client);
    if (s->broker_count < BROKERS_MAX && !is_broker(s, broker))
        s->brokers[s->broker_count++] = *broker;
}

/* Other connections may have told. */
static void find_client(const struct streams *s, struct connection *c)
{
    for (int end = 0; end < 2 && c->client < 0; end++)
        if (is_broker(s, &c->ends[end]))
            settle_client(c, 1 - end);
}

static struct connection *new_connection(struct streams *s, const struct segment *segment)
{
    struct connection *c = NULL;
    if (s->connection_count < CONNECTIONS_MAX)
        c = kh_alloc_zeroed(&s->decode->heap, 1, sizeof *c);
    if (c == NULL) {
        s->dropped++;
        return NULL;
    }
    s->connection_count++;
    c->ends[0] = segment->from;
    c->ends[1] = segment->to;
    c->client = -1;
    c->halves[0].lost = c->halves[1].lost = true;
    if (s->port != 0 && segment->to.port != segment->from.port)
        settle_client(c, segment->to.port == s->port ? 0 : 1);
    c->next = s->connections;
    s->connections = c;
    return c;
}

/* Moves it to the front. *ret_from: which end the segment comes from. */
static struct connection *find_connection(struct streams *s, const struct segment *segment,
                                          int *ret_from)
{
    for (struct connection **at = &s->connections; *at != NULL; at = &(*at)->next) {
        struct connection *c = *at;
        bool forth = same_end(&c->ends[0], &segment->from) && same_end(&c->ends[1], &segment->to);
        bool back = same_end(&c->ends[1], &segment->from) && same_end(&c->ends[0], &segment->to);
        if (!forth && !back)
            continue;
        *at = c->next;
        c->next = s->connections;
        s->connections = c;
        *ret_from = forth ? 0 : 1;
        return c;
    }
    *ret_from = 0;
    return new_connection(s, segment);
}

/* ---- Frames ---- */

static bool may_begin_frame(const struct connection *c, int from, const uint8_t *data, size_t size)
{
    if (size < 8 || kh_load_u32(data) < 4 || kh_load_u32(data) > KH_LIMIT_FETCH_FRAME)
        return false;
    if (c->client == 1 - from)
        return dialogue_awaits(&c->dialogue, kh_load_i32(data + 4));
    /* A small correlation id, which an answer begins with, looks like the key of Produce. */
    return looks_like_request(data + 4, size - 4) && (c->client == from || data[5] != 0);
}

static void lose(struct streams *s, struct connection *c, int from, const char *why)
{
    struct half *h = &c->halves[from];
    complain(s->decode, "%s: %s; what follows is read from the next %s on", c->name, why,
             from == c->client ? "request" : "answer");
    h->lost = true;
    h->size = 0;
}

static void take_frame(struct streams *s, struct connection *c, int from, const uint8_t *data,
                       size_t size)
{
    const struct frame frame = {data, size, c->name, s->time_us};
    if (from == c->client && looks_like_request(data, size))
        decode_request(s->decode, &c->dialogue, &frame);
    else if (from == c->client)
        lose(s, c, from, "what the client sends is not Kafka's protocol");
    else if (!decode_response(s->decode, &c->dialogue, &frame))
        lose(s, c, from, "an answer belongs to no request of this capture");
}

static void take_frames(struct streams *s, struct connection *c, int from)
{
    struct half *h = &c->halves[from];
    size_t at = 0;
    while (!h->lost && h->size - at >= 4) {
        size_t size = kh_load_u32(h->bytes + at);
        if (size < 4 || size > KH_LIMIT_FETCH_FRAME)
            lose(s, c, from, "a frame has a size that cannot be");
        else if (h->size - at - 4 < size)
            break;
        else {
            take_frame(s, c, from, h->bytes + at + 4, size);
            at += 4 + size;
        }
    }
    if (h->lost || at == 0) /* a large frame is not moved with each of its segments */
        return;
    memmove(h->bytes, h->bytes + at, h->size - at);
    h->size -= at;
}

static bool append(struct streams *s, struct half *h, const uint8_t *data, size_t size)
{
    if (h->size + size > h->capacity) {
        size_t capacity = 2 * (h->size + size);
        uint8_t *grown = kh_resize(&s->decode->heap, h->bytes, capacity, 1);
        if (grown == NULL)
            return false;
        h->bytes = grown;
        h->capacity = capacity;
    }
    memcpy(h->bytes + h->size, data, size);
    h->size += size;
    return true;
}

/* A record of TLS: a handshake or data, version 3.x. */
static bool looks_like_tls(const uint8_t *data, size_t size)
{
    return size >= 5 && (data[0] == 0x16 || data[0] == 0x17) && data[1] == 3 && data[2] <= 4;
}

/* Bytes whose turn it is; `data` is where a segment begins. */
static void take_bytes(struct streams *s, struct connection *c, int from, const uint8_t *data,
                       size_t size)
{
    struct half *h = &c->halves[from];
    bool is_start = h->lost || h->size == 0;
    if (c->is_tls || size == 0)
        return;
    find_client(s, c);
    if (is_start && looks_like_tls(data, size) && !may_begin_frame(c, from, data, size)) {
        if (c->client < 0)
            settle_client(c, from);
        complain(s->decode, "%s: TLS; only what is not encrypted can be read", c->name);
        c->is_tls = true;
        return;
    }
    if (h->lost && !may_begin_frame(c, from, data, size))
        return;
    if (c->client < 0)
        found_client(s, c, from);
    h->lost = false;
    if (append(s, h, data, size))
        take_frames(s, c, from);
    else
        lose(s, c, from, "out of memory");
}

/* ---- Sequence ---- */

static void keep_late(struct streams *s, struct half *h, const struct segment *segment)
{
    struct late **at = &h->late;
    while (*at != NULL && (int32_t)((*at)->sequence - segment->sequence) < 0)
        at = &(*at)->next;
    struct late *late = kh_alloc(&s->decode->heap, sizeof *late + segment->size);
    if (late == NULL)
        return;
    *late = (struct late){.next = *at, .sequence = segment->sequence, .size = segment->size};
    memcpy(late->data, segment->data, segment->size);
    h->late_size += sizeof *late + segment->size;
    *at = late;
}

/* What was there before is cut off: retransmissions overlap as they like. */
static void advance(struct streams *s, struct connection *c, int from, uint32_t sequence,
                    const uint8_t *data, size_t size)
{
    struct half *h = &c->halves[from];
    uint32_t seen = h->next - sequence;
    if (seen >= size)
        return;
    h->next = sequence + (uint32_t)size;
    take_bytes(s, c, from, data + seen, size - seen);
}

static void take_late(struct streams *s, struct connection *c, int from)
{
    struct half *h = &c->halves[from];
    while (h->late != NULL && (int32_t)(h->late->sequence - h->next) <= 0) {
        struct late *late = h->late;
        h->late = late->next;
        h->late_size -= sizeof *late + late->size;
        advance(s, c, from, late->sequence, late->data, late->size);
        kh_free(&s->decode->heap, late);
    }
}

static void lose_bytes(struct streams *s, struct connection *c, int from, uint32_t missing)
{
    char why[96];
    snprintf(why, sizeof why, "the capture lacks %u bytes", missing);
    if (c->client >= 0 && !c->is_tls && !c->halves[from].lost)
        lose(s, c, from, why);
}

/* Gives up waiting for what comes before the segments that are held. */
static void skip_gap(struct streams *s, struct connection *c, int from)
{
    struct half *h = &c->halves[from];
    if (h->late == NULL)
        return;
    lose_bytes(s, c, from, h->late->sequence - h->next);
    h->next = h->late->sequence;
    take_late(s, c, from);
}

/* The other side has what the capture lacks: it will not come any more. A FIN counts as one. */
static void take_acknowledgement(struct streams *s, struct connection *c, int from,
                                 uint32_t acknowledged)
{
    struct half *h = &c->halves[from];
    while (h->late != NULL && (int32_t)(acknowledged - h->late->sequence) > 0)
        skip_gap(s, c, from);
    int32_t missing = (int32_t)(acknowledged - h->next);
    if (!h->begun || missing <= 1)
        return;
    h->next = acknowledged;
    lose_bytes(s, c, from, (uint32_t)missing);
    take_late(s, c, from);
}

/* Of this packet only the beginning was captured. */
static void skip_cut(struct streams *s, struct connection *c, int from,
                     const struct segment *segment)
{
    struct half *h = &c->halves[from];
    uint32_t end = segment->sequence + (uint32_t)(segment->size + segment->cut);
    if (segment->cut == 0 || (int32_t)(end - h->next) <= 0)
        return;
    h->next = end;
    if (c->client >= 0 && !c->is_tls && !h->lost)
        lose(s, c, from, "a packet was cut when it was captured");
}

static void restart(struct streams *s, struct connection *c, int from,
                    const struct segment *segment)
{
    struct half *h = &c->halves[from];
    while (h->late != NULL)
        skip_gap(s, c, from);
    h->size = 0;
    h->begun = true;
    h->lost = false;
    h->next = segment->sequence + 1;
    if (segment->ack)
        return;
    c->is_tls = false;
    c->dialogue.count = 0;
    found_client(s, c, from);
}

void streams_take(struct streams *s, const struct segment *segment, int64_t time_us)
{
    int from;
    if (s->port != 0 && segment->from.port != s->port && segment->to.port != s->port)
        return;
    struct connection *c = find_connection(s, segment, &from);
    if (c == NULL)
        return;
    struct half *h = &c->halves[from];
    s->time_us = time_us;
    if (segment->syn) {
        restart(s, c, from, segment);
        return;
    }
    if (segment->ack)
        take_acknowledgement(s, c, 1 - from, segment->acknowledged);
    if (segment->size == 0)
        return;
    if (!h->begun) {
        h->begun = true;
        h->next = segment->sequence;
    }
    if ((int32_t)(segment->sequence - h->next) <= 0) {
        advance(s, c, from, segment->sequence, segment->data, segment->size);
        skip_cut(s, c, from, segment);
    } else {
        keep_late(s, h, segment);
    }
    take_late(s, c, from);
    while (h->late_size > LATE_MAX)
        skip_gap(s, c, from);
}

static void end_half(struct streams *s, struct connection *c, int from)
{
    struct half *h = &c->halves[from];
    while (h->late != NULL)
        skip_gap(s, c, from);
    if (!h->lost && h->size > 0)
        complain(s->decode, "%s: the capture ends within %s", c->name,
                 from == c->client ? "a request" : "an answer");
    kh_free(&s->decode->heap, h->bytes);
}

void streams_end(struct streams *s)
{
    struct decode *d = s->decode;
    while (s->connections != NULL) {
        struct connection *c = s->connections;
        s->connections = c->next;
        end_half(s, c, 0);
        end_half(s, c, 1);
        dialogue_free(d, &c->dialogue);
        kh_free(&d->heap, c);
    }
    if (s->dropped > 0)
        complain(d, "%zu packets of more than %d connections were passed over", s->dropped,
                 CONNECTIONS_MAX);
    kh_free(&d->heap, s);
}
