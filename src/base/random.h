/* A seeded generator for jitter and choices, never for secrets (those come from the platform). The
 * same seed gives the same run. */
#ifndef KH_BASE_RANDOM_H
#define KH_BASE_RANDOM_H

#include <stdint.h>

struct kh_random {
    uint64_t state[4];
};

void kh_random_seed(struct kh_random *random, uint64_t seed);
uint64_t kh_random_next(struct kh_random *random);
/* Evenly from [0, bound); bound > 0. */
uint64_t kh_random_below(struct kh_random *random, uint64_t bound);

#endif
