#include "support/live/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32, READ_SIZE = 4096 };

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct child_text *t = handle->data;
    (void)suggested;
    if (t->capacity - t->size < READ_SIZE + 1) {
        t->capacity = t->capacity * 2 + READ_SIZE + 1;
        t->text = realloc(t->text, t->capacity);
    }
    *buffer = uv_buf_init(t->text + t->size, READ_SIZE);
}

static void received(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct child_text *t = stream->data;
    (void)buffer;
    if (size < 0) {
        t->ended = true;
        uv_close((uv_handle_t *)stream, NULL);
        return;
    }
    t->size += (size_t)size;
    t->text[t->size] = '\0';
}

static void gather(struct child_text *t, uv_loop_t *loop, int descriptor)
{
    *t = (struct child_text){.text = calloc(1, 1), .capacity = 1};
    t->pipe.data = t;
    uv_pipe_init(loop, &t->pipe, 0);
    uv_pipe_open(&t->pipe, descriptor);
    uv_read_start((uv_stream_t *)&t->pipe, give_room, received);
}

static void run_program(const char *program, const char *const *arguments, int in, int out, int err)
{
    char *texts[ARGUMENTS_MAX] = {(char *)(uintptr_t)program};
    live_die_with_parent();
    for (size_t i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++)
        texts[i + 1] = (char *)(uintptr_t)arguments[i];
    if (in >= 0)
        dup2(in, STDIN_FILENO);
    if (dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
        execvp(program, texts);
    _exit(127);
}

void child_start(struct child *c, struct stage *s, const char *const *arguments)
{
    const char *tool = getenv("KOHORT_TEST_TOOL");
    cr_assert_not_null(tool, "KOHORT_TEST_TOOL does not name the tool");
    child_start_program(c, s, tool, arguments);
}

static void start(struct child *c, struct stage *s, const char *program,
                  const char *const *arguments, int in)
{
    int out[2], err[2];
    *c = (struct child){.stage = s, .in = -1, .exit_code = -1};
    cr_assert(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
    c->pid = fork();
    if (c->pid == 0)
        run_program(program, arguments, in, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    gather(&c->out, &s->loop, out[0]);
    gather(&c->err, &s->loop, err[0]);
}

void child_start_program(struct child *c, struct stage *s, const char *program,
                         const char *const *arguments)
{
    start(c, s, program, arguments, -1);
}

void child_start_told(struct child *c, struct stage *s, const char *program,
                      const char *const *arguments)
{
    int in[2];
    cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
    start(c, s, program, arguments, in[0]);
    close(in[0]);
    c->in = in[1];
}

void child_tell(struct child *c, const char *line)
{
    size_t size = strlen(line);
    cr_assert(write(c->in, line, size) == (ssize_t)size && write(c->in, "\n", 1) == 1);
}

void child_hang_up(struct child *c)
{
    close(c->in);
    c->in = -1;
}

void child_signal(struct child *c, int number)
{
    kill(c->pid, number);
}

void child_stop_reading(struct child *c)
{
    uv_read_stop((uv_stream_t *)&c->out.pipe);
}

void child_read_on(struct child *c)
{
    uv_read_start((uv_stream_t *)&c->out.pipe, give_room, received);
}

void child_close_output(struct child *c)
{
    c->out.ended = true;
    uv_close((uv_handle_t *)&c->out.pipe, NULL);
}

bool child_ended(struct child *c)
{
    int status;
    if (c->reaped)
        return true;
    /* Its ends of the pipes close with it: the wait is short. */
    if (!c->out.ended || !c->err.ended || waitpid(c->pid, &status, 0) != c->pid)
        return false;
    c->reaped = true;
    c->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return true;
}

size_t child_said(const struct child_text *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text->text; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

void child_close(struct child *c)
{
    if (!child_ended(c))
        child_signal(c, SIGKILL);
    run_until(c->stage, child_ended(c));
    if (c->in >= 0)
        close(c->in);
    free(c->out.text);
    free(c->err.text);
}
