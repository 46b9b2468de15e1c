#include "support/live/history.h"

#include "support/live/live.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { FLAGS_MAX = 24 };

static int64_t wall_ms(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

/* ---- one event ---- */

static void end_holding(struct verifiable *v, int partition, int64_t at_ms)
{
    struct history *h = v->history;
    if (!v->assigned[partition])
        return;
    v->assigned[partition] = false;
    h->holdings = realloc(h->holdings, (h->holding_count + 1) * sizeof *h->holdings);
    h->holdings[h->holding_count++] =
        (struct holding){v, partition, v->held_since_ms[partition], at_ms};
}

static void end_all(struct verifiable *v, int64_t at_ms)
{
    for (int p = 0; p < HISTORY_PARTITIONS; p++)
        end_holding(v, p, at_ms);
}

static int partition_of(struct verifiable *v, const json_t *entry)
{
    int partition = (int)json_integer_value(json_object_get(entry, "partition"));
    const char *topic = json_string_value(json_object_get(entry, "topic"));
    stage_check(v->history->stage, topic != NULL && strcmp(topic, v->history->topic) == 0);
    stage_check(v->history->stage, partition >= 0 && partition < HISTORY_PARTITIONS);
    return partition;
}

static void on_assigned(struct verifiable *v, const json_t *event, int64_t at_ms)
{
    const json_t *entry;
    size_t index;
    v->assignments++;
    json_array_foreach(json_object_get(event, "partitions"), index, entry)
    {
        int p = partition_of(v, entry);
        stage_check(v->history->stage, !v->assigned[p]);
        v->assigned[p] = true;
        v->held_since_ms[p] = at_ms;
        v->position[p] = -1;
    }
}

static void on_revoked(struct verifiable *v, const json_t *event, int64_t at_ms)
{
    const json_t *entry;
    size_t index;
    v->revocations++;
    json_array_foreach(json_object_get(event, "partitions"), index, entry)
    {
        end_holding(v, partition_of(v, entry), at_ms);
    }
    if (!v->cooperative)
        end_all(v, at_ms);
}

static void see(struct history *h, int partition, int64_t first, int64_t last)
{
    if (last >= h->ends[partition]) {
        int64_t end = last * 2 + 64;
        h->seen[partition] = realloc(h->seen[partition], (size_t)end);
        memset(h->seen[partition] + h->ends[partition], 0, (size_t)(end - h->ends[partition]));
        h->ends[partition] = end;
    }
    for (int64_t offset = first; offset <= last; offset++)
        h->seen[partition][offset]++;
}

static void on_consumed(struct verifiable *v, const json_t *event)
{
    struct stage *s = v->history->stage;
    const json_t *entry;
    size_t index, total = 0;
    json_array_foreach(json_object_get(event, "partitions"), index, entry)
    {
        int p = partition_of(v, entry);
        int64_t first = json_integer_value(json_object_get(entry, "minOffset"));
        int64_t last = json_integer_value(json_object_get(entry, "maxOffset"));
        stage_check(s, v->assigned[p]);
        stage_check(s, v->position[p] == -1 || first == v->position[p]);
        stage_check(s, last >= first);
        v->position[p] = last + 1;
        see(v->history, p, first, last);
        total += (size_t)json_integer_value(json_object_get(entry, "count"));
    }
    stage_check(s, (json_int_t)total == json_integer_value(json_object_get(event, "count")));
    v->consumed += total;
}

static void on_committed(struct verifiable *v, const json_t *event)
{
    struct history *h = v->history;
    const json_t *entry;
    size_t index;
    if (!json_is_true(json_object_get(event, "success"))) {
        v->failed_commits++;
        return;
    }
    v->commits++;
    json_array_foreach(json_object_get(event, "offsets"), index, entry)
    {
        int p = partition_of(v, entry);
        int64_t offset = json_integer_value(json_object_get(entry, "offset"));
        stage_check(h->stage, v->assigned[p]);
        stage_check(h->stage, v->position[p] == -1 || offset <= v->position[p]);
        if (offset > h->committed[p])
            h->committed[p] = offset;
    }
}

static void on_event(struct verifiable *v, const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "name"));
    int64_t at_ms = json_integer_value(json_object_get(event, "timestamp"));
    stage_check(v->history->stage, name != NULL && at_ms > 0 && !v->complete);
    if (strcmp(name, "startup_complete") == 0)
        v->started = true;
    else if (strcmp(name, "shutdown_requested") == 0)
        v->shutting_down = true;
    else if (strcmp(name, "partitions_assigned") == 0)
        on_assigned(v, event, at_ms);
    else if (strcmp(name, "partitions_revoked") == 0)
        on_revoked(v, event, at_ms);
    else if (strcmp(name, "records_consumed") == 0)
        on_consumed(v, event);
    else if (strcmp(name, "offsets_committed") == 0)
        on_committed(v, event);
    else if (strcmp(name, "shutdown_complete") == 0)
        v->complete = true;
    else if (strcmp(name, "record_data") != 0)
        stage_fail(v->history->stage, "no such event: %s", name);
    if (v->complete)
        end_all(v, at_ms);
}

static void read_lines(struct verifiable *v)
{
    char *end;
    while ((end = strchr(v->child.out.text + v->read, '\n')) != NULL) {
        json_error_t wrong;
        const char *line = v->child.out.text + v->read;
        json_t *event = json_loadb(line, (size_t)(end - line), 0, &wrong);
        if (event == NULL)
            stage_fail(v->history->stage, "not JSON: %s: %.*s", wrong.text, (int)(end - line),
                       line);
        v->read += (size_t)(end - line) + 1;
        on_event(v, event);
        json_decref(event);
    }
}

/* ---- all of them ---- */

void history_open(struct history *h, struct stage *s, const char *group, const char *topic)
{
    *h = (struct history){.stage = s, .group = group, .topic = topic};
}

struct verifiable *history_start(struct history *h, bool cooperative, const char *const *flags)
{
    const char *program = getenv("KOHORT_TEST_VERIFIABLE");
    const char *texts[FLAGS_MAX] = {"--bootstrap-server",
                                    live_bootstrap(),
                                    "--topic",
                                    h->topic,
                                    "--group-id",
                                    h->group,
                                    "--assignment-strategy",
                                    "org.apache.kafka.clients.consumer.RangeAssignor"};
    size_t count = 8;
    cr_assert_not_null(program, "KOHORT_TEST_VERIFIABLE does not name the program");
    cr_assert_lt(h->count, HISTORY_CONSUMERS);
    if (cooperative)
        texts[count - 1] = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
    while (*flags != NULL && count + 1 < FLAGS_MAX)
        texts[count++] = *flags++;
    struct verifiable *v = &h->consumers[h->count++];
    v->history = h;
    v->cooperative = cooperative;
    child_start_program(&v->child, h->stage, program, texts);
    return v;
}

void history_read(struct history *h)
{
    for (size_t i = 0; i < h->count; i++)
        read_lines(&h->consumers[i]);
}

static bool has_ended(struct verifiable *v)
{
    bool ended = child_ended(&v->child);
    history_read(v->history);
    return ended;
}

void history_shut_down(struct verifiable *v)
{
    child_signal(&v->child, SIGTERM);
    run_until(v->history->stage, has_ended(v));
    cr_expect_eq(v->child.exit_code, 0, "%s", v->child.err.text);
    stage_check(v->history->stage, v->shutting_down && v->complete);
}

void history_kill(struct verifiable *v)
{
    child_signal(&v->child, SIGKILL);
    run_until(v->history->stage, has_ended(v));
    v->killed = true;
    end_all(v, wall_ms());
}

size_t history_owned(const struct verifiable *v)
{
    size_t count = 0;
    for (int p = 0; p < HISTORY_PARTITIONS; p++)
        count += v->assigned[p];
    return count;
}

bool history_shared(struct history *h, size_t each)
{
    history_read(h);
    for (size_t i = 0; i < h->count; i++) {
        const struct verifiable *v = &h->consumers[i];
        if (!v->complete && !v->killed && history_owned(v) != each)
            return false;
    }
    return true;
}

size_t history_records(struct history *h)
{
    size_t count = 0;
    history_read(h);
    for (int p = 0; p < HISTORY_PARTITIONS; p++)
        for (int64_t offset = 0; offset < h->ends[p]; offset++)
            count += h->seen[p][offset] > 0;
    return count;
}

size_t history_duplicates(const struct history *h)
{
    size_t count = 0;
    for (int p = 0; p < HISTORY_PARTITIONS; p++)
        for (int64_t offset = 0; offset < h->ends[p]; offset++)
            count += h->seen[p][offset] > 1 ? (size_t)h->seen[p][offset] - 1 : 0;
    return count;
}

static void judge_holdings(const struct history *h)
{
    for (size_t i = 0; i < h->holding_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct holding *a = &h->holdings[i], *b = &h->holdings[k];
            if (a->partition == b->partition && a->consumer != b->consumer &&
                a->from_ms < b->to_ms && b->from_ms < a->to_ms)
                stage_fail(h->stage,
                           "partition %d is held by two: %" PRId64 "-%" PRId64 " and %" PRId64
                           "-%" PRId64,
                           a->partition, a->from_ms, a->to_ms, b->from_ms, b->to_ms);
        }
}

void history_close(struct history *h)
{
    for (size_t i = 0; i < h->count; i++) {
        struct verifiable *v = &h->consumers[i];
        if (!child_ended(&v->child))
            history_kill(v);
        child_close(&v->child);
    }
    judge_holdings(h);
    for (int p = 0; p < HISTORY_PARTITIONS; p++)
        free(h->seen[p]);
    free(h->holdings);
}
