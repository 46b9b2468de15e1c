/* What everything that belongs to one client shares. */
#ifndef KH_NET_SHARED_H
#define KH_NET_SHARED_H

#include "base/buffer.h"
#include "base/log.h"
#include "base/random.h"
#include "base/timers.h"
#include "net/platform.h"
#include "net/tape.h"
#include "net/version_ranges.h"

/* Filled by the client before kh_cluster_new; lives longer than the cluster. */
struct kh_shared {
    struct kh_heap *heap;
    struct kh_platform *platform;
    struct kh_tape *tape; /* NULL: nothing is recorded, or replayed */
    struct kh_timers timers;
    struct kh_random random;
    struct kh_log log;
    struct kh_buffer_pool buffers;
    struct kh_version_ranges versions; /* the user's api.versions, live */
    int64_t now_ms;                    /* read once a turn: kh_shared_now() refreshes it */
    struct {
        uint64_t connections_opened, requests_sent, bytes_received, bytes_sent, turns;
    } counters;
};

static inline int64_t kh_shared_now(struct kh_shared *shared)
{
    return shared->now_ms = shared->platform->ops->now_ms(shared->platform);
}

#endif
