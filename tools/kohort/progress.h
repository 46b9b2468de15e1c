/* The line at the bottom of a terminal: how much, how fast, how far behind. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <kohort/kohort.h>
#include <uv.h>

struct progress {
    uv_timer_t timer;
    kohort_consumer *consumer;
    uint64_t records, last_records;
    uint64_t last_ms;
    bool shown;
};

/* Does nothing unless stderr is a terminal. */
void progress_start(struct progress *p, uv_loop_t *loop, kohort_consumer *c);
/* Before something else is printed: the line goes, and comes back with the next tick. */
void progress_clear(struct progress *p);
void progress_stop(struct progress *p);

#endif
