#include "tool/capture_writer.h"

#include <stdlib.h>
#include <string.h>

void bytes_add(struct bytes *b, const void *data, size_t size)
{
    if (b->size + size > b->capacity) {
        b->capacity = 2 * (b->size + size);
        b->data = realloc(b->data, b->capacity);
        if (b->data == NULL)
            abort();
    }
    if (size > 0)
        memcpy(b->data + b->size, data, size);
    b->size += size;
}

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

static void add_number(struct bytes *b, uint64_t value, size_t size, bool big_endian)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * (big_endian ? size - 1 - i : i));
        bytes_add(b, &byte, 1);
    }
}

/* In the byte order of the file. */
static void add_file_number(struct capture_writer *w, uint64_t value, size_t size)
{
    add_number(&w->out, value, size, w->shape.big_endian);
}

static void net(struct bytes *b, uint64_t value, size_t size)
{
    add_number(b, value, size, true);
}

/* ---- Packets ---- */

static void add_link(struct bytes *p, const struct shape *shape)
{
    static const uint8_t zeros[20];
    uint16_t ethertype = shape->is_ipv6 ? 0x86dd : 0x0800;
    switch (shape->link_type) {
    case 0: /* loopback of the BSDs */
        add_number(p, shape->is_ipv6 ? 24 : 2, 4, shape->big_endian);
        break;
    case 1:
        bytes_add(p, zeros, 12);
        if (shape->vlan)
            net(p, 0x8100000a, 4);
        net(p, ethertype, 2);
        break;
    case 113:
        bytes_add(p, zeros, 14);
        net(p, ethertype, 2);
        break;
    case 276:
        net(p, ethertype, 2);
        bytes_add(p, zeros, 18);
        break;
    default: /* raw IP */
        break;
    }
}

static void add_ip(struct bytes *p, const struct shape *shape, int from, size_t payload)
{
    if (shape->is_ipv6) {
        net(p, 0x60000000, 4);
        net(p, payload + 8, 2);
        net(p, 60, 1); /* destination options come first */
        net(p, 64, 1);
        for (int i = 0; i < 2; i++) {
            net(p, 0xfd00000000000000, 8);
            net(p, (uint64_t)((from ^ i) + 1), 8);
        }
        net(p, 0x0600010400000000, 8);
        return;
    }
    net(p, 0x4500, 2);
    net(p, payload + 20, 2);
    net(p, 0x12344000, 4); /* do not fragment */
    net(p, 0x40060000, 4);
    net(p, 0x0a000001u + (uint32_t)from, 4);
    net(p, 0x0a000002u - (uint32_t)from, 4);
}

static void add_tcp(struct bytes *p, int from, uint32_t sequence, uint32_t acknowledged, int flags)
{
    net(p, from == 0 ? CLIENT_PORT : BROKER_PORT, 2);
    net(p, from == 0 ? BROKER_PORT : CLIENT_PORT, 2);
    net(p, sequence, 4);
    net(p, acknowledged, 4);
    net(p, 8, 1);
    p->data[p->size - 1] = 8 << 4; /* header of 32 bytes: with options */
    net(p, (uint64_t)flags, 1);
    net(p, 0xffff00000000, 6);
    net(p, 0x0101080a00000001, 8);
    net(p, 1, 4);
}

/* ---- Files ---- */

static void add_interface(struct capture_writer *w)
{
    add_file_number(w, 1, 4);
    add_file_number(w, 32, 4);
    add_file_number(w, (uint64_t)w->shape.link_type, 2);
    add_file_number(w, 0, 2);
    add_file_number(w, 0, 4);
    add_file_number(w, 9, 2); /* if_tsresol */
    add_file_number(w, 1, 2);
    add_file_number(w, 0, 4);
    w->out.data[w->out.size - 4] = w->shape.nanoseconds ? 9 : 6;
    add_file_number(w, 0, 4);
    add_file_number(w, 32, 4);
}

void capture_begin(struct capture_writer *w, const struct shape *shape)
{
    *w = (struct capture_writer){.shape = *shape, .time_us = 1764319203123456};
    w->sequences[0] = 0xfffffff0; /* they wrap */
    w->sequences[1] = 77;
    kh_random_seed(&w->random, 1);
    if (shape->next_generation) {
        add_file_number(w, 0x0a0d0d0a, 4);
        add_file_number(w, 28, 4);
        add_file_number(w, 0x1a2b3c4d, 4);
        add_file_number(w, 0x00000001, 4);
        add_file_number(w, UINT64_MAX, 8);
        add_file_number(w, 28, 4);
        add_interface(w);
        return;
    }
    add_file_number(w, shape->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4);
    add_file_number(w, 2, 2);
    add_file_number(w, 4, 2);
    add_file_number(w, 0, 8);
    add_file_number(w, 262144, 4);
    add_file_number(w, (uint64_t)shape->link_type, 4);
}

static void write_packet(struct capture_writer *w, const uint8_t *data, size_t size)
{
    uint64_t unit = w->shape.nanoseconds ? 1000 : 1;
    size_t captured = size;
    if (w->shape.captured_max > 0 && size > w->shape.captured_max)
        captured = w->shape.captured_max;
    w->time_us += 250;
    if (w->shape.next_generation) {
        size_t padded = (captured + 3) & ~(size_t)3;
        uint64_t time = (uint64_t)w->time_us * unit;
        add_file_number(w, 6, 4);
        add_file_number(w, padded + 32, 4);
        add_file_number(w, 0, 4);
        add_file_number(w, time >> 32, 4);
        add_file_number(w, time & UINT32_MAX, 4);
        add_file_number(w, captured, 4);
        add_file_number(w, size, 4);
        bytes_add(&w->out, data, captured);
        add_file_number(w, 0, padded - captured);
        add_file_number(w, padded + 32, 4);
        return;
    }
    add_file_number(w, (uint64_t)w->time_us / 1000000, 4);
    add_file_number(w, (uint64_t)w->time_us % 1000000 * unit, 4);
    add_file_number(w, captured, 4);
    add_file_number(w, size, 4);
    bytes_add(&w->out, data, captured);
}

static void write_held(struct capture_writer *w)
{
    if (w->held.size > 0)
        write_packet(w, w->held.data, w->held.size);
    w->held.size = 0;
}

static void send_segment(struct capture_writer *w, int from, uint32_t sequence, int flags,
                         const uint8_t *data, size_t size)
{
    struct bytes packet = {0};
    add_link(&packet, &w->shape);
    add_ip(&packet, &w->shape, from, 32 + size);
    add_tcp(&packet, from, sequence, w->sequences[1 - from], flags);
    bytes_add(&packet, data, size);
    if (w->shape.reordered && w->held.size == 0 && kh_random_below(&w->random, 3) == 0) {
        bytes_add(&w->held, packet.data, packet.size);
    } else {
        write_packet(w, packet.data, packet.size);
        write_held(w);
    }
    bytes_free(&packet);
}

void capture_send(struct capture_writer *w, int from, const void *data, size_t size)
{
    enum { ACK = 0x10, SYN = 0x02 };
    const uint8_t *at = data;
    if (w->shape.handshake && w->segments == 0) {
        send_segment(w, 0, w->sequences[0] - 1, SYN, NULL, 0);
        write_held(w);
        send_segment(w, 1, w->sequences[1] - 1, SYN | ACK, NULL, 0);
        write_held(w);
    }
    for (size_t sent = 0; sent < size;) {
        size_t piece = 1 + kh_random_below(&w->random, w->shape.segment_max), again = 0;
        if (piece > size - sent)
            piece = size - sent;
        if (w->shape.reordered && kh_random_below(&w->random, 4) == 0)
            again = kh_random_below(&w->random, sent + 1); /* sent before, and again with this */
        if (++w->segments != w->left_out)
            send_segment(w, from, w->sequences[from] - (uint32_t)again, ACK, at + sent - again,
                         piece + again);
        sent += piece;
        w->sequences[from] += (uint32_t)piece;
    }
    write_held(w); /* the other side answers what it has seen */
}

void capture_end(struct capture_writer *w)
{
    write_held(w);
}

void capture_free(struct capture_writer *w)
{
    bytes_free(&w->out);
    bytes_free(&w->held);
}
