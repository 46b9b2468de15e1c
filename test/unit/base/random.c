#include "base/random.h"

#include "support/test.h"

/* The first numbers of the authors' own C code for the state 1, 2, 3, 4. */
KH_TEST(random, is_xoshiro256starstar)
{
    struct kh_random random = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {11520u, 0u, 1509978240u, 1215971899390074240u};
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(kh_random_next(&random), expected[i]);
}

KH_TEST(random, repeats_for_a_seed_and_differs_between_seeds)
{
    struct kh_random a, b, c;
    kh_random_seed(&a, 0);
    kh_random_seed(&b, 0);
    kh_random_seed(&c, 1);
    /* splitmix64 of 0 begins with this number. */
    cr_assert_eq(a.state[0], 0xe220a8397b1dcdafu);
    uint64_t first = kh_random_next(&a);
    cr_assert_eq(first, kh_random_next(&b));
    cr_assert_neq(first, kh_random_next(&c));
}

KH_TEST(random, stays_below_its_bound_and_reaches_all)
{
    struct kh_random random;
    kh_random_seed(&random, 5);
    int seen[7] = {0};
    for (int i = 0; i < 7000; i++)
        seen[kh_random_below(&random, 7)]++;
    for (int i = 0; i < 7; i++)
        cr_assert(seen[i] > 800 && seen[i] < 1200, "%d came %d times", i, seen[i]);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(kh_random_below(&random, 1), 0);
}

KH_TEST(random, is_even_where_a_remainder_would_not_be)
{
    struct kh_random random;
    kh_random_seed(&random, 5);
    const uint64_t third = (uint64_t)1 << 62;
    int lowest = 0;
    for (int i = 0; i < 3000; i++)
        lowest += kh_random_below(&random, third * 3) < third;
    cr_assert(lowest > 900 && lowest < 1100, "%d of 3000, not a third", lowest);
}
