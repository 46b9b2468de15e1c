/* The metadata of somebody's commit, taken for a map of what is finished. */
#include "consumer/done_map.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kh_heap heap;
    struct kh_done_map map;
    const struct kh_string text = {(const char *)data, (int32_t)size};

    kh_heap_init(&heap);
    for (int64_t offset = 0; offset < 3; offset++) {
        if (kh_done_map_read(&map, &heap, text, offset, (int32_t)offset - 1) != 0)
            abort();
        for (uint32_t i = 0; i < map.count; i++)
            if (map.runs[i].first > map.runs[i].last || map.runs[i].first < offset ||
                (i > 0 && map.runs[i].first <= map.runs[i - 1].last))
                abort();
        kh_done_map_free(&map, &heap);
    }
    return 0;
}
