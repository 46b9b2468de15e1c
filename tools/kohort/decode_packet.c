#include "decode.h"

#include "protocol/big_endian.h"

#include <string.h>

/* Link types of tcpdump.org/linktypes.html. */
enum {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_SLL2 = 276,
};

enum { ETHERTYPE_VLAN = 0x8100, ETHERTYPE_VLAN_OUTER = 0x88a8 };
enum { PROTOCOL_TCP = 6 };
enum { IPV6_HOP_BY_HOP = 0, IPV6_ROUTING = 43, IPV6_FRAGMENT = 44, IPV6_OPTIONS = 60 };

struct view {
    const uint8_t *data;
    size_t size;
};

static uint16_t u16(const uint8_t *at)
{
    return (uint16_t)kh_load_i16(at);
}

static bool skip(struct view *v, size_t size)
{
    if (size > v->size)
        return false;
    v->data += size;
    v->size -= size;
    return true;
}

static bool skip_ethernet(struct view *v)
{
    if (!skip(v, 12) || v->size < 2)
        return false;
    while (u16(v->data) == ETHERTYPE_VLAN || u16(v->data) == ETHERTYPE_VLAN_OUTER)
        if (!skip(v, 4) || v->size < 2)
            return false;
    return skip(v, 2);
}

/* What IP version it is, is told by the packet itself. */
static bool skip_link(struct view *v, int link_type)
{
    switch (link_type) {
    case LINK_NULL:
    case LINK_LOOP:
        return skip(v, 4);
    case LINK_ETHERNET:
        return skip_ethernet(v);
    case LINK_LINUX_SLL:
        return skip(v, 16);
    case LINK_LINUX_SLL2:
        return skip(v, 20);
    case LINK_RAW:
    case LINK_IPV4:
    case LINK_IPV6:
        return true;
    default:
        return false;
    }
}

static enum packet_kind read_tcp(struct view v, size_t length, struct segment *s)
{
    if (v.size < 20)
        return PACKET_OTHER;
    size_t header = (size_t)(v.data[12] >> 4) * 4;
    if (header < 20 || header > v.size || header > length)
        return PACKET_OTHER;
    s->from.port = u16(v.data);
    s->to.port = u16(v.data + 2);
    s->sequence = kh_load_u32(v.data + 4);
    s->acknowledged = kh_load_u32(v.data + 8);
    s->syn = (v.data[13] & 2) != 0;
    s->ack = (v.data[13] & 16) != 0;
    size_t sent = length - header;
    skip(&v, header);
    s->data = v.data;
    s->size = v.size < sent ? v.size : sent; /* Ethernet pads short packets */
    s->cut = sent - s->size;
    return PACKET_TCP;
}

static enum packet_kind read_ipv4(struct view v, struct segment *s)
{
    size_t header = v.size < 20 ? 0 : (size_t)(v.data[0] & 15) * 4;
    if (header < 20 || header > v.size || v.data[9] != PROTOCOL_TCP)
        return PACKET_OTHER;
    if ((u16(v.data + 6) & 0x3fff) != 0) /* more fragments, or not the first */
        return PACKET_FRAGMENT;
    size_t length = u16(v.data + 2);
    if (length == 0) /* the network card cuts it up later (TSO) */
        length = v.size;
    if (length < header)
        return PACKET_OTHER;
    s->from.address_size = s->to.address_size = 4;
    memcpy(s->from.address, v.data + 12, 4);
    memcpy(s->to.address, v.data + 16, 4);
    skip(&v, header);
    return read_tcp(v, length - header, s);
}

static enum packet_kind read_ipv6(struct view v, struct segment *s)
{
    if (v.size < 40)
        return PACKET_OTHER;
    size_t length = u16(v.data + 4);
    uint8_t next = v.data[6];
    s->from.address_size = s->to.address_size = 16;
    memcpy(s->from.address, v.data + 8, 16);
    memcpy(s->to.address, v.data + 24, 16);
    skip(&v, 40);
    if (length == 0)
        length = v.size;
    while (next == IPV6_HOP_BY_HOP || next == IPV6_ROUTING || next == IPV6_OPTIONS) {
        size_t size = v.size < 8 ? 0 : ((size_t)v.data[1] + 1) * 8;
        if (size == 0 || size > v.size || size > length)
            return PACKET_OTHER;
        next = v.data[0];
        skip(&v, size);
        length -= size;
    }
    if (next == IPV6_FRAGMENT)
        return PACKET_FRAGMENT;
    return next == PROTOCOL_TCP ? read_tcp(v, length, s) : PACKET_OTHER;
}

enum packet_kind packet_read(const struct packet *packet, struct segment *ret_segment)
{
    struct view v = {packet->data, packet->size};
    *ret_segment = (struct segment){0};
    if (!skip_link(&v, packet->link_type) || v.size == 0)
        return PACKET_OTHER;
    if (v.data[0] >> 4 == 4)
        return read_ipv4(v, ret_segment);
    return v.data[0] >> 4 == 6 ? read_ipv6(v, ret_segment) : PACKET_OTHER;
}
