/* The least that reading records can cost: asks for batches, receives them into one buffer, checks
 * each checksum, lets zlib unpack what is gzip, walks each record to its key and value, adds up
 * their sizes. No group, no
 * partition state, no delivery, no error handling beyond giving up.
 *
 *   floor PORT RECORDS [PARTITIONS [MAX_BYTES]] */
#include "broker_socket.h"
#include "protocol/crc32c.h"
#include "report.h"
#include "support/records/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum {
    RECEIVE_BUFFER = 128 * 1024, /* as kohort's */
    PARTITION_MAX_BYTES = 1024 * 1024,
};

struct floor {
    int fd;
    uint8_t *data; /* [at, end) is received and not yet read */
    size_t at, end, capacity;
    z_stream gzip;
    uint8_t *plain; /* what was unpacked last */
    size_t plain_capacity;
    int64_t *positions;
    int32_t partitions, max_bytes;
    uint64_t records, bytes;
};

static void give_up(const char *why)
{
    fprintf(stderr, "floor: %s\n", why);
    exit(1);
}

static uint64_t load(const uint8_t *at, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

/* Makes `size` bytes lie together, and takes them. */
static const uint8_t *take(struct floor *f, size_t size)
{
    while (f->end - f->at < size) {
        ssize_t got;

        if (f->at + size > f->capacity || f->at == f->end) {
            memmove(f->data, f->data + f->at, f->end - f->at);
            f->end -= f->at;
            f->at = 0;
        }
        if (size > f->capacity) {
            f->capacity = size;
            f->data = realloc(f->data, size);
            if (f->data == NULL)
                give_up("out of memory");
        }
        got = recv(f->fd, f->data + f->end, f->capacity - f->end, 0);
        if (got <= 0)
            give_up("the broker is gone");
        f->end += (size_t)got;
    }
    f->at += size;
    return f->data + f->at - size;
}

static void send_fetch(struct floor *f)
{
    struct test_buffer b = {0};

    test_buffer_append_int(&b, 0, 4);
    test_buffer_append_int(&b, 1, 2); /* Fetch v11 */
    test_buffer_append_int(&b, 11, 2);
    test_buffer_append_int(&b, 1, 4);
    test_buffer_append_int(&b, UINT64_MAX, 2); /* client_id: null */
    test_buffer_append_int(&b, UINT64_MAX, 4);
    test_buffer_append_int(&b, 500, 4);
    test_buffer_append_int(&b, 1, 4);
    test_buffer_append_int(&b, (uint64_t)f->max_bytes, 4);
    test_buffer_append_int(&b, 0, 1);
    test_buffer_append_int(&b, 0, 4);
    test_buffer_append_int(&b, UINT64_MAX, 4);
    test_buffer_append_int(&b, 1, 4);
    test_buffer_append_int(&b, 5, 2);
    test_buffer_append(&b, "bench", 5);
    test_buffer_append_int(&b, (uint64_t)f->partitions, 4);
    for (int32_t i = 0; i < f->partitions; i++) {
        test_buffer_append_int(&b, (uint64_t)i, 4);
        test_buffer_append_int(&b, UINT64_MAX, 4);
        test_buffer_append_int(&b, (uint64_t)f->positions[i], 8);
        test_buffer_append_int(&b, UINT64_MAX, 8);
        test_buffer_append_int(&b, PARTITION_MAX_BYTES, 4);
    }
    test_buffer_append_int(&b, 0, 4);
    test_buffer_append_int(&b, 0, 2);
    for (size_t i = 0; i < 4; i++)
        b.data[i] = (uint8_t)((b.size - 4) >> (24 - 8 * i));
    if (send(f->fd, b.data, b.size, MSG_NOSIGNAL) != (ssize_t)b.size)
        give_up("the request was not taken");
    test_buffer_free(&b);
}

static inline int32_t varint(const uint8_t **at)
{
    uint32_t raw = 0;

    for (int shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;

        raw |= (uint32_t)(byte & 127) << shift;
        if (byte < 128)
            return (int32_t)(raw >> 1 ^ (0 - (raw & 1)));
    }
}

/* Its end tells the size of what comes out (RFC 1952). */
static size_t unpack(struct floor *f, const uint8_t *data, size_t size)
{
    const uint8_t *tail = data + size - 4;
    size_t plain =
        (size_t)tail[3] << 24 | (size_t)tail[2] << 16 | (size_t)tail[1] << 8 | (size_t)tail[0];

    if (plain > f->plain_capacity) {
        f->plain_capacity = plain;
        f->plain = realloc(f->plain, plain);
        if (f->plain == NULL)
            give_up("out of memory");
    }
    f->gzip.next_in = (uint8_t *)(uintptr_t)data;
    f->gzip.avail_in = (uInt)size;
    f->gzip.next_out = f->plain;
    f->gzip.avail_out = (uInt)plain;
    if (inflateReset(&f->gzip) != Z_OK || inflate(&f->gzip, Z_FINISH) != Z_STREAM_END)
        give_up("a batch is no gzip");
    return plain;
}

static void read_batch(struct floor *f, const uint8_t *batch, size_t size, int32_t partition)
{
    const uint8_t *at = batch + 61, *end = batch + size;
    int32_t count = (int32_t)load(batch + 57, 4);

    if (kh_crc32c(batch + 21, size - 21) != (uint32_t)load(batch + 17, 4) || (batch[22] & 6) != 0)
        give_up("a batch is damaged, or neither plain nor gzip");
    if ((batch[22] & 7) == 1) {
        size_t plain = unpack(f, at, size - 61);

        at = f->plain;
        end = at + plain;
    }
    for (int32_t i = 0; i < count && at < end; i++) {
        int32_t size_left = varint(&at), key_size, value_size;
        const uint8_t *next = at + size_left;

        at++;
        varint(&at); /* timestamp: small in this log */
        varint(&at); /* offset */
        key_size = varint(&at);
        at += key_size > 0 ? key_size : 0;
        value_size = varint(&at);
        f->bytes +=
            (uint64_t)(key_size > 0 ? key_size : 0) + (uint64_t)(value_size > 0 ? value_size : 0);
        at = next;
    }
    f->records += (uint64_t)count;
    f->positions[partition] = (int64_t)load(batch, 8) + (int64_t)load(batch + 23, 4) + 1;
}

static void read_answer(struct floor *f)
{
    int32_t partitions;

    take(f, 4 + 4 + 4 + 2 + 4 + 4); /* size, correlation, throttle, error, session, one topic */
    take(f, 2 + 5);
    partitions = (int32_t)load(take(f, 4), 4);
    for (int32_t i = 0; i < partitions; i++) {
        const uint8_t *head = take(f, 42);
        int32_t partition = (int32_t)load(head, 4);
        size_t left = load(head + 38, 4);

        while (left > 0) {
            size_t size = load(take(f, 12) + 8, 4) + 12;

            f->at -= 12;
            read_batch(f, take(f, size), size, partition);
            left -= size;
        }
    }
}

int main(int argc, char **argv)
{
    struct bench_report report;
    struct floor f = {.capacity = RECEIVE_BUFFER, .partitions = 1, .max_bytes = 50 << 20};
    uint64_t wanted;

    if (argc < 3)
        give_up("usage: floor PORT RECORDS [PARTITIONS [MAX_BYTES]]");
    wanted = strtoull(argv[2], NULL, 10);
    bench_begin(&report, "floor", wanted);
    if (argc > 3)
        f.partitions = (int32_t)strtol(argv[3], NULL, 10);
    if (argc > 4)
        f.max_bytes = (int32_t)strtol(argv[4], NULL, 10);
    f.data = malloc(f.capacity);
    f.positions = calloc((size_t)f.partitions, sizeof *f.positions);
    if (f.data == NULL || f.positions == NULL || inflateInit2(&f.gzip, 15 + 16) != Z_OK)
        give_up("out of memory");
    f.fd = bench_connect(argv[1]);
    if (f.fd < 0)
        give_up("the broker cannot be reached");
    while (f.records < wanted) {
        send_fetch(&f);
        read_answer(&f);
        bench_read(&report, f.records);
    }
    bench_end(&report, f.records, f.bytes);
    close(f.fd);
    inflateEnd(&f.gzip);
    free(f.plain);
    free(f.positions);
    free(f.data);
    return 0;
}
