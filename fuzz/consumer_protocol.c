/* What members tell each other through the broker (ConsumerProtocol). The first byte chooses:
 * subscription or assignment. */
#include "protocol/consumer_protocol.h"

#include "base/limits.h"
#include "mutate_message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind the two bytes that are its version. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    enum { BEFORE = 3 };
    const struct schema *s;

    if (size < BEFORE || max_size <= BEFORE || seed % 3 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    s = data[0] % 2 == 0 ? &schema_consumer_subscription : &schema_consumer_assignment;
    data[1] = 0;
    data[2] = (uint8_t)(data[2] % (s->newest + 1));
    return BEFORE +
           mutate_message(s, data[2], data + BEFORE, size - BEFORE, max_size - BEFORE, seed);
}

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
