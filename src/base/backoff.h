/* Exponential backoff with jitter: initial * 2^attempt, at most max, each times 0.8 to 1.2 (Kafka's
 * ExponentialBackoff with CommonClientConfigs.RETRY_BACKOFF_JITTER). No cap on attempts. */
#ifndef KH_BASE_BACKOFF_H
#define KH_BASE_BACKOFF_H

#include "base/random.h"

struct kh_backoff {
    int64_t initial_ms, max_ms;
    uint32_t attempts; /* since the last success */
};

void kh_backoff_init(struct kh_backoff *backoff, int64_t initial_ms, int64_t max_ms);
/* How long to wait before the next attempt; counts this failure. */
int64_t kh_backoff_next(struct kh_backoff *backoff, struct kh_random *random);
void kh_backoff_reset(struct kh_backoff *backoff);

#endif
