/* pcap and pcapng, written by tcpdump, dumpcap, Wireshark. Formats: draft-ietf-opsawg-pcap and
 * draft-ietf-opsawg-pcapng. Both come in the byte order of the machine that wrote them. */
#include "decode.h"

#include <string.h>

enum {
    BLOCK_MAX = 1 << 22, /* a packet is 256 KiB at most */
    INTERFACES_MAX = 64,
};

enum {
    SECTION_HEADER = 0x0a0d0d0a,
    INTERFACE_DESCRIPTION = 1,
    SIMPLE_PACKET = 3,
    ENHANCED_PACKET = 6,
    OPTION_TIME_RESOLUTION = 9,
};

struct interface {
    int link_type;
    uint64_t units_per_second;
};

struct capture {
    struct decode *decode;
    FILE *file;
    uint8_t begin[2]; /* of the file, read before */
    size_t begin_size, taken;
    bool big_endian, next_generation;
    struct interface interfaces[INTERFACES_MAX]; /* of a pcap the first */
    size_t interface_count;
    uint8_t *block; /* BLOCK_MAX */
};

bool capture_begins(const uint8_t *begin, size_t size)
{
    if (size == 2)
        return begin[0] == 0x0a && begin[1] == 0x0d;
    return size == 1 && (begin[0] == 0xa1 || begin[0] == 0xd4 || begin[0] == 0x4d);
}

static bool take(struct capture *c, void *out, size_t size)
{
    uint8_t *at = out;
    for (; size > 0 && c->taken < c->begin_size; size--)
        *at++ = c->begin[c->taken++];
    return fread(at, 1, size, c->file) == size;
}

static uint32_t number(const struct capture *c, const uint8_t *at, size_t size)
{
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | at[c->big_endian ? i : size - 1 - i];
    return value;
}

static uint32_t u32(const struct capture *c, const uint8_t *at)
{
    return number(c, at, 4);
}

static uint32_t u16(const struct capture *c, const uint8_t *at)
{
    return number(c, at, 2);
}

static bool damaged(struct capture *c, const char *what)
{
    complain(c->decode, "the capture is damaged: %s", what);
    return false;
}

/* ---- pcap ---- */

static bool open_pcap(struct capture *c, const uint8_t magic[4])
{
    uint8_t rest[20];
    c->big_endian = magic[0] == 0xa1;
    uint32_t value = u32(c, magic);
    if (value != 0xa1b2c3d4 && value != 0xa1b23c4d)
        return damaged(c, "its first bytes are of no capture");
    if (!take(c, rest, sizeof rest))
        return damaged(c, "it ends in its header");
    c->interface_count = 1;
    c->interfaces[0] = (struct interface){(int)(u32(c, rest + 16) & 0xffff),
                                          value == 0xa1b23c4d ? 1000000000 : 1000000};
    return true;
}

static int64_t to_us(uint64_t units, uint64_t units_per_second)
{
    return (int64_t)(units / units_per_second * 1000000 +
                     units % units_per_second * 1000000 / units_per_second);
}

static bool next_of_pcap(struct capture *c, struct packet *ret)
{
    uint8_t head[16];
    if (!take(c, head, 1))
        return false;
    if (!take(c, head + 1, sizeof head - 1))
        return damaged(c, "it ends within a packet");
    uint32_t size = u32(c, head + 8);
    if (size > BLOCK_MAX)
        return damaged(c, "a packet is larger than packets are");
    if (!take(c, c->block, size))
        return damaged(c, "it ends within a packet");
    *ret = (struct packet){
        .data = c->block,
        .size = size,
        .link_type = c->interfaces[0].link_type,
        .time_us = (int64_t)u32(c, head) * 1000000 +
                   to_us(u32(c, head + 4), c->interfaces[0].units_per_second),
    };
    return true;
}

/* ---- pcapng ---- */

/* if_tsresol: units of 10^-n, or of 2^-n with the highest bit set. */
static uint64_t units_per_second(uint8_t resolution)
{
    uint64_t units = 1;
    int power = resolution & 127;
    for (int i = 0; i < power && units < (uint64_t)1 << 40; i++)
        units *= (resolution & 128) != 0 ? 2 : 10;
    return units;
}

static bool take_interface(struct capture *c, const uint8_t *body, size_t size)
{
    if (size < 8 || c->interface_count == INTERFACES_MAX)
        return damaged(c, "an interface is described badly, or there are too many");
    struct interface *i = &c->interfaces[c->interface_count++];
    *i = (struct interface){(int)u16(c, body), 1000000};
    for (size_t at = 8; at + 4 <= size;) {
        uint32_t code = u16(c, body + at), length = u16(c, body + at + 2);
        at += 4;
        if (code == OPTION_TIME_RESOLUTION && length >= 1 && at < size)
            i->units_per_second = units_per_second(body[at]);
        at += (length + 3) & ~3u;
    }
    return true;
}

static bool take_enhanced(struct capture *c, const uint8_t *body, size_t size, struct packet *ret)
{
    if (size < 20 || u32(c, body) >= c->interface_count || u32(c, body + 12) > size - 20)
        return damaged(c, "a packet's block is not whole");
    const struct interface *i = &c->interfaces[u32(c, body)];
    uint64_t time = (uint64_t)u32(c, body + 4) << 32 | u32(c, body + 8);
    *ret = (struct packet){
        .data = body + 20,
        .size = u32(c, body + 12),
        .link_type = i->link_type,
        .time_us = to_us(time, i->units_per_second),
    };
    return true;
}

/* Without a time; its size is the block's, less when the packet was shorter. */
static bool take_simple(struct capture *c, const uint8_t *body, size_t size, struct packet *ret)
{
    if (size < 4 || c->interface_count == 0)
        return damaged(c, "a packet's block is not whole");
    size_t original = u32(c, body);
    *ret = (struct packet){
        .data = body + 4,
        .size = original < size - 4 ? original : size - 4,
        .link_type = c->interfaces[0].link_type,
        .time_us = -1,
    };
    return true;
}

/* A section may be of another byte order than the one before. */
static bool begin_section(struct capture *c, uint32_t *ret_size)
{
    uint8_t head[8];
    if (!take(c, head, sizeof head))
        return damaged(c, "it ends within a section's header");
    c->big_endian = head[4] == 0x1a;
    c->interface_count = 0;
    if (u32(c, head + 4) != 0x1a2b3c4d)
        return damaged(c, "a section has no byte order");
    *ret_size = u32(c, head);
    if (*ret_size < 16)
        return damaged(c, "a section's header is too short");
    *ret_size -= 4; /* the byte order's */
    return true;
}

/* The next block's type; its body lies in c->block. False at the end, or when damaged. */
static bool take_block(struct capture *c, uint32_t *ret_type, size_t *ret_size)
{
    uint8_t head[4], length[4];
    uint32_t size;
    if (!take(c, head, 1))
        return false;
    if (!take(c, head + 1, 3))
        return damaged(c, "it ends within a block");
    *ret_type = u32(c, head);
    if (*ret_type == SECTION_HEADER) {
        if (!begin_section(c, &size))
            return false;
    } else {
        if (!take(c, length, 4))
            return damaged(c, "it ends within a block");
        size = u32(c, length);
    }
    if (size < 12 || size - 12 > BLOCK_MAX)
        return damaged(c, "a block has a size that cannot be");
    *ret_size = size - 12;
    if (!take(c, c->block, size - 12) || !take(c, length, 4))
        return damaged(c, "it ends within a block");
    return true;
}

static bool next_of_pcapng(struct capture *c, struct packet *ret)
{
    uint32_t type;
    size_t size;
    while (take_block(c, &type, &size)) {
        if (type == INTERFACE_DESCRIPTION && !take_interface(c, c->block, size))
            return false;
        if (type == ENHANCED_PACKET)
            return take_enhanced(c, c->block, size, ret);
        if (type == SIMPLE_PACKET)
            return take_simple(c, c->block, size, ret);
    }
    return false;
}

struct capture *capture_open(struct decode *d, FILE *file, const uint8_t *begin, size_t size)
{
    uint8_t magic[4];
    struct capture *c = kh_alloc_zeroed(&d->heap, 1, sizeof *c);
    if (c == NULL)
        return NULL;
    *c = (struct capture){.decode = d,
                          .file = file,
                          .begin_size = size,
                          .next_generation = begin[0] == 0x0a,
                          .block = kh_alloc(&d->heap, BLOCK_MAX)};
    bool good = c->block != NULL;
    memcpy(c->begin, begin, size);
    if (good && !c->next_generation)
        good = take(c, magic, sizeof magic) ? open_pcap(c, magic)
                                            : damaged(c, "it ends in its header");
    if (good)
        return c;
    capture_close(c);
    return NULL;
}

bool capture_next(struct capture *c, struct packet *ret_packet)
{
    return c->next_generation ? next_of_pcapng(c, ret_packet) : next_of_pcap(c, ret_packet);
}

void capture_close(struct capture *c)
{
    struct decode *d = c->decode;
    kh_free(&d->heap, c->block);
    kh_free(&d->heap, c);
}
