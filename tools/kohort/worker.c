#include "worker.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACKOFF_MS = 200, BACKOFF_MAX_MS = 10000, NUMBERS = 6, VARIABLE_SIZE = 320 };

extern char **environ;

/* One run of the command, until it has succeeded. */
struct worker_job {
    struct worker *worker;
    struct worker_job *next, *previous;
    kohort_mark mark;
    uint32_t tries;
    bool runs, exited, backs_off, going;
    bool good; /* it has exited with 0 */
    uv_timer_t backoff;
    uv_process_t process;
    uv_pipe_t input;
    uv_write_t write;
    int handles; /* that are open */
    int64_t numbers[NUMBERS];
    char *topic; /* "KOHORT_TOPIC=…" */
    char *key;   /* "KOHORT_KEY=…"; NULL: the record has none */
    struct text text;
};

static void start_some(struct worker *w);

/* ---- the list of those that wait or run ---- */

static void append(struct worker *w, struct worker_job *job)
{
    job->previous = w->last;
    if (w->last == NULL)
        w->first = job;
    else
        w->last->next = job;
    w->last = job;
}

static void unlink_job(struct worker *w, struct worker_job *job)
{
    if (job->previous == NULL)
        w->first = job->next;
    else
        job->previous->next = job->next;
    if (job->next == NULL)
        w->last = job->previous;
    else
        job->next->previous = job->previous;
}

static void free_job(struct worker_job *job)
{
    free(job->topic);
    free(job->key);
    free(job->text.data);
    free(job);
}

static void timer_closed(uv_handle_t *handle)
{
    free_job(handle->data);
}

/* It waits, and will not run (again). */
static void forget(struct worker_job *job)
{
    struct worker *w = job->worker;
    w->waiting--;
    unlink_job(w, job);
    uv_close((uv_handle_t *)&job->backoff, timer_closed);
}

/* ---- one command ---- */

static void backed_off(uv_timer_t *timer)
{
    struct worker_job *job = timer->data;
    job->backs_off = false;
    start_some(job->worker);
}

static void back_off(struct worker_job *job)
{
    struct worker *w = job->worker;
    uint64_t delay_ms = BACKOFF_MS;
    for (uint32_t i = 1; i < job->tries && delay_ms < BACKOFF_MAX_MS; i++)
        delay_ms *= 2;
    w->waiting++;
    job->backs_off = true;
    uv_timer_start(&job->backoff, backed_off, delay_ms < BACKOFF_MAX_MS ? delay_ms : BACKOFF_MAX_MS,
                   0);
}

/* Its process has exited, and its handles are closed. */
static void end(struct worker_job *job)
{
    struct worker *w = job->worker;
    kohort_mark mark = job->mark;
    bool good = job->good || !w->retries;
    w->running--;
    w->going -= job->going;
    job->runs = false;
    if (!good && !w->stopped && !job->going) {
        back_off(job);
    } else {
        unlink_job(w, job);
        uv_close((uv_handle_t *)&job->backoff, timer_closed);
    }
    if (good)
        w->done(w->arg, mark);
    w->changed(w->arg);
    start_some(w);
}

static void handle_closed(uv_handle_t *handle)
{
    struct worker_job *job = handle->data;
    if (--job->handles == 0)
        end(job);
}

static void exited(uv_process_t *process, int64_t exit_status, int signal)
{
    struct worker_job *job = process->data;
    job->exited = true;
    job->good = exit_status == 0 && signal == 0;
    uv_close((uv_handle_t *)process, handle_closed);
    if (!uv_is_closing((uv_handle_t *)&job->input)) /* It did not read all. */
        uv_close((uv_handle_t *)&job->input, handle_closed);
}

static void written(uv_write_t *request, int status)
{
    struct worker_job *job = request->data;
    (void)status; /* Whether it reads its input is the command's affair. */
    if (!uv_is_closing((uv_handle_t *)&job->input))
        uv_close((uv_handle_t *)&job->input, handle_closed);
}

static const char *const names[NUMBERS] = {"OFFSET",    "LAST_OFFSET", "COUNT",
                                           "TIMESTAMP", "PARTITION",   "ATTEMPT"};

/* Ours, and what the job is: one block, the caller's. NULL: out of memory. */
static char **make_environment(struct worker_job *job)
{
    size_t count = 0, at = 0;
    while (environ[count] != NULL)
        count++;
    size_t pointers = (count + NUMBERS + 3) * sizeof(char *);
    char **all = malloc(pointers + NUMBERS * VARIABLE_SIZE);
    if (all == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "KOHORT_KEY=", 11) != 0)
            all[at++] = environ[i];
    char *text = (char *)all + pointers;
    job->numbers[NUMBERS - 1] = job->tries;
    for (size_t i = 0; i < NUMBERS; i++, text += VARIABLE_SIZE) {
        snprintf(text, VARIABLE_SIZE, "KOHORT_%s=%" PRId64, names[i], job->numbers[i]);
        all[at++] = text;
    }
    all[at++] = job->topic;
    if (job->key != NULL)
        all[at++] = job->key;
    all[at] = NULL;
    return all;
}

static int spawn(struct worker_job *job, char **environment)
{
    char shell[] = "/bin/sh", flag[] = "-c";
    char *arguments[] = {shell, flag, (char *)(uintptr_t)job->worker->command, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&job->input},
        {.flags = UV_INHERIT_FD, .data.fd = 1},
        {.flags = UV_INHERIT_FD, .data.fd = 2}};
    /* Of its own session: ^C is for us, and what runs may end. */
    uv_process_options_t options = {.file = shell,
                                    .args = arguments,
                                    .env = environment,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio = stdio,
                                    .stdio_count = 3,
                                    .exit_cb = exited};
    int status = uv_spawn(job->worker->loop, &job->process, &options);
    job->handles++;
    if (status != 0) /* As if it had failed: there may be too many processes for a while. */
        uv_close((uv_handle_t *)&job->process, handle_closed);
    return status;
}

static void start(struct worker_job *job)
{
    struct worker *w = job->worker;
    job->tries++;
    job->runs = true;
    job->exited = job->good = false;
    job->handles = 1;
    job->process.data = job->input.data = job->write.data = job;
    w->waiting--;
    w->running++;
    uv_pipe_init(w->loop, &job->input, 0);
    char **environment = make_environment(job);
    int status = environment == NULL ? UV_ENOMEM : spawn(job, environment);
    free(environment);
    uv_buf_t all = uv_buf_init(job->text.data, (unsigned)job->text.size);
    if (status != 0 || job->text.size == 0 ||
        uv_write(&job->write, (uv_stream_t *)&job->input, &all, 1, written) != 0)
        uv_close((uv_handle_t *)&job->input, handle_closed);
}

/* With one job at a time records run in their order: one that fails holds up those behind it. */
static void start_some(struct worker *w)
{
    struct worker_job *next;
    for (struct worker_job *job = w->first; job != NULL && !w->stopped; job = next) {
        next = job->next;
        if (w->running >= w->jobs || (w->jobs == 1 && job->backs_off))
            return;
        if (!job->runs && !job->backs_off)
            start(job);
    }
}

/* ---- what is given to it ---- */

/* "NAME=value"; the caller's. */
static char *make_variable(const char *name, const void *value, size_t size)
{
    size_t name_size = strlen(name);
    char *text = malloc(name_size + size + 2);
    if (text == NULL)
        return NULL;
    memcpy(text, name, name_size);
    text[name_size] = '=';
    memcpy(text + name_size + 1, value, size);
    text[name_size + 1 + size] = '\0';
    return text;
}

static bool set_variables(struct worker_job *job, const kohort_partition *p,
                          const kohort_record *records, size_t count)
{
    const kohort_record *first = &records[0];
    const char *topic = kohort_partition_topic(p);
    int64_t numbers[NUMBERS] = {first->offset,       records[count - 1].offset,  (int64_t)count,
                                first->timestamp_ms, kohort_partition_number(p), 0};
    memcpy(job->numbers, numbers, sizeof numbers);
    job->topic = make_variable("KOHORT_TOPIC", topic, strlen(topic));
    /* An environment holds no NUL. */
    bool has_key = count == 1 && first->key.data != NULL &&
                   memchr(first->key.data, '\0', (size_t)first->key.size) == NULL;
    if (has_key)
        job->key = make_variable("KOHORT_KEY", first->key.data, (size_t)first->key.size);
    return job->topic != NULL && (job->key != NULL || !has_key);
}

static int add_job(struct worker *w, const kohort_partition *p, kohort_mark mark,
                   const kohort_record *records, size_t count)
{
    struct worker_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return -1;
    job->worker = w;
    job->mark = mark;
    bool good = set_variables(job, p, records, count);
    for (size_t i = 0; i < count; i++)
        w->print(w->arg, &job->text, p, &records[i]);
    if (!good || job->text.failed) {
        free_job(job);
        return -1;
    }
    uv_timer_init(w->loop, &job->backoff);
    job->backoff.data = job;
    append(w, job);
    w->waiting++;
    return 0;
}

int worker_take(struct worker *w, kohort_partition *p, const kohort_batch *batch, size_t count)
{
    size_t all;
    const kohort_record *records = kohort_batch_records(batch, &all);
    if (w->by_batch) {
        kohort_mark mark = kohort_batch_mark(batch);
        mark.count = (uint16_t)count;
        mark.span = (uint32_t)(records[count - 1].offset - records[0].offset);
        if (add_job(w, p, mark, records, count) != 0)
            return -1;
    }
    for (size_t i = 0; i < count && !w->by_batch; i++)
        if (add_job(w, p, kohort_record_mark(batch, &records[i]), &records[i], 1) != 0)
            return -1;
    start_some(w);
    return 0;
}

void worker_let_go(struct worker *w, uint64_t ownership)
{
    struct worker_job *next;
    for (struct worker_job *job = w->first; job != NULL; job = next) {
        next = job->next;
        if (job->mark.ownership != ownership || job->going)
            continue;
        job->going = job->runs;
        w->going += job->runs;
        if (!job->runs)
            forget(job);
    }
}

void worker_stop(struct worker *w)
{
    struct worker_job *next;
    w->stopped = true;
    for (struct worker_job *job = w->first; job != NULL; job = next) {
        next = job->next;
        if (!job->runs)
            forget(job);
    }
}

void worker_kill(struct worker *w)
{
    for (struct worker_job *job = w->first; job != NULL; job = job->next)
        if (job->runs && !job->exited)
            uv_kill(-job->process.pid, SIGTERM); /* its session */
}

bool worker_idle(const struct worker *w)
{
    return w->running == 0 && w->waiting == 0;
}
