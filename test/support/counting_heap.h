/* A heap that counts the bytes that it gives. */
#ifndef TEST_SUPPORT_COUNTING_HEAP_H
#define TEST_SUPPORT_COUNTING_HEAP_H

#include "base/heap.h"

struct counting_heap {
    struct kh_heap heap;
    size_t held, most; /* bytes now, and the most since `most` was set */
    size_t largest;    /* block since this was set */
};

void counting_heap_init(struct counting_heap *h);

#endif
