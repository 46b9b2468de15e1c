#include "base/backoff.h"

#include "support/test.h"

KH_TEST(backoff, doubles_with_jitter_up_to_the_maximum)
{
    struct kh_random random;
    kh_random_seed(&random, 1);
    static const int64_t middle_ms[] = {100, 200, 400, 800, 1000, 1000, 1000};
    int64_t least[7] = {0}, most[7] = {0};
    for (int round = 0; round < 500; round++) {
        struct kh_backoff backoff;
        kh_backoff_init(&backoff, 100, 1000);
        for (int i = 0; i < 7; i++) {
            int64_t wait_ms = kh_backoff_next(&backoff, &random);
            cr_assert(wait_ms >= middle_ms[i] * 8 / 10 && wait_ms <= middle_ms[i] * 12 / 10);
            least[i] = round == 0 || wait_ms < least[i] ? wait_ms : least[i];
            most[i] = wait_ms > most[i] ? wait_ms : most[i];
        }
    }
    for (int i = 0; i < 7; i++) {
        cr_assert_lt(least[i], middle_ms[i] * 85 / 100, "the jitter is used");
        cr_assert_gt(most[i], middle_ms[i] * 115 / 100);
    }
}

KH_TEST(backoff, begins_again_after_a_success)
{
    struct kh_random random;
    kh_random_seed(&random, 1);
    struct kh_backoff backoff;
    kh_backoff_init(&backoff, 100, 100000);
    for (int i = 0; i < 8; i++)
        kh_backoff_next(&backoff, &random);
    kh_backoff_reset(&backoff);
    cr_assert_leq(kh_backoff_next(&backoff, &random), 120);
}

KH_TEST(backoff, bears_extreme_settings)
{
    struct kh_random random;
    kh_random_seed(&random, 1);
    struct kh_backoff backoff;
    kh_backoff_init(&backoff, 0, 0);
    cr_assert_eq(kh_backoff_next(&backoff, &random), 0);
    kh_backoff_init(&backoff, 5000, 1000); /* Kafka too takes the smaller one */
    cr_assert_leq(kh_backoff_next(&backoff, &random), 1200);
    kh_backoff_init(&backoff, 1, INT64_MAX / 2);
    backoff.attempts = UINT32_MAX;
    cr_assert_gt(kh_backoff_next(&backoff, &random), INT64_MAX / 4);
    cr_assert_eq(backoff.attempts, UINT32_MAX, "it does not start over");
}
