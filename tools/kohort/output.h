/* stdout without blocking the loop: a slow reader of a pipe must not cost the membership. A record
 * counts as done once it is written. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "format.h"

#include <uv.h>

enum { OUTPUT_HIGH = 8 * 1024 * 1024, OUTPUT_LOW = 2 * 1024 * 1024 };

/* What is written together, and then acknowledged. */
struct output_chunk {
    struct text text;
    kohort_mark *marks;
    size_t mark_count, mark_capacity;
};

struct output {
    uv_loop_t *loop;
    uv_fs_t file_write;
    uv_write_t stream_write;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tty_t tty;
    } to;
    bool is_stream, writing, failed;
    size_t file_written;
    struct output_chunk filling, leaving;
    void (*written)(void *arg, const kohort_mark *marks, size_t count);
    void (*broken)(void *arg, const char *why);
    void *arg;
};

int output_open(struct output *o, uv_loop_t *loop);
/* Bytes not yet written. */
size_t output_waiting(const struct output *o);
/* What was appended to filling.text belongs to this mark; starts writing. */
void output_commit(struct output *o, kohort_mark mark);
void output_close(struct output *o);

#endif
