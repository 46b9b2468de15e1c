#include "support/live/admin.h"

#include "support/live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The helper gives up on a command after 30 s, and needs some to start. */
enum { ANSWER_MS = 60000, PATH_SIZE = 64 };
static const char requests_variable[] = "KOHORT_LIVE_ADMIN_REQUESTS";
static const char answers_variable[] = "KOHORT_LIVE_ADMIN_ANSWERS";

/* ---- the process, in main() ---- */

static struct {
    pid_t pid;
    int requests, answers;
} helper;

static void run_helper(const char *command, const int requests[2], const int answers[2])
{
    live_die_with_parent();
    /* ^C on a terminal reaches all of its processes; the tests end by it, and the helper with
     * them. */
    signal(SIGINT, SIG_IGN);
    if (dup2(requests[0], STDIN_FILENO) >= 0 && dup2(answers[1], STDOUT_FILENO) >= 0)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Test processes inherit no descriptors from Criterion, so they open the pipes by name. */
static void publish(const char *variable, int descriptor)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), descriptor);
    setenv(variable, path, 1);
}

void admin_start(void)
{
    const char *command = getenv("KOHORT_TEST_ADMIN");
    int requests[2], answers[2];
    if (command == NULL)
        return;
    if (pipe2(requests, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
        abort();
    helper.pid = fork();
    if (helper.pid == 0)
        run_helper(command, requests, answers);
    close(requests[0]);
    close(answers[1]);
    helper.requests = requests[1];
    helper.answers = answers[0];
    publish(requests_variable, helper.requests);
    publish(answers_variable, helper.answers);
}

void admin_stop(void)
{
    if (helper.pid <= 0)
        return;
    close(helper.requests); /* The end of its input ends it. */
    waitpid(helper.pid, NULL, 0);
    close(helper.answers);
}

/* ---- requests, in tests ---- */

static int open_pipe(const char *variable, int flags)
{
    const char *path = getenv(variable);
    int descriptor = path == NULL ? -1 : open(path, flags | O_CLOEXEC);
    cr_assert(descriptor >= 0, "the admin helper cannot be reached (%s): %s", variable,
              strerror(errno));
    return descriptor;
}

static void send_line(const char *line)
{
    static int requests = -1;
    if (requests < 0)
        requests = open_pipe(requests_variable, O_WRONLY);
    /* Here alone: that the library raises no SIGPIPE is for the tests to see. */
    void (*previous)(int) = signal(SIGPIPE, SIG_IGN);
    for (size_t size = strlen(line); size > 0;) {
        ssize_t written = write(requests, line, size);
        cr_assert(written > 0, "the admin helper is gone: %s", strerror(errno));
        line += written;
        size -= (size_t)written;
    }
    signal(SIGPIPE, previous);
}

/* One line, valid until the next call; NULL: none came until then. */
static const char *receive_line(int64_t deadline_ms)
{
    static int answers = -1;
    static char *text;
    static size_t capacity, size, taken;
    if (answers < 0)
        answers = open_pipe(answers_variable, O_RDONLY);
    if (taken > 0)
        memmove(text, text + taken, size - taken);
    size -= taken;
    taken = 0;
    char *end;
    while ((end = size == 0 ? NULL : memchr(text, '\n', size)) == NULL) {
        struct pollfd readable = {.fd = answers, .events = POLLIN};
        int64_t left_ms = deadline_ms - live_now_ms();
        if (capacity - size < 4096)
            text = realloc(text, capacity = capacity * 2 + 65536);
        if (poll(&readable, 1, left_ms > 0 ? (int)left_ms : 0) <= 0)
            return NULL;
        ssize_t received = read(answers, text + size, capacity - size);
        cr_assert(received > 0, "the admin helper has ended");
        size += (size_t)received;
    }
    *end = '\0';
    taken = (size_t)(end + 1 - text);
    return text;
}

enum { JOBS_MAX = 16, IDS_PER_PROCESS = 100000 };

/* Requests in the background, each with its answer once that has come. */
static struct {
    admin_job id; /* 0: free */
    json_t *answer;
} jobs[JOBS_MAX];

static void keep_for_job(admin_job id, json_t *answer)
{
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs[i].id == id)
            jobs[i].answer = json_incref(answer);
}

/* The next answer, the caller's; NULL: none came until then. One that nobody asked for belongs to a
 * test that failed while it waited. */
static json_t *receive_answer(int64_t deadline_ms, json_int_t *ret_id)
{
    const char *line = receive_line(deadline_ms);
    if (line == NULL)
        return NULL;
    json_error_t error;
    json_t *answer = json_loads(line, 0, &error);
    *ret_id = json_integer_value(json_object_get(answer, "id"));
    keep_for_job(*ret_id, answer);
    return answer;
}

static json_int_t send_request(json_t *request)
{
    static json_int_t calls;
    json_int_t id = (json_int_t)getpid() * IDS_PER_PROCESS + ++calls;
    cr_assert_not_null(request, "a request could not be written as JSON");
    json_object_set_new(request, "id", json_integer(id));
    json_object_set_new(request, "bootstrap", json_string(live_bootstrap()));
    char *line = json_dumps(request, JSON_COMPACT);
    size_t size = strlen(line);
    line = realloc(line, size + 2);
    memcpy(line + size, "\n", 2);
    send_line(line);
    free(line);
    json_decref(request);
    return id;
}

json_t *admin_try(json_t *request)
{
    json_int_t id = send_request(request), received;
    int64_t deadline_ms = live_now_ms() + ANSWER_MS;
    for (;;) {
        json_t *answer = receive_answer(deadline_ms, &received);
        cr_assert_not_null(answer, "the admin helper did not answer in time");
        if (received == id)
            return answer;
        json_decref(answer);
    }
}

admin_job admin_begin(json_t *request)
{
    size_t i = 0;
    while (i < JOBS_MAX && jobs[i].id != 0)
        i++;
    cr_assert_lt(i, JOBS_MAX, "too many requests in the background");
    json_object_set_new(request, "background", json_true());
    jobs[i].answer = NULL;
    jobs[i].id = send_request(request);
    return jobs[i].id;
}

json_t *admin_answer(admin_job job)
{
    json_int_t received;
    json_t *answer;
    while ((answer = receive_answer(0, &received)) != NULL)
        json_decref(answer);
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs[i].id == job && (answer = jobs[i].answer) != NULL)
            jobs[i].id = 0;
    return answer;
}

bool admin_done(admin_job job)
{
    json_t *answer = admin_answer(job);
    const json_t *error = json_object_get(answer, "error");
    cr_assert_null(error, "a request in the background: %s: %s", json_string_value(error),
                   json_string_value(json_object_get(answer, "message")));
    json_decref(answer);
    return answer != NULL;
}

json_t *admin_call(json_t *request)
{
    json_t *kept = json_incref(request);
    json_t *answer = admin_try(request);
    const json_t *error = json_object_get(answer, "error");
    cr_assert_null(error, "%s: %s: %s", json_string_value(json_object_get(kept, "do")),
                   json_string_value(error), json_string_value(json_object_get(answer, "message")));
    json_decref(kept);
    return answer;
}

void admin_do(json_t *request)
{
    json_decref(admin_call(request));
}

void admin_create_topic(const char *topic, int partitions)
{
    admin_do(
        json_pack("{ss ss si}", "do", "createTopic", "topic", topic, "partitions", partitions));
}

void admin_produce_many(const char *topic, int count, int size, int first, const char *compression)
{
    admin_do(json_pack("{ss ss si si si ss}", "do", "produceMany", "topic", topic, "count", count,
                       "size", size, "first", first, "compression", compression));
}

admin_job admin_begin_produce(const char *topic, int count, int first, int rate)
{
    return admin_begin(json_pack("{ss ss si si si}", "do", "produceMany", "topic", topic, "count",
                                 count, "first", first, "rate", rate));
}

void admin_produce_one(const char *topic, int partition, int sequence)
{
    char value[64];
    snprintf(value, sizeof value, "p%d-%d", partition, sequence);
    admin_do(json_pack("{ss ss s[{si ss}]}", "do", "produce", "topic", topic, "records",
                       "partition", partition, "value", value));
}

int64_t admin_group_offset(const char *group, const char *topic, int partition)
{
    json_t *answer = admin_call(json_pack("{ss ss}", "do", "groupOffsets", "group", group));
    const json_t *entry;
    size_t index;
    int64_t offset = -1;
    json_array_foreach(
        json_object_get(answer, "offsets"), index,
        entry) if (strcmp(json_string_value(json_object_get(entry, "topic")), topic) == 0 &&
                   json_integer_value(json_object_get(entry, "partition")) == partition) offset =
        json_integer_value(json_object_get(entry, "offset"));
    json_decref(answer);
    return offset;
}

void admin_alter_group_offset(const char *group, const char *topic, int partition, int64_t offset)
{
    admin_do(json_pack("{ss ss s[{ss si sI}]}", "do", "alterGroupOffsets", "group", group,
                       "offsets", "topic", topic, "partition", partition, "offset",
                       (json_int_t)offset));
}

json_t *admin_describe_group(const char *group)
{
    json_t *answer = admin_try(json_pack("{ss ss}", "do", "describeGroup", "group", group));
    if (json_object_get(answer, "error") == NULL)
        return answer;
    json_decref(answer);
    return NULL;
}

void admin_delete_records(const char *topic, int partition, int64_t before)
{
    admin_do(json_pack("{ss ss si sI}", "do", "deleteRecords", "topic", topic, "partition",
                       partition, "before", (json_int_t)before));
}
