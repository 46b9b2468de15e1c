/* The least time in which a fresh group gives its first record: one blocking socket to a broker
 * that leads everything, versions known beforehand, each round trip that the group protocol needs
 * and not one more. Metadata travels with FindCoordinator; JoinGroup has the last version that
 * admits a member at once (KIP-394); where the log begins is asked together with the committed
 * offset, which a fresh group has not. Answers are believed.
 *
 *   first_floor PORT GROUP */
#include "broker_socket.h"
#include "report.h"
#include "support/records/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FETCH = 1, LIST_OFFSETS = 2, METADATA = 3, OFFSET_FETCH = 9, FIND_COORDINATOR = 10 };
enum { JOIN_GROUP = 11, SYNC_GROUP = 14 };

struct client {
    int fd;
    const char *group;
    struct test_buffer out; /* requests, sent together */
    size_t request;         /* where the last one begins */
    struct test_buffer in;  /* the answer last read, from its correlation id on */
    size_t at;
};

static void give_up(const char *why)
{
    fprintf(stderr, "first_floor: %s\n", why);
    exit(1);
}

/* ---- requests ---- */

static void put(struct client *c, int64_t value, size_t size)
{
    test_buffer_append_int(&c->out, (uint64_t)value, size);
}

static void put_text(struct client *c, const char *text)
{
    put(c, (int64_t)strlen(text), 2);
    test_buffer_append(&c->out, text, strlen(text));
}

/* A subscription or an assignment: its size, version 0, one topic, then what `partition` says. */
static void put_topics(struct client *c, bool partition)
{
    put(c, 2 + 4 + 7 + (partition ? 8 : 0) + 4, 4);
    put(c, 0, 2);
    put(c, 1, 4);
    put_text(c, "bench");
    if (partition) {
        put(c, 1, 4);
        put(c, 0, 4);
    }
    put(c, -1, 4); /* user data */
}

static void begin(struct client *c, int api, int version)
{
    c->request = c->out.size;
    put(c, 0, 4);
    put(c, api, 2);
    put(c, version, 2);
    put(c, api, 4); /* correlation id */
    put(c, -1, 2);  /* client id */
}

static void end(struct client *c)
{
    size_t size = c->out.size - c->request - 4;

    for (size_t i = 0; i < 4; i++)
        c->out.data[c->request + i] = (uint8_t)(size >> (24 - 8 * i));
}

static void send_all(struct client *c)
{
    if (send(c->fd, c->out.data, c->out.size, MSG_NOSIGNAL) != (ssize_t)c->out.size)
        give_up("the requests were not taken");
    c->out.size = 0;
}

static void ask_cluster(struct client *c)
{
    begin(c, METADATA, 1);
    put(c, 1, 4);
    put_text(c, "bench");
    end(c);
    begin(c, FIND_COORDINATOR, 1);
    put_text(c, c->group);
    put(c, 0, 1);
    end(c);
    send_all(c);
}

static void ask_join(struct client *c)
{
    begin(c, JOIN_GROUP, 3);
    put_text(c, c->group);
    put(c, 45000, 4);
    put(c, 300000, 4);
    put_text(c, ""); /* member id */
    put_text(c, "consumer");
    put(c, 1, 4);
    put_text(c, "range");
    put_topics(c, false);
    end(c);
    send_all(c);
}

static void ask_sync(struct client *c, int32_t generation, const char *member)
{
    begin(c, SYNC_GROUP, 1);
    put_text(c, c->group);
    put(c, generation, 4);
    put_text(c, member);
    put(c, 1, 4);
    put_text(c, member);
    put_topics(c, true);
    end(c);
    send_all(c);
}

static void ask_offsets(struct client *c)
{
    begin(c, OFFSET_FETCH, 1);
    put_text(c, c->group);
    put(c, 1, 4);
    put_text(c, "bench");
    put(c, 1, 4);
    put(c, 0, 4);
    end(c);
    begin(c, LIST_OFFSETS, 1);
    put(c, -1, 4);
    put(c, 1, 4);
    put_text(c, "bench");
    put(c, 1, 4);
    put(c, 0, 4);
    put(c, -2, 8); /* earliest */
    end(c);
    send_all(c);
}

static void ask_records(struct client *c, int64_t offset)
{
    begin(c, FETCH, 4);
    put(c, -1, 4);
    put(c, 500, 4);
    put(c, 1, 4);
    put(c, 1 << 20, 4);
    put(c, 0, 1);
    put(c, 1, 4);
    put_text(c, "bench");
    put(c, 1, 4);
    put(c, 0, 4);
    put(c, offset, 8);
    put(c, 1 << 20, 4);
    end(c);
    send_all(c);
}

/* ---- answers ---- */

static void receive(struct client *c, uint8_t *to, size_t size)
{
    if (recv(c->fd, to, size, MSG_WAITALL) != (ssize_t)size)
        give_up("the broker is gone");
}

static int64_t get(struct client *c, size_t size)
{
    uint64_t value = 0;

    if (c->in.size - c->at < size)
        give_up("an answer is short");
    for (size_t i = 0; i < size; i++)
        value = value << 8 | c->in.data[c->at++];
    return (int64_t)value;
}

static void read_answer(struct client *c)
{
    uint8_t size[4];

    receive(c, size, sizeof size);
    c->in.size = c->at = 0;
    test_buffer_extend(&c->in, (size_t)size[0] << 24 | (size_t)size[1] << 16 |
                                   (size_t)size[2] << 8 | size[3]);
    receive(c, c->in.data, c->in.size);
    get(c, 4);
}

static void expect_no_error(struct client *c, const char *what)
{
    if (get(c, 2) != 0)
        give_up(what);
}

static void skip_text(struct client *c)
{
    c->at += (size_t)get(c, 2);
}

/* The member's id into `member`; its generation. */
static int32_t read_joined(struct client *c, char *member, size_t member_size)
{
    int32_t generation;
    size_t size;

    read_answer(c);
    get(c, 4);
    expect_no_error(c, "JoinGroup was refused");
    generation = (int32_t)get(c, 4);
    skip_text(c); /* protocol */
    size = (size_t)get(c, 2);
    if (size >= member_size || size > c->in.size - c->at)
        give_up("the leader's id is too long");
    memcpy(member, c->in.data + c->at, size);
    member[size] = '\0';
    return generation;
}

static int64_t read_beginning(struct client *c)
{
    read_answer(c); /* nothing is committed */
    read_answer(c);
    c->at += 4 + 7 + 4 + 4;
    expect_no_error(c, "ListOffsets was refused");
    get(c, 8);
    return get(c, 8);
}

static void read_records(struct client *c)
{
    read_answer(c);
    c->at += 4 + 4 + 7 + 4 + 4;
    expect_no_error(c, "Fetch was refused");
    c->at += 8 + 8 + 4; /* high watermark, stable offset, no aborted transactions */
    if (get(c, 4) < 61)
        give_up("there is no record");
}

int main(int argc, char **argv)
{
    struct bench_report report;
    struct client c = {0};
    int32_t generation;
    char member[256];

    bench_begin(&report, "floor", 1);
    if (argc != 3)
        give_up("usage: first_floor PORT GROUP");
    c.group = argv[2];
    c.fd = bench_connect(argv[1]);
    if (c.fd < 0)
        give_up("the broker cannot be reached");
    ask_cluster(&c);
    read_answer(&c);
    read_answer(&c);
    ask_join(&c);
    generation = read_joined(&c, member, sizeof member);
    ask_sync(&c, generation, member);
    read_answer(&c);
    get(&c, 4);
    expect_no_error(&c, "SyncGroup was refused");
    ask_offsets(&c);
    ask_records(&c, read_beginning(&c));
    read_records(&c);
    bench_read(&report, 1);
    bench_end(&report, 1, 0);
    close(c.fd);
    test_buffer_free(&c.in);
    test_buffer_free(&c.out);
    return 0;
}
