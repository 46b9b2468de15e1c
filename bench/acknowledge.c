/* What acknowledging costs: delivers RECORDS records in batches and acknowledges each, at most
 * WINDOW outstanding; one JSON line. Under callgrind, a short run against a long one gives the
 * instructions of a record, delivery's part included.
 *
 *   acknowledge in-order|batch|random RECORDS [STEP]
 *
 * in-order: each record by itself, as it came. batch: by the mark of its batch. random: in a window
 * of 10,000, in any order. STEP: from an offset to the next, 1 without holes. */
#include "base/random.h"
#include "base/status.h"
#include "consumer/tracker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 10000, BATCH = 1000 };

struct bench {
    struct kh_heap heap;
    struct kh_tracker tracker;
    struct kh_random random;
    kohort_record records[BATCH];
    int64_t window[WINDOW]; /* delivered and not acknowledged */
    size_t outstanding;
    int64_t next, step;
    size_t bytes;      /* that the first full window took: delivered, and little of it done */
    size_t most_bytes; /* and the most that any took */
};

static void check(int status)
{
    if (status == 0)
        return;
    fprintf(stderr, "acknowledge: %s\n", kh_status_text(status));
    exit(1);
}

static void deliver(struct bench *b)
{
    for (size_t i = 0; i < BATCH; i++, b->next += b->step)
        b->records[i].offset = b->next;
    check(kh_tracker_reserve(&b->tracker, b->records, BATCH, &b->heap));
    kh_tracker_add(&b->tracker, b->records, BATCH, false);
}

static void in_order(struct bench *b, size_t records)
{
    for (size_t i = 0; i < records; i += BATCH) {
        deliver(b);
        for (size_t k = 0; k < BATCH; k++)
            check(kh_tracker_ack(&b->tracker, b->records[k].offset, b->records[k].offset, b->next));
    }
}

static void by_batch(struct bench *b, size_t records)
{
    for (size_t i = 0; i < records; i += BATCH) {
        deliver(b);
        check(kh_tracker_ack(&b->tracker, b->records[0].offset, b->records[BATCH - 1].offset,
                             b->next));
    }
}

static void ack_any(struct bench *b)
{
    size_t at = kh_random_below(&b->random, b->outstanding);
    int64_t offset = b->window[at];
    b->window[at] = b->window[--b->outstanding];
    check(kh_tracker_ack(&b->tracker, offset, offset, b->next));
}

static void note_bytes(struct bench *b)
{
    const struct kh_tracker *t = &b->tracker;
    size_t bytes =
        t->capacity * (sizeof *t->blocks + (t->deltas == NULL ? 0 : 64 * sizeof *t->deltas));
    b->bytes = b->bytes == 0 ? bytes : b->bytes;
    b->most_bytes = bytes > b->most_bytes ? bytes : b->most_bytes;
}

static void at_random(struct bench *b, size_t records)
{
    for (size_t i = 0; i < records; i += BATCH) {
        while (b->outstanding + BATCH > WINDOW)
            ack_any(b);
        deliver(b);
        for (size_t k = 0; k < BATCH; k++)
            b->window[b->outstanding++] = b->records[k].offset;
        if (b->outstanding == WINDOW)
            note_bytes(b);
    }
    while (b->outstanding > 0)
        ack_any(b);
}

int main(int argc, char **argv)
{
    static struct bench b;
    if (argc < 3)
        return 2;
    size_t records = strtoul(argv[2], NULL, 10) / BATCH * BATCH;
    b.step = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
    kh_heap_init(&b.heap);
    kh_random_seed(&b.random, 1);
    kh_tracker_init(&b.tracker);
    if (strcmp(argv[1], "in-order") == 0)
        in_order(&b, records);
    else if (strcmp(argv[1], "batch") == 0)
        by_batch(&b, records);
    else
        at_random(&b, records);
    printf("{\"records\": %zu, \"bytes_per_record\": %.2f, \"most_bytes_per_record\": %.2f}\n",
           records, (double)b.bytes / (double)WINDOW, (double)b.most_bytes / (double)WINDOW);
    kh_tracker_free(&b.tracker, &b.heap);
    return 0;
}
