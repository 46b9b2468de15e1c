#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { TICK_MS = 500 };

static int64_t total_lag(const kohort_consumer *c, size_t *ret_partitions)
{
    const kohort_partitions *owned = kohort_consumer_assignment(c);
    int64_t lag = 0;
    *ret_partitions = kohort_partitions_count(owned);
    for (size_t i = 0; i < *ret_partitions; i++) {
        kohort_partition_status status = {.size = sizeof status};
        kohort_partition_get_status(kohort_partitions_at(owned, i), &status);
        lag += status.lag > 0 ? status.lag : 0;
    }
    return lag;
}

static void tick(uv_timer_t *timer)
{
    struct progress *p = timer->data;
    uint64_t now_ms = uv_now(timer->loop), passed_ms = now_ms - p->last_ms;
    size_t partitions;
    int64_t lag = total_lag(p->consumer, &partitions);
    uint64_t rate = passed_ms == 0 ? 0 : (p->records - p->last_records) * 1000 / passed_ms;
    fprintf(stderr,
            "\r\033[K%% %s: %" PRIu64 " records, %" PRIu64 "/s, %zu partitions, lag %" PRId64,
            kohort_consumer_state(p->consumer), p->records, rate, partitions, lag);
    p->shown = true;
    p->last_records = p->records;
    p->last_ms = now_ms;
}

void progress_start(struct progress *p, uv_loop_t *loop, kohort_consumer *c)
{
    p->consumer = c;
    p->timer.data = p;
    uv_timer_init(loop, &p->timer);
    if (!isatty(STDERR_FILENO))
        return;
    p->last_ms = uv_now(loop);
    uv_timer_start(&p->timer, tick, TICK_MS, TICK_MS);
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

void progress_stop(struct progress *p)
{
    progress_clear(p);
    uv_close((uv_handle_t *)&p->timer, NULL);
}
