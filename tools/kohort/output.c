#include "output.h"

#include <stdlib.h>
#include <unistd.h>

static void write_next(struct output *o);

static void chunk_clear(struct output_chunk *chunk)
{
    chunk->text.size = 0;
    chunk->mark_count = 0;
}

static void chunk_free(struct output_chunk *chunk)
{
    free(chunk->text.data);
    free(chunk->marks);
    *chunk = (struct output_chunk){0};
}

int output_open(struct output *o, uv_loop_t *loop)
{
    uv_handle_type type = uv_guess_handle(STDOUT_FILENO);
    int status = 0;
    o->loop = loop;
    o->is_stream = type == UV_TTY || type == UV_NAMED_PIPE; /* Else a file, or the null device. */
    if (type == UV_TTY)
        status = uv_tty_init(loop, &o->to.tty, STDOUT_FILENO, 0);
    if (type == UV_NAMED_PIPE && (status = uv_pipe_init(loop, &o->to.pipe, 0)) == 0)
        status = uv_pipe_open(&o->to.pipe, STDOUT_FILENO);
    return status;
}

size_t output_waiting(const struct output *o)
{
    return o->filling.text.size + o->leaving.text.size;
}

static void fail(struct output *o, int status)
{
    o->failed = true;
    o->broken(o->arg, uv_strerror(status));
}

static void leave(struct output *o)
{
    o->writing = false;
    o->leaving.text.size = 0;
    o->written(o->arg, o->leaving.marks, o->leaving.mark_count);
    chunk_clear(&o->leaving);
    write_next(o);
}

static void stream_written(uv_write_t *request, int status)
{
    struct output *o = request->data;
    if (status == 0)
        leave(o);
    else if (status != UV_ECANCELED)
        fail(o, status);
}

static void write_file(struct output *o);

static void file_written(uv_fs_t *request)
{
    struct output *o = request->data;
    ssize_t result = request->result;
    uv_fs_req_cleanup(request);
    if (result < 0) {
        fail(o, (int)result);
        return;
    }
    o->file_written += (size_t)result;
    if (o->file_written < o->leaving.text.size)
        write_file(o);
    else
        leave(o);
}

static void write_file(struct output *o)
{
    uv_buf_t rest = uv_buf_init(o->leaving.text.data + o->file_written,
                                (unsigned)(o->leaving.text.size - o->file_written));
    o->file_write.data = o;
    int status = uv_fs_write(o->loop, &o->file_write, STDOUT_FILENO, &rest, 1, -1, file_written);
    if (status != 0)
        fail(o, status);
}

static void write_next(struct output *o)
{
    if (o->writing || o->failed || o->filling.mark_count == 0)
        return;
    struct output_chunk emptied = o->leaving;
    o->leaving = o->filling;
    o->filling = emptied;
    o->writing = true;
    if (o->leaving.text.size == 0) {
        leave(o);
    } else if (o->is_stream) {
        uv_buf_t all = uv_buf_init(o->leaving.text.data, (unsigned)o->leaving.text.size);
        o->stream_write.data = o;
        int status = uv_write(&o->stream_write, &o->to.stream, &all, 1, stream_written);
        if (status != 0)
            fail(o, status);
    } else {
        o->file_written = 0;
        write_file(o);
    }
}

void output_commit(struct output *o, kohort_mark mark)
{
    struct output_chunk *chunk = &o->filling;
    if (chunk->mark_count == chunk->mark_capacity) {
        size_t capacity = chunk->mark_capacity == 0 ? 64 : chunk->mark_capacity * 2;
        kohort_mark *marks = realloc(chunk->marks, capacity * sizeof *marks);
        if (marks == NULL)
            chunk->text.failed = true;
        else {
            chunk->marks = marks;
            chunk->mark_capacity = capacity;
        }
    }
    if (chunk->text.failed) {
        fail(o, UV_ENOMEM);
        return;
    }
    chunk->marks[chunk->mark_count++] = mark;
    write_next(o);
}

void output_close(struct output *o)
{
    if (o->is_stream && !uv_is_closing(&o->to.handle))
        uv_close(&o->to.handle, NULL);
    chunk_free(&o->filling);
    if (!o->writing)
        chunk_free(&o->leaving);
}
