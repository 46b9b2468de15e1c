/* Responses of each API at each version. The first byte chooses the API and the second its version,
 * both from the api table; the rest is a body. */
#include "base/limits.h"
#include "mutate_message.h"
#include "protocol/api.h"
#include "protocol/fetch_stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_stream(struct kh_heap *heap, int version, const uint8_t *body, size_t size)
{
    struct kh_fetch_stream stream;
    int event;

    kh_fetch_stream_init(&stream, heap);
    kh_fetch_stream_begin(&stream, version, size);
    kh_fetch_stream_give(&stream, body, size);
    do
        event = kh_fetch_stream_next(&stream);
    while (event > 0 && event != KH_FETCH_EVENT_END);
    kh_fetch_stream_free(&stream);
}

static void read_whole(struct kh_heap *heap, const struct kh_api_info *info, int version,
                       const uint8_t *body, size_t size)
{
    void *response = kh_alloc_zeroed(heap, 1, info->response_size);
    struct kh_arena arena;
    struct kh_reader r;

    kh_arena_init(&arena, heap, size * KH_LIMIT_ARENA_FACTOR);
    kh_reader_init(&r, body, size, kh_api_flexible(info, version), &arena);
    info->decode_response(&r, version, response);
    kh_read_end(&r);
    if (arena.held > size * KH_LIMIT_ARENA_FACTOR)
        abort();
    kh_arena_free(&arena);
    kh_free(heap, response);
}

static const struct kh_api_info *choose(const uint8_t *data, int *ret_version)
{
    const struct kh_api_info *info = kh_api_info((enum kh_api)(data[0] % KH_API_COUNT));

    *ret_version = info->oldest + data[1] % (info->newest - info->oldest + 1);
    return info;
}

/* Mostly a field of what the schema tables read; else bytes, and at times another API or version.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    const struct kh_api_info *info;
    int version;

    if (size < 2 || max_size < 3 || seed % 4 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (seed % 16 == 1)
        data[0] = (uint8_t)(seed >> 8);
    if (seed % 16 < 3)
        data[1] = (uint8_t)(seed >> 16);
    info = choose(data, &version);
    return 2 + mutate_message(schema_find(info->key, SCHEMA_RESPONSE), version, data + 2, size - 2,
                              max_size - 2, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kh_api_info *info;
    struct kh_heap heap;
    int version;

    if (size < 2)
        return 0;
    kh_heap_init(&heap);
    info = choose(data, &version);
    if (info->decode_response == NULL)
        read_stream(&heap, version, data + 2, size - 2);
    else
        read_whole(&heap, info, version, data + 2, size - 2);
    if (heap.outstanding != 0)
        abort();
    return 0;
}
