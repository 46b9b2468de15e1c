#include "base/backoff.h"

void kh_backoff_init(struct kh_backoff *backoff, int64_t initial_ms, int64_t max_ms)
{
    *backoff = (struct kh_backoff){.initial_ms = initial_ms, .max_ms = max_ms};
}

int64_t kh_backoff_next(struct kh_backoff *backoff, struct kh_random *random)
{
    int64_t wait_ms = backoff->initial_ms;
    for (uint32_t i = 0; i < backoff->attempts && wait_ms > 0 && wait_ms < backoff->max_ms; i++)
        wait_ms = wait_ms > backoff->max_ms / 2 ? backoff->max_ms : wait_ms * 2;
    if (wait_ms > backoff->max_ms)
        wait_ms = backoff->max_ms;
    if (backoff->attempts < UINT32_MAX)
        backoff->attempts++;
    int64_t spread_ms = wait_ms / 5;
    return wait_ms - spread_ms + (int64_t)kh_random_below(random, (uint64_t)spread_ms * 2 + 1);
}

void kh_backoff_reset(struct kh_backoff *backoff)
{
    backoff->attempts = 0;
}
