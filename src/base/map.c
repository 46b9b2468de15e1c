#include "base/map.h"

#include "base/check.h"
#include "base/status.h"

/* Open addressing with linear probing over indexes; the items lie in one array in the order they
 * came. A removed item keeps its slot until the next rebuild, so that removal moves nothing under
 * an iteration. */

static uint32_t rotate_left(uint32_t x, int bits)
{
    return (x << bits) | (x >> (32 - bits));
}

static void mix(uint32_t v[4])
{
    v[0] += v[1], v[1] = rotate_left(v[1], 5), v[1] ^= v[0], v[0] = rotate_left(v[0], 16);
    v[2] += v[3], v[3] = rotate_left(v[3], 8), v[3] ^= v[2];
    v[0] += v[3], v[3] = rotate_left(v[3], 7), v[3] ^= v[0];
    v[2] += v[1], v[1] = rotate_left(v[1], 13), v[1] ^= v[2], v[2] = rotate_left(v[2], 16);
}

/* HalfSipHash-1-3 (Aumasson, Bernstein): keyed, for names come from the wire. */
static uint32_t hash_of(const struct kh_map *map, struct kh_string key)
{
    uint32_t v[4] = {map->seed, ~map->seed, 0x6c796765u ^ map->seed, 0x74656462u ^ ~map->seed};
    size_t size = (size_t)key.size, done = 0;
    for (; size - done >= 4; done += 4) {
        uint32_t word;
        memcpy(&word, key.data + done, 4);
        v[3] ^= word;
        mix(v);
        v[0] ^= word;
    }
    uint32_t last = (uint32_t)size << 24;
    for (int shift = 0; done < size; done++, shift += 8)
        last |= (uint32_t)(uint8_t)key.data[done] << shift;
    v[3] ^= last;
    mix(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    mix(v);
    mix(v);
    mix(v);
    return v[1] ^ v[3];
}

void kh_map_init(struct kh_map *map, struct kh_heap *heap, uint32_t seed)
{
    *map = (struct kh_map){.heap = heap, .seed = seed};
}

void kh_map_free(struct kh_map *map)
{
    kh_free(map->heap, map->items);
    kh_free(map->heap, map->slots);
    kh_map_init(map, map->heap, map->seed);
}

static struct kh_map_item *find(const struct kh_map *map, struct kh_string key)
{
    if (map->count == 0)
        return NULL;
    uint32_t hash = hash_of(map, key);
    size_t mask = map->slot_capacity - 1;
    for (size_t i = hash & mask; map->slots[i] != 0; i = (i + 1) & mask) {
        struct kh_map_item *item = &map->items[map->slots[i] - 1];
        if (item->value != NULL && item->hash == hash && kh_string_equal(item->key, key))
            return item;
    }
    return NULL;
}

void *kh_map_get(const struct kh_map *map, struct kh_string key)
{
    const struct kh_map_item *item = find(map, key);
    return item == NULL ? NULL : item->value;
}

static void fill_slot(struct kh_map *map, size_t index)
{
    size_t mask = map->slot_capacity - 1;
    size_t i = map->items[index].hash & mask;
    while (map->slots[i] != 0)
        i = (i + 1) & mask;
    map->slots[i] = (uint32_t)index + 1;
}

/* Drops removed items and makes room for one more. */
static int rebuild(struct kh_map *map)
{
    size_t item_capacity = map->item_capacity;
    if (map->count >= item_capacity / 2)
        item_capacity = item_capacity == 0 ? 8 : item_capacity * 2;
    if (item_capacity >= UINT32_MAX / 2)
        return KOHORT_ENOMEM;
    struct kh_map_item *items = kh_resize(map->heap, NULL, item_capacity, sizeof *items);
    uint32_t *slots = kh_alloc_zeroed(map->heap, item_capacity * 2, sizeof *slots);
    if (items == NULL || slots == NULL) {
        kh_free(map->heap, items);
        kh_free(map->heap, slots);
        return KOHORT_ENOMEM;
    }
    size_t kept = 0;
    kh_map_each (map, i) {
        items[kept++] = map->items[i];
    }
    kh_free(map->heap, map->items);
    kh_free(map->heap, map->slots);
    map->items = items;
    map->slots = slots;
    map->item_count = kept;
    map->item_capacity = item_capacity;
    map->slot_capacity = item_capacity * 2;
    for (size_t i = 0; i < kept; i++)
        fill_slot(map, i);
    return 0;
}

int kh_map_put(struct kh_map *map, struct kh_string key, void *value)
{
    if (!kh_check(value != NULL) || !kh_check(find(map, key) == NULL))
        return KOHORT_EBUG;
    if (map->item_count == map->item_capacity) {
        int status = rebuild(map);
        if (status < 0)
            return status;
    }
    map->items[map->item_count] =
        (struct kh_map_item){.key = key, .value = value, .hash = hash_of(map, key)};
    fill_slot(map, map->item_count);
    map->item_count++;
    map->count++;
    return 0;
}

void *kh_map_remove(struct kh_map *map, struct kh_string key)
{
    struct kh_map_item *item = find(map, key);
    if (item == NULL)
        return NULL;
    void *value = item->value;
    item->key = (struct kh_string){NULL, 0};
    item->value = NULL;
    map->count--;
    return value;
}
