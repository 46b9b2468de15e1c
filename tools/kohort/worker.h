/* Runs a command for each record, or for each batch, so many at a time. What it is given on its
 * standard input and in its environment is said in docs/worker.md. A record is done when its
 * command has exited with 0; one that fails runs again, after a backoff. */
#ifndef WORKER_H
#define WORKER_H

#include "format.h"

#include <stdbool.h>
#include <uv.h>

struct worker_job;

struct worker {
    /* Set before worker_open(). */
    const char *command; /* for sh -c */
    size_t jobs;         /* that run at a time */
    bool by_batch;       /* one for each batch, not for each record */
    bool retries;        /* what fails runs again; else it is done too */
    /* The text on standard input: appends what one record is. */
    void (*print)(void *arg, struct text *text, const kohort_partition *p,
                  const kohort_record *record);
    /* A command has ended: `mark` is done. */
    void (*done)(void *arg, kohort_mark mark);
    /* One has ended, or was dropped: there may be fewer. */
    void (*changed)(void *arg);
    void *arg;

    uv_loop_t *loop;
    struct worker_job *first, *last; /* that wait, in the order of delivery */
    size_t waiting, running;
    size_t going; /* of those running, whose partitions are to be let go of */
    bool stopped;
};

/* Inside on_records: takes over the first `count` records. 0, or -1: out of memory. */
int worker_take(struct worker *w, kohort_partition *p, const kohort_batch *batch, size_t count);
/* An ownership ends: what waits is forgotten, what runs may end, and counts as going. */
void worker_let_go(struct worker *w, uint64_t ownership);
/* Nothing is started any more, and all that waits is forgotten. */
void worker_stop(struct worker *w);
/* Ends the commands that run. */
void worker_kill(struct worker *w);
/* Neither runs nor waits. */
bool worker_idle(const struct worker *w);

#endif
