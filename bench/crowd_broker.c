#include "crowd_broker.h"
#include "broker_socket.h"

#include "protocol/consumer_protocol.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 16, RECEIVE = 1 << 16, REPLICAS = 3, UNSUPPORTED_VERSION = 35 };
enum { METADATA = 3, FIND_COORDINATOR = 10, JOIN = 11, HEARTBEAT = 12, LEAVE = 13, SYNC = 14 };

/* What is spoken: one version each. The leader's own way is through flexible ones. */
static const struct {
    int16_t key, oldest, newest;
} spoken[] = {{0, 3, 7},         {1, 4, 11},    {2, 0, 5},    {METADATA, 12, 12},
              {8, 1, 7},         {9, 1, 5},     {JOIN, 9, 9}, {FIND_COORDINATOR, 2, 2},
              {HEARTBEAT, 3, 3}, {LEAVE, 3, 3}, {SYNC, 5, 5}, {18, 0, 0}};
enum { SPOKEN = sizeof spoken / sizeof *spoken };

struct connection {
    int fd; /* -1: free */
    uint8_t *in;
    size_t size, capacity;
};

struct crowd_broker {
    struct crowd_options options;
    struct kh_heap heap;
    uint16_t port;
    int listener, stop[2];
    pthread_t thread;
    struct connection connections[CONNECTIONS];
    struct kh_writer metadata; /* the body, with all topics */
    struct kh_writer others;   /* the other members of JoinGroup's answer */
    uint8_t *given;            /* by partition */
    char problem[128];
    atomic_size_t metadata_bytes, join_bytes, sync_bytes;
};

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

void crowd_topic_name(char *name, size_t number)
{
    snprintf(name, 16, "t%04zu", number % 10000);
}

static void member_name(char *name, size_t number)
{
    snprintf(name, 16, "m%05zu", number % 100000);
}

/* ---- what is prepared ---- */

static void write_topic(const struct crowd_broker *b, struct kh_writer *w, size_t t)
{
    const int32_t replicas[REPLICAS] = {1, 2, 3};
    char name[16];
    struct kh_uuid id = {{1}};
    memcpy(&id.bytes[8], &t, sizeof t);
    crowd_topic_name(name, t);
    kh_write_i16(w, 0);
    kh_write_nullable_string(w, kh_string_of(name));
    kh_write_uuid(w, &id);
    kh_write_bool(w, false);
    kh_write_array(w, b->options.partitions);
    for (size_t p = 0; p < b->options.partitions; p++) {
        kh_write_i16(w, 0);
        kh_write_i32(w, (int32_t)p);
        kh_write_i32(w, 1); /* leader, and its epoch */
        kh_write_i32(w, 1);
        kh_write_i32_array(w, replicas, REPLICAS);
        kh_write_i32_array(w, replicas, REPLICAS);
        kh_write_i32_array(w, NULL, 0);
        kh_write_tags(w);
    }
    kh_write_i32(w, INT32_MIN);
    kh_write_tags(w);
}

static void write_metadata(const struct crowd_broker *b, struct kh_writer *w, size_t topic_count)
{
    kh_write_i32(w, 0);
    kh_write_array(w, 1);
    kh_write_i32(w, 1);
    kh_write_string(w, KH_STRING("127.0.0.1"));
    kh_write_i32(w, b->port);
    kh_write_nullable_string(w, kh_string_of(NULL));
    kh_write_tags(w);
    kh_write_nullable_string(w, KH_STRING("crowd"));
    kh_write_i32(w, 1);
    kh_write_array(w, topic_count);
    for (size_t t = 0; t < topic_count; t++)
        write_topic(b, w, t);
    kh_write_tags(w);
}

/* Partitions in one row were dealt like cards. */
static size_t list_owned(const struct crowd_broker *b, size_t member, size_t t, int32_t *numbers)
{
    size_t members = b->options.members, partitions = b->options.partitions, count = 0;
    size_t first = (members + member - t * partitions % members) % members;
    for (size_t p = first; p < partitions; p += members)
        numbers[count++] = (int32_t)p;
    return count;
}

static void write_other(struct crowd_broker *b, size_t member, const struct kh_string *names,
                        struct kh_consumer_topic *owned, int32_t *numbers)
{
    struct kh_consumer_subscription subscription = {.topics = (struct kh_string *)(uintptr_t)names,
                                                    .topic_count = b->options.topics,
                                                    .owned = owned,
                                                    .generation = b->options.owned ? 7 : -1};
    size_t most = b->options.partitions / b->options.members + 1;
    for (size_t t = 0; b->options.owned && t < b->options.topics; t++) {
        struct kh_consumer_topic *topic = &owned[subscription.owned_count];
        topic->topic = names[t];
        topic->partitions = &numbers[t * most];
        topic->partition_count = list_owned(b, member, t, topic->partitions);
        subscription.owned_count += topic->partition_count > 0;
    }
    struct kh_writer w;
    char name[16];
    kh_writer_init(&w, &b->heap);
    kh_consumer_subscription_encode(&w, KH_CONSUMER_PROTOCOL_NEWEST, &subscription);
    member_name(name, member);
    kh_write_string(&b->others, kh_string_of(name));
    kh_write_nullable_string(&b->others, kh_string_of(NULL));
    kh_write_bytes(&b->others, (struct kh_bytes){w.data, (int32_t)w.size});
    kh_write_tags(&b->others);
    kh_writer_free(&w);
}

static void prepare(struct crowd_broker *b)
{
    const struct crowd_options *o = &b->options;
    size_t most = o->partitions / o->members + 1;
    char(*texts)[16] = calloc(o->topics, sizeof *texts);
    struct kh_string *names = calloc(o->topics, sizeof *names);
    struct kh_consumer_topic *owned = calloc(o->topics, sizeof *owned);
    int32_t *numbers = calloc(o->topics * most, sizeof *numbers);
    b->given = calloc(o->topics, o->partitions);
    if (texts == NULL || names == NULL || owned == NULL || numbers == NULL || b->given == NULL)
        give_up("crowd_broker");
    for (size_t t = 0; t < o->topics; t++) {
        crowd_topic_name(texts[t], t);
        names[t] = kh_string_of(texts[t]);
    }
    kh_writer_init(&b->metadata, &b->heap);
    kh_writer_init(&b->others, &b->heap);
    b->metadata.flexible = b->others.flexible = true;
    write_metadata(b, &b->metadata, o->topics);
    for (size_t m = 1; m < o->members; m++)
        write_other(b, m, names, owned, numbers);
    free(texts);
    free(names);
    free(owned);
    free(numbers);
}

/* ---- answers ---- */

static void api_versions(struct kh_writer *w, int16_t version)
{
    kh_write_i16(w, version == 0 ? 0 : UNSUPPORTED_VERSION);
    kh_write_i32(w, SPOKEN);
    for (size_t i = 0; i < SPOKEN; i++) {
        kh_write_i16(w, spoken[i].key);
        kh_write_i16(w, spoken[i].oldest);
        kh_write_i16(w, spoken[i].newest);
    }
}

static void metadata(struct crowd_broker *b, struct kh_writer *w, struct kh_reader *r)
{
    if (kh_read_uvarint(r) <= 1) { /* a compact array: null or empty */
        write_metadata(b, w, 0);
        return;
    }
    kh_write_raw(w, b->metadata.data, b->metadata.size);
    b->metadata_bytes = b->metadata.size;
}

static void find_coordinator(const struct crowd_broker *b, struct kh_writer *w)
{
    kh_write_i32(w, 0);
    kh_write_i16(w, 0);
    kh_write_nullable_string(w, kh_string_of(NULL));
    kh_write_i32(w, 1);
    kh_write_string(w, KH_STRING("127.0.0.1"));
    kh_write_i32(w, b->port);
}

static void join(struct crowd_broker *b, struct kh_writer *w, struct kh_reader *r)
{
    const struct kh_string leader = KH_STRING("m00000");
    kh_read_string(r); /* group */
    kh_read_i32(r);
    kh_read_i32(r);
    kh_read_string(r);
    kh_read_nullable_string(r);
    kh_read_string(r);  /* protocol type */
    kh_read_uvarint(r); /* how many protocols: the first will do */
    struct kh_string protocol = kh_read_string(r);
    struct kh_bytes subscription = kh_read_bytes(r);
    kh_write_i32(w, 0);
    kh_write_i16(w, 0);
    kh_write_i32(w, 1);
    kh_write_nullable_string(w, KH_STRING("consumer"));
    kh_write_nullable_string(w, protocol);
    kh_write_string(w, leader);
    kh_write_bool(w, false);
    kh_write_string(w, leader);
    kh_write_array(w, b->options.members);
    kh_write_string(w, leader);
    kh_write_nullable_string(w, kh_string_of(NULL));
    kh_write_bytes(w, subscription);
    kh_write_tags(w);
    kh_write_raw(w, b->others.data, b->others.size);
    kh_write_tags(w);
    b->join_bytes = w->size;
}

/* ---- what the leader handed out ---- */

static size_t take_share(struct crowd_broker *b, struct kh_bytes share)
{
    struct kh_reader r;
    size_t total = 0;
    kh_reader_init(&r, share.data, (size_t)share.size, false, NULL);
    kh_read_i16(&r); /* version */
    for (int32_t topics = kh_read_i32(&r); topics > 0 && kh_read_ok(&r); topics--) {
        struct kh_string name = kh_read_string(&r);
        size_t t = kh_read_ok(&r) && name.size == 5 ? strtoul(&name.data[1], NULL, 10) : SIZE_MAX;
        for (int32_t count = kh_read_i32(&r); count > 0 && kh_read_ok(&r); count--, total++) {
            size_t p = (size_t)kh_read_i32(&r);
            if (t >= b->options.topics || p >= b->options.partitions ||
                b->given[t * b->options.partitions + p]++ > 0)
                snprintf(b->problem, sizeof b->problem, "topic %zu, partition %zu", t, p);
        }
    }
    if (!kh_read_ok(&r))
        snprintf(b->problem, sizeof b->problem, "a share cannot be read: %s", r.wrong);
    return total;
}

static void sync_group(struct crowd_broker *b, struct kh_writer *w, struct kh_reader *r,
                       size_t size)
{
    size_t all = b->options.topics * b->options.partitions, total = 0, least = all, most = 0;
    struct kh_bytes own = {NULL, 0};
    kh_read_string(r); /* group */
    kh_read_i32(r);
    kh_read_string(r);
    kh_read_nullable_string(r);
    kh_read_nullable_string(r);
    struct kh_string protocol = kh_read_nullable_string(r);
    uint32_t count = kh_read_uvarint(r);
    memset(b->given, 0, all);
    b->problem[0] = '\0';
    for (uint32_t i = 1; i < count && kh_read_ok(r); i++) {
        struct kh_string member = kh_read_string(r);
        struct kh_bytes share = kh_read_bytes(r);
        kh_skip_tags(r);
        size_t given = kh_read_ok(r) ? take_share(b, share) : 0;
        if (member.size == 6 && memcmp(member.data, "m00000", 6) == 0)
            own = share;
        total += given;
        least = given < least ? given : least;
        most = given > most ? given : most;
    }
    if (b->problem[0] == '\0' && (!kh_read_ok(r) || total != all || most > least + 1))
        snprintf(b->problem, sizeof b->problem, "%zu of %zu are given, %zu to %zu each", total, all,
                 least, most);
    b->sync_bytes = size;
    kh_write_i32(w, 0);
    kh_write_i16(w, 0);
    kh_write_nullable_string(w, KH_STRING("consumer"));
    kh_write_nullable_string(w, protocol);
    kh_write_bytes(w, own);
    kh_write_tags(w);
}

static void answer(struct crowd_broker *b, struct kh_writer *w, struct kh_reader *r, size_t size)
{
    int16_t key = kh_read_i16(r), version = kh_read_i16(r);
    kh_write_i32(w, 0); /* the frame's length: below */
    kh_write_i32(w, kh_read_i32(r));
    kh_read_nullable_string(r); /* client_id */
    r->flexible = w->flexible = key == METADATA || key == JOIN || key == SYNC;
    kh_skip_tags(r);
    kh_write_tags(w);
    switch (key) {
    case 18:
        api_versions(w, version);
        break;
    case METADATA:
        metadata(b, w, r);
        break;
    case FIND_COORDINATOR:
        find_coordinator(b, w);
        break;
    case JOIN:
        join(b, w, r);
        break;
    case SYNC:
        sync_group(b, w, r, size);
        break;
    case LEAVE:
        kh_write_i32(w, 0);
        kh_write_i16(w, 0);
        kh_write_i32(w, 0);
        break;
    default: /* Heartbeat */
        kh_write_i32(w, 0);
        kh_write_i16(w, 0);
        break;
    }
    kh_write_patch_i32(w, 0, (int32_t)(w->size - 4));
}

/* ---- sockets ---- */

static void close_connection(struct connection *c)
{
    close(c->fd);
    free(c->in);
    *c = (struct connection){.fd = -1};
}

static bool serve_all(struct crowd_broker *b, struct connection *c)
{
    bool fine = true;
    size_t at = 0;
    while (fine && c->size - at >= 4) {
        const uint8_t *p = c->in + at;
        size_t size = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (c->size - at - 4 < size)
            break;
        struct kh_writer w;
        struct kh_reader r;
        kh_writer_init(&w, &b->heap);
        kh_reader_init(&r, p + 4, size, false, NULL);
        answer(b, &w, &r, size);
        fine = w.status == 0 && bench_send_all(c->fd, w.data, w.size);
        kh_writer_free(&w);
        at += 4 + size;
    }
    memmove(c->in, c->in + at, c->size - at);
    c->size -= at;
    return fine;
}

static void receive(struct crowd_broker *b, struct connection *c)
{
    if (c->capacity - c->size < RECEIVE) {
        c->capacity = 2 * c->capacity + RECEIVE;
        c->in = realloc(c->in, c->capacity);
        if (c->in == NULL)
            give_up("crowd_broker");
    }
    ssize_t got = recv(c->fd, c->in + c->size, c->capacity - c->size, 0);
    c->size += got > 0 ? (size_t)got : 0;
    if (got <= 0 || !serve_all(b, c))
        close_connection(c);
}

static void accept_one(struct crowd_broker *b)
{
    int fd = accept(b->listener, NULL, NULL), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (b->connections[i].fd < 0) {
            b->connections[i].fd = fd;
            return;
        }
    close(fd);
}

static void *run(void *arg)
{
    struct crowd_broker *b = arg;
    struct pollfd polls[2 + CONNECTIONS] = {{.fd = b->listener, .events = POLLIN},
                                            {.fd = b->stop[0], .events = POLLIN}};
    for (;;) {
        for (size_t i = 0; i < CONNECTIONS; i++)
            polls[2 + i] = (struct pollfd){.fd = b->connections[i].fd, .events = POLLIN};
        if (poll(polls, 2 + CONNECTIONS, -1) < 0)
            give_up("poll");
        if (polls[1].revents != 0)
            return NULL;
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (polls[2 + i].fd >= 0 && polls[2 + i].revents != 0)
                receive(b, &b->connections[i]);
        if (polls[0].revents != 0)
            accept_one(b);
    }
}

struct crowd_broker *crowd_start(const struct crowd_options *options, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct crowd_broker *b = calloc(1, sizeof *b);
    if (b == NULL)
        give_up("crowd_broker");
    b->options = *options;
    kh_heap_init(&b->heap);
    for (size_t i = 0; i < CONNECTIONS; i++)
        b->connections[i].fd = -1;
    b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (b->listener < 0 || bind(b->listener, (struct sockaddr *)&address, size) < 0 ||
        listen(b->listener, CONNECTIONS) < 0 ||
        getsockname(b->listener, (struct sockaddr *)&address, &size) < 0 || pipe(b->stop) < 0)
        give_up("crowd_broker");
    b->port = *ret_port = ntohs(address.sin_port);
    prepare(b);
    if (pthread_create(&b->thread, NULL, run, b) != 0)
        give_up("pthread_create");
    return b;
}

size_t crowd_metadata_bytes(const struct crowd_broker *b)
{
    return b->metadata_bytes;
}

size_t crowd_join_bytes(const struct crowd_broker *b)
{
    return b->join_bytes;
}

size_t crowd_sync_bytes(const struct crowd_broker *b)
{
    return b->sync_bytes;
}

const char *crowd_problem(const struct crowd_broker *b)
{
    return b->problem[0] == '\0' ? NULL : b->problem;
}

void crowd_stop(struct crowd_broker *b)
{
    close(b->stop[1]);
    pthread_join(b->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (b->connections[i].fd >= 0)
            close_connection(&b->connections[i]);
    close(b->listener);
    close(b->stop[0]);
    kh_writer_free(&b->metadata);
    kh_writer_free(&b->others);
    free(b->given);
    free(b);
}
