/* Fetch v11, answered from the log without copying it. */
#ifndef BENCH_REPLAY_FETCH_H
#define BENCH_REPLAY_FETCH_H

#include "protocol/reader.h"
#include "replay_log.h"

#include <sys/uio.h>

/* The pieces of one answer, used again for the next. Zeroed is empty. */
struct replay_fetch {
    struct test_buffer heads; /* all that is not a batch, offsets included, piece behind piece */
    struct iovec *pieces;     /* iov_base NULL: the next iov_len bytes of heads */
    size_t piece_count, piece_capacity;
    uint64_t size;
};

/* Reads a request's body (behind its header) and prepares the answer: every partition asked for,
 * each with as many batches as its and the request's limits allow, one at least in the first. */
bool replay_fetch_prepare(struct replay_fetch *fetch, const struct replay_log *log,
                          int32_t correlation_id, struct kh_reader *r);
/* As long as this a Fetch waits at a log without records: fetch.max.wait.ms, by default. */
enum { REPLAY_FETCH_WAIT_MS = 500 };
/* Writes it, blocking. False: the connection broke. */
bool replay_fetch_send(struct replay_fetch *fetch, int fd);
void replay_fetch_free(struct replay_fetch *fetch);

#endif
