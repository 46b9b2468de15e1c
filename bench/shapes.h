/* Groups of many shapes, from a seed: who subscribes to what, who holds what, who is where. */
#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H

#include "assignors/assignor.h"
#include "base/random.h"

struct shape {
    struct kh_assignor_input input; /* what members hold is in both places where it can be said */
    char text[160];                 /* what kind it is */
    size_t pair_count;              /* subscriptions of all members together */
};

/* At most so many members and partitions. All memory is the arena's; ends the program without it.
 */
void shape_make(struct shape *shape, struct kh_arena *arena, uint64_t seed, size_t member_max,
                size_t partition_max);

#endif
