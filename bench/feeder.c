/* Writes one record after the other, a pause between them, to the partitions of a topic in turn:
 * what members read while a group rebalances. One blocking socket to a broker that leads
 * everything. Ends with its standard input, or when the broker goes.
 *
 *   feeder PORT TOPIC PARTITIONS PAUSE_US */
#include "broker_socket.h"
#include "protocol/batch_encode.h"
#include "protocol/header.h"
#include "protocol/produce.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PRODUCE_VERSION = 8, FRAME_MAX = 4096 }; /* no flexible header, no topic ids */

struct feeder {
    int fd;
    struct kh_string topic;
    struct kh_heap heap;
    struct kh_batch_encoder encoder;
    struct kh_writer batch, frame;
};

static void encode(struct feeder *f, int32_t partition)
{
    const struct kh_draft_record record = {.value = {"record", 6}};
    struct kh_batch_draft draft = KH_BATCH_DRAFT_DEFAULTS;
    draft.records = &record;
    draft.count = 1;
    f->batch.size = f->frame.size = 0;
    kh_batch_encode(&f->encoder, &draft, &f->batch);
    struct kh_produce_request_partition to = {partition, {f->batch.data, (int32_t)f->batch.size}};
    struct kh_produce_request_topic topic = {
        .name = f->topic, .partition_data = &to, .partition_count = 1};
    struct kh_produce_request request = {
        .acks = 1, .timeout_ms = 5000, .topic_data = &topic, .topic_count = 1};
    kh_write_i32(&f->frame, 0);
    kh_request_header_encode(&f->frame, &(struct kh_request_header){.api_version = PRODUCE_VERSION,
                                                                    .correlation_id = 1});
    kh_produce_request_encode(&f->frame, PRODUCE_VERSION, &request);
    size_t size = f->frame.size - 4;
    for (size_t i = 0; i < 4; i++)
        f->frame.data[i] = (uint8_t)(size >> (24 - 8 * i));
}

static bool read_answer(int fd)
{
    uint8_t frame[FRAME_MAX];
    if (recv(fd, frame, 4, MSG_WAITALL) != 4)
        return false;
    size_t size =
        (size_t)frame[0] << 24 | (size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3];
    return size <= sizeof frame && recv(fd, frame, size, MSG_WAITALL) == (ssize_t)size;
}

static bool wanted(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&in, 1, 0) == 0;
}

int main(int argc, char **argv)
{
    struct feeder f = {0};
    if (argc != 5) {
        fprintf(stderr, "usage: feeder PORT TOPIC PARTITIONS PAUSE_US\n");
        return 2;
    }
    f.fd = bench_connect(argv[1]);
    f.topic = kh_string_of(argv[2]);
    int32_t partitions = (int32_t)strtol(argv[3], NULL, 10);
    useconds_t pause_us = (useconds_t)strtol(argv[4], NULL, 10);
    kh_heap_init(&f.heap);
    kh_batch_encoder_init(&f.encoder, &f.heap);
    kh_writer_init(&f.batch, &f.heap);
    kh_writer_init(&f.frame, &f.heap);
    for (int32_t i = 0; f.fd >= 0 && wanted(); i = (i + 1) % partitions) {
        encode(&f, i);
        if (send(f.fd, f.frame.data, f.frame.size, MSG_NOSIGNAL) != (ssize_t)f.frame.size ||
            !read_answer(f.fd))
            break;
        usleep(pause_us);
    }
    kh_writer_free(&f.frame);
    kh_writer_free(&f.batch);
    kh_batch_encoder_free(&f.encoder);
    return 0;
}
