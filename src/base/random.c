#include "base/random.h"

/* xoshiro256** 1.0, seeded through splitmix64, as its authors Blackman and Vigna advise. */

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void kh_random_seed(struct kh_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

uint64_t kh_random_next(struct kh_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t kh_random_below(struct kh_random *random, uint64_t bound)
{
    uint64_t uneven =
        (0 - bound) % bound; /* 2^64 mod bound: below it some remainders come once too often */
    uint64_t value;
    do {
        value = kh_random_next(random);
    } while (value < uneven);
    return value % bound;
}
