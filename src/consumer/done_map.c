#include "consumer/done_map.h"

#include <string.h>

static const char prefix[] = "kohort-done/1 ";
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum {
    PREFIX = sizeof prefix - 1,
    BYTES = (KH_DONE_MAP_SIZE - PREFIX) / 4 * 3, /* that four letters each tell three of */
    VARINT = 10,
};

/* ---- bytes as letters, without padding ---- */

static size_t put_letters(char *to, const uint8_t *bytes, size_t size)
{
    size_t letters = 0;
    uint32_t bits = 0, have = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (have += 8; have >= 6; have -= 6)
            to[letters++] = digits[bits >> (have - 6) & 63];
    }
    if (have > 0)
        to[letters++] = digits[bits << (6 - have) & 63];
    return letters;
}

/* Returns how many bytes; -1: these are not our letters. */
static int take_letters(uint8_t *to, const char *letters, size_t size)
{
    int bytes = 0;
    uint32_t bits = 0, have = 0;
    for (size_t i = 0; i < size; i++) {
        const char *digit = memchr(digits, letters[i], sizeof digits - 1);
        if (digit == NULL)
            return -1;
        bits = bits << 6 | (uint32_t)(digit - digits);
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        to[bytes++] = (uint8_t)(bits >> have);
    }
    return bytes;
}

/* ---- varints ---- */

struct cursor {
    uint8_t *bytes;
    size_t at, size;
};

static void put(struct cursor *c, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        c->bytes[c->at++] = (uint8_t)(value | 0x80);
    c->bytes[c->at++] = (uint8_t)value;
}

static bool take(struct cursor *c, uint64_t *ret)
{
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 63 && c->at < c->size; shift += 7) {
        uint8_t byte = c->bytes[c->at++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* ---- the map ---- */

size_t kh_done_map_write(const struct kh_tracker *t, const struct kh_done_map *inherited,
                         int64_t base, int64_t end, int32_t leader_epoch,
                         char text[KH_DONE_MAP_SIZE])
{
    uint8_t bytes[BYTES];
    struct cursor c = {bytes, 0, BYTES};
    put(&c, (uint64_t)base);
    put(&c, (uint64_t)leader_epoch + 1);
    size_t head = c.at;
    int64_t open = base; /* where the run that is not finished begins */
    while (open < end && c.at + 2 * VARINT <= c.size) {
        int64_t last = open, next;
        while ((next = kh_tracker_next(t, last + 1)) == last + 1)
            last = next;
        int64_t until = next < 0 ? end : next;
        if (last + 1 >= until)
            break;
        put(&c, (uint64_t)(last + 1 - open));
        put(&c, (uint64_t)(until - last - 1));
        open = until;
    }
    bool holds = inherited->leader_epoch == leader_epoch;
    for (uint32_t i = 0; holds && i < inherited->count && c.at + 2 * VARINT <= c.size; i++) {
        const struct kh_done_run *run = &inherited->runs[i];
        if (run->first < end)
            continue;
        put(&c, (uint64_t)(run->first - open));
        put(&c, (uint64_t)(run->last + 1 - run->first));
        open = run->last + 1;
    }
    if (c.at == head || leader_epoch < 0)
        return 0;
    memcpy(text, prefix, PREFIX);
    return PREFIX + put_letters(text + PREFIX, bytes, c.at);
}

/* Counts the runs, and notes them where there is room for them. Returns -1: it is damaged. */
static int read_runs(struct cursor c, int64_t base, struct kh_done_run *runs)
{
    int count = 0;
    for (uint64_t at = (uint64_t)base, open, done; c.at < c.size; count++) {
        if (!take(&c, &open) || !take(&c, &done) || done == 0 || open > (uint64_t)INT64_MAX - at ||
            done > (uint64_t)INT64_MAX - at - open)
            return -1;
        at += open;
        if (runs != NULL)
            runs[count] = (struct kh_done_run){(int64_t)at, (int64_t)(at + done - 1)};
        at += done;
    }
    return count;
}

int kh_done_map_read(struct kh_done_map *map, struct kh_heap *heap, struct kh_string text,
                     int64_t offset, int32_t leader_epoch)
{
    uint8_t bytes[BYTES];
    uint64_t base, epoch;
    *map = (struct kh_done_map){0};
    if (leader_epoch < 0 || text.data == NULL || text.size < PREFIX ||
        text.size > KH_DONE_MAP_SIZE || memcmp(text.data, prefix, PREFIX) != 0)
        return 0;
    int size = take_letters(bytes, text.data + PREFIX, (size_t)text.size - PREFIX);
    struct cursor c = {bytes, 0, size < 0 ? 0 : (size_t)size};
    if (!take(&c, &base) || !take(&c, &epoch) || base != (uint64_t)offset ||
        epoch != (uint64_t)leader_epoch + 1)
        return 0;
    int count = read_runs(c, offset, NULL);
    if (count <= 0)
        return 0;
    map->runs = kh_alloc_zeroed(heap, (size_t)count, sizeof *map->runs);
    if (map->runs == NULL)
        return KOHORT_ENOMEM;
    map->leader_epoch = leader_epoch;
    map->count = (uint32_t)read_runs(c, offset, map->runs);
    return 0;
}

void kh_done_map_free(struct kh_done_map *map, struct kh_heap *heap)
{
    kh_free(heap, map->runs);
    *map = (struct kh_done_map){0};
}

/* The first run that ends at or above `offset`. */
static uint32_t search(const struct kh_done_map *map, int64_t offset)
{
    uint32_t low = 0, high = map->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (map->runs[middle].last < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* *at: the run to look at first. */
static bool is_done(const struct kh_done_map *map, uint32_t *at, int64_t offset, int64_t from)
{
    while (*at < map->count && map->runs[*at].last < offset)
        ++*at;
    return offset >= from && *at < map->count && map->runs[*at].first <= offset;
}

uint32_t kh_done_map_run(const struct kh_done_map *map, const kohort_record *records,
                         uint32_t count, int64_t from, bool *ret_done)
{
    uint32_t at = search(map, records[0].offset), run = 1;
    bool first = is_done(map, &at, records[0].offset, from);
    while (run < count && is_done(map, &at, records[run].offset, from) == first)
        run++;
    *ret_done = first;
    return run;
}
