#include "replay_fetch.h"

#include <stdlib.h>
#include <sys/socket.h>

/* The log has no end: its high watermark lies ahead of every reader. */
static const int64_t far_ahead = INT64_C(1) << 60;

struct limits {
    int64_t bytes_left; /* of the answer */
    bool has_batch;
};

static void add_piece(struct replay_fetch *f, void *data, size_t size)
{
    if (f->piece_count == f->piece_capacity) {
        f->piece_capacity = f->piece_capacity * 2 + 64;
        f->pieces = realloc(f->pieces, f->piece_capacity * sizeof *f->pieces);
        if (f->pieces == NULL)
            abort();
    }
    f->pieces[f->piece_count++] = (struct iovec){data, size};
    f->size += size;
}

/* What was appended to heads since `begin` is the next piece. */
static void add_head(struct replay_fetch *f, size_t begin)
{
    if (f->piece_count > 0 && f->pieces[f->piece_count - 1].iov_base == NULL) {
        f->pieces[f->piece_count - 1].iov_len += f->heads.size - begin;
        f->size += f->heads.size - begin;
    } else {
        add_piece(f, NULL, f->heads.size - begin);
    }
}

static void put(struct replay_fetch *f, int64_t value, size_t size)
{
    test_buffer_append_int(&f->heads, (uint64_t)value, size);
}

static void answer_partition(struct replay_fetch *f, const struct replay_log *log,
                             struct limits *limits, struct kh_reader *r)
{
    size_t begin = f->heads.size, count = 0;
    int32_t index = kh_read_i32(r);
    int64_t offset, room;

    kh_read_i32(r); /* current_leader_epoch */
    offset = kh_read_i64(r);
    kh_read_i64(r); /* log_start_offset */
    room = kh_read_i32(r);
    if (room > limits->bytes_left)
        room = limits->bytes_left;
    if (room > 0)
        count = (size_t)room / log->batch.size;
    if (count == 0 && !limits->has_batch) /* KIP-74: one batch goes beyond the limits */
        count = 1;
    if (log->empty)
        count = 0;
    limits->has_batch = true;
    limits->bytes_left -= (int64_t)(count * log->batch.size);

    put(f, index, 4);
    put(f, 0, 2);
    put(f, log->empty ? 0 : far_ahead, 8);
    put(f, log->empty ? 0 : far_ahead, 8);
    put(f, 0, 8);
    put(f, -1, 4); /* aborted transactions: null */
    put(f, -1, 4); /* preferred read replica */
    put(f, (int64_t)(count * log->batch.size), 4);
    add_head(f, begin);
    for (size_t i = 0; i < count; i++, offset += log->batch_records) {
        begin = f->heads.size;
        put(f, offset, 8);
        add_head(f, begin);
        add_piece(f, log->batch.data + 8, log->batch.size - 8);
    }
}

static void answer_topic(struct replay_fetch *f, const struct replay_log *log,
                         struct limits *limits, struct kh_reader *r)
{
    struct kh_string name = kh_read_string(r);
    int32_t count = kh_read_i32(r);
    size_t begin = f->heads.size;

    put(f, name.size, 2);
    test_buffer_append(&f->heads, name.data, (size_t)name.size);
    put(f, count, 4);
    add_head(f, begin);
    for (int32_t i = 0; i < count && kh_read_ok(r); i++)
        answer_partition(f, log, limits, r);
}

bool replay_fetch_prepare(struct replay_fetch *f, const struct replay_log *log,
                          int32_t correlation_id, struct kh_reader *r)
{
    struct limits limits = {0};
    int32_t topics;

    f->heads.size = f->piece_count = 0;
    f->size = 0;
    kh_read_i32(r); /* replica_id */
    kh_read_i32(r); /* max_wait_ms: there is always data */
    kh_read_i32(r); /* min_bytes */
    limits.bytes_left = kh_read_i32(r);
    kh_read_i8(r);  /* isolation_level */
    kh_read_i32(r); /* session_id */
    kh_read_i32(r); /* session_epoch */
    topics = kh_read_i32(r);

    put(f, 0, 4); /* the frame's size, set below */
    put(f, correlation_id, 4);
    put(f, 0, 4); /* throttle_time_ms */
    put(f, 0, 2); /* error_code */
    put(f, 0, 4); /* session_id: none, so each request names every partition */
    put(f, topics, 4);
    add_head(f, 0);
    for (int32_t i = 0; i < topics && kh_read_ok(r); i++)
        answer_topic(f, log, &limits, r);
    for (size_t i = 0; i < 4; i++)
        f->heads.data[i] = (uint8_t)((f->size - 4) >> (24 - 8 * i));
    return kh_read_ok(r) && f->size - 4 <= INT32_MAX;
}

/* As many pieces as one call takes, from *first on, of which *done bytes are out already. */
static size_t fill(const struct replay_fetch *f, size_t first, size_t done, size_t head,
                   struct iovec *out, size_t most)
{
    size_t count = 0;

    for (size_t i = first; i < f->piece_count && count < most; i++, done = 0) {
        struct iovec piece = f->pieces[i];

        if (piece.iov_base == NULL) {
            piece.iov_base = f->heads.data + head;
            head += piece.iov_len;
        }
        out[count++] = (struct iovec){(char *)piece.iov_base + done, piece.iov_len - done};
    }
    return count;
}

bool replay_fetch_send(struct replay_fetch *f, int fd)
{
    size_t first = 0, done = 0, head = 0;
    struct iovec out[512];

    while (first < f->piece_count) {
        struct msghdr message = {.msg_iov = out};
        ssize_t sent;

        message.msg_iovlen = fill(f, first, done, head, out, sizeof out / sizeof *out);
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        for (done += (size_t)sent; first < f->piece_count && done >= f->pieces[first].iov_len;
             first++) {
            done -= f->pieces[first].iov_len;
            head += f->pieces[first].iov_base == NULL ? f->pieces[first].iov_len : 0;
        }
    }
    return true;
}

void replay_fetch_free(struct replay_fetch *f)
{
    test_buffer_free(&f->heads);
    free(f->pieces);
    *f = (struct replay_fetch){0};
}
