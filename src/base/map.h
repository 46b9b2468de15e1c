/* A hash map from bytes to pointers. Keys are borrowed: they live in the value. Items are visited
 * in the order they were put, whatever the hash, so that runs repeat. */
#ifndef KH_BASE_MAP_H
#define KH_BASE_MAP_H

#include "base/bytes.h"
#include "base/heap.h"

struct kh_map_item {
    struct kh_string key;
    void *value; /* NULL: a removed item; kh_map_each passes over it */
    uint32_t hash;
};

struct kh_map {
    struct kh_heap *heap;
    struct kh_map_item *items; /* in the order of kh_map_put */
    uint32_t *slots;           /* index into items + 1; 0: free */
    size_t item_count, item_capacity, slot_capacity;
    size_t count;  /* items that are there */
    uint32_t seed; /* so that a peer cannot choose names that collide */
};

void kh_map_init(struct kh_map *map, struct kh_heap *heap, uint32_t seed);
void kh_map_free(struct kh_map *map);
void *kh_map_get(const struct kh_map *map, struct kh_string key);
/* The key must not be there yet. 0 or KOHORT_ENOMEM. */
int kh_map_put(struct kh_map *map, struct kh_string key, void *value);
/* The value that was there, or NULL. Legal while kh_map_each runs. */
void *kh_map_remove(struct kh_map *map, struct kh_string key);

#define kh_map_each(map, index)                                                                    \
    for (size_t index = 0; index < (map)->item_count; index++)                                     \
        if ((map)->items[index].value != NULL)

#endif
