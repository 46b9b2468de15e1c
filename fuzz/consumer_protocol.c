/* What members tell each other through the broker (ConsumerProtocol). The first byte chooses:
 * subscription or assignment. */
#include "protocol/consumer_protocol.h"
#include "base/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kh_consumer_subscription subscription;
    struct kh_consumer_assignment assignment;
    struct kh_arena arena;
    struct kh_reader r;
    struct kh_heap heap;

    if (size == 0)
        return 0;
    kh_heap_init(&heap);
    kh_arena_init(&arena, &heap, size * KH_LIMIT_ARENA_FACTOR);
    kh_reader_init(&r, data + 1, size - 1, false, &arena);
    if (data[0] % 2 == 0)
        kh_consumer_subscription_decode(&r, &subscription);
    else
        kh_consumer_assignment_decode(&r, &assignment);
    kh_arena_free(&arena);
    if (heap.outstanding != 0)
        abort();
    return 0;
}
